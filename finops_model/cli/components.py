"""What a forecast of Prophet alone consists of: components."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from ._shared import AsOfOption, Bars, EntityOption, JsonOption, SettingsOption, amount, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()
MOST = 6  # changepoints that are said


@app.command(rich_help_panel=PANEL)
def components(
    *,
    workload: Annotated[
        str | None,
        typer.Option(help="One workload; default: all that Prophet forecasts, added up."),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(help="A daily series in a CSV or Excel file instead of the ledger."),
    ] = None,
    date_column: Annotated[
        str | None,
        typer.Option(help="Of --csv: the column of days; default: the one that holds dates."),
    ] = None,
    value_column: Annotated[
        str | None, typer.Option(help="Of --csv: the column of numbers; default: the only one.")
    ] = None,
    days: Annotated[int, typer.Option(min=1, max=3700, help="Days ahead.")] = 90,
    to: Annotated[
        Path | None,
        typer.Option(
            help="Write components.csv, changepoints.csv and components.html to this folder."
        ),
    ] = None,
    as_of: AsOfOption = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Prophet alone: its trend, week, year, days off, driver, events, and the days on which its trend bends.

    The parts of a day add up to what Prophet says of it. Of a ledger it is money by day at today's prices, told what known.yaml knows.

    Example: [bold]finops components --workload chat --to charts[/bold], [bold]finops components --csv history.csv[/bold]
    """
    from ._components import of_table, of_workspace, write

    with Bars() as bars:
        if csv is not None:
            made, notes = of_table(csv, date_column, value_column, days, as_of, workload)
        else:
            made, notes = of_workspace(
                load(settings, entity),
                workload,
                days,
                as_of,
                (date_column, value_column),
                bars,
            )
    written = [] if to is None else write(made, to, notes)
    months = made.months()
    if as_json:
        return out.print_json(
            json.dumps(
                {
                    "name": made.name,
                    "currency": made.currency,
                    "months": months.to_dict("records"),
                    "changepoints": [
                        {**vars(one), "change": one.change} for one in made.changepoints
                    ],
                    "notes": notes,
                    "files": [str(path) for path in written],
                }
            )
        )
    used = [
        "point",
        "trend",
        *(name for name in months.columns[3:] if months[name].abs().max() > 0),
    ]
    table = Table(
        "Month",
        *(name.capitalize() for name in used),
        title=f"{made.name or 'Series'} · Prophet alone, {made.ahead} days ahead",
    )
    for row in months.to_dict("records"):
        table.add_row(row["month"], *(amount(row[name], made.currency) for name in used))
    out.print(table)
    felt = sorted(made.bends(), key=lambda one: -abs(one.change))
    for one in sorted(felt[:MOST], key=lambda one: one.day):
        whose = f" of {one.series}" if one.series and one.series != made.name else ""
        why = f", when '{one.known}' began" if one.known else ""
        out.print(
            Text(
                f"{one.day}: the trend{whose} bends by {'+' if one.change >= 0 else '−'}"
                f"{amount(abs(one.change), made.currency)} a day each month{why}."
            )
        )
    if len(felt) > MOST:
        out.print(f"{len(felt) - MOST} more changepoints: --json, or --to FOLDER.")
    for text in notes:
        out.print(Text(text))
    for path in written:
        out.print(Text(str(path)))
