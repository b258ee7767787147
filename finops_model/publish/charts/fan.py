"""What a month costs and will cost: actuals, the fan of futures, the budget. Values are those of the brief, unchanged (docs/method §15)."""

from __future__ import annotations

from typing import Any, NamedTuple

from ...measure.brief_types import Brief
from ...measure.words import money
from ...periods import month_name, month_range
from .notes import draw_notes, on_months, said
from .parts import (
    BLUE,
    DARK_VERMILION,
    INK,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    month_label,
    month_ticks,
    ticks,
)

HISTORY = 18  # months of actuals in the fan
WIDE, HIGH = 390, 232  # px: as drawn on a phone; beside the table of page one it is as wide
LETTER, LINE = 8, 14  # px of a letter at most, and of a line of words
STEP = 12  # px: a line may rise that far beside a name
Row = dict[str, Any]  # x: place of the month; y, p10 … p90: money; t: a label


def monthly_fan(brief: Brief) -> Figure | None:
    """Actual months, the month under way so far, the band of eight in ten futures, the median, the budget."""
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
    steps = ticks(min(0.0, *heights, 0.0), max(0.0, *heights), 5)
    draw = Canvas(
        WIDE, HIGH, 46, 26, 22, 26, x=(0, max(len(months) - 1, 1)), y=(steps[0], steps[-1])
    )
    draw.y_axis(steps, axis_money(steps, currency))
    labelled = month_ticks(months, 5)
    draw.x_axis(labelled, [month_label(months[i]) for i in labelled])
    marked = on_months(months, brief.get("dated_notes", []))
    draw_notes(draw, marked)
    draw.area([{"x": p["x"], "y": p["p10"], "y2": p["p90"]} for p in fan], BLUE, 0.25)
    draw.line(planned, VERMILION, 1.6, (5, 4))
    draw.line([{"x": p["x"], "y": p["p50"]} for p in fan], BLUE, 2.2)
    if len(futures) == 1 and not opening:
        draw.points([{"x": fan[0]["x"], "y": fan[0]["p50"]}], BLUE, 40)
    draw.line(whole, INK, 2)
    draw.points(whole[-1:], INK, 34)
    draw.points(
        [{"x": place[m], "y": actual[m]} for m in known if m in partial], INK, 26, hollow=True
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
    draw.points(so_far, INK, 34, hollow=True)
    marks = [(p["x"], p[key]) for p in fan for key in ("p10", "p90")]
    marks += [(p["x"], p["y"]) for p in whole + planned]
    ends = [whole[-1:], fan[-1:] if futures else [], planned, so_far]
    _names(draw, ends, marks, months, currency)
    notes = ["dashed: the budget"] * bool(planned) + ["hollow: part of a month"] * bool(
        so_far or partial & set(known)
    )
    title, subtitle, words = _fan_words(brief, whole, months, notes)
    more = f" {said(marked)}" if marked else ""
    return draw.figure(title, f"{subtitle}{more}", f"{words}{more}")


class _Name(NamedTuple):
    """Words at a place: px from the left and upper edge of the plot, which side of it they stand on."""

    x: float
    y: float
    text: str
    color: str
    align: str

    @property
    def wide(self) -> float:
        """px, as wide letters would have it."""
        return LETTER * len(self.text)

    @property
    def left(self) -> float:
        """Where they begin."""
        return self.x - {"left": 0.0, "right": self.wide, "center": self.wide / 2}[self.align]


def _names(
    draw: Canvas,
    ends: list[list[Row]],
    marks: list[tuple[int, float]],
    months: list[str],
    currency: str,
) -> None:
    """Names of the lines, clear of every line (`marks`: their places) and of each other; the more telling ones first."""
    (newest, last, planned, so_far), plane = ends, draw.plane
    found: list[_Name] = []

    def put(row: Row, text: str, color: str, side: float) -> None:
        """On the side of its point (−1 above, 1 below), inside the plot, clear of what is there."""
        x, y = plane.across(row["x"]), plane.down(row["y"])
        align = "right" if x > plane.width / 2 else "left"
        one = _Name(min(x, plane.width + 20) if align == "right" else x, y, text, color, align)
        for way in (side, -side):
            under = [
                plane.down(value)
                for at, value in marks
                if one.left - STEP <= plane.across(at) <= one.left + one.wide + STEP
            ]
            placed = one._replace(y=(min if way < 0 else max)([y, *under]) + way * 12)
            while any(_meet(placed, other) for other in found):
                placed = placed._replace(y=placed.y + way * 4)
            if -14 <= placed.y <= plane.height - 8:
                found.append(placed)
                return

    for row in newest:
        put(row, f"{month_label(months[row['x']])}: {money(row['y'], currency)}", INK, -1)
    for row in last:
        low, high = money(row["p10"], currency), money(row["p90"], currency)
        ends_ = low if low == high else f"{low} to {high}"
        text = f"{month_label(months[row['x']])}: {ends_}"
        put({"x": len(months) - 1, "y": row["p90"]}, text, BLUE, -1)
    for row in so_far:
        put(row, row["t"], INK, 1)
    for row in planned[-1:]:
        put(row, f"Budget to {month_label(months[row['x']])}", DARK_VERMILION, 1)
    low, high = draw.y
    for one in found:
        row = {
            "x": draw.x[0] + (draw.x[1] - draw.x[0]) * one.x / plane.width,
            "y": high - (high - low) * one.y / plane.height,
            "t": one.text,
        }
        draw.text([row], one.color, one.align, bold=one.color != DARK_VERMILION, halo=True)


def _meet(one: _Name, other: _Name) -> bool:
    """Whether the letters of two names would lie on each other."""
    apart = one.left + one.wide < other.left or other.left + other.wide < one.left
    return not apart and abs(one.y - other.y) < LINE


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
        f"Cost per month, {currency}. To the dot: what was; blue: the median of {brief['forecast']['paths']:,} futures; "
        f"band: eight of ten{''.join(f'; {note}' for note in notes)}."
    )
    if end["p10"] == end["p90"]:
        return (
            title,
            f"Cost per month, {currency}. To the dot: what was; blue: what is to come{''.join(f'; {note}' for note in notes)}.",
            f"{title}.",
        )
    words = (
        f"{title}. Eight of ten futures for {month_name(end['month'])} lie between {money(end['p10'], currency)} and "
        f"{money(end['p90'], currency)}."
    )
    return title, subtitle, words
