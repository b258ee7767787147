"""What each team bears of a month, shared cost included, and its statements: chargeback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, JsonOption, SettingsOption, load_whole, out

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def chargeback(
    month: Annotated[
        str | None,
        typer.Option(
            help="Month YYYY-MM, or a period FY2026-P10 of a calendar of weeks; default: the newest complete month."
        ),
    ] = None,
    pool: Annotated[
        str | None,
        typer.Option(
            help="Try a team whose cost the others bear in proportion to theirs, instead of the pools of finops.yaml."
        ),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write the lines to this CSV file too.")] = None,
    statements: Annotated[
        Path | None,
        typer.Option(
            help="Write a statement per bearer into this folder: CSV, a workbook, a page each."
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: Annotated[
        str | None,
        typer.Option(
            "--entity", help="One of the entities that finops.yaml names; default: all, one by one."
        ),
    ] = None,
    as_json: JsonOption = False,
):
    """What each team bears of a month: own cost, shared cost received, total; to the cent, and together the company's cost.

    Pools, idle capacity and unused commitments go where `shared_cost` of finops.yaml says; who gets a statement, and whether it is
    booked, stands in `chargeback`.

    Examples: [bold]finops chargeback[/bold] · [bold]finops chargeback --month 2026-10 --to october.csv[/bold] ·
    [bold]finops chargeback --statements october/[/bold]
    """
    from ..publish import chargebacks

    chosen = load_whole(settings, entity)
    with Bars() as bars:
        found = chargebacks.of_company(chosen, month, pool, bars)
    if to is not None:
        chargebacks.write(found, to)
    files, problem = (
        ([], "") if statements is None else chargebacks.write_statements(chosen, found, statements)
    )
    if as_json:
        return out.print_json(
            json.dumps({**chargebacks.as_dict(found, chosen), "basis": "Effective"})
        )
    for one in found:
        _show(one.as_dict())
    _pairs(chargebacks.pairs_of(found))
    there = {one.entity for one in found if one.named}
    for one in chosen.entities if chosen.own is None else ():
        if one.name not in there:
            out.print(f"{one.name}: the ledger has no data of {found[0].period.name}.")
    if not chosen.shared_cost.moves and pool is None:
        out.print(chargebacks.NOTHING_SHARED)
    if to is not None:
        teams = sum(len(one.shared["lines"]) for one in found)
        out.print(f"{teams} team{'s' if teams != 1 else ''}: {to}")
    if problem:
        out.print(problem)
    if statements is not None:
        count = sum(len(one.statements) for one in found)
        out.print(f"{count} statement{'s' if count != 1 else ''}, {len(files)} files: {statements}")


def _show(found: dict) -> None:
    from ..wording import shared as words

    kinds = words.kinds(found)
    whose = f" of {found['entity']}" if "entity" in found else ""
    title = f"Who bears {found['month']}{whose}, {found['currency']} (EffectiveCost without tax and credits, to {found['as_of']})"
    table = Table("Team", *(words.KINDS[kind] for kind in kinds), title=title)
    for column in table.columns[1:]:
        column.justify, column.overflow = "right", "fold"
    for line in found["lines"]:
        table.add_row(line["team"] or words.NO_TEAM, *(words.amount(line[kind]) for kind in kinds))
    if float(found["central"]):
        table.add_row(words.CENTRAL, *[""] * (len(kinds) - 1), words.amount(found["central"]))
    sums = [words.total(found, kind) for kind in kinds[:-1]]
    table.add_section()
    table.add_row(found.get("entity", "Company"), *map(words.amount, [*sums, found["total"]]))
    out.print(table)
    for text in (words.pools(found, found["currency"]), *found["said"]):
        if text:
            out.print(text)


def _pairs(pairs) -> None:
    """What one legal entity was billed and another bears."""
    if not len(pairs):
        return
    from ..wording import shared as words

    table = Table("Billed to", "Borne by", "Currency", "Amount", title="Between legal entities")
    table.columns[-1].justify = "right"
    keys = ["Entity", "LegalEntity", "Currency"]
    for (billed, bearer, currency), part in pairs.groupby(keys, sort=True):
        table.add_row(billed, bearer, currency, words.amount(f"{sum(part['Amount']):f}"))
    out.print(table)
