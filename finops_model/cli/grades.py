"""How good was what we published: grades."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from ._shared import Bars, EntityOption, JsonOption, SettingsOption, amount, load, out

PANEL = "Forecasts and what-ifs"
app = typer.Typer()


@app.command(rich_help_panel=PANEL)
def grades(
    unit: Annotated[
        str | None, typer.Option(help="Business unit; default: all that were published.")
    ] = None,
    bands: Annotated[str, typer.Option(help="Budget-variance thresholds, percent.")] = "12,15,20",
    settings: SettingsOption = Path("finops.yaml"),
    entity: EntityOption = None,
    as_json: JsonOption = False,
):
    """Grade published forecasts against actuals: errors, calibration (when we said 80 %, it was …), numbers set by hand, drift.

    Example: [bold]finops grades --unit Company[/bold]
    """
    from ..errors import InputError, unknown
    from ..facts.daily import warehouse
    from ..forecasting.windows import plain, said_and_was
    from ..measure import grades as grading
    from ..publish import close
    from ._replays import limits

    chosen, asked = load(settings, entity), limits(bands)
    forecasts = grading.published(chosen.path(chosen.reports))
    if unit is not None:
        if unit not in set(forecasts["unit"]):
            raise InputError(unknown("--unit", "unit", unit, sorted(set(forecasts["unit"]))))
        forecasts = forecasts[forecasts["unit"] == unit].reset_index(drop=True)
    with Bars() as bars:
        ledger = close.books(chosen, bars)
        as_of, daily = str(ledger.last_day(chosen.time_zone)), warehouse.daily(ledger, chosen)
        actual = grading.actual_months(daily, as_of, sorted(set(forecasts["unit"])))
        graded = grading.grade(
            forecasts,
            actual,
            asked,
            grading.naive_months(daily, forecasts),
            grading.workload_months(daily, as_of, forecasts),
        )
    hand = graded.by_hand()
    if as_json:
        parts = {
            "rows": graded.rows,
            "calibration": graded.calibration,
            "drift": graded.drift,
            "by_lead": graded.by_lead(),
        }
        words = {
            "as_of": as_of,
            "waiting": graded.waiting,
            "months": graded.months(),
            "sentence": graded.sentence(),
            "by_hand": hand,
        }
        return out.print_json(
            json.dumps({**words, **plain(parts), "workloads": plain(graded.hands)})
        )
    out.print(graded.sentence(), markup=False)
    if len(graded.rows):
        _graded(graded)
        middle = graded.calibration.query("kind == 'range' and level == 0.8")
        out.print(f"{said_and_was(plain(middle)[0])}.")
    if hand:
        out.print(f"{hand['sentence']}.")
    if len(graded.drift):
        table = Table(
            "Unit",
            "Month",
            "From",
            "To",
            "P50 before",
            "P50 now",
            "Drift",
            title="What moved between publications",
        )
        currency = forecasts["currency"].iloc[0]
        for row in graded.drift.itertuples():
            table.add_row(
                row.unit,
                row[2],
                row.previous,
                row.made,
                *(amount(value, currency) for value in (row.previous_p50, row.p50)),
                f"{row.drift_pct:+.1%}",
            )
        out.print(table)


def _graded(grades) -> None:
    """Every graded forecast; by lead compared with repeating last week; what the ranges held."""
    from ..forecasting.windows import plain, within
    from ._replays import count, percent

    by_hand = "hand" in grades.rows and grades.rows["hand"].notna().any()
    table = Table(
        "Unit",
        "Month",
        "Made",
        "P10",
        "P50",
        "P90",
        *(("By hand",) if by_hand else ()),
        "Actual",
        "Error",
        "Band",
    )
    for row in grades.rows.to_dict("records"):
        hand = (
            (
                amount(row["hand"], row["currency"])
                if row["hand"] == row["hand"] and row["hand"] is not None
                else "–",
            )
            if by_hand
            else ()
        )
        table.add_row(
            row["unit"],
            row["for"],
            row["made"],
            *(amount(row[name], row["currency"]) for name in ("p10", "p50", "p90")),
            *hand,
            amount(row["actual"], row["currency"]),
            percent(plain(row["error_pct"])),
            row["band"],
        )
    out.print(table)
    table = Table(
        "Ahead",
        "n",
        "Months",
        "Missed by",
        "Last week",
        "Better by",
        "FinOps var. ÷ forecast",
        "÷ actual",
        *(f"≤ {limit * 100:g} %" for _, limit in grades.bands),
        title=f"By months ahead{', the middle one of the units' if grades.counted()['unit'].nunique() > 1 else ''}, compared with repeating last week",
    )
    for row in plain(grades.by_lead()):
        names = [
            *("error_pct", "naive_error_pct", "skill"),
            *("finops_variance_pct", "finops_variance_actual_pct"),
        ]
        table.add_row(
            str(row["lead"]),
            str(row["n"]),
            str(row["months"]),
            *(percent(row.get(name)) for name in names),
            *(count(row, within(limit)) for _, limit in grades.bands),
        )
    out.print(table)
    said = Table(
        "We said", "It was", "Forecasts", "Months", "By luck alone", title="Calibration of ranges"
    )
    for row in grades.calibration[grades.calibration["kind"] == "range"].itertuples():
        said.add_row(
            f"{row.level:.0%}",
            f"{row.share:.0%}",
            str(row.n),
            str(row.months),
            f"{row.low:.0%} to {row.high:.0%}",
        )
    out.print(said)
