"""The decision log."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def decisions(
    *,
    since: Annotated[str | None, typer.Option(help="From this day on, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="Up to this day.")] = None,
    what: Annotated[
        str | None,
        typer.Option(help="answer, action, budget, close, verdict or decision; default: all."),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What was decided, by whom, when and why: answers to alerts, actions, budgets, closes, verdicts.

    Example: [bold]finops decisions --since 2026-10-01[/bold]
    """
    from ..front.cycle.decisions import decisions as asked

    show(asked(load(settings, entity), since=since, until=until, what=what), as_json, export)
