"""Terms that run by the day: months of a life or a lease, what accrues, when money is due, what an early end leaves (docs/method §3.56)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...prices.terms.dates import later
from ._base import Months


def ended(months: Months) -> bool:
    """Whether the purchase ends within the months: a day after its last is in them."""
    last = end_of(months)
    return last is not None and last < (np.datetime64(months.names[-1], "M") + 1).astype(
        "datetime64[D]"
    )


def end_of(months: Months):
    """The first day without it, None where it holds on no day."""
    held = np.flatnonzero(months.days)
    if not held.size:
        return None
    return months.first[held[-1]] + np.timedelta64(int(months.days[held[-1]]), "D")


def start_of(months: Months):
    """Its first simulated day, None where there is none."""
    dates = months.dates()
    return dates[0] if dates.size else None


@dataclass(frozen=True)
class Term:
    """Months counted from a day: month k runs from `later(start, k)` to the day before `later(start, k + 1)`.

    >>> term = Term(np.datetime64("2026-01-15"), 2)
    >>> term.accrued(Months.between(("2026-01", "2026-02", "2026-03"), "2026-01-01"), np.array([31.0, 28.0])).tolist()
    [17.0, 28.0, 14.0]
    """

    start: np.datetime64
    count: int

    @property
    def edges(self) -> np.ndarray:
        """(count + 1,) first days of its months, and the day after the last."""
        return np.array([later(self.start, k) for k in range(self.count + 1)], "datetime64[D]")

    @property
    def end(self) -> np.datetime64:
        """The first day after it."""
        return later(self.start, self.count)

    def days_in(self, months: Months) -> np.ndarray:
        """(month,) held days of each month that lie in the term."""
        dates = months.dates()
        inside = dates[(dates >= self.start) & (dates < self.end)]
        return _sums(months, inside, np.ones(len(inside)))

    def accrued(self, months: Months, by_month) -> np.ndarray:
        """(month,): money of each month of the term (count,), by the day, on the days that are held."""
        edges, dates = self.edges, months.dates()
        inside = dates[(dates >= self.start) & (dates < self.end)]
        at = np.searchsorted(edges, inside, side="right") - 1
        length = np.diff(edges).astype(float)
        return _sums(months, inside, np.asarray(by_month, float)[at] / length[at])

    def passed(self, day) -> float:
        """Months of the term before a day, with the part of the one under way."""
        day = np.datetime64(day, "D")
        if day <= self.start:
            return 0.0
        if day >= self.end:
            return float(self.count)
        edges = self.edges
        at = int(np.searchsorted(edges, day, side="right")) - 1
        return at + float((day - edges[at]) / (edges[at + 1] - edges[at]))

    def left(self, by_month, day) -> float:
        """What of the money of its months lies on or after a day."""
        whole = np.concatenate([[0.0], np.cumsum(np.asarray(by_month, float))])
        return float(whole[-1] - np.interp(self.passed(day), np.arange(len(whole)), whole))


def _sums(months: Months, dates, values) -> np.ndarray:
    """(month,): values of days added up by month."""
    at = np.asarray(months.by_day(dates), int)
    return np.bincount(at, weights=values, minlength=len(months.names))


def due(months: Months, days, money) -> np.ndarray:
    """(month,): money that is due on days, where the day is held."""
    paid, dates = np.zeros(len(months.names)), months.dates()
    for day, value in zip(days, money, strict=True):
        if dates.size and dates[0] <= day <= dates[-1]:
            paid[months.by_day(np.array([day], "datetime64[D]"))[0]] += value
    return paid
