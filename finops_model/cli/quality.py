"""How far the data can be relied on: the data-quality card."""

from __future__ import annotations

import datetime
import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Column, Table
from rich.text import Text

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load, out

PANEL = "Bills and reports"
COLOURS = {"good": "green", "attention": "yellow", "bad": "red"}
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def quality(
    month: Annotated[
        str | None, typer.Option(help="Month of the shares of cost, YYYY-MM; default: the newest.")
    ] = None,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Day YYYY-MM-DD for which vendors may be behind and prices old; default: that of the month's report. 'today' is allowed.",
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """How far the data can be relied on: rows, days, tags, prices, totals, invoices, each good or not, and what to do.

    Limits stand under quality: in finops.yaml. The same card is in the report's last section and in its workbook.

    Examples: [bold]finops quality[/bold] · [bold]finops quality --month 2026-10 --as-of today[/bold]
    """
    from ..publish.quality import card_of

    chosen = load(settings, entity)
    day = datetime.date.today().isoformat() if as_of == "today" else as_of
    with Bars() as bars:
        card = card_of(chosen, month, day, bars)
    if as_json:
        return out.print_json(json.dumps({**card, "basis": "Effective"}))
    out.print(card["headline"], style="bold")
    table = Table(
        "What", "Verdict", Column("Figure", overflow="fold"), Column("What to do", overflow="fold")
    )
    for line in card["lines"]:
        colour = COLOURS.get(line["verdict"], "dim")
        verdict = Text(line["verdict"], style=colour)
        table.add_row(line["what"], verdict, line["text"], line["do"])
    out.print(table)
    out.print(
        f"Shares of cost are of {card['month']}; days and prices are judged for {card['as_of']}."
    )
