"""What business value returns on what it costs: roi."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import AsOfOption, Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def roi(
    *,
    period: Annotated[
        str | None,
        typer.Option(
            help="FY2026, FY2026-Q4 or 2026-11; default: all months of the file of values."
        ),
    ] = None,
    first: Annotated[
        str | None, typer.Option("--from", help="The first month, YYYY-MM, instead of a period.")
    ] = None,
    last: Annotated[str | None, typer.Option("--to", help="The last month, YYYY-MM.")] = None,
    initiative: Annotated[
        str | None, typer.Option(help="One initiative by its name; default: all of them.")
    ] = None,
    discount: Annotated[
        float | None,
        typer.Option(
            help="Discount rate a year for payback, 0.08 is 8 %; default: discount_rate of finops.yaml."
        ),
    ] = None,
    as_of: AsOfOption = None,
    paths: Annotated[
        int | None, typer.Option(max=100_000, help="Futures, 500 or more; default: 4000.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What business value returns on what it costs: ROI with its range, payback, the chance that it pays; from the file `values`.

    Example: [bold]finops roi --period FY2026 --discount 0.08[/bold]
    """
    from ..front.outlook.roi import roi as asked

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(
            chosen,
            period,
            first=first,
            last=last,
            initiative=initiative,
            discount_rate=discount,
            as_of=as_of,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)
