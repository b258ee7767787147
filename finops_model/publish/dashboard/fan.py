"""The rows of the fan chart, by name for the frozen specification (chart.py), and what the chart says in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...measure.brief_types import Brief, ForecastMonth
from ...measure.words import money
from ...periods import month_name
from .labels import spread_labels, stamp

QUANTILES = ("p05", "p10", "p25", "p50", "p75", "p90", "p95")
HISTORY = 18  # months of actuals drawn
BLUE, VERMILION, GREY = "#0072B2", "#B94F00", "#5D6D7E"
LABEL_GAP = 0.055  # of the axis: the height of one line of text


def chart_rows(brief: Brief, rows: list[ForecastMonth], moved: bool) -> dict:
    """Rows by name for the frozen specification, and what the chart says in words."""
    currency, published = brief["currency"], brief["forecast"]["months"]
    first = rows[0]["month"]
    booked = {
        m: v
        for m, v in brief["actual"]["by_month"].items()
        if m < first and m not in brief["actual"]["partial_months"]
    }
    history = sorted(booked)[-HISTORY:]
    opening = (
        [{"month": stamp(history[-1]), **dict.fromkeys(QUANTILES, booked[history[-1]])}]
        if history
        else []
    )
    spreads: Sequence[Mapping] = rows
    fan = opening + [
        {"month": stamp(row["month"]), **{p: row[p] for p in QUANTILES}} for row in spreads
    ]
    shown = [*history, *(row["month"] for row in rows)]
    plan = {
        m: v
        for m, v in (brief["budget"]["by_month"] if brief["budget"] else {}).items()
        if m in shown
    }
    top = max(
        [row["p95"] for row in published]
        + [row["p95"] for row in rows]
        + list(plan.values())
        + [booked[m] for m in history]
    )
    last = rows[-1]
    ends = [
        (last["p95"], "95th pct", GREY),
        (last["p50"], "Median", BLUE),
        (last["p05"], "5th pct", GREY),
    ]
    if moved:
        ends.append((published[-1]["p50"], "Published", GREY))
    if plan and max(plan) == last["month"]:
        ends.append((plan[max(plan)], "Budget", VERMILION))
    labels = [
        {"month": stamp(last["month"]), **row} for row in spread_labels(ends, LABEL_GAP * top)
    ]
    if plan and max(plan) < last["month"]:
        labels.append(
            {
                "month": stamp(max(plan)),
                "value": plan[max(plan)],
                "text": "Budget",
                "color": VERMILION,
            }
        )
    title = f"Monthly AI spend is heading for {money(last['p50'], currency)} in {month_name(last['month'])}"
    if history:
        title += f", from {money(booked[history[-1]], currency)} in {month_name(history[-1])}"
    paths = f"{brief['forecast']['paths']:,}"
    return {
        "title": title,
        "subtitle": f"Monthly cost in {currency}, commitments spread over their term. Bands: 50, 80 and 90 % of {paths} "
        f"simulated futures. Black: booked{'. Dotted: published median' if moved else ''}.",
        "alt": f"Fan chart. {title}; 80 % range {money(last['p10'], currency)} to {money(last['p90'], currency)}.",
        "data": {
            "fan": fan,
            "actual": [{"month": stamp(m), "cost": booked[m]} for m in history],
            "budget": [{"month": stamp(m), "amount": plan[m]} for m in sorted(plan)],
            "published": opening_line(opening, published),
            "labels": labels,
            "frame": [{"value": top}],
        },
    }


def opening_line(opening: list[dict], published: list[ForecastMonth]) -> list[dict]:
    """The published median, drawn thin beside a what-if."""
    return [{"month": row["month"], "p50": row["p50"]} for row in opening] + [
        {"month": stamp(row["month"]), "p50": row["p50"]} for row in published
    ]
