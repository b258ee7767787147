"""One-year and three-year commitments side by side, and buying step by step (docs/method §8.9, §8.10)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError
from .answer import Outcome
from .search.layers import Usage, below


@dataclass(frozen=True)
class Years:
    """One pool of units over several years: a long commitment for all of them, short ones for a year each.

    usage   one SKU; its hours are the years one after the other, each with as many
    years   how many years the hours are for = the years of the long term
    short, long   money per unit and hour; on_demand: without commitment
    """

    usage: Usage
    years: int
    short: float
    long: float
    on_demand_price: float

    def __post_init__(self):
        if self.usage.hours % self.years:
            raise PriceError(
                f"demand has {self.usage.hours:,} hours for {self.years} years; give every year as many hours."
            )

    @cached_property
    def by_year(self) -> np.ndarray:
        """(path, year, hour)."""
        values = (
            self.usage.array
            if self.usage.array is not None
            else np.concatenate([parts[0] for _, parts in self.usage.blocks()])
        )
        return values.reshape(self.usage.paths, self.years, -1)

    @cached_property
    def sorted(self) -> list[np.ndarray]:
        """All hours of all paths of a year, sorted."""
        return [np.sort(self.by_year[:, year].ravel()) for year in range(self.years)]

    def share_above(self, level: float) -> np.ndarray:
        """Share of the hours in which demand is above a level: (year,)."""
        return np.array(
            [
                1 - np.searchsorted(values, level, side="right") / len(values)
                for values in self.sorted
            ]
        )

    def worth_long(self, level: float) -> bool:
        """Whether the layer just above `level` is cheaper with the long commitment: years × long < Σ min(short, p × share)."""
        alternative = np.minimum(self.short, self.on_demand_price * self.share_above(level)).sum()
        return self.years * self.long < alternative * (1 - 1e-12)

    def best(self) -> tuple[float, np.ndarray]:
        """(long level, short level of each year), the smallest that cost least. Exact.

        The layer rule holds up to a level and never above it, because shares fall with the level; the answer is a demand level.
        """
        values = np.unique(np.concatenate([np.unique(v) for v in self.sorted]).astype(float))
        low, high = -1, len(values) - 1  # values[high]: nothing lies above, not worth it
        if not self.worth_long(-1.0 if values[0] > 0 else 0.0):
            long = 0.0
        else:
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if self.worth_long(values[middle]) else (low, middle)
            long = float(values[high])
        short = np.zeros(self.years)
        if self.short < self.on_demand_price:
            for year, ordered in enumerate(self.sorted):
                at = int(
                    np.ceil(len(ordered) * (1 - self.short / self.on_demand_price) * (1 - 1e-13))
                )
                short[year] = max((float(ordered[at - 1]) if at else 0.0) - long, 0.0)
        return long, short

    @cached_property
    def on_demand(self) -> np.ndarray:
        return self.by_year.sum(axis=(1, 2), dtype=np.float64) * self.on_demand_price

    @cached_property
    def _curves(self) -> tuple[np.ndarray, np.ndarray]:
        """Hours of each path and year in order, and their running sums (path, year, hour): any level by a look-up."""
        rows = np.sort(self.by_year, axis=2)
        sums = np.zeros((*rows.shape[:2], rows.shape[2] + 1))
        np.cumsum(rows, axis=2, dtype=np.float64, out=sums[:, :, 1:])
        return rows, sums

    def used(self, levels) -> np.ndarray:
        """Units used at each level, Σ over the hours of min(demand, level): (path, year, level)."""
        rows, sums = self._curves
        levels = np.atleast_1d(np.asarray(levels, float))
        used = np.empty((*rows.shape[:2], len(levels)))
        for path in range(len(rows)):
            for year in range(self.years):
                used[path, year] = below(rows[path, year], sums[path, year], levels)
        return used

    def costs(self, long: float, short, at: int, levels) -> np.ndarray:
        """Cost where one purchase (0: long, 1 + y: short of year y) has each of some levels, money (path, level)."""
        levels, short = np.atleast_1d(np.asarray(levels, float)), np.asarray(short, float)
        hours, count = self.by_year.shape[2], len(levels)
        longs = levels if at == 0 else np.full(count, float(long))
        shorts = np.repeat(short[:, None], count, axis=1)  # (year, level)
        if at:
            shorts[at - 1] = levels
        every, back = np.unique(longs + shorts, return_inverse=True)
        tops = self.used(
            every
        )  # a short commitment lies on the long one: together they cover min(demand, both)
        back = back.reshape(shorts.shape)
        covered = sum(tops[:, year, back[year]] for year in range(self.years))
        fees = hours * (self.years * longs * self.long + shorts.sum(axis=0) * self.short)
        return self.on_demand[:, None] - covered * self.on_demand_price + fees

    def outcome(self, long: float, short) -> Outcome:
        """Purchases in the order long, short of year 1, 2, …"""
        hours = self.by_year.shape[2]
        short = np.asarray(short, float)
        every, back = np.unique([long, *(long + short)], return_inverse=True)
        tops = self.used(every)
        first = tops[:, :, back[0]]  # (path, year)
        both = np.stack([tops[:, year, back[1 + year]] for year in range(self.years)], axis=1)
        used = np.concatenate([first.sum(axis=1, keepdims=True), both - first], axis=1)
        paid = np.concatenate([[long * hours * self.years], short * hours])
        return Outcome(
            self.on_demand,
            used * self.on_demand_price,
            used,
            paid,
            paid * [self.long, *[self.short] * self.years],
        )


@dataclass(frozen=True)
class Ladder:
    """A commitment bought in steps: totals of the hours given, and what is held in each month."""

    cost: np.ndarray  # (path,) money
    held: np.ndarray  # (path, month) units an hour
    bought: np.ndarray  # (path, month)

    @property
    def expected_cost(self) -> float:
        return float(self.cost.mean())

    def __repr__(self) -> str:
        held = " → ".join(f"{x:,.6g}" for x in self.held.mean(axis=0).round(6).tolist())
        return f"cost {self.expected_cost:,.2f} on average of {len(self.cost):,} path{'s' * (len(self.cost) != 1)}; held by month {held}"


def ladder(
    demand,
    rate: float,
    on_demand: float,
    target: float | None = None,
    *,
    steps: int = 12,
    term_months: int = 12,
    adaptive: bool = False,
    look_back: int = 3,
    held=None,
) -> Ladder:
    """Buy a commitment in monthly steps and see what it costs.

    demand     (path, month, hour) units per hour, or (month, hour)
    target     level to reach; without it the best level of the first `look_back` months (known before buying: they cost on demand)
    steps      a step is target ÷ steps, one a month, for the first `steps` months; each runs `term_months`
    adaptive   every month the target is the best level of the last `look_back` months, and a step is at most target ÷ steps and
               never more than what is missing: where demand falls, buying stops
    held       (month,) units an hour held already, which are used first

    Nothing is known but what has been: the month of a purchase itself is not.
    """
    demand = quantities("ladder: demand", demand)
    demand = demand[None] if demand.ndim == 2 else demand
    if demand.ndim != 3 or not demand.size:
        raise PriceError(f"ladder: demand has shape {demand.shape}; give (path, month, hour).")
    number(rate, "rate", above_zero=True), number(on_demand, "on_demand")
    for name, value in (("steps", steps), ("term_months", term_months), ("look_back", look_back)):
        if int(value) != value or value < 1:
            raise PriceError(f"ladder: {name} is {value}; it must be a whole number, 1 or more.")
    if target is not None:
        number(target, "ladder: target")
    paths, months, hours = demand.shape
    bought, already = (
        np.zeros((paths, months)),
        np.broadcast_to(0.0 if held is None else np.asarray(held, float), (months,)),
    )
    live = np.zeros((paths, months))
    share = max(1 - rate / on_demand, 0.0) if on_demand else 0.0
    first = 0 if target is not None and not adaptive else look_back
    for month in range(first, months):
        known = demand[:, max(month - look_back, 0) : month].reshape(paths, -1)
        if adaptive or (target is None and month == first):
            at = int(np.ceil(known.shape[1] * share * (1 - 1e-13)))
            best = np.partition(known, at - 1, axis=1)[:, at - 1] if at else np.zeros(paths)
            goal = np.maximum(best - already[month], 0.0)
        elif target is not None:
            goal = np.full(paths, float(target))
        if not adaptive and month >= first + steps:
            break
        missing = np.maximum(goal - live[:, month], 0.0)
        bought[:, month] = np.minimum(goal / steps, missing) if adaptive else goal / steps
        live[:, month : month + term_months] += bought[:, month][:, None]
    level = live + already
    spill = np.maximum(demand - level[:, :, None], 0.0).sum(axis=(1, 2))
    return Ladder(spill * on_demand + (live * hours).sum(axis=1) * rate, live, bought)
