"""What every chart of the report is made of: scales with round steps, money on axes, labels that keep apart, SVG without noise.

A `Canvas` collects layers in data coordinates (`drawing` writes them); nothing depends on measured text, so the same rows give the
same bytes on every machine. Text from outside is cleaned and cut here, and escaped where it is written.
"""

from __future__ import annotations

import functools
import math
import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ...measure.words import SYMBOLS
from ...wording import clean
from .drawing import Layer, Plane, drawing

# Okabe–Ito: blue what may come, near-black what was, vermilion the budget and what costs more, green what costs less.
INK, BLUE, VERMILION, GREEN, GREY, GRID = (
    "#1B2631",
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#566573",
    "#E3E7EB",
)
DARK_VERMILION, DARK_GREEN = (
    "#B34700",
    "#00704F",
)  # the same hues, dark enough for small text on white
PAGE, SLIM = 860, 362  # px of a chart as wide as the page, or as a phone
TEXT = 12  # px of axis and label text


@dataclass(frozen=True)
class Figure:
    """A finished chart: sentence title, what is shown, words for those who cannot see it, the drawing."""

    title: str
    subtitle: str
    alt: str
    svg: str
    narrow: str = ""  # the same for a phone, where the drawing has one


def for_phones(chart: Callable[..., Figure | None]) -> Callable[..., Figure | None]:
    """A chart that is drawn a second time, narrow (`slim=True`): what is as wide as a page would be cut on a phone."""

    @functools.wraps(chart)
    def drawn(*given: Any, **named: Any) -> Figure | None:
        wide = chart(*given, **named)
        slim = wide and chart(*given, **named, slim=True)
        return wide if wide is None or slim is None else replace(wide, narrow=slim.svg)

    return drawn


def short(text, most: int) -> str:
    """Cleaned text, cut to `most` columns (wide characters take two) with an ellipsis.

    >>> short("pretraining-experiments", 12)
    'pretraining…'
    """
    text = clean(text)
    columns = [
        2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1
        for c in text
    ]
    if sum(columns) <= most:
        return text
    kept, used = "", 1
    for character, width in zip(text, columns):
        if used + width > most:
            break
        kept, used = kept + character, used + width
    return kept.rstrip() + "…"


CLAUSE = re.compile(r"[,;:.] ")  # where a sentence may end early; never inside a figure


def clauses(text, most: int) -> str:
    """Cleaned text of at most `most` columns, cut behind a clause: no figure and no name is cut in half.

    >>> clauses("FY2026 is expected at $360k, $1.05k more: corrected bills +$2.60k, less use −$1.54k.", 75)
    'FY2026 is expected at $360k, $1.05k more: corrected bills +$2.60k …'
    >>> clauses("pretraining-experiments", 12)
    'pretraining…'
    """
    kept = short(text, most)
    if kept == clean(text):
        return kept
    ends = [found.start() for found in CLAUSE.finditer(kept)]
    return f"{kept[: ends[-1]]} …" if ends else kept


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Round values that cover low … high, at most about `most` of them; the ends are the axis.

    >>> ticks(0, 990_000)
    [0.0, 200000.0, 400000.0, 600000.0, 800000.0, 1000000.0]
    """
    if not high > low:
        low, high = (min(0.0, low), max(0.0, high)) if low or high else (0.0, 1.0)
    rough = (high - low) / max(most - 1, 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * m for m in (1, 2, 2.5, 5, 10) if power * m >= rough * 0.9999)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def inside(
    low: float, high: float, most: int = 6, room: float = 0.06
) -> tuple[tuple[float, float], list[float]]:
    """An axis that ends a little outside low … high (never past a zero end), and the round values on it.

    >>> inside(0, 340, most=5)
    ((0.0, 360.4), [0.0, 100.0, 200.0, 300.0])
    """
    if not high > low:
        low, high = (min(0.0, low), max(0.0, high)) if low or high else (0.0, 1.0)
    span = high - low
    domain = (low - room * span if low else 0.0, high + room * span if high else 0.0)
    return domain, [value for value in ticks(*domain, most) if domain[0] <= value <= domain[1]]


def axis_money(values: list[float], currency: str) -> list[str]:
    """Axis values as money of one size: $0, $0.5m, $1.0m.

    >>> axis_money([0, 500000.0, 1000000.0], "USD"), axis_money([-20.0, 0.0], "EUR")
    (['$0', '$0.5m', '$1.0m'], ['−€20', '€0'])
    """
    symbol = SYMBOLS.get(currency, f"{currency} ")
    size, step = (
        max(map(abs, values)),
        abs(values[1] - values[0]) if len(values) > 1 else abs(values[0]) or 1.0,
    )
    scale, letter = next(
        ((s, x) for s, x in ((1e12, "tn"), (1e9, "bn"), (1e6, "m"), (1e3, "k")) if size >= s),
        (1.0, ""),
    )
    digits = next(
        (d for d in range(9) if abs(round(step / scale, d) * scale - step) < step * 1e-6), 9
    )
    return [
        f"{symbol}0"
        if not v
        else f"{'−' if v < 0 else ''}{symbol}{abs(v) / scale:,.{digits}f}{letter}"
        for v in values
    ]


def month_label(month: str) -> str:
    """A month on an axis.

    >>> month_label("2026-10")
    'Oct 2026'
    """
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    return f"{names[int(month[5:]) - 1]} {month[:4]}"


def month_ticks(months: list[str], most: int = 11) -> list[int]:
    """Positions of months to label: every one, else quarters or half years from January, else Januaries."""
    for every in (1, 2, 3, 6, 12, 24, 60):
        places = [
            i
            for i, month in enumerate(months)
            if (int(month[5:]) - 1 + 12 * int(month[:4])) % every == 0
        ]
        if len(places) <= most:
            return places or [0]
    return [0]


def keep_apart(places: list[float], gap: float, low: float, high: float) -> list[float]:
    """Places moved as little as the order allows so that neighbours are `gap` apart, inside low … high where there is room.

    >>> keep_apart([1.0, 1.0, 5.0], 1.0, 0.0, 10.0)
    [0.5, 1.5, 5.0]
    """
    order = sorted(range(len(places)), key=lambda i: places[i])
    groups: list[tuple[float, int]] = []  # sum of wished places, count
    for i in order:
        groups.append((places[i], 1))
        while len(groups) > 1:
            (s0, n0), (s1, n1) = groups[-2], groups[-1]
            start0, start1 = s0 / n0 - gap * (n0 - 1) / 2, s1 / n1 - gap * (n1 - 1) / 2
            if start1 >= start0 + gap * n0 - 1e-12:
                break
            groups[-2:] = [(s0 + s1, n0 + n1)]
    spaced = [s / n - gap * (n - 1) / 2 + gap * k for s, n in groups for k in range(n)]
    for k in range(len(spaced)):  # push back inside, from the bottom, then from the top
        spaced[k] = max(spaced[k], low + gap * k)
    for k in reversed(range(len(spaced))):
        spaced[k] = min(spaced[k], high - gap * (len(spaced) - 1 - k))
    result = [0.0] * len(places)
    for k, i in enumerate(order):
        result[i] = spaced[k]
    return result


class Canvas:
    """Layers of one drawing. x and y are (low, high) of the axes in data units; y may run downwards (high < low)."""

    def __init__(
        self,
        width: int,
        height: int,
        left: int,
        right: int,
        top: int,
        bottom: int,
        *,
        x: tuple,
        y: tuple,
    ):
        self.width, self.height, self.x, self.y = width - left - right, height - top - bottom, x, y
        self.padding = {"left": left, "right": right, "top": top, "bottom": bottom}
        self.drawn: list[Layer] = []

    def _add(self, mark: str, rows: list[dict], style: dict) -> None:
        """Words and boxes of one style become one layer."""
        same = next(
            (
                one
                for one in self.drawn
                if mark in ("text", "rect") and (one.mark, one.style) == (mark, style)
            ),
            None,
        )
        if same:
            same.rows.extend(rows)
        elif rows:
            self.drawn.append(Layer(mark, style, list(rows)))

    @property
    def plane(self) -> Plane:
        """Where data lies in px."""
        return Plane(self.width, self.height, self.x, self.y)

    def per_px(self) -> float:
        """Data units of y in one pixel."""
        return abs(self.y[1] - self.y[0]) / self.height

    def area(self, rows, color, opacity):
        """A band: rows x, y, y2."""
        self._add("area", rows, {"color": color, "opacity": opacity})

    def line(self, rows, color, width=2.2, dash=()):
        """A line through rows x, y."""
        self._add("line", rows, {"color": color, "width": width, "dash": dash})

    def points(self, rows, color, size=22, hollow=False):
        """Dots at rows x, y."""
        self._add(
            "point", rows, {"fill": "white" if hollow else color, "stroke": color, "size": size}
        )

    def bars(self, rows, opacity=1.0):
        """Filled boxes: rows x, x2, y, y2, color."""
        self._add("rect", rows, {"opacity": opacity})

    def rules(self, rows, color, width=1.0, dash=()):
        """Straight strokes: rows x, x2, y, y2."""
        self._add("rule", rows, {"color": color, "width": width, "dash": dash})

    def text(
        self,
        rows,
        color=INK,
        align="left",
        *,
        dx=0,
        dy=0,
        size=TEXT,
        bold=False,
        halo=False,
        baseline="middle",
    ):
        """Words at rows x, y, t. `halo` keeps them readable on lines."""
        style = {"align": align, "baseline": baseline, "dx": dx, "dy": dy}
        style |= {"size": size, "bold": bold}
        if halo:
            self._add("text", rows, {**style, "color": "white", "halo": True})
        self._add("text", rows, {**style, "color": color, "halo": False})

    def name(self, y: float, text: str, *, dx: float = -12, above: float = 0.0) -> None:
        """The name of a row: left of the plot, or `above` px over the row's middle, at its left edge."""
        row = {"x": self.x[0], "y": y, "t": text}
        if above:
            self.text([row], INK, "left", dy=-above, halo=True)
        else:
            self.text([row], INK, "right", dx=dx)

    def y_axis(self, values: Sequence[float], labels: list[str]) -> None:
        """Grid lines across, labels to their left."""
        self.rules([{"x": self.x[0], "x2": self.x[1], "y": v, "y2": v} for v in values], GRID)
        self.text(
            [{"x": self.x[0], "y": v, "t": t} for v, t in zip(values, labels)], GREY, "right", dx=-8
        )

    def x_axis(self, values: Sequence[float], labels: list[str], grid: bool = False) -> None:
        """Labels below the lower edge; `grid`: lines upwards from them."""
        low, high = self.y
        if grid:
            self.rules([{"x": v, "x2": v, "y": low, "y2": high} for v in values], GRID)
        self.text(
            [{"x": v, "y": low, "t": t} for v, t in zip(values, labels)], GREY, "center", dy=15
        )

    def figure(self, title: str, subtitle: str, words: str) -> Figure:
        """The finished figure; `words` describe it for a screen reader."""
        order = sorted(  # words on top, their halos below them
            self.drawn, key=lambda one: (one.mark == "text") + (not one.style.get("halo", True))
        )
        return Figure(title, subtitle, words, drawing(order, self.plane, self.padding, words))
