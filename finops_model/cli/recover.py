"""The way back under a budget: recover."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    load,
)

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def recover(
    scenarios: Annotated[
        list[Path] | None,
        typer.Argument(
            help="Scenario files that could be decided; default: the decisions among the what-ifs and beside the base."
        ),
    ] = None,
    *,
    budget: Annotated[
        str | None,
        typer.Option(
            help="The period of the budget: FY2026, FY2026-Q4, 2026-11; default: the fiscal year under way."
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option(help="Percent, 50 to 99: in 80, 8 of 10 futures are to stay under it."),
    ] = 80,
    budget_amount: Annotated[
        float | None,
        typer.Option(
            "--amount", help="A budget of the period in money; default: the approved one."
        ),
    ] = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    paths: Annotated[
        int | None, typer.Option(min=100, max=100_000, help="Futures; default: the base's.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """The smallest sets of decisions that bring a budget back under its level, with their last useful date; or that none does.

    Example: [bold]finops recover --budget FY2026 --level 80[/bold]
    """
    from ..front.recover import recover as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(
            chosen,
            budget,
            level,
            scenarios=scenarios or None,
            amount=budget_amount,
            as_of=as_of,
            month=month,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)
