"""The month and the fiscal year as parts of their budget; titles are sentences computed from the figures (docs/method §9)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from ...measure.brief_types import Brief
from ...measure.page_one.material import is_material, limits_of
from ...measure.words import money, percent
from ...periods import month_name
from ...wording.landing import kind
from .parts import (
    BLUE,
    DARK_GREEN,
    DARK_VERMILION,
    GREY,
    INK,
    PAGE,
    SLIM,
    VERMILION,
    Canvas,
    Figure,
    for_phones,
    inside,
    short,
)


@dataclass(frozen=True, kw_only=True)
class Part:
    """One bar: money booked of a budget, where it ends, and the range of eight in ten futures if it has one."""

    name: str
    booked: float
    budget: float
    middle: float  # booked and still expected
    low: float | None = None
    high: float | None = None
    mean: float | None = None  # None: it is the middle
    tone: str = INK  # of the words how far it is from its budget
    verb: str = "closed"
    how: str = ""

    @property
    def gap(self) -> float:
        """Budget less cost by means, as parts and company (docs/method §9.4); positive: under the budget."""
        return self.budget - (self.middle if self.mean is None else self.mean)


@for_phones
def against_budget(brief: Brief, slim: bool = False) -> Figure | None:
    """The month and the fiscal year as parts of their budget; None without a budget."""
    parts, currency = _parts(brief), brief["currency"]
    if not parts:
        return None
    top = max([1.1] + [max(part.middle, part.high or 0) / part.budget for part in parts])
    ends, steps = inside(
        min([0.0] + [min(part.booked, part.middle) / part.budget for part in parts]), top, 7, 0.02
    )
    width, row_px, sides = (SLIM, 84, (14, 20)) if slim else (PAGE, 64, (150, 185))
    draw = Canvas(width, 50 + row_px * len(parts), *sides, 20, 30, x=ends, y=(len(parts), 0))
    steps = steps[:: 1 + (slim and len(steps) > 4)]
    draw.x_axis(steps, [f"{step * 100:,.0f} %".replace("-", "−") for step in steps], grid=True)
    for i, part in enumerate(parts):
        _bar(draw, part, i + 0.5, currency, slim)
    draw.rules([{"x": 1, "x2": 1, "y": 0, "y2": len(parts)}], VERMILION, 2.5)
    draw.text([{"x": 1, "y": 0, "t": "budget"}], DARK_VERMILION, "center", dy=-9, bold=True)
    title = "; ".join(_sentence(part, currency) for part in parts)
    subtitle = (
        "Share of the budget. Full: booked; pale blue: still expected; blue line: eight of ten futures."
        if any(part.low is not None for part in parts)
        else "Share of the budget that is booked."
    )
    words = [
        f"{part.name}: {money(part.middle, currency)} of {money(part.budget, currency)}."
        for part in parts
    ]
    return draw.figure(title, subtitle, " ".join([f"{title}.", *words]))


def _parts(brief: Brief) -> list[Part]:
    """The month and the year, as far as they have a budget."""
    land, budget, spent = brief["landing"], brief["budget"], brief["actual"]["month"]
    if not budget:
        return []
    parts = []
    if budget["month"]:
        name = month_name(brief["month"]) + (" so far" if brief["status"] == "flash" else "")
        parts.append(Part(name=name, booked=spent, budget=budget["month"], middle=spent))
    middle, what = land["p50"], kind(land)
    if land["budget"] and middle is not None:
        year = Part(
            name=short(land["period"], 20),
            booked=land.get("booked_so_far", land["booked"]),
            budget=land["budget"],
            middle=middle,
            verb="closed" if what == "closed" else "lands",
        )
        parts.append(
            replace(year, low=land["p10"], high=land["p90"], mean=land["mean"], how=" on average")
            if what == "range"
            else year
        )
    limits = limits_of(brief)
    return [replace(part, tone=_tone(part, limits)) for part in parts]


def _tone(part: Part, limits: Mapping) -> str:
    """The colour of the words how far it is from its budget: none where that is not material (docs/method §9.24)."""
    if not is_material(-part.gap, part.budget, limits):
        return INK
    return DARK_GREEN if part.gap >= 0 else DARK_VERMILION


def _bar(draw: Canvas, part: Part, y: float, currency: str, slim: bool) -> None:
    """Booked and still expected as shares of the budget, with name and money at the ends; above and below it where it is slim."""
    whole, half = part.budget, 0.15 if slim else 0.2
    booked, middle = part.booked / whole, part.middle / whole
    draw.bars(
        [
            {"x": booked, "x2": middle, "y": y - half, "y2": y + half, "color": "#9CC9E6"},
            {"x": 0, "x2": booked, "y": y - half, "y2": y + half, "color": INK},
        ]
    )
    if part.low is not None and part.high is not None:
        draw.rules([{"x": part.low / whole, "x2": part.high / whole, "y": y, "y2": y}], BLUE, 5)
        draw.points([{"x": middle, "y": y}], BLUE, 110)
    good = part.gap >= 0
    word = "left" if good and "so far" in part.name else "under" if good else "over"
    left, right = draw.x
    lands = f"{money(part.middle, currency)}{'' if part.low is None else ' likely'}"
    apart = f"{money(abs(part.gap), currency)} {word}{part.how}"
    tone, budgeted = part.tone, f"budget {money(whole, currency)}"
    if slim:
        draw.text([{"x": left, "y": y - 0.27, "t": part.name}], INK, bold=True, halo=True)
        draw.text([{"x": right, "y": y - 0.27, "t": lands}], INK, "right", bold=True, halo=True)
        draw.text([{"x": left, "y": y + 0.27, "t": budgeted}], GREY, halo=True)
        draw.text([{"x": right, "y": y + 0.27, "t": apart}], tone, "right", halo=True)
        return
    draw.text([{"x": left, "y": y - 0.08, "t": part.name}], INK, "right", dx=-10, bold=True)
    draw.text([{"x": left, "y": y + 0.18, "t": budgeted}], GREY, "right", dx=-10)
    draw.text([{"x": right, "y": y - 0.08, "t": lands}], INK, dx=12, bold=True)
    draw.text([{"x": right, "y": y + 0.18, "t": apart}], tone, dx=12)


def _sentence(part: Part, currency: str) -> str:
    """What the chart says of a part.

    >>> _sentence(Part(name="FY2026", booked=1.0, budget=10.0, middle=12.0, verb="lands"), "USD")
    'FY2026 lands $2.00 over budget'
    """
    if "so far" in part.name:
        return f"{part.name} has used {percent(part.middle / part.budget)} of its budget"
    side = "under" if part.gap >= 0 else "over"
    return f"{part.name} {part.verb} {money(abs(part.gap), currency)} {side} budget{part.how}"
