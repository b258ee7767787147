"""What moved the cost of a month, and which workloads make the range wide: bars, the largest first."""

from __future__ import annotations

import re
from typing import NamedTuple

from ...measure.brief_types import Brief
from ...measure.words import money, percent
from ...periods import month_name
from .parts import (
    BLUE,
    GREEN,
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

ROW, SLIM_ROW = 30, 42  # px of a bar with its label, beside it or above it
REST = re.compile(r"^\d+ others$")  # the brief's own line for the rest: it stands last


class Bar(NamedTuple):
    """A name and its length."""

    name: str
    value: float


@for_phones
def what_moved(brief: Brief, most: int = 13, slim: bool = False) -> Figure | None:
    """Change of each workload since the month before, the largest first; costlier to the right, cheaper to the left."""
    bars = [Bar(row["name"], row["change"]) for row in brief["drivers"]["change"] if row["change"]]
    if not bars:
        return None
    currency, total = brief["currency"], sum(bar.value for bar in bars)
    shown = _grouped(bars, most)
    draw, steps = _canvas(shown, 276, slim)
    draw.x_axis(steps, axis_money(steps, currency), grid=True)
    for i, bar in enumerate(shown):
        up, y = bar.value >= 0, i + (0.68 if slim else 0.5)
        _box(draw, bar, y, VERMILION if up else GREEN)
        draw.name(y, short(bar.name, 30), dx=-62, above=19 if slim else 0)
        draw.text(
            [{"x": bar.value, "y": y, "t": f"{'+' if up else ''}{money(bar.value, currency)}"}],
            INK,
            "left" if up else "right",
            dx=6 if up else -6,
            bold=True,
            halo=True,
        )
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(shown)}], INK, 1.2)
    top = max(shown, key=lambda bar: (not REST.match(bar.name), abs(bar.value)))
    moved = f"{short(top.name, 40)} moved most ({'+' if top.value >= 0 else ''}{money(top.value, currency)})"
    side = "more" if total >= 0 else "less"
    if brief["status"] == "flash":
        where = "above" if total >= 0 else "below"
        title = f"{month_name(brief['month'])} so far stands {money(abs(total), currency)} {where} the whole month before"
    else:
        title = f"{month_name(brief['month'])} cost {money(abs(total), currency)} {side} than the month before; {moved}"
    subtitle = f"Change since the month before, {currency}. Right: costs more; left: costs less."
    words = [f"{short(bar.name, 40)}: {money(bar.value, currency)}." for bar in shown]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


@for_phones
def range_shares(brief: Brief, most: int = 10, slim: bool = False) -> Figure | None:
    """What makes the range wide: share of the variance of the horizon's total by workload."""
    bars = [Bar(row["name"], row["share"]) for row in brief["drivers"]["range"] if row["share"]]
    if not bars:
        return None
    shown = _grouped(bars, most)
    draw, steps = _canvas(shown, 226, slim)
    draw.x_axis(steps, [f"{step * 100:.0f} %".replace("-", "−") for step in steps], grid=True)
    for i, bar in enumerate(shown):
        y, share = i + (0.68 if slim else 0.5), bar.value
        text = percent(share) if share >= 0 else f"−{percent(-share)}"
        _box(draw, bar, y, BLUE)
        draw.name(y, short(bar.name, 30), above=19 if slim else 0)
        draw.text([{"x": max(share, 0), "y": y, "t": text}], INK, dx=6, bold=True, halo=True)
    draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(shown)}], INK, 1.2)
    first = shown[0]
    second = shown[1] if len(shown) > 1 and shown[1].value > 0.1 else None
    joint = f" and {percent(second.value)} from {short(second.name, 40)}" if second else ""
    title = (
        f"Of the uncertainty, {percent(abs(first.value))} comes from {short(first.name, 40)}{joint}"
    )
    subtitle = "Share of the variance of cost over the forecast months: where knowing more would narrow the range most."
    words = [
        f"{short(bar.name, 40)}: {percent(bar.value) if bar.value >= 0 else 'negative'}."
        for bar in shown
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


def _grouped(bars: list[Bar], most: int) -> list[Bar]:
    """The longest bars, the rest added up in one.

    >>> _grouped([Bar("a", 1.0), Bar("2 others", 9.0), Bar("b", -3.0), Bar("c", 2.0)], 2)
    [Bar(name='b', value=-3.0), Bar(name='c', value=2.0), Bar(name='2 others', value=10.0)]
    """
    bars = sorted(bars, key=lambda bar: (bool(REST.match(bar.name)), -abs(bar.value)))
    rest = bars[most:]
    extra = [Bar(f"{len(rest)} others", sum(bar.value for bar in rest))] if len(rest) > 1 else rest
    return bars[:most] + extra


def _canvas(bars: list[Bar], left: int, slim: bool) -> tuple[Canvas, list[float]]:
    """A canvas with a row for every bar, and the round values on its axis; left: px for names, which stand above their bars where it is slim."""
    values = [bar.value for bar in bars]
    ends, steps = inside(min(0.0, *values), max(0.0, *values))
    down = (len(bars), 0)
    if slim:
        steps = steps[:: 1 + (len(steps) > 4)]
        side = 70 if min(values) < 0 else 26
        return Canvas(SLIM, 40 + SLIM_ROW * len(bars), side, 70, 8, 30, x=ends, y=down), steps
    return Canvas(PAGE, 40 + ROW * len(bars), left, 70, 8, 30, x=ends, y=down), steps


def _box(draw: Canvas, bar: Bar, y: float, color: str) -> None:
    half = 9 * abs(draw.per_px())
    draw.bars([{"x": 0, "x2": bar.value, "y": y - half, "y2": y + half, "color": color}])
