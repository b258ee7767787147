"""What each audience is shown of a month."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load
from .run import EngineOption, PathsOption

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def pack(
    folder: Annotated[
        Path | None, typer.Argument(help="Write a page per audience into this folder.")
    ] = None,
    *,
    audience: Annotated[
        list[str] | None,
        typer.Option(
            "--for",
            help="data, platform, product, finance, leadership or users; may be given several times; default: all.",
        ),
    ] = None,
    month: Annotated[
        str | None, typer.Option(help="Month YYYY-MM; default: the newest complete one.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Business unit; default: the company.")] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    paths: PathsOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
):
    """One page for each audience: the figures that answer its question, waste, what to do, budgets or use.

    Example: [bold]finops pack packs/ --for platform --for leadership[/bold]
    """
    from ..errors import InputError
    from ..front.packs.build import answer_of, packs, write_packs

    if folder is not None and folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file. Name a folder for the pages.")
    chosen = load(settings, entity)
    with Bars() as bars:
        made = packs(
            chosen,
            audience or (),
            month=month,
            unit=unit,
            paths=paths,
            engine=engine,
            progress=bars,
        )
    written = write_packs(made, folder) if folder is not None else []
    show(answer_of(made, written), as_json)
