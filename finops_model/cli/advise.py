"""What could be done to spend less."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import AsOfOption, Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def advise(
    name: Annotated[
        str | None, typer.Argument(help="One recommendation by its id, with its evidence.")
    ] = None,
    *,
    as_of: AsOfOption = None,
    paths: Annotated[int | None, typer.Option(help="Futures; default: 1000.", min=100)] = None,
    waste: Annotated[
        bool, typer.Option("--waste", help="List what was paid and bought nothing, each cost once.")
    ] = False,
    write: Annotated[
        bool,
        typer.Option(
            "--write",
            help="Add what is recommended to the table of actions, as proposed, each with a scenario file.",
        ),
    ] = False,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What could be saved, by what: each simulated alone and all jointly, with owner, effort and range.

    Example: [bold]finops advise --export advice.xlsx[/bold]
    """
    from ..front.advise import advise as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(
            chosen, name, as_of=as_of, paths=paths, waste=waste, write=write, progress=bars
        )
    show(answer, as_json, export)
