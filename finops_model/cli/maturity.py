"""How mature FinOps is here."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def maturity(
    month: Annotated[
        str | None, typer.Option(help="Month YYYY-MM; default: the newest complete one.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Crawl, walk or run: each capability by what can be measured, with evidence and the next step; milestones, practices, trend.

    Limits, and what only people can say, stand under maturity: in finops.yaml.

    Examples: [bold]finops maturity[/bold] · [bold]finops maturity --export maturity.html[/bold]
    """
    from ..front.cycle.maturity import maturity as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(chosen, month, progress=bars)
    show(answer, as_json, export)
