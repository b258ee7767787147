"""When it runs out: budgets, balances, credits, commitments, quotas."""

from __future__ import annotations

import json
from pathlib import Path

import typer
from rich.table import Column, Table
from rich.text import Text  # names from a bill are no markup

from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    load,
    out,
)

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def runout(
    *,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """When budgets, prepaid balances, credits, commitments and quotas run out: the likely day, its range, and how sure it is.

    Balances and credits are stated under balances: in finops.yaml.

    Examples: [bold]finops runout[/bold] · [bold]finops runout --as-of 2026-10-31[/bold] · [bold]finops runout --json[/bold]
    """
    chosen = load(settings, entity)
    from ..measure.runout.workspace import runout as runouts
    from ..publish import close
    from ..simulate.scenarios import read_daily
    from ..wording import clean
    from ..wording import runout as words

    with Bars() as bars:
        ledger = close.books(chosen, bars)
        day = close.check_as_of(ledger, as_of, chosen.time_zone, month)
        found = runouts(chosen, day, daily=read_daily(chosen), progress=bars)
    if as_json:
        return out.print_json(json.dumps(found.as_dict()))
    if not found.rows:
        return out.print(words.NOTHING, markup=False)
    table = Table(
        *(Column(name, overflow="fold") for name in words.COLUMNS),
        title=f"When it runs out · data up to {found.as_of}",
    )
    for one in found.rows:
        table.add_row(*(Text(clean(cell)) for cell in words.cells(one, found.currency, str)))
    out.print(table)
    for one in found.rows:
        out.print(clean(one["sentence"]), markup=False)
    out.print(words.note(found.as_of, found.currency), markup=False)
