"""Budgets: the draft of a year, and a budget's life from proposal to close."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ._answers import ExportOption, show
from ._shared import AsOfOption, Bars, EntityOption, JsonOption, MonthOption, SettingsOption, load

PANEL = "Bills and reports"
app = typer.Typer()
group = typer.Typer(
    no_args_is_help=True, help="Budgets drafted, proposed, approved, moved, closed."
)
app.add_typer(group, name="budget", rich_help_panel=PANEL)


@group.command()
def draft(
    *,
    year: Annotated[
        str | None,
        typer.Option(
            help="FY2027, a quarter FY2027-Q1, a month 2027-03; default: the fiscal year after the one under way."
        ),
    ] = None,
    level: Annotated[
        float,
        typer.Option(
            help="Percent, 50 to 99: with the reserve, all of it holds in 8 of 10 futures at 80."
        ),
    ] = 80,
    by: Annotated[
        str | None,
        typer.Option(
            help="Lines of a dimension instead of units: environment keeps R&D and production apart."
        ),
    ] = None,
    held_by: Annotated[
        str | None,
        typer.Option(
            help="Who may release the reserve; default: the one who reviews (finops.yaml)."
        ),
    ] = None,
    version: Annotated[
        str | None, typer.Option("--name", help='Name of the draft; default: "FY2027 draft".')
    ] = None,
    write: Annotated[
        Path | None,
        typer.Option("--write", help="Write the lines as a budget file (.csv), as budgets: reads."),
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
    """Draft a budget from the base scenario: lines by unit and month are means, and one company reserve buys the certainty.

    Example: [bold]finops budget draft --year FY2027 --write budgets_fy2027.csv[/bold]
    """
    from ..front.budgets.draft import draft_budget

    chosen = load(settings, entity)
    with Bars() as bars:
        answer = draft_budget(
            chosen,
            year,
            level,
            by=by,
            held_by=held_by,
            version=version,
            write=write,
            as_of=as_of,
            month=month,
            paths=paths,
            progress=bars,
        )
    show(answer, as_json, export)
