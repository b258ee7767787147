"""What a month costs and will cost: actuals, the fan of futures, the budget. Values are those of the brief, unchanged (docs/method §15)."""

from __future__ import annotations

from typing import Any

from ...measure.brief_types import Brief
from ...measure.words import money
from ...periods import month_name, month_range
from .parts import (
    BLUE,
    DARK_VERMILION,
    GREY,
    INK,
    PAGE,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    keep_apart,
    month_label,
    month_ticks,
    ticks,
)

HISTORY = 18  # months of actuals in the fan
Row = dict[str, Any]  # x: place of the month; y, p10 … p90: money; t: a label


def monthly_fan(brief: Brief) -> Figure | None:
    """Actual months, the month under way so far, bands of half and of eight in ten futures, the median, the budget."""
    currency, futures = brief["currency"], brief["forecast"]["months"]
    actual, partial = brief["actual"]["by_month"], set(brief["actual"]["partial_months"])
    ahead = {row["month"] for row in futures}
    known = sorted(m for m in actual if m not in ahead)[-HISTORY:]
    if len(known) + len(futures) < 2:
        return None
    everything = [*known, *sorted(ahead)]
    months = list(month_range(everything[0], everything[-1]))
    place = {month: i for i, month in enumerate(months)}
    whole: list[Row] = [{"x": place[m], "y": actual[m]} for m in known if m not in partial]
    plan = brief["budget"]
    budget = dict(plan.get("by_month") or {}) if plan else {}
    budget |= {row["month"]: row["budget"] for row in futures if row["budget"] is not None}
    planned: list[Row] = [
        {"x": place[m], "y": budget[m]} for m in months if budget.get(m) is not None
    ]
    opening: list[Row] = (
        [
            {
                "x": whole[-1]["x"],
                **dict.fromkeys(("p10", "p25", "p50", "p75", "p90"), whole[-1]["y"]),
            }
        ]
        if whole
        else []
    )
    fan: list[Row] = opening + [{"x": place[row["month"]], **row} for row in futures]
    heights = (
        [p["y"] for p in whole + planned]
        + [p[q] for p in fan for q in ("p10", "p90")]
        + [actual[m] for m in known]
    )
    steps = ticks(min(0.0, *heights, 0.0), max(0.0, *heights))
    draw = Canvas(
        PAGE, 350, 66, 136, 16, 30, x=(0, max(len(months) - 1, 1)), y=(steps[0], steps[-1])
    )
    draw.y_axis(steps, axis_money(steps, currency))
    labelled = month_ticks(months)
    draw.x_axis(labelled, [month_label(months[i]) for i in labelled])
    for low, high, opacity in (("p10", "p90", 0.20), ("p25", "p75", 0.30)):
        draw.area([{"x": p["x"], "y": p[low], "y2": p[high]} for p in fan], BLUE, opacity)
    draw.line(planned, VERMILION, 2, (6, 4))
    draw.line([{"x": p["x"], "y": p["p50"]} for p in fan], BLUE, 2.5)
    if len(futures) == 1 and not opening:
        draw.points([{"x": fan[0]["x"], "y": fan[0]["p50"]}], BLUE, 40)
    draw.line(whole, INK)
    draw.points(whole, INK, 14)
    draw.points(
        [{"x": place[m], "y": actual[m]} for m in known if m in partial], INK, 30, hollow=True
    )
    so_far = [
        {
            "x": place[row["month"]],
            "y": row["so_far"],
            "t": f"{money(row['so_far'], currency)} so far",
        }
        for row in futures[:1]
        if row["so_far"]
    ]
    draw.points(so_far, INK, 44, hollow=True)
    draw.text(so_far, INK, "center", dy=16, halo=True)
    if whole:
        last, left = whole[-1], whole[-1]["x"] > 2
        draw.text(
            [{**last, "t": f"{month_label(months[last['x']])}: {money(last['y'], currency)}"}],
            INK,
            "right" if left else "left",
            dx=-7 if left else 7,
            dy=-13,
            bold=True,
            halo=True,
        )
    _fan_labels(draw, fan[-1] if futures else None, planned, whole, len(months) - 1, currency)
    notes = ["dashed: the budget"] * bool(planned) + ["hollow: part of a month"] * bool(
        so_far or partial & set(known)
    )
    return draw.figure(*_fan_words(brief, whole, months, notes))


def _fan_labels(
    draw: Canvas, end: Row | None, planned: list[Row], whole: list[Row], last: int, currency: str
) -> None:
    """Names at the right end of the lines, kept apart; the budget's name at its own end where that is earlier."""
    names = (
        []
        if end is None
        else [
            (end["p90"], f"P90 {money(end['p90'], currency)}", GREY, False),
            (end["p50"], f"Median {money(end['p50'], currency)}", BLUE, True),
            (end["p10"], f"P10 {money(end['p10'], currency)}", GREY, False),
        ]
    )
    if end is not None and end["p10"] == end["p90"]:
        names = [(end["p50"], f"Forecast {money(end['p50'], currency)}", BLUE, True)]
    if planned and planned[-1]["x"] == last:
        names.append(
            (planned[-1]["y"], f"Budget {money(planned[-1]['y'], currency)}", DARK_VERMILION, True)
        )
    elif planned:
        at = {row["x"]: row["y"] for row in whole}
        short = len(whole) <= 6  # then the label of the newest month stands where the budget begins
        start = planned[-1] if short else planned[0]
        above = start["y"] >= at.get(start["x"], start["y"])
        draw.text(
            [{**start, "t": "Budget"}],
            DARK_VERMILION,
            "left",
            dy=-12 if above else 14,
            bold=True,
            halo=True,
        )
    places = keep_apart([name[0] for name in names], 15 * draw.per_px(), draw.y[0], draw.y[1])
    for (_, text, color, bold), y in zip(names, places):
        draw.text([{"x": last, "y": y, "t": text}], color, dx=10, bold=bold)


def _fan_words(
    brief: Brief, whole: list[Row], months: list[str], notes: list[str]
) -> tuple[str, str, str]:
    """Title, subtitle and words of the fan."""
    futures = brief["forecast"]["months"]
    currency = brief["currency"]
    if not futures:
        title = (
            f"{month_name(months[whole[-1]['x']])} cost {money(whole[-1]['y'], currency)}"
            if whole
            else "Cost by month"
        )
        return (
            title,
            f"Cost per month, {currency}{''.join(f'; {note}' for note in notes)}.",
            f"{title}.",
        )
    end = futures[-1]
    now = whole[-1]["y"] if whole else None
    cost, past = money(end["p50"], currency), money(now, currency) if now else ""
    way = ", as" if past == cost else f", {'up' if end['p50'] > (now or 0) else 'down'} from {past}"
    before = f"{way} in {month_name(months[whole[-1]['x']])}" if past else ""
    title = f"A month is likely to cost {cost} by {month_name(end['month'])}{before}"
    subtitle = (
        f"Cost per month, {currency}. Black: what was; blue: the median of {brief['forecast']['paths']:,} simulated futures. "
        f"The dark band holds half of them, the light band eight of ten{''.join(f'; {note}' for note in notes)}."
    )
    if end["p10"] == end["p90"]:
        return (
            title,
            f"Cost per month, {currency}. Black: what was; blue: what is to come{''.join(f'; {note}' for note in notes)}.",
            f"{title}.",
        )
    words = (
        f"{title}. Eight of ten futures for {month_name(end['month'])} lie between {money(end['p10'], currency)} and "
        f"{money(end['p90'], currency)}."
    )
    return title, subtitle, words
