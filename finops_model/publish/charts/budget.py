"""The month and the fiscal year as parts of their budget; titles are sentences computed from the figures (docs/method §9)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ...measure.brief_types import Brief
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
    VERMILION,
    Canvas,
    Figure,
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
    verb: str = "closed"
    how: str = ""

    @property
    def gap(self) -> float:
        """Budget less cost by means, as parts and company (docs/method §9.4); positive: under the budget."""
        return self.budget - (self.middle if self.mean is None else self.mean)


def against_budget(brief: Brief) -> Figure | None:
    """The month and the fiscal year as parts of their budget; None without a budget."""
    parts, currency = _parts(brief), brief["currency"]
    if not parts:
        return None
    top = max([1.1] + [max(part.middle, part.high or 0) / part.budget for part in parts])
    ends, steps = inside(
        min([0.0] + [min(part.booked, part.middle) / part.budget for part in parts]), top, 7, 0.02
    )
    draw = Canvas(PAGE, 50 + 64 * len(parts), 150, 185, 20, 30, x=ends, y=(len(parts), 0))
    draw.x_axis(steps, [f"{step * 100:,.0f} %".replace("-", "−") for step in steps], grid=True)
    for i, part in enumerate(parts):
        _bar(draw, part, i + 0.5, currency)
    draw.rules([{"x": 1, "x2": 1, "y": 0, "y2": len(parts)}], VERMILION, 2.5)
    draw.text([{"x": 1, "y": 0, "t": "budget"}], DARK_VERMILION, "center", dy=-9, bold=True)
    title = "; ".join(_sentence(part, currency) for part in parts)
    subtitle = (
        "Share of the budget. Black: booked; light blue: still expected; blue line: eight of ten futures."
        if any(part.low is not None for part in parts)
        else "Share of the budget. Black: booked."
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
    return parts


def _bar(draw: Canvas, part: Part, y: float, currency: str) -> None:
    """Booked and still expected as shares of the budget, with name and money at the ends."""
    whole = part.budget
    booked, middle = part.booked / whole, part.middle / whole
    draw.bars(
        [
            {"x": booked, "x2": middle, "y": y - 0.2, "y2": y + 0.2, "color": "#9CC9E6"},
            {"x": 0, "x2": booked, "y": y - 0.2, "y2": y + 0.2, "color": INK},
        ]
    )
    if part.low is not None and part.high is not None:
        draw.rules([{"x": part.low / whole, "x2": part.high / whole, "y": y, "y2": y}], BLUE, 5)
        draw.points([{"x": middle, "y": y}], BLUE, 110)
    good = part.gap >= 0
    word = "left" if good and "so far" in part.name else "under" if good else "over"
    left, right = draw.x
    draw.text([{"x": left, "y": y - 0.08, "t": part.name}], INK, "right", dx=-10, bold=True)
    draw.text(
        [{"x": left, "y": y + 0.18, "t": f"budget {money(whole, currency)}"}],
        GREY,
        "right",
        dx=-10,
    )
    lands = f"{money(part.middle, currency)}{'' if part.low is None else ' likely'}"
    draw.text([{"x": right, "y": y - 0.08, "t": lands}], INK, dx=12, bold=True)
    draw.text(
        [{"x": right, "y": y + 0.18, "t": f"{money(abs(part.gap), currency)} {word}{part.how}"}],
        DARK_GREEN if good else DARK_VERMILION,
        dx=12,
    )


def _sentence(part: Part, currency: str) -> str:
    """What the chart says of a part.

    >>> _sentence(Part(name="FY2026", booked=1.0, budget=10.0, middle=12.0, verb="lands"), "USD")
    'FY2026 lands $2.00 over budget'
    """
    if "so far" in part.name:
        return f"{part.name} has used {percent(part.middle / part.budget)} of its budget"
    side = "under" if part.gap >= 0 else "over"
    return f"{part.name} {part.verb} {money(abs(part.gap), currency)} {side} budget{part.how}"
