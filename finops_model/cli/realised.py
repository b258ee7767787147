"""What actions saved by the bill."""

from __future__ import annotations

from pathlib import Path

import typer

from ._answers import ExportOption, show
from ._shared import EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def realised(
    *,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """The actions that were taken, as their owners say.

    Example: [bold]finops realised[/bold]
    """
    from ..front.realised import realised as asked

    show(asked(load(settings, entity)), as_json, export)
