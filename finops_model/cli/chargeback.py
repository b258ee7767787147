"""What each team bears of a month, shared cost included: chargeback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load, out

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def chargeback(
    month: Annotated[
        str | None, typer.Option(help="Month YYYY-MM; default: the newest complete one.")
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(
            help="Try a team whose cost the others bear in proportion to theirs, instead of the pools of finops.yaml."
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write the lines to this CSV file too.")] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """What each team bears of a month: own cost, shared cost received, total; to the cent, and together the company's cost.

    Pools, idle capacity and unused commitments go where `shared_cost` of finops.yaml says.

    Examples: [bold]finops chargeback[/bold] · [bold]finops chargeback --month 2026-10 --to october.csv[/bold]
    """
    from ..publish import chargebacks

    chosen = load(settings, entity)
    with Bars() as bars:
        found = chargebacks.of_month(chosen, month, pool, bars)
    if to is not None:
        chargebacks.write(found, to)
    if as_json:
        return out.print_json(json.dumps({**found, "basis": "Effective"}))
    _show(found)
    if to is not None:
        out.print(f"{len(found['lines'])} teams: {to}")


def _show(found: dict) -> None:
    from ..wording import shared as words

    kinds = words.kinds(found)
    title = f"Who bears {found['month']}, {found['currency']} (EffectiveCost without tax and credits, to {found['as_of']})"
    table = Table("Team", *(words.KINDS[kind] for kind in kinds), title=title)
    for column in table.columns[1:]:
        column.justify, column.overflow = "right", "fold"
    for line in found["lines"]:
        table.add_row(line["team"] or words.NO_TEAM, *(words.amount(line[kind]) for kind in kinds))
    if float(found["central"]):
        table.add_row(words.CENTRAL, *[""] * (len(kinds) - 1), words.amount(found["central"]))
    sums = [words.total(found, kind) for kind in kinds[:-1]]
    table.add_section()
    table.add_row("Company", *map(words.amount, [*sums, found["total"]]))
    out.print(table)
    for text in (words.pools(found, found["currency"]), *found["said"]):
        if text:
            out.print(text)
