"""Which of some offers and ways to buy costs least: options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import EntityOption, JsonOption, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def options(
    file: Annotated[Path, typer.Argument(help="A file of options: docs/decide/options.md.")],
    *,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            "-s",
            help="finops.yaml, for its currency, its calendar and a demand of the bill; default: the one here, if there is one.",
        ),
    ] = None,
    entity: EntityOption = None,
    export: ExportOption = None,
    as_json: JsonOption = False,
):
    """Which offer or way to buy costs least: on demand, committed, spot, provisioned, owned, leased, API, seats, agreements; no bill needed.

    Example: [bold]finops options scenarios/examples/options/rent_own_api.yaml --export answer.html[/bold]
    """
    from ..decide.questions.options.asked import options as ask

    answer = ask(file, workspace(settings, entity))
    show(answer, as_json, export)
    if not as_json:
        for name in ("Cash by fiscal year", "Break-evens"):
            if len(answer.tables[name]):
                out.print(f"\n{name}")
                out.print(answer.lines(name))


def workspace(settings: Path | None, entity: str | None):
    """The settings that are named, else those of this folder, else None: a question of options needs none."""
    if settings is None and not Path("finops.yaml").is_file():
        return None
    return load(settings or Path("finops.yaml"), entity)
