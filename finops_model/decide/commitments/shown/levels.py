"""What an offer does at every level: use, effective savings rate, break-even, cost and what the last unit is worth (docs/method §8.80).

Hours are cut into parts, a calendar month of a year of the horizon each, so that one pass serves terms, renewals, ladders and cash.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ....prices.settle.hours import HOURS
from .. import ratios
from ..demand import YEAR
from ..offers import Offer
from ..search.layers import Stack, below

SLACK = 1e-9  # relative to the on-demand cost: a loss is more than float noise


@dataclass(frozen=True)
class Parts:
    """The horizon in parts: a calendar month of one of its years each."""

    months: tuple[
        str, ...
    ]  # (part,) YYYY-MM; of a month that ends one year and begins the next there are two parts
    year: np.ndarray  # (part,) 0, 1, …
    edges: np.ndarray  # (part + 1,) first hour of each
    starts: tuple[str, ...]  # (part,) first day of each, YYYY-MM-DD

    @property
    def hours(self) -> np.ndarray:
        """Hours of each part (part,)."""
        return np.diff(self.edges)

    def within(self, first: float, months: float) -> np.ndarray:
        """Which parts lie in `months` months from month `first` of the horizon on: bool (part,)."""
        begin = np.array([_months_between(self.starts[0], day) for day in self.starts])
        return (begin >= first) & (begin < first + months)


def parts_of(dates: np.ndarray) -> Parts:
    """The days of a horizon (day,), years of 365 days, as parts.

    >>> parts_of(np.arange("2026-12-30", "2027-01-02", dtype="datetime64[D]")).edges.tolist()
    [0, 48, 72]
    """
    days = np.arange(len(dates))
    year, month = days // YEAR, np.asarray(dates, "datetime64[D]").astype("datetime64[M]")
    first = np.flatnonzero(
        np.append(True, (np.diff(year) != 0) | (np.diff(month.astype(int)) != 0))
    )
    return Parts(
        tuple(str(name) for name in month[first]),
        year[first],
        np.append(first, len(dates)) * HOURS,
        tuple(str(day) for day in np.asarray(dates, "datetime64[D]")[first]),
    )


def _months_between(one: str, other: str) -> float:
    """Months from a day to another, a part of a month by its days of 31: 0 for the day itself."""
    whole = (int(other[:4]) - int(one[:4])) * 12 + int(other[5:7]) - int(one[5:7])
    return whole + (int(other[8:]) - int(one[8:])) / 31


@dataclass(frozen=True)
class Covered:
    """What levels of one stack cover, part by part."""

    levels: np.ndarray  # (level,) ascending
    money: np.ndarray  # (path, part, level) on-demand money covered
    used: np.ndarray  # (path, part, level) units used
    last: np.ndarray  # (part, level) on-demand money that the last unit of the level saves, all paths and hours of the part

    def at(self, level: float) -> int:
        """Position of a level that is among them."""
        return int(np.argmin(np.abs(self.levels - level)))


def covered_of(stack: Stack, parts: Parts, levels: Sequence[float] | np.ndarray) -> Covered:
    """Levels of a stack over the hours of `parts`; each is looked up in the sorted hours of a path and part."""
    at = np.unique(np.append(np.asarray(levels, float), 0.0))
    shape = (stack.usage.paths, len(parts.months), len(at))
    money, used, last = np.zeros(shape), np.zeros(shape), np.zeros(shape[1:])
    for paths, demand in stack.blocks():
        for step, total in stack.layers(demand):
            for m, (start, stop) in enumerate(zip(parts.edges[:-1], parts.edges[1:])):
                rows = np.sort(total[:, start:stop], axis=1)
                sums = np.zeros((len(rows), stop - start + 1))
                np.cumsum(rows, axis=1, dtype=np.float64, out=sums[:, 1:])
                for i, row in enumerate(rows):
                    row = row.astype(float)
                    used[paths.start + i, m] = below(row, sums[i], at)
                    last[m] += step * (len(row) - np.searchsorted(row, at, side="left"))
                money[paths, m] += step * used[paths, m]
    return Covered(at, money, used, last)


def on_demand_of(stack: Stack, parts: Parts) -> np.ndarray:
    """On-demand money of what an offer covers, by part (path, part)."""
    cost = np.zeros((stack.usage.paths, len(parts.months)))
    for paths, demand in stack.blocks():
        for part, money in zip(demand, stack.money):
            cost[paths] += np.add.reduceat(part, parts.edges[:-1], axis=1, dtype=float) * money
    return cost


@dataclass(frozen=True)
class Level:
    """An offer at one level over its own term; money of the whole term."""

    level: float
    committed: float  # fees of the term
    upfront: float  # paid on the first day
    utilisation: float | None  # used ÷ paid hours, mean of the paths; None: nothing is bought
    utilisation_p10: float | None
    savings_rate: float  # 1 − cost ÷ on-demand cost, means
    break_even_utilisation: (
        float | None
    )  # share of the hours that must be used; above 1: it cannot pay
    break_even_months: (
        float | None
    )  # months of use that save the whole fee, half of the futures later; None: never
    payback_months: (
        float | None
    )  # months until the upfront part is back; 0: nothing is upfront; None: never
    last_unit: (
        float | None
    )  # share of the hours in which the last unit is used, worth as much as the mean of those that are
    cost: float  # mean
    cost_p10: float
    cost_p90: float
    saving: float
    loses: float  # share of the paths that cost more than on demand


def levels_of(
    offer: Offer,
    stack: Stack,
    covered: Covered,
    on_demand: np.ndarray,
    parts: Parts,
    levels: Sequence[float] | np.ndarray,
    within: np.ndarray | None = None,
) -> list[Level]:
    """The offer at each of some levels over the parts `within` (default: its term from the first day on); on_demand (path, part)."""
    mine = parts.within(0, offer.term_months) if within is None else within
    hours = float(parts.hours[mine].sum())
    whole = on_demand[:, mine].sum(axis=1)
    rows = []
    for level in levels:
        at = covered.at(level)
        money = covered.money[:, mine, at].sum(axis=1)
        used = covered.used[:, mine, at].sum(axis=1)
        rows.append(
            _level(
                offer,
                stack,
                level=float(level),
                hours=hours,
                whole=whole,
                money=money,
                used=used,
                last=covered.last[mine, at].sum(),
            )
        )
    return rows


def _level(offer, stack: Stack, *, level, hours, whole, money, used, last) -> Level:
    fees = level * stack.price * hours
    cost = whole - money + fees
    saving = whole - cost
    share = np.minimum(used / (level * hours), 1.0) if level > 0 else None
    worth = money.sum() / used.sum() if used.sum() > 0 else 0.0
    even = float(ratios.break_even_utilisation(stack.price, worth)) if worth > 0 else None
    months = back = None
    if share is not None:
        middle = float(np.quantile(money, 0.5, method="inverted_cdf"))
        months = offer.term_months * fees / middle if middle > 0 else None
        mean = float(share.mean())
        back = float(
            ratios.payback_months(offer.term_months, stack.price, worth, offer.upfront_share, mean)
        )
        back = back if np.isfinite(back) else None
    rate = float(ratios.savings_rate_of_costs(cost.sum(), whole.sum()))
    low, high = (float(x) for x in np.quantile(cost, (0.1, 0.9)))
    return Level(
        level=level,
        committed=fees,
        upfront=fees * offer.upfront_share,
        utilisation=None if share is None else mean,
        utilisation_p10=None if share is None else float(np.quantile(share, 0.1)),
        savings_rate=rate if np.isfinite(rate) else 0.0,
        break_even_utilisation=even if level > 0 else None,
        break_even_months=months,
        payback_months=back,
        last_unit=None
        if level <= 0
        else float(last / (len(whole) * hours * worth))
        if worth
        else 0.0,
        cost=float(cost.mean()),
        cost_p10=low,
        cost_p90=high,
        saving=float(saving.mean()),
        loses=float(np.mean(saving < -SLACK * np.maximum(whole, 1e-300))),
    )
