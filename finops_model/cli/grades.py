"""How good was what we published: grades."""

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
def grades(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: all that were published.")] = None,
           settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """Grade published forecasts against what came: errors, calibration (when we said 80 %, it was …), drift.

    Example: [bold]finops grades --unit Company[/bold]
    """
    from ..facts import warehouse
    from ..measure import grades as grading
    from ..publish import close

    chosen = load(settings)
    forecasts = grading.published(chosen.path(chosen.reports))
    if unit is not None:
        from ..errors import InputError, unknown

        if unit not in set(forecasts["unit"]):
            raise InputError(unknown("--unit", "unit", unit, sorted(set(forecasts["unit"]))))
        forecasts = forecasts[forecasts["unit"] == unit].reset_index(drop=True)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        as_of = str(ledger.last_day())
        found = grading.grade(forecasts, grading.actual_months(warehouse.daily(ledger, chosen), as_of, sorted(set(forecasts["unit"]))))
    if as_json:
        parts = {name: json.loads(getattr(found, name).to_json(orient="records")) for name in ("rows", "calibration", "drift")}
        return out.print_json(json.dumps({"as_of": as_of, "waiting": found.waiting, "sentence": found.sentence(), **parts}))
    out.print(found.sentence(), markup=False)
    if len(found.rows):
        table = Table("Unit", "Month", "Made", "P10", "P50", "P90", "Actual", "Error", "Band")
        for row in found.rows.itertuples():
            table.add_row(row.unit, row[3], row.made, *(amount(v, row.currency) for v in (row.p10, row.p50, row.p90, row.actual)),
                          "–" if row.error_pct != row.error_pct else f"{row.error_pct:.1%}", row.band)
        out.print(table)
        said = Table("We said", "It was", "Forecasts", title="Calibration of ranges")
        for row in found.calibration[found.calibration["kind"] == "range"].itertuples():
            said.add_row(f"{row.level:.0%}", f"{row.share:.0%}", str(row.n))
        out.print(said)
    if len(found.drift):
        table = Table("Unit", "Month", "From", "To", "P50 before", "P50 now", "Drift", title="What moved between publications")
        currency = forecasts["currency"].iloc[0]
        for row in found.drift.itertuples():
            table.add_row(row.unit, row[2], row.previous, row.made, amount(row.previous_p50, currency), amount(row.p50, currency), f"{row.drift_pct:+.1%}")
        out.print(table)
