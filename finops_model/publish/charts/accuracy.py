"""How good earlier forecasts were: the track record month by month, and small charts of the miss and of the ranges (docs/method §11.1, §11.7)."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import cast

from ...forecasting.windows import enough, said_and_was
from ...measure.accuracy_types import Calibration, Scores
from ...measure.brief_types import Brief
from ...measure.words import money
from ...periods import month_name
from .notes import draw_notes, on_months, said
from .parts import (
    BLUE,
    DARK_VERMILION,
    GREY,
    GRID,
    INK,
    PAGE,
    SLIM,
    VERMILION,
    Canvas,
    Figure,
    axis_money,
    for_phones,
    keep_apart,
    month_label,
    ticks,
)

WIDTH, ROW = 276, 38  # px of a small chart: three fit side by side
LEFT, LETTER = 78, 8  # px: room for words on the left; a bold letter at most
PALE = "#AEB6BF"


@for_phones
def track_record(brief: Brief, most: int = 14, slim: bool = False) -> Figure | None:
    """Month by month: the range given one month ahead, and what it was."""
    detail = brief["accuracy"]["detail"]
    if not detail:
        return None
    currency, lead = brief["currency"], min(row["lead"] for row in detail)
    rows = sorted((row for row in detail if row["lead"] == lead), key=lambda row: row["for"])[
        -most:
    ]
    values = [row[key] for row in rows for key in ("p10", "p90", "actual")]
    spread = (max(values) - min(values)) or abs(values[0]) or 1.0
    steps = ticks(min(values) - 0.15 * spread, max(values) + 0.15 * spread, 5)
    width, sides = (SLIM, (52, 28)) if slim else (PAGE, (66, 134))
    draw = Canvas(width, 290, *sides, 12, 30, x=(-0.5, len(rows) - 0.5), y=(steps[0], steps[-1]))
    draw.y_axis(steps, axis_money(steps, currency))
    every = 1 if len(rows) <= 9 else 2
    every = max(every, math.ceil(len(rows) / 4)) if slim else every
    draw.x_axis(
        list(range(0, len(rows), every)), [month_label(row["for"]) for row in rows[::every]]
    )
    months = [row["for"] for row in rows]
    marked = on_months(months, brief.get("dated_notes", []))
    draw_notes(draw, marked)
    draw.bars(
        [
            {"x": i - 0.13, "x2": i + 0.13, "y": r["p10"], "y2": r["p90"], "color": "#9CC9E6"}
            for i, r in enumerate(rows)
        ]
    )
    draw.rules(
        [
            {"x": i - 0.13, "x2": i + 0.13, "y": r["p50"], "y2": r["p50"]}
            for i, r in enumerate(rows)
        ],
        BLUE,
        3,
    )
    draw.points([{"x": i, "y": r["actual"]} for i, r in enumerate(rows) if r["inside"]], INK, 60)
    draw.points(
        [{"x": i, "y": r["actual"]} for i, r in enumerate(rows) if not r["inside"]], VERMILION, 90
    )
    end, right = rows[-1], len(rows) - 1
    names = (
        []
        if slim
        else [
            (end["p90"], "P90 we said", GREY),
            (end["p50"], "Median we said", BLUE),
            (end["p10"], "P10 we said", GREY),
            (end["actual"], "What it was", INK if end["inside"] else DARK_VERMILION),
        ]
    )
    for (_, text, color), y in zip(
        names, keep_apart([n[0] for n in names], 15 * draw.per_px(), *draw.y)
    ):
        draw.text([{"x": right, "y": y, "t": text}], color, dx=24, bold=color not in (GREY,))
    hits = sum(bool(r["inside"]) for r in rows)
    ahead = f"{'one month' if lead == 1 else f'{lead} months'} ahead"
    title = (
        f"{hits} of {len(rows)} months came out inside the range we gave {ahead}"
        if len(rows) > 1
        else (
            f"{month_name(end['for'])} came out {'inside' if end['inside'] else 'outside'} the range we gave {ahead}"
        )
    )
    subtitle = (
        f"Cost per month, {currency}. Bar: eight of ten futures as seen {ahead}; blue stroke: their median; dot: what it was"
        f"{' (orange: outside the range)' if hits < len(rows) else ''}. The axis does not start at zero."
    )
    words = [
        f"{month_name(row['for'])}: said {money(row['p10'], currency)} to {money(row['p90'], currency)}, was "
        f"{money(row['actual'], currency)}."
        for row in rows
    ]
    more = said(marked)
    return draw.figure(
        title,
        f"{subtitle} {more}" if more else subtitle,
        " ".join([f"{title}.", *words, *([more] if more else [])]),
    )


def missed(rows: Iterable[Scores], most: int = 6) -> Figure | None:
    """Error of month totals by months ahead, ours above that of repeating last week."""
    shown = [
        (row["lead"], row["error_pct"], row["naive_error_pct"])
        for row in rows
        if row["error_pct"] is not None
    ][:most]
    if not shown:
        return None
    longest = max(max(ours, naive or 0.0) for _, ours, naive in shown)
    draw = Canvas(
        WIDTH,
        18 + ROW * len(shown),
        LEFT,
        8 + LETTER * len(f"{longest * 100:.1f} %"),
        6,
        12,
        x=(0, longest or 1.0),
        y=(len(shown), 0),
    )
    for i, (lead, ours, naive) in enumerate(shown):
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
            [{"x": 0, "y": i + 0.46, "t": f"{lead} month{'s' * (lead > 1)}"}],
            INK,
            "right",
            dx=-8,
        )
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(shown)}], INK, 1.2)
    first = shown[0][0]
    title = f"{'One month' if first == 1 else f'{first} months'} ahead we missed by"
    words = [
        f"{lead} month{'s' * (lead > 1)} ahead: missed by {ours * 100:.1f} %"
        + ("." if naive is None else f", repeating last week by {naive * 100:.1f} %.")
        for lead, ours, naive in shown
    ]
    return draw.figure(title, "blue: our forecast; grey: repeating last week", " ".join(words))


def said_was(calibration: Iterable[Calibration], what: str) -> Figure | None:
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
        low, high, was = _luck(row)
        said, y = row["level"], i + 0.5
        draw.bars(
            [{"x": low, "x2": max(high, low + 0.004), "y": y - 0.2, "y2": y + 0.2, "color": GRID}]
        )
        draw.rules([{"x": said, "x2": said, "y": y - 0.32, "y2": y + 0.32}], INK, 2)
        outside = (
            enough(row) and not low <= was <= high
        )  # of few windows nothing is said, in colour neither
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
    words = []
    for row in rows:
        low, high, _ = _luck(row)
        words.append(
            f"{said_and_was(row)}; luck alone explains {low * 100:.0f} to {high * 100:.0f} %."
        )
    return draw.figure(
        title,
        "stroke: said; dot: was; grey: what luck alone explains",
        " ".join([f"Ranges of {what} forecasts.", *words]),
    )


def _luck(row: Calibration) -> tuple[float, float, float]:
    """What luck alone explains, from and to, and what was; of a row with months."""
    return cast(tuple[float, float, float], (row["low"], row["high"], row["share"]))
