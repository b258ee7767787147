"""Fiscal years as periods, and a unit's money of each: what is booked, and path by path what is to come (docs/method §9.25).

One shape for years of months and of weeks: a period is a month or a period of the calendar; quarters and years are groups of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
import pandas as pd

from ...periods import Calendar, Period, month_days
from ..budget import against, fiscal

if TYPE_CHECKING:
    from ..close import Close

Group = tuple[Period, ...]


@dataclass(frozen=True)
class Span:
    """A quarter or a year."""

    name: str  # as readers see it
    kind: Literal["quarter", "year"]
    parts: Group

    @property
    def start(self) -> np.datetime64:
        return self.parts[0].start

    @property
    def last(self) -> np.datetime64:
        """Its last day."""
        return self.parts[-1].end - 1


def calendar_of(close: Close) -> Calendar:
    """The company's calendar, of months or of weeks."""
    return close.calendar or Calendar(starts=close.fiscal_year_starts)


def spans(calendar: Calendar, year: int) -> list[Span]:
    """The four quarters of a fiscal year, and the year.

    >>> [one.name for one in spans(Calendar(), 2026)]
    ['Q1 2026', 'Q2 2026', 'Q3 2026', 'Q4 2026', 'FY2026']
    >>> [one.name for one in spans(Calendar(starts=7), 2027)][0], spans(Calendar(starts=7), 2027)[0].start
    ('Q1 FY2027', np.datetime64('2026-07-01'))
    """
    whole = calendar.year(year)
    plain = calendar.kind == "months" and calendar.starts == 1  # its quarters are those of anybody
    names = list(dict.fromkeys(one.quarter for one in whole))
    found = [
        Span(
            f"{name[-2:]} {name[2:6] if plain else name[:6]}",
            "quarter",
            tuple(one for one in whole if one.quarter == name),
        )
        for name in names
    ]
    return [*found, Span(whole[0].year, "year", whole)]


@dataclass(frozen=True)
class Money:
    """A unit's money of the periods of some years: what a run and the books say."""

    parts: Group
    booked: np.ndarray  # (part,): booked, of parts that the run does not have
    ahead: (
        np.ndarray
    )  # (path, part): of the others, what is booked of them included where they are months
    reach: np.datetime64  # the last day that is booked or simulated

    def totals(self, span: Span) -> np.ndarray | None:
        """Each path's total of a quarter or year, (path,); None where it is not reached."""
        if span.last > self.reach:
            return None
        at = [i for i, part in enumerate(self.parts) if span.start <= part.start <= span.last]
        return self.booked[at].sum() + self.ahead[:, at].sum(axis=1)

    def mean(self, span: Span) -> float | None:
        """The mean of its total."""
        totals = self.totals(span)
        return None if totals is None else float(totals.mean())


def money_of(
    run,
    unit: str | None,
    parts: Group,
    booked: Mapping[str, float],
    by_day: pd.Series,
    weeks: bool,
) -> Money:
    """What a run and the books say of some periods; the same arithmetic as the landing of the year.

    booked   {YYYY-MM: cost} of the unit, of which the run's own months do not count; by_day: the same by day
    """
    as_of = np.datetime64(run.as_of, "D")
    reach = month_days(run.months[-1])[-1] if run.months else as_of
    if weeks:
        return Money(
            parts,
            fiscal.booked_of(by_day, parts, run.as_of),
            fiscal.ahead_of(run, by_day, parts, unit),
            reach,
        )
    names = [part.name for part in parts]
    fixed = np.array([0.0 if m in run.months else booked.get(m, 0.0) for m in names])
    ahead = np.zeros((max(len(run.effective), 1), len(parts)))
    for i, month in enumerate(names):
        if month in run.months:
            ahead[:, i] = run.total(unit=unit, months=[month])
    missing = against.unreached(tuple(names), run.months, run.as_of)
    return Money(
        parts, fixed, ahead, np.datetime64(missing[0], "D") - 1 if missing else parts[-1].end - 1
    )


def budget_over(plan: Mapping[str, float], parts: Sequence[Period]) -> float | None:
    """The budget of some periods; None where one of them has none.

    plan   {period: budget}
    """
    known = [plan[part.name] for part in parts if part.name in plan]
    return float(sum(known)) if known and len(known) == len(parts) else None


def spent(by_day: pd.Series, start: np.datetime64, last: np.datetime64) -> float:
    """Cost booked from a day to a day, both included."""
    own = by_day[(by_day.index >= pd.Timestamp(start)) & (by_day.index <= pd.Timestamp(last))]
    return float(own.sum())
