"""The maturity of a workspace: each capability in each month, the whole of them, milestones and practices (docs/method §18.2, §18.10)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ...periods import add_months, month_range
from .checklist import MILESTONES, PRACTICES, checks, reached
from .graded import allocated, budget, commitments, forecast
from .habits import data_delay, decided, reviews
from .levels import overall
from .types import Check, Grade, Ground

CAPABILITIES = (allocated, budget, forecast, data_delay, reviews, decided, commitments)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """The maturity of a month, and of those before it.

    grades     of the month, one per capability
    level      of the whole; None where no capability has data
    trend      {month: (level of the whole, level of each capability in the order of `grades`)}, oldest first
    lines      the checklist by key
    """

    month: str
    as_of: str
    currency: str
    grades: tuple[Grade, ...]
    level: int | None
    trend: dict[str, tuple[int | None, tuple[int | None, ...]]]
    lines: dict[str, Check]

    @property
    def with_data(self) -> int:
        """How many capabilities have data."""
        return sum(one.level is not None for one in self.grades)

    def milestones(self) -> list[tuple[str, str, int, int, list[Check]]]:
        """(name, its sentence, lines that are so, lines, the lines) of each milestone."""
        return [
            (name, sentence, *reached(self.lines, keys), [self.lines[key] for key in keys])
            for name, (sentence, keys) in MILESTONES.items()
        ]

    def practices(self) -> list[Check]:
        """The eight practices."""
        return [self.lines[key] for key in PRACTICES]

    def next(self) -> list[Grade]:
        """The capabilities in the order in which they are worth raising: those that hold the whole down first, then those without data."""
        known = [one for one in self.grades if one.level is not None and one.level < 3]
        blank = [one for one in self.grades if one.level is None]
        return [*sorted(known, key=lambda one: one.level or 0), *blank]


def grades_of(ground: Ground, month: str) -> tuple[Grade, ...]:
    """Every capability in a month."""
    return tuple(capability(ground, month) for capability in CAPABILITIES)


def standing(ground: Ground, month: str, first: str) -> Standing:
    """The maturity of a month and its trend. first: the oldest month that the ledger knows whole."""
    begin = max(add_months(month, 1 - ground.limits.trend), min(first, month))
    own = {name: grades_of(ground, name) for name in month_range(begin, month)}
    trend = {
        name: (overall(levels), levels)
        for name, levels in ((name, _levels(grades)) for name, grades in own.items())
    }
    return Standing(
        month=month,
        as_of=ground.as_of,
        currency=ground.currency,
        grades=own[month],
        level=trend[month][0],
        trend=trend,
        lines=checks(ground, month),
    )


def _levels(grades: Sequence[Grade]) -> tuple[int | None, ...]:
    return tuple(one.level for one in grades)
