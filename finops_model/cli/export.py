"""Actuals, budget, forecast and scenarios as one FOCUS-shaped file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import show
from ._shared import AsOfOption, Bars, EntityOption, JsonOption, SettingsOption, load_whole
from .run import EngineOption, PathsOption

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def export(
    file: Annotated[Path, typer.Argument(help="What to write: .parquet, .csv or .xlsx.")],
    *,
    what: Annotated[
        list[str] | None,
        typer.Option(
            help="actual, budget or forecast; may be given several times; default: all three."
        ),
    ] = None,
    scenario: Annotated[
        list[Path] | None,
        typer.Option(help="A scenario file, on the draws of the base; may be given several times."),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="First month of charges, YYYY-MM; default: all.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="Last month of charges; default: all.")
    ] = None,
    by: Annotated[str, typer.Option(help="Actuals by month or by day.")] = "month",
    quantile: Annotated[
        list[float] | None,
        typer.Option(
            help="Of units and the company, 0.9 is P90; may be given several times; default: 0.1, 0.5, 0.9."
        ),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_of: AsOfOption = None,
    paths: PathsOption = None,
    engine: EngineOption = None,
    as_json: JsonOption = False,
):
    """Actuals, budget, forecast and scenarios as one table under FOCUS names, for a warehouse or a BI tool.

    Rows with an empty x_Quantile add up; a quantile stands alone.

    Example: [bold]finops export all.parquet --scenario scenarios/20_smaller_model.yaml --from 2026-01[/bold]
    """
    from ..front.export import export as asked
    from ..publish.exports.rows import QUANTILES

    chosen = load_whole(settings, entity)
    with Bars() as bars:
        answer = asked(
            file,
            chosen,
            what=what,
            scenarios=scenario or (),
            first=first,
            last=last,
            by=by,
            quantiles=quantile or QUANTILES,
            as_of=as_of,
            paths=paths,
            engine=engine,
            progress=bars,
        )
    show(answer, as_json)
