"""What-ifs beside the base: what each changes, future by future."""

from __future__ import annotations

from ...measure.brief_types import Brief
from ...measure.words import chance, money
from .parts import (
    DARK_GREEN,
    DARK_VERMILION,
    GREEN,
    GREY,
    INK,
    PAGE,
    SLIM,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    for_phones,
    inside,
    short,
)


@for_phones
def what_if_differences(brief: Brief, most: int = 8, slim: bool = False) -> Figure | None:
    """Each what-if against the base, future by future: the range of the difference and its middle."""
    rows = brief["what_ifs"][:most]
    if not rows:
        return None
    currency = brief["currency"]
    values = [row[key] for row in rows for key in ("difference_p10", "difference_p90")]
    ends, steps = inside(min(0.0, *values), max(0.0, *values))
    width, row_px, sides = (SLIM, 66, (26, 34)) if slim else (PAGE, 46, (236, 40))
    draw = Canvas(width, 56 + row_px * len(rows), *sides, 24, 30, x=ends, y=(len(rows), 0))
    steps = steps[:: 1 + (slim and len(steps) > 4)]
    draw.x_axis(steps, axis_money(steps, currency), grid=True)
    for i, row in enumerate(rows):
        low, mid, high, y = (
            row["difference_p10"],
            row["difference_p50"],
            row["difference_p90"],
            i + (0.78 if slim else 0.62),
        )
        color, dark = (VERMILION, DARK_VERMILION) if mid > 0 else (GREEN, DARK_GREEN)
        draw.rules([{"x": low, "x2": high, "y": y, "y2": y}], color, 7)
        draw.points([{"x": mid, "y": y}], color, 130)
        word = "more" if mid > 0 else "less" if mid < 0 else "no change"
        text = f"{money(abs(mid), currency)} {word}" if mid else word
        side = (mid - draw.x[0]) / (draw.x[1] - draw.x[0])
        align = "left" if side < 0.15 else "right" if side > 0.85 else "center"
        draw.text([{"x": mid, "y": y, "t": text}], dark, align, dy=-15, bold=True, halo=True)
        draw.name(y, short(row["name"], 36 if slim else 32), dx=-14, above=34 if slim else 0)
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(rows)}], INK, 1.2)
    draw.text([{"x": 0, "y": 0, "t": "as the base"}], GREY, "center", dy=-10)
    best = min(rows, key=lambda row: row["difference_p50"])
    if best["difference_p50"] < 0:
        sure = chance(best["probability_cheaper"])
        title = f"{short(best['name'], 50)} saves most: {money(-best['difference_p50'], currency)} at the median, and costs less in {sure} of futures"
    else:
        title = "None of the what-ifs is likely to save money"
    subtitle = f"Difference to the base in the same futures, {rows[0]['period']}, {currency}. Dot: the median; line: eight of ten futures."
    words = [
        f"{short(row['name'], 50)}: {money(row['difference_p10'], currency)} to {money(row['difference_p90'], currency)}."
        for row in rows
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))
