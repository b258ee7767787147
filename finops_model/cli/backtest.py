"""How good earlier forecasts would have been: backtest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, load, methods_of, old_name, out

PANEL = "Forecasts and what-ifs"
FILES = "Daily series in a CSV or Excel file instead of the ledger: a date and a column per series, or date, series, value and perhaps class."
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def backtest(
    *,
    unit: Annotated[str | None, typer.Option(help="Business unit; default: the company.")] = None,
    csv: Annotated[Path | None, typer.Option(help=FILES)] = None,
    month: Annotated[
        str | None,
        typer.Option(help="Of which report (YYYY-MM); default: the newest complete month."),
    ] = None,
    horizons: Annotated[str, typer.Option(help="Days ahead.")] = "7,30,90",
    leads: Annotated[
        str | None,
        typer.Option(help="Whole months ahead; default 1,2,3, of a ledger also 6, 9 and 12."),
    ] = None,
    cutoffs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Month ends to forecast from, newest first; default 12, of a ledger the report's.",
        ),
    ] = None,
    origins: Annotated[int | None, typer.Option(min=1, hidden=True)] = None,
    methods: Annotated[
        str, typer.Option(help="Forecasters of daily series: cheap, all, or names with commas.")
    ] = "cheap",
    members: Annotated[str | None, typer.Option(hidden=True)] = None,
    by: Annotated[str, typer.Option(help="all, class or series (of a ledger: its units).")] = "all",
    bands: Annotated[str, typer.Option(help="Budget-variance thresholds, percent.")] = "12,15,20",
    revisions: Annotated[
        bool,
        typer.Option(
            "--revisions", help="How the P50 of a month moved from one month end to the next."
        ),
    ] = False,
    export: Annotated[
        Path | None, typer.Option(help="Write every graded window: .csv, .parquet or .json.")
    ] = None,
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """How forecasts made earlier would have done, with what was known then, compared with repeating last week.

    Of a ledger, months are the whole simulation run again (prices and contracts included), as the report shows them; days are the daily
    cost forecast directly. Of a CSV, all are the series forecast directly.

    Example: [bold]finops backtest --unit "Risk & Compliance"[/bold], [bold]finops backtest --csv usage.csv --by class[/bold]
    """
    from ..errors import InputError, unknown
    from ._replays import limits, of_ledger, of_table, whole_numbers, write_windows

    if by not in ("all", "class", "series"):
        raise InputError(unknown("--by", "grouping", by, ("all", "class", "series")))
    if csv is not None and unit is not None:
        raise InputError(
            "--unit is of a ledger and --csv brings series of its own. Give one of them."
        )
    if csv is not None and month is not None:
        raise InputError(
            "--month is of a ledger; a CSV is graded up to its own newest day. Leave it out."
        )
    if csv is None and by == "class":
        raise InputError(
            "--by class: goes with --csv; a ledger is divided into units. Use --by series."
        )
    if export is not None and export.suffix not in (".csv", ".parquet", ".json"):
        raise InputError(
            unknown(
                "--export",
                "kind of file",
                export.suffix or export.name,
                (".csv", ".parquet", ".json"),
            )
        )
    methods = old_name("--members", members, "--methods", methods, default="cheap")
    cutoffs = old_name("--origins", origins, "--cutoffs", cutoffs)
    months_ahead = whole_numbers("--leads", leads, "1,2,3") if leads else None
    days_ahead = whole_numbers("--horizons", horizons, "7,30,90")
    names = methods_of(methods)
    with Bars() as bars:
        if csv is not None:
            result = of_table(
                csv,
                leads=months_ahead,
                horizons=days_ahead,
                cutoffs=cutoffs,
                methods=names,
                by=by,
                bands=limits(bands),
                bars=bars,
            )
        else:
            result = of_ledger(
                load(settings, entity),
                unit=unit,
                month=month,
                leads=months_ahead,
                horizons=days_ahead,
                cutoffs=cutoffs,
                methods=names,
                by=by,
                bands=limits(bands),
                bars=bars,
            )
    if export is not None:
        write_windows(result, export)
    if as_json:
        return out.print_json(
            json.dumps({name: value for name, value in result.items() if name != "windows"})
        )
    for part in result.get("units", [result]):
        _show(part, result["bands"])
        if revisions:
            _revised(part)
    if export is not None:
        out.print(f"{len(result['windows'])} windows: {export}")


def _show(record: dict, bands: list) -> None:
    """Totals, ranges and days of one unit or file, in three tables, and how far to trust them."""
    from ..forecasting.windows import within
    from ._replays import count, percent

    totals = [*record["rows"], *([record["quarter"]] if record["quarter"] else [])]
    if totals:
        table = Table(
            "Totals of",
            "n",
            "Missed by",
            "Last week",
            "Better by",
            "FinOps var. ÷ forecast",
            "÷ actual",
            "CRPS",
            title=record["title"],
        )
        for row in totals:
            table.add_row(
                row["window"],
                str(row["n"]),
                *map(percent, (row["error_pct"], row["naive_error_pct"], row["skill"])),
                *(
                    percent(row[name], True)
                    for name in ("finops_variance_pct", "finops_variance_actual_pct")
                ),
                percent(row["crps_pct"]),
            )
        out.print(table)
        table = Table(
            "Inside of",
            *(f"{level} %" for level in (50, 80, 90)),
            "Score",
            *(f"≤ {limit * 100:g} %" for limit in bands),
            "Closer",
            title="Interval coverage and score; within budget-variance thresholds; closer than last week",
        )
        for row in totals:
            table.add_row(
                row["window"],
                *(count(row, f"coverage{level}") for level in (50, 80, 90)),
                percent(row["interval_score_pct"]),
                *(count(row, within(limit)) for limit in bands),
                count(row, "closer"),
            )
        out.print(table)
    if record["days"]:
        table = Table(
            "Days of",
            "n",
            "Missed by",
            "Last week",
            "MASE",
            "CRPS",
            "Total by",
            "Last week",
            "80 % coverage",
            title="Day by day, forecast directly",
        )
        for row in record["days"]:
            table.add_row(
                row["window"],
                str(row["n"]),
                *map(percent, (row["wape"], row["naive_wape"])),
                "–" if row["mase"] is None else f"{row['mase']:.2f}",
                *map(percent, (row["crps_days_pct"], row["error_pct"], row["naive_error_pct"])),
                count(row, "coverage80"),
            )
        out.print(table)
    for text in (record["trust"] or record["sentence"], *record["notes"]):
        if text:
            out.print(text)


def _revised(record: dict) -> None:
    """How the P50 of a month moved between month ends, by the months ahead of the newer forecast."""
    from ._replays import percent

    moved = record.get("revisions")
    if moved is None:
        return
    if not moved["n"]:
        out.print("No month was forecast from two month ends that follow one another.")
        return
    table = Table(
        "Months ahead", "n", "Median", "sd", title=f"{record['title']}: revisions of a month's P50"
    )
    for row in moved["by_lead"]:
        table.add_row(str(row["lead"]), str(row["n"]), percent(row["median"]), percent(row["sd"]))
    out.print(table)
    out.print(moved["sentence"])
