"""The track record: how earlier forecasts did, whether their ranges held, and what was set by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from markupsafe import Markup

from ...forecasting.windows import verdict, within
from ...measure.accuracy_types import Accuracy, Published
from ...measure.brief_types import Override
from ...periods import month_name
from ..charts import accuracy as charts
from ..charts.parts import Figure
from .tables import Column, Figures, table

# by whose forecasts: the path in the brief, how often each level held
Ranges = dict[str, tuple[str, list]]


def track_record(figures: Figures) -> dict | None:
    """How good earlier forecasts were, and how far to trust this one."""
    accuracy = figures.brief["accuracy"]
    published = accuracy.get("published") or None
    if not accuracy["rows"] and not (published and published.get("n")):
        return None
    graded = published.get("calibration") if published else None
    ranges: Ranges = {
        "replayed": ("accuracy/calibration", accuracy.get("calibration") or []),
        "published": ("accuracy/published/calibration", graded or []),
    }
    trust = accuracy.get("trust") or accuracy["sentence"]
    nervous = (accuracy.get("revisions") or {"sentence": ""})["sentence"]
    lead = " ".join(text for text in (trust, nervous, _sentence(published)) if text)
    return {
        "title": "How good were we, and how far to trust this",
        "figure": charts.track_record(figures.brief),
        "lead": lead,
        "small": list(_small(figures, accuracy["rows"], ranges)),
        "tables": [
            *_leads(figures, accuracy),
            *_variance(figures, accuracy),
            *_moved(figures),
            *_said_was(figures, ranges),
            *_by_hand(figures, published),
            *_graded(figures),
        ],
    }


def _sentence(published: Published | None) -> str:
    """What was published, and by hand, in words."""
    if not published:
        return ""
    hand = published.get("by_hand")
    return " ".join([published.get("sentence", ""), f"{hand['sentence']}." if hand else ""]).strip()


def _small(
    figures: Figures, rows: list, ranges: Ranges
) -> Iterator[tuple[Figure, Markup | str, str]]:
    """(chart, figure, words) of the small charts: the miss, and said against was for replays and for what was published."""
    miss = charts.missed(rows)
    if miss:
        yield miss, figures.show("accuracy/rows/0/error_pct", "rate"), miss.subtitle
    for what, (_, calibration) in ranges.items():
        chart = charts.said_was(calibration, what)
        if chart:
            row = next((row for row in calibration if row["level"] == 0.8), calibration[0])
            yield (
                chart,
                f"{row['share'] * 100:.0f} % ({row['hits']} of {row['n']})",
                verdict(row) or chart.subtitle,
            )


def _leads(figures: Figures, accuracy: Accuracy) -> list[Markup]:
    """By months ahead: our miss, that of repeating last week, what the ranges held, the budget-variance thresholds."""
    rows: list[tuple[str, str, Mapping]] = [
        (f"accuracy/rows/{i}", str(row["lead"]), row) for i, row in enumerate(accuracy["rows"])
    ]
    if quarter := accuracy.get("quarter"):
        rows.append(("accuracy/quarter", "1 to 3 together", quarter))
    if not rows:
        return []
    held = [name for name in ("coverage50", "coverage80", "coverage90") if name in rows[0][2]]
    limits = [
        name
        for name in (within(limit) for limit in accuracy.get("bands") or ())
        if name in rows[0][2]
    ]
    columns = [
        Column("Months ahead", False),
        *map(
            Column,
            (
                "Forecasts",
                "Missed by",
                "Repeating last week missed by",
                "Better by",
                *(f"Inside the {name[8:]} % range" for name in held),
                *(f"Within {name[7:]} %" for name in limits),
            ),
        ),
    ]
    cells = [
        [
            name,
            figures.show(f"{at}/n", "count"),
            *(
                figures.show(f"{at}/{key}", "rate")
                for key in ("error_pct", "naive_error_pct", "skill")
            ),
            *(f"{round(row[key] * row['n'])} of {row['n']}" for key in (*held, *limits)),
        ]
        for at, name, row in rows
    ]
    named = ", ".join(name[7:] for name in limits)
    note = (
        (
            f"Within {named} %: the FinOps thresholds of budget variance (run, walk, crawl), configurable; how many totals were missed by at most "
            "that much."
        )
        if limits
        else ""
    )
    return [
        table(columns, cells, "Error of monthly totals, weighted by money", name="leads", note=note)
    ]


def _variance(figures: Figures, accuracy: Accuracy) -> list[Markup]:
    """The FinOps KPI by lead: with the forecast below the line, as the FinOps Foundation has it, and with the actual."""
    keys = ("finops_variance_pct", "finops_variance_actual_pct")
    cells = [
        [
            str(row["lead"]),
            figures.show(f"accuracy/rows/{i}/n", "count"),
            *(figures.show(f"accuracy/rows/{i}/{key}", "rate") for key in keys),
        ]
        for i, row in enumerate(accuracy["rows"])
        if all(key in row for key in keys)
    ]
    columns = [
        Column("Months ahead", False),
        *map(Column, ("Forecasts", "FinOps variance ÷ forecast", "FinOps variance ÷ actual")),
    ]
    note = "(Σ forecast − Σ actual) ÷ Σ forecast, and ÷ Σ actual: above 0, forecasts were too high."
    return [table(columns, cells, "FinOps variance", note=note, name="variance")] if cells else []


MOVED_PARTS = {
    "volume": "Volume",
    "mix": "Mix",
    "price": "Price",
    "one_off": "One-off",
    "restated": "Restated bills",
    "shape": "Shape of the range",
}


def _moved(figures: Figures) -> list[Markup]:
    """By what the fiscal years moved since the month before (docs/method §10.3)."""
    moves = figures.brief.get("moved") or ()
    # a brief of before has no one-offs
    parts = {
        name: title
        for name, title in MOVED_PARTS.items()
        if all(name in row["parts"] for row in moves)
    }
    cells = [
        [
            row["period"],
            figures.show(f"moved/{i}/previous_p50", "whole"),
            figures.show(f"moved/{i}/p50", "whole"),
            figures.show(f"moved/{i}/drift_pct", "rate"),
            *(figures.show(f"moved/{i}/parts/{part}", "rate") for part in parts),
            figures.show(f"moved/{i}/actuals", "rate"),
        ]
        for i, row in enumerate(moves)
    ]
    columns = [
        Column("Year", False),
        *map(
            Column,
            (
                "P50 a month before",
                "P50 now",
                "FinOps forecast drift",
                *parts.values(),
                "Of it actuals",
            ),
        ),
    ]
    note = (
        "Drift: (new P50 − previous P50) ÷ previous P50; its parts are shares of the previous P50 and add up to it. Shape of the range: P50 less mean. "
        "Of it actuals: what months came to against their forecast, wherever that went."
    )
    caption = f"How the forecast moved since last month, {figures.money('forecast')}"
    return [table(columns, cells, caption, note=note, name="moved")] if cells else []


def _said_was(figures: Figures, ranges: Ranges) -> list[Markup]:
    """The numbers of the calibration charts."""
    rows = [
        [
            what,
            f"{row['level'] * 100:.0f} %",
            figures.show(f"{at}/{i}/share", "rate"),
            f"{row['hits']} of {row['n']}",
            str(row["months"]),
            f"{row['low'] * 100:.0f} to {row['high'] * 100:.0f} %",
        ]
        for what, (at, calibration) in ranges.items()
        for i, row in enumerate(calibration)
        if row["n"]
    ]
    columns = [
        Column("Forecasts", False),
        *map(Column, ("We said", "It was", "Inside", "Different months", "By luck alone")),
    ]
    note = (
        "Months up to 3 ahead (published: all). By luck alone: where the share of a perfectly calibrated forecast lies four times of five, "
        "as many draws as there are different months; neighbouring months share surprises, so the truth is a little wider."
    )
    return (
        [table(columns, rows, "Whether our ranges held", note=note, name="calibration")]
        if rows
        else []
    )


def _by_hand(figures: Figures, published: Published | None) -> list[Markup]:
    """Numbers set by hand beside the model's: those that came, then those to come."""
    show, brief, rows = figures.show, figures.brief, []
    said: Mapping = published or {}
    row: Mapping
    for where in ("detail", "workloads"):
        for i, row in enumerate(said.get(where) or ()):
            if row.get("hand") is not None:
                at = f"accuracy/published/{where}/{i}"
                rows.append(
                    [
                        _whose(row, row["for"]) + f", said {row['lead']} ahead",
                        *(show(f"{at}/{key}", "whole") for key in ("p50", "hand", "actual")),
                        *(show(f"{at}/{key}", "rate") for key in ("error_pct", "hand_error_pct")),
                        row.get("by") or "–",
                        row.get("because") or "–",
                    ]
                )
    coming: list[tuple[str, str, str, Override]] = [
        (f"forecast/months/{i}/p50", f"forecast/months/{i}/override", ahead["month"], override)
        for i, ahead in enumerate(brief["forecast"]["months"])
        if (override := ahead.get("override"))
    ]
    coming += [
        (f"by_hand/{i}/p50", f"by_hand/{i}", hand["month"], hand)
        for i, hand in enumerate(brief.get("by_hand") or ())
    ]
    for model, at, month, hand in coming:
        rows.append(
            [
                _whose(hand, month),
                show(model, "whole"),
                show(f"{at}/value", "whole"),
                "to come",
                "",
                "",
                hand["by"] or "–",
                hand["because"] or "–",
            ]
        )
    columns = [
        Column("Month", False, True),
        *map(Column, ("Model, median", "By hand", "Actual", "Model missed by", "Hand missed by")),
        Column("By", False),
        Column("Because", False, True),
    ]
    note = (
        "A number set by hand is shown with the model's own, never in its place; both are graded."
    )
    return (
        [
            table(
                columns,
                rows[-14:],
                f"Set by hand, {figures.money('by_hand')}",
                note=note,
                name="by-hand",
            )
        ]
        if rows
        else []
    )


def _whose(hand: Mapping, month: str) -> str:
    return f"{hand['workload']}, {month_name(month)}" if hand.get("workload") else month_name(month)


def _graded(figures: Figures) -> list[Markup]:
    """The table behind the chart: the forecasts made one month ahead, and the FinOps KPI by its name."""
    detail, show = figures.brief["accuracy"]["detail"], figures.show
    lead = min((row["lead"] for row in detail), default=1)
    rows = [
        [
            month_name(row["for"]),
            *(
                show(f"accuracy/detail/{i}/{key}", "whole")
                for key in ("p10", "p50", "p90", "actual")
            ),
            show(f"accuracy/detail/{i}/error_pct", "rate"),
            *(
                show(f"accuracy/detail/{i}/{key}", "rate") if key in row else "–"
                for key in ("finops_variance_pct", "finops_variance_actual_pct")
            ),
            "yes" if row["inside"] else "no",
        ]
        for i, row in enumerate(detail)
        if row["lead"] == lead
    ]
    columns = [
        Column("Month", False),
        *map(Column, ("P10", "Median", "P90", "Actual", "Error")),
        *map(Column, ("FinOps variance ÷ forecast", "FinOps variance ÷ actual")),
        Column("Inside P10–P90", False),
    ]
    note = "Error: |forecast − actual| ÷ actual, forecast being the median. FinOps variance: (forecast − actual) ÷ forecast, and ÷ actual."
    caption = f"Forecast {'one month' if lead == 1 else f'{lead} months'} ahead, {figures.money('accuracy')}"
    return [table(columns, rows[-14:], caption, note=note, name="graded")] if rows else []
