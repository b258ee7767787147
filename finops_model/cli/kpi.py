"""Unit costs of two months."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load

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
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """What a unit costs in one month and in another: value, the cost and the count behind it, the change.

    Example: [bold]finops kpi --from 2025-11 --to 2026-10[/bold]

    Example: [bold]finops kpi --list[/bold]

    Example: [bold]finops kpi --kpi "Cost per API call" --trend 13[/bold]
    """
    from ..front.kpi import kpi as asked
    from ..measure.kpis import shelf

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = asked(
            chosen,
            first,
            last,
            only=only,
            unit=unit,
            kpis=list(shelf()) if every else None,
            listed=listed,
            trend=trend,
            progress=bars,
        )
    show(answer, as_json, export)
