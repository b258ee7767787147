"""What a budget needs beyond what is approved: reserve."""

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
def reserve(
    *,
    budget: Annotated[
        str | None,
        typer.Option(
            help="The period of the budget: FY2027, FY2026-Q4, 2026-11; default: the fiscal year under way."
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option(help="Percent, 50 to 99: in 80, 8 of 10 futures stay under the amount."),
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
        int | None, typer.Option(max=100_000, help="Futures, 500 or more; default: the base's.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """The reserve that lets a budget hold at a level, what is held back, and which unit carries how much of the risk.

    Example: [bold]finops reserve --budget FY2027 --level 80[/bold]
    """
    from ..front.reserve import reserve as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(
            chosen,
            level,
            budget,
            amount=budget_amount,
            as_of=as_of,
            month=month,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)
