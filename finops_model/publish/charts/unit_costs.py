"""Unit costs, small enough to stand side by side: one line a month (docs/method §16.3)."""

from __future__ import annotations

from collections.abc import Sequence

from ...measure.change.types import DatedNote
from ...measure.cycle.types import UnitCost
from ...periods import month_name, month_range
from ...wording import four
from .notes import draw_notes, on_months, said
from .parts import BLUE, GREY, Canvas, Figure, month_label, short


def unit_cost_trend(
    line: UnitCost, width: int = 276, height: int = 118, notes: Sequence[DatedNote] = ()
) -> Figure | None:
    """One unit cost month by month; months with too few days are hollow. Values in words stand beside it on the page."""
    rows = line["by_month"][-13:]
    if not rows:
        return None
    months = list(month_range(rows[0]["month"], rows[-1]["month"]))
    place = {month: i for i, month in enumerate(months)}
    values = [row["value"] for row in rows]
    low, high = min(values), max(values)
    room = (high - low) * 0.35 or abs(high) * 0.1 or 1.0
    low, high = low - room, high + room
    draw = Canvas(width, height, 10, 14, 10, 26, x=(0, max(len(months) - 1, 1)), y=(low, high))
    draw.rules([{"x": 0, "x2": draw.x[1], "y": low, "y2": low}], "#AEB6BF")
    ends = [0, len(months) - 1] if len(months) > 1 else [0]
    for i, align in zip(ends, ("left", "right")):
        draw.text([{"x": i, "y": low, "t": month_label(months[i])}], GREY, align, dy=15)
    points = [
        {"x": place[row["month"]], "y": row["value"], "partial": row["partial"]} for row in rows
    ]
    marked = on_months(months, notes)
    draw_notes(draw, marked, inside=True)
    draw.line(points, BLUE, 2.2)
    draw.points([p for p in points if not p["partial"]], BLUE, 18)
    draw.points([p for p in points if p["partial"]], BLUE, 30, hollow=True)
    draw.points([p for p in points[-1:] if not p["partial"]], BLUE, 60)
    name = short(line["name"], 60)
    span = (
        f"{month_name(months[0])} to {month_name(months[-1])}"
        if len(months) > 1
        else month_name(months[0])
    )
    more = f" {said(marked)}" if marked else ""
    return draw.figure(
        name,
        f"{span}.{more}" if marked else span,
        f"{name}, {span}: from {four(values[0])} to {four(values[-1])} {short(line['unit'], 40)}.{more}",
    )
