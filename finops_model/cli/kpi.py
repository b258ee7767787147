"""Unit costs of two months."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import AsOfOption, Bars, EntityOption, JsonOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def kpi(
    *,
    first: Annotated[
        str | None,
        typer.Option("--from", help="The earlier month, YYYY-MM; default: the month before --to."),
    ] = None,
    last: Annotated[
        str | None,
        typer.Option("--to", help="The later month; default: the newest complete one."),
    ] = None,
    only: Annotated[
        str | None,
        typer.Option("--kpi", help='One by its name: "Cost per search", "Cost per API call".'),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Every KPI that has a value, not those of the report.")
    ] = False,
    listed: Annotated[
        bool,
        typer.Option(
            "--list", help="Every KPI there is: formula, basis, value in --to, why it has none."
        ),
    ] = False,
    trend: Annotated[
        int | None,
        typer.Option("--trend", min=2, max=60, help="So many months up to --to, not two."),
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Business unit; default: the company.")] = None,
    ahead: Annotated[
        bool,
        typer.Option(
            "--ahead", help="Unit costs of coming months, P10 to P90 of the base's futures."
        ),
    ] = False,
    sets: Annotated[
        bool,
        typer.Option(
            "--sets", help="Set by set of drivers: unit cost × count + not driven = cost of --to."
        ),
    ] = False,
    margin: Annotated[
        bool,
        typer.Option(
            "--margin", help="Gross margin after AI cost by month, by cogs of finops.yaml."
        ),
    ] = False,
    quality: Annotated[
        bool,
        typer.Option(
            "--quality", help="What the same work costs on each judged model, and which none beats."
        ),
    ] = False,
    as_of: AsOfOption = None,
    paths: Annotated[
        int | None,
        typer.Option(min=100, max=100_000, help="With --ahead: futures; default: the base's."),
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What a unit costs in one month and in another: value, the cost and the count behind it, the change.

    Example: [bold]finops kpi --from 2025-11 --to 2026-10[/bold]

    Example: [bold]finops kpi --list[/bold]

    Example: [bold]finops kpi --kpi "Cost per API call" --trend 13[/bold]

    Example: [bold]finops kpi --ahead[/bold]
    """
    from ..front.kpi import kpi as asked
    from ..front.outlook.views import view
    from ..measure.kpis import shelf

    chosen, views = load(settings, entity), {"--ahead": ahead, "--list": listed}
    views |= {
        "--trend": trend is not None,
        "--sets": sets,
        "--margin": margin,
        "--quality": quality,
    }
    with Bars() as bars:
        answer = view(
            chosen,
            views,
            only=only,
            unit=unit,
            months=(first, last),
            as_of=as_of,
            paths=paths,
            progress=bars,
        )
        if answer is None:
            every_one = list(shelf()) if every else None
            answer = asked(
                chosen,
                first,
                last,
                only=only,
                unit=unit,
                kpis=every_one,
                listed=listed,
                trend=trend,
                progress=bars,
            )
    show(answer, as_json, export)
