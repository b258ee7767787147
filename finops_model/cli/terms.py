"""What a term means."""

from __future__ import annotations

from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import JsonOption

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def terms(
    word: Annotated[str | None, typer.Argument(help="One term; without: all of them.")] = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """One line on each term of reports and answers.

    Example: [bold]finops terms "effective savings rate"[/bold]
    """
    from ..front.cycle.terms import terms as asked

    show(asked(word), as_json, export)
