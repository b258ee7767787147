"""A bridge as a waterfall: from one state's total to another's, a box per step, downwards in the order of the steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from ...measure.words import money
from ...wording import bridge as words
from .parts import (
    BLUE,
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

ROW, SLIM_ROW = 30, 44  # px of a box with its label, beside it or above it
HALF = 0.5  # an axis begins at zero, unless all of it lies in the upper half


class Box(NamedTuple):
    """A row: its name, where it begins and ends, the amount that is said."""

    name: str
    low: float
    high: float
    amount: float
    end: bool


def boxes(bridge: Mapping) -> list[Box]:
    """Rows of the drawing: the first total, every step that is not nothing, the last total.

    >>> made = {"from": {"name": "plan", "amount": 10.0}, "to": {"name": "actual", "amount": 13.0}, "steps": {"mix": -1.0, "volume": 4.0}, "parts": {}}
    >>> [(one.name, one.low, one.high) for one in boxes(made)]
    [('Plan', 0.0, 10.0), ('Volume', 10.0, 14.0), ('Mix', 14.0, 13.0), ('Actual', 0.0, 13.0)]
    """
    at = float(bridge["from"]["amount"])
    rows = [Box(_name(bridge["from"]["name"]), 0.0, at, at, True)]
    for step in words.shown(bridge):
        amount = float(bridge["steps"][step])
        rows.append(Box(words.title(step, bridge["parts"]), at, at + amount, amount, False))
        at += amount
    last = float(bridge["to"]["amount"])
    return [*rows, Box(_name(bridge["to"]["name"]), 0.0, last, last, True)]


def _name(text: str) -> str:
    return text[:1].upper() + text[1:]


@for_phones
def waterfall(bridge: Mapping, currency: str, title: str = "", slim: bool = False) -> Figure | None:
    """The drawing of a bridge; None where nothing changed.

    bridge   as the brief has it;  title: instead of the bridge's own sentence;  slim: as wide as a phone
    """
    rows = boxes(bridge)
    if len(rows) < 3:
        return None
    turns = [value for one in rows for value in ((one.high,) if one.end else (one.low, one.high))]
    low, high = min(turns), max(turns)
    cut = low > HALF * high > 0  # totals are far larger than the steps between them
    room = max(high - low, abs(high) * 1e-6)
    start = low - 0.25 * room if cut else min(0.0, low)
    ends, steps = inside(start, max(high, 0.0) if not cut else high)
    ends = (start, ends[1]) if cut else ends
    steps = [value for value in steps if ends[0] <= value <= ends[1]]
    row_px, wide = (SLIM_ROW, SLIM) if slim else (ROW, PAGE)
    sides = (26, 74) if slim else (276, 82)
    draw = Canvas(wide, 40 + row_px * len(rows), *sides, 8, 30, x=ends, y=(len(rows), 0))
    half = 0.2 if slim else 0.3
    steps = steps[:: 1 + (slim and len(steps) > 4)]
    draw.x_axis(steps, axis_money(steps, currency), grid=True)
    for i, one in enumerate(rows):
        y, more = i + (0.68 if slim else 0.5), one.amount >= 0
        color = BLUE if one.end else VERMILION if more else GREEN
        left, right = sorted((max(one.low, ends[0]) if one.end else one.low, one.high))
        draw.bars([{"x": left, "x2": right, "y": y - half, "y2": y + half, "color": color}])
        if i + 1 < len(rows):  # what the next step begins at
            draw.rules(
                [{"x": one.high, "x2": one.high, "y": y + half, "y2": y + 1 - half}], GREY, 1
            )
        draw.name(y, short(one.name, 36), above=19 if slim else 0)
        text = money(one.amount, currency) if one.end else words.signed(one.amount, currency)
        draw.text([{"x": right, "y": y, "t": text}], INK, "left", dx=6, bold=True, halo=True)
    if not cut:
        draw.rules([{"x": 0, "x2": 0, "y": 0, "y2": len(rows)}], INK, 1.2)
    said = words.sentence(bridge, currency)
    subtitle = (
        f"{currency}, step by step from top to bottom. Red-orange: costs more; green: costs less."
    )
    if cut:
        subtitle += f" The axis begins at {money(ends[0], currency)}, not at zero."
    return draw.figure(title or _head(bridge, currency), subtitle, said)


def _head(bridge: Mapping, currency: str) -> str:
    """The change and its largest step."""
    change = float(bridge["change"])
    largest = max(words.shown(bridge), key=lambda step: abs(float(bridge["steps"][step])))
    amount = words.signed(float(bridge["steps"][largest]), currency)
    way = "more" if change >= 0 else "less"
    head = f"{_name(bridge['to']['name'])}: {money(abs(change), currency)} {way} than the {bridge['from']['name']}"
    step = words.title(largest, bridge["parts"])
    return f"{head}; the largest step is {step[:1].lower()}{step[1:]} ({amount})"
