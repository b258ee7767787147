"""How good earlier forecasts would have been: backtest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Optional

import typer
from rich.table import Table

from ._shared import Bars, JsonOption, SettingsOption, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def backtest(unit: Annotated[Optional[str], typer.Option(help="Business unit; default: the company.")] = None,
             settings: SettingsOption = Path("finops.yaml"), as_json: JsonOption = False):
    """How forecasts made earlier would have done, beside repeating last week.

    Example: [bold]finops backtest --unit "Risk & Compliance"[/bold]
    """
    from ..measure.actuals import COMPANY
    from ..publish import close

    with Bars() as bars:
        state = close.prepare(load(settings), newest=True, progress=bars)
    name = close.pick_units(state.daily, [unit] if unit else [COMPANY])[0]
    found = close.briefs_of(state, [name])[0]["accuracy"]
    if as_json:
        return out.print_json(json.dumps(found))
    table = Table("Lead (months)", "Forecasts", "Error", "Repeating last week", "Skill", "Inside 80 % range", title=name)
    for row in found["rows"]:
        table.add_row(str(row["lead"]), str(row["n"]), f"{row['error_pct']:.1%}", f"{row['naive_error_pct']:.1%}",
                      "–" if row["skill"] is None else f"{row['skill']:.0%}", f"{row['coverage80']:.0%}")
    out.print(table, found["sentence"])
