"""Small charts of the report's accuracy section: by how much we missed, and whether our ranges held (docs/method §11.1, §11.7)."""

from __future__ import annotations

from ...forecasting.windows import FEW, said_and_was
from .parts import BLUE, DARK_VERMILION, GREY, GRID, INK, VERMILION, Canvas, Figure, ticks

WIDTH, ROW = 276, 38  # px: three fit side by side
LEFT, LETTER = 78, 8  # px: room for words on the left; a bold letter at most
PALE = "#AEB6BF"


def missed(rows: list[dict], most: int = 6) -> Figure | None:
    """Error of month totals by months ahead, ours above that of repeating last week."""
    rows = [row for row in rows if row["error_pct"] is not None][:most]
    if not rows:
        return None
    longest = max(max(row["error_pct"], row["naive_error_pct"] or 0.0) for row in rows)
    draw = Canvas(
        WIDTH,
        18 + ROW * len(rows),
        LEFT,
        8 + LETTER * len(f"{longest * 100:.1f} %"),
        6,
        12,
        x=(0, longest or 1.0),
        y=(len(rows), 0),
    )
    for i, row in enumerate(rows):
        ours, naive = row["error_pct"], row["naive_error_pct"]
        for value, top, color, dark in ((ours, i + 0.08, BLUE, INK), (naive, i + 0.5, PALE, GREY)):
            if value is not None:
                draw.bars([{"x": 0, "x2": value, "y": top, "y2": top + 0.34, "color": color}])
                draw.text(
                    [{"x": value, "y": top + 0.17, "t": f"{value * 100:.1f} %"}],
                    dark,
                    dx=5,
                    bold=color == BLUE,
                )
        draw.text(
            [{"x": 0, "y": i + 0.46, "t": f"{row['lead']} month{'s' * (row['lead'] > 1)}"}],
            INK,
            "right",
            dx=-8,
        )
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(rows)}], INK, 1.2)
    first = rows[0]
    title = f"{'One month' if first['lead'] == 1 else str(first['lead']) + ' months'} ahead we missed by"
    words = [
        f"{row['lead']} month{'s' * (row['lead'] > 1)} ahead: missed by {row['error_pct'] * 100:.1f} %"
        + (
            "."
            if row["naive_error_pct"] is None
            else f", repeating last week by {row['naive_error_pct'] * 100:.1f} %."
        )
        for row in rows
    ]
    return draw.figure(title, "blue: our forecast; grey: repeating last week", " ".join(words))


def said_was(calibration: list[dict], what: str) -> Figure | None:
    """Ranges of month totals: how often we said they would hold (stroke), how often they did (dot), what luck alone explains (grey).

    calibration   rows of `windows.calibration`, kind "range";  what: "replayed" or "published"
    """
    rows = [row for row in calibration if row["n"]]
    if not rows:
        return None
    room = 12 + LETTER * max(len(f"{row['hits']} of {row['n']}") for row in rows)
    draw = Canvas(WIDTH, 34 + ROW * len(rows), LEFT, room, 6, 28, x=(0, 1), y=(len(rows), 0))
    draw.x_axis(ticks(0, 1, 3), ["0", "50 %", "100 %"], grid=True)
    for i, row in enumerate(rows):
        low, high, said, was, y = row["low"], row["high"], row["level"], row["share"], i + 0.5
        draw.bars(
            [{"x": low, "x2": max(high, low + 0.004), "y": y - 0.2, "y2": y + 0.2, "color": GRID}]
        )
        draw.rules([{"x": said, "x2": said, "y": y - 0.32, "y2": y + 0.32}], INK, 2)
        outside = (
            row["months"] >= FEW and not low <= was <= high
        )  # of few months nothing is said, in colour neither
        draw.points([{"x": was, "y": y}], VERMILION if outside else BLUE, 80)
        draw.text([{"x": 0, "y": y, "t": f"said {said * 100:.0f} %"}], INK, "right", dx=-8)
        draw.text(
            [{"x": 1, "y": y, "t": f"{row['hits']} of {row['n']}"}],
            DARK_VERMILION if outside else INK,
            dx=10,
            bold=True,
        )
    middle = next((row for row in rows if row["level"] == 0.8), rows[0])
    title = f"{what.capitalize()}: said {middle['level'] * 100:.0f} %, was"
    words = [
        f"{said_and_was(row)}; luck alone explains {row['low'] * 100:.0f} to {row['high'] * 100:.0f} %."
        for row in rows
    ]
    return draw.figure(
        title,
        "stroke: said; dot: was; grey: what luck alone explains",
        " ".join([f"Ranges of {what} forecasts.", *words]),
    )
