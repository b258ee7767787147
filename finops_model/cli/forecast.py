"""What the coming months cost if nothing changes: forecast."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from ._shared import (
    AsOfOption,
    Bars,
    EntityOption,
    JsonOption,
    MonthOption,
    SettingsOption,
    amount,
    load,
    methods_of,
    out,
)

PANEL = "Forecasts and what-ifs"
app = typer.Typer()
MOST = 4  # entries of what is known that are said in words
DAGGERS = (("graded", False, "*"), ("missing", True, "†"))


@app.command(rich_help_panel=PANEL)
def forecast(
    *,
    unit: Annotated[str | None, typer.Option(help="Business unit; default: the company.")] = None,
    by: Annotated[
        str | None,
        typer.Option(
            help="Every unit, team, service, workload, environment, model or a dimension of finops.yaml, and the company."
        ),
    ] = None,
    months: Annotated[
        int | None, typer.Option(min=1, max=36, help="Months ahead; default: 3.")
    ] = None,
    quarters: Annotated[
        bool,
        typer.Option(
            "--quarters",
            help="Fiscal quarters and years instead of months; what is booked of them counts.",
        ),
    ] = False,
    shocks: Annotated[
        str | None,
        typer.Option(
            help="independent, shared or both: what surprises of workloads have in common; default: as "
            "measured from past misses."
        ),
    ] = None,
    csv: Annotated[
        Path | None, typer.Option(help="Daily series in a CSV or Excel file instead of the ledger.")
    ] = None,
    date_column: Annotated[
        str | None,
        typer.Option(help="Of --csv: the column of days; default: the one that holds dates."),
    ] = None,
    value_column: Annotated[
        str | None, typer.Option(help="Of --csv: the column of numbers; default: all of them.")
    ] = None,
    freq: Annotated[
        str,
        typer.Option(
            help="Of --csv: D, a row a day, or M, a row a month (24 at least): then --months ahead."
        ),
    ] = "D",
    days: Annotated[
        int | None, typer.Option(min=1, max=3700, help="Of --csv: days ahead; default: 90.")
    ] = None,
    paths: Annotated[
        int | None,
        typer.Option(min=100, max=100_000, help="Of --csv: sample paths; default: 1000."),
    ] = None,
    methods: Annotated[
        str | None,
        typer.Option(
            help="Forecasters: cheap, all, one name (prophet), or several with commas; default: finops.yaml, else cheap. "
            "Prophet takes holidays, drivers, changes and caps of known.yaml itself."
        ),
    ] = None,
    as_of: AsOfOption = None,
    month: MonthOption = None,
    settling_days: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=31,
            help="Newest days that may be unfinished, 0: all count; default: finops.yaml, else 2.",
        ),
    ] = None,
    executor: Annotated[
        str | None,
        typer.Option(
            help="Of --csv, many series: processes, threads, serial or dask; default: processes."
        ),
    ] = None,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Of --csv, many series: how many side by side; default: 2."),
    ] = None,
    to: Annotated[Path | None, typer.Option(help="Write the rows to this CSV file too.")] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """What the coming months will cost if nothing changes: range per month, from joint paths.

    Totals of units, teams, services and the company are sums of the same paths.

    Example: [bold]finops forecast --by team --months 12 --quarters[/bold], [bold]finops forecast --csv history.csv --days 90[/bold]
    """
    from ..errors import InputError
    from ..forecasting.methods import pick
    from ..front.forecasting.forecasts import forecast as made
    from ..periods import check_day

    pick(chosen := methods_of(methods))  # a name that is none is said before anything long runs
    if csv is not None and (unit or by or shocks or quarters):
        raise InputError(
            "--csv brings series of its own; --unit, --by, --quarters and --shocks are of a ledger. Give one of them. To write the rows to a file: --to FILE."
        )
    of_csv = {
        "--date-column": date_column,
        "--value-column": value_column,
        "--freq": None if freq == "D" else freq,
        "--days": days,
        "--paths": paths,
        "--executor": executor,
        "--workers": workers,
    }
    if csv is None and (given := [name for name, value in of_csv.items() if value is not None]):
        more = " A ledger is forecast by months: --months." if "--days" in given else ""
        raise InputError(
            f"{' and '.join(given)}: of --csv, and none is given. Give the file, or leave {'it' if len(given) == 1 else 'them'} out.{more}"
        )
    if freq.upper() not in ("D", "M"):
        hours = (
            " Hours are forecast in Python: fm.forecast(series, 24, freq='h')."
            if freq.lower() == "h"
            else ""
        )
        raise InputError(
            f"--freq: '{freq[:20]}' must be D, a row a day, or M, a row a month.{hours}"
        )
    freq = freq.upper()
    if csv is not None and freq == "D" and months is not None:
        raise InputError(
            "--months is of a ledger, or of rows of months (--freq M). Of rows of days: --days."
        )
    if csv is not None and freq == "M" and days is not None:
        raise InputError("--days is of rows of days. With --freq M: --months.")
    if csv is not None and (csv.is_dir() or csv.suffix.casefold() in (".yaml", ".yml")):
        raise InputError(
            f"{csv}: --csv takes a CSV or Excel file. Of a workspace: --settings {csv}."
        )
    if csv is not None and month is not None:
        raise InputError(
            "--month is the month of a report, and a table has none. Give --as-of DAY."
        )
    result: Any
    with Bars() as bars:
        if csv is not None:
            result = made(
                csv,
                (months or 3) if freq == "M" else (days or 90),
                freq=freq,
                date_column=date_column,
                value_column=value_column,
                paths=paths,
                executor=executor,
                workers=workers,
                methods=chosen,
                as_of=check_day(as_of, "--as-of") if as_of else None,
                settling_days=settling_days,
                progress=bars,
            )
        else:
            result = made(
                load(settings, entity),
                methods=chosen,
                by=by,
                unit=unit,
                months=months or 3,
                quarters=quarters,
                shocks=shocks,
                as_of=as_of,
                month=month,
                settling_days=settling_days,
                progress=bars,
            )
    if to is not None:
        result.write(to)
    if as_json:
        months_only = [
            {"month": row["period"], **{key: row[key] for key in ("p10", "p50", "p90")}}
            for row in result.rows
            if row.get("kind") == "month"
        ]
        return out.print_json(
            json.dumps(
                {
                    **result.as_dict(),
                    **({"months": months_only} if csv is None and by is None else {}),
                }
            )
        )
    _show_series(result) if csv is not None else _show(result)
    for text in result.notes:
        out.print(text)
    if to is not None:
        out.print(f"{len(result.rows)} rows: {to}")


def _show(forecast) -> None:
    """Nodes and spans of a workspace."""
    currency, both = forecast.currency, len(forecast.shocks) > 1
    named = forecast.by is not None
    ways = {
        "measured": "As measured",
        "independent": "Independent shocks",
        "shared": "Shared shocks",
    }
    columns = (
        ["P10", "P50", "P90"]
        if not both
        else ["P50", *(f"{ways[how]}, P10–P90" for how in ("independent", "measured", "shared"))]
    )
    title = (
        f"{forecast.unit} · EffectiveCost, {forecast.paths:,} paths, data up to {forecast.as_of}"
    )
    table = Table(
        *([forecast.by.capitalize()] if named else []),
        "Month" if forecast.rows[0]["kind"] == "month" else "Period",
        *columns,
        title=title,
    )
    for column in table.columns:
        column.overflow = "fold"  # a figure is never cut: on a narrow terminal it takes two lines
    for row in forecast.rows:
        marks = "".join(mark for key, when, mark in DAGGERS if bool(row[key]) == when)
        cells = (
            [amount(row[key], currency) for key in ("p10", "p50", "p90")]
            if not both
            else [
                amount(row["p50"], currency),
                *(
                    f"{amount(row[f'p10_{how}'], currency)} – {amount(row[f'p90_{how}'], currency)}"
                    for how in ("independent", "measured", "shared")
                ),
            ]
        )
        table.add_row(
            *([row["node"]] if named else []),
            f"{row['period']}{f' {marks}' if marks else ''}",
            *cells,
        )
    out.print(table)
    _show_methods(forecast)
    for one in forecast.by_hand:
        out.print(
            f"By hand: {one['node']} {one['month']} {amount(one['value'], currency)}, by {one['by']} ({one['because']}); the model: "
            f"{amount(one['p50'], currency)}, P10 {amount(one['p10'], currency)}, P90 {amount(one['p90'], currency)}."
        )
    for text in forecast.covariates[:MOST]:
        out.print(f"Known: {text}.")
    if len(forecast.covariates) > MOST:
        out.print(f"Known: {len(forecast.covariates) - MOST} entries more (all of them: --json).")


def _show_series(forecast) -> None:
    """Month totals of the series of a table, in their own unit."""
    many = len({row["series"] for row in forecast.rows}) > 1
    table = Table(
        *(["Series"] if many else []),
        "Month",
        "Days",
        "P10",
        "P50",
        "P90",
        title=f"{forecast.file} · {forecast.horizon} {'months' if forecast.freq == 'M' else 'days'} ahead, {forecast.paths:,} paths",
    )
    for row in forecast.rows:
        table.add_row(
            *([row["series"]] if many else []),
            row["month"],
            str(row["days"]),
            *(
                f"{row[key]:,.0f}" if abs(row[key]) >= 100 else f"{row[key]:,.3g}"
                for key in ("p10", "p50", "p90")
            ),
        )
    out.print(table)
    _show_methods(forecast)


def _show_methods(forecast) -> None:
    """Which forecasters made the forecast, with their shares of it: of its days, and of its totals of four weeks."""
    from ..forecasting.ensemble import share_words

    out.print(f"Methods: {share_words(forecast.methods)}.")
    if forecast.yearly:
        out.print(
            f"Totals of four weeks, which share in the level until week 12 and lead from week 13 on: {share_words(forecast.yearly)}."
        )
