"""At which value a cost equals a budget, another option, or a saving: solve."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, load

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def solve(
    file: Annotated[Path, typer.Argument(help="A file of options, or a scenario.")],
    *,
    variable: Annotated[
        str | None,
        typer.Option("--for", help="discount, level, price, volume or hit_rate."),
    ] = None,
    option: Annotated[
        str | None, typer.Option(help="Whose number it is, where several options have one.")
    ] = None,
    path: Annotated[
        str | None,
        typer.Option(help="Of a scenario: the value to vary, such as prices/HYP-H100."),
    ] = None,
    budget: Annotated[
        float | None, typer.Option(help="Money that the cost is to be, at --at percent (80).")
    ] = None,
    equals: Annotated[
        str | None, typer.Option(help="The option it is to cost as much as; default: on demand.")
    ] = None,
    target: Annotated[
        float | None, typer.Option(help="Money to be saved against --equals; default 0.")
    ] = None,
    at: Annotated[
        float | None,
        typer.Option(
            help="Percent of the futures in which it is to hold, 50 to 99; default: mean."
        ),
    ] = None,
    low: Annotated[float | None, typer.Option("--from", help="Lowest value looked at.")] = None,
    high: Annotated[float | None, typer.Option("--to", help="Highest value looked at.")] = None,
    period: Annotated[
        str | None,
        typer.Option(
            "--budget-period", help="Of a scenario: FY2027, FY2027-Q2, 2027-03; default: this year."
        ),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Of a scenario: a business unit.")] = None,
    paths: Annotated[
        int | None, typer.Option(min=100, max=100_000, help="Of a scenario: futures.")
    ] = None,
    settings: Annotated[
        Path | None,
        typer.Option(
            "--settings",
            "-s",
            help="finops.yaml; a file of options needs none. Default: the one here.",
        ),
    ] = None,
    entity: EntityOption = None,
    export: ExportOption = None,
    as_json: JsonOption = False,
):
    """At which discount, level, price, volume or hit rate a cost equals a budget, another option, or nothing saved: every crossing.

    Examples: [bold]finops solve offers.yaml --for discount --option "one year" --equals "on demand"[/bold] · [bold]finops solve scenarios/30_commit_gpu.yaml --for level --budget 9.7e6[/bold]
    """
    from ..decide.questions.solve import solve as ask

    known = settings is not None or Path("finops.yaml").is_file()
    with Bars() as bars:
        answer = ask(
            file,
            variable,
            load(settings or Path("finops.yaml"), entity) if known else None,
            option=option,
            path=path,
            budget=budget,
            equals=equals,
            target=target,
            at=at,
            low=low,
            high=high,
            period=period,
            unit=unit,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)
