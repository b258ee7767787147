"""The Monday list: what to look at this week."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, err, load, out

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
    answer = answer_of(listed)
    if as_json:
        show(answer, as_json, export)
        return
    written = answer.export(export) if export is not None else None
    _told(answer, listed)
    err.print(f"Page and tickets: {os.path.normpath(place)}")
    if written is not None:
        err.print(f"{written}: written.")


def _told(answer, listed) -> None:
    """The list in blocks: sentences in a table of a terminal would be narrow columns."""
    from ..publish.monday.files import TITLES
    from ..wording.bridge import signed

    out.print(answer.sentence)
    section = ""
    for one in listed.items:
        if one.section != section:
            section = one.section
            out.print(f"\n{TITLES[section]}", style="bold")
        out.print(f"\n{signed(one.amount, listed.currency)}  {one.kind}  {one.subject}  ({one.id})")
        moved = "" if one.section == "Waste" else "Moved: "
        for text in (
            one.what + ("" if one.sure else " Not sure: the bill alone says so."),
            f"{moved}{one.why}." if one.why else "",
            *(f"Known already: {note}" for note in one.notes),
            f"Owner: {one.owner}. Answer: {one.state or 'not answered'}.",
            one.do,
        ):
            if text:
                out.print(f"  {text}")
    out.print()
    for note in answer.notes:
        out.print(note)
