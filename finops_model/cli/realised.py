"""What actions saved by the bill."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def realised(
    *,
    pipeline: Annotated[
        bool,
        typer.Option(
            "--pipeline", help="What open actions would save instead, and how likely each is done."
        ),
    ] = False,
    paths: Annotated[
        int | None,
        typer.Option(
            min=100, help="Futures that savings of open actions are simulated in; default 500."
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What actions that were done saved by the bill, each with its range; and which of them the bill does not show.

    Example: [bold]finops realised[/bold]
    """
    from ..front.realised import realised as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(chosen, pipeline=pipeline, paths=paths, progress=bars)
    show(answer, as_json, export)
