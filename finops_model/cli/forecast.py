"""What the coming months cost if nothing changes: forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.table import Table

from ._shared import Bars, JsonOption, SettingsOption, amount, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def forecast(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             months: Annotated[int, typer.Option(min=1, max=36, help="Months ahead.")] = 3,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """What the coming months will cost if nothing changes: range per month, from joint paths.

    Example: [bold]finops forecast --unit "Customer Support" --months 6[/bold]
    """
    from ..facts import warehouse
    from ..measure.actuals import COMPANY
    from ..outlook import simulate
    from ..publish import close

    chosen = load(settings)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        as_of = str(ledger.last_day())
        daily = warehouse.daily(ledger, chosen)
        name = close.pick_units(daily, [unit] if unit else [COMPANY])[0]
        run = simulate.run(chosen.path(chosen.scenario) if chosen.scenario else None, chosen, as_of=as_of, months=months + 1,
                           daily=daily, progress=bars)
    rows = [{"month": m, **{f"p{int(q * 100)}": run.quantile(q, unit=None if name == COMPANY else name, months=[m])
                            for q in (0.1, 0.5, 0.9)}} for m in run.months]
    if as_json:
        return out.print_json(json.dumps({"unit": name, "as_of": as_of, "currency": run.currency, "months": rows}))
    table = Table("Month", "P10", "P50", "P90", title=f"{name} · EffectiveCost, {run.paths:,} paths, data up to {as_of}")
    for row in rows:
        table.add_row(row["month"], *(amount(row[k], run.currency) for k in ("p10", "p50", "p90")))
    out.print(table)
