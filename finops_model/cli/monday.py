"""The Monday list: what to look at this week."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, err, load

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def monday(
    *,
    as_of: Annotated[
        str | None,
        typer.Option(help="Last day looked at, YYYY-MM-DD; default: the newest complete one."),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            help="Take in answers first: a table with id, answer (accepted, disputed, done), by; perhaps because, on, "
            "new_owner. The tickets.csv of an earlier list, filled in, is one."
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What happened, what is wasted and what moved in the week: money, owner, evidence, ticket text, and what was answered.

    The list is kept as a page, as JSON and as tickets.csv for a tracker, beside the alerts of [bold]finops watch[/bold].

    Examples: [bold]finops monday[/bold] · [bold]finops monday --answers tickets.csv[/bold]
    """
    from ..front.monday import answer_of, take_answers
    from ..publish.alerts import folder
    from ..publish.monday import files
    from ..publish.monday.gather import gather

    chosen = load(settings, entity)
    with Bars() as bars:
        listed = gather(chosen, as_of, progress=bars)
        if answers is not None:
            fresh = take_answers(chosen, answers, listed)
            err.print(f"{answers}: {len(fresh)} answer{'s' * (len(fresh) != 1)} recorded.")
            if fresh:
                listed = gather(chosen, as_of, progress=bars)
    place = files.publish(listed, folder.folder_of(chosen))
    show(answer_of(listed), as_json, export)
    if not as_json:
        err.print(f"Page and tickets: {place}")
