"""Where a figure comes from: explain."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import FinOpsError
from ._answers import ExportOption, show
from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def explain(
    scenario: Annotated[
        str,
        typer.Argument(
            metavar="FILE|FIGURE",
            help='A scenario file; or a figure: "kpi:Cost per search@2026-10", waste:RESOURCE, advice:ID, action:ID, an id of finops monday.',
        ),
    ],
    path: Annotated[
        str | None,
        typer.Argument(
            help="Of a scenario file: slash path of a value, for example workloads/support-chat/demand/level."
        ),
    ] = None,
    unit: Annotated[
        str | None, typer.Option(help="Of a KPI: a business unit; default: the company.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
    export: ExportOption = None,
):
    """Where a figure comes from: formula, inputs, rows; or a value of a scenario: base, changes in their order, and why.

    Examples: [bold]finops explain "kpi:Cost per search@2026-10"[/bold] · [bold]finops explain scenarios/20_smaller_model.yaml workloads/support-chat/routing/aurora-small-1[/bold]
    """
    if path is None:
        from ..front.explained.figure import explain_figure

        if Path(scenario).suffix in (".yaml", ".yml"):
            raise FinOpsError(
                f"finops explain {scenario}: name a value of it, for example workloads/*/demand/level."
            )
        with Bars() as bars:
            answer = explain_figure(scenario, load(settings, entity), unit=unit, progress=bars)
        show(answer, as_json, export)
        return
    from ..scenario.explain import explain as explaining

    out.print(str(explaining(scenario, path, load(settings, entity))), markup=False)
