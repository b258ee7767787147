"""The agenda of a review."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def agenda(
    kind: Annotated[
        str, typer.Argument(help="weekly, biweekly, monthly or quarterly: how far ahead it looks.")
    ] = "weekly",
    *,
    as_of: Annotated[
        str | None,
        typer.Option(
            "--as-of",
            help="Day YYYY-MM-DD of the review; default: the newest complete one of the bill. 'today' is allowed.",
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What a review is to decide, do, answer and renew, each with its day, its money and its owner; what was decided since the last.

    Examples: [bold]finops agenda[/bold] · [bold]finops agenda monthly --export agenda.html[/bold]
    """
    from ..front.cycle.agenda import agenda as asked

    chosen = load(settings, entity)
    day = datetime.date.today().isoformat() if as_of == "today" else as_of
    with Bars() as bars:
        answer = asked(chosen, kind, day, progress=bars)
    show(answer, as_json, export)
