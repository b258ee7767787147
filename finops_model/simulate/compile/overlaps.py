"""Commitments whose SKUs overlap, settled hour by hour on the usage of a block of paths (docs/method §3.35–§3.36).

What a narrow commitment leaves to a broad one depends on several levels at once, so no table of one level can say it (§3.14). The
engines keep the level by step of every SKU instead, and here the instruments take from it in their order (§5.12), as
prices/settlement.settle does. The work is steps × hours that differ × paths × pairs of instrument and SKU, at about two nanoseconds
each; memory is two float32 arrays (SKU and shape, step, path) of the block. Rejected: settling all cells with Instrument.allocate
(float64 copies of usage and prices of every hour: 24 times the memory and some twenty times the time).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...prices.instruments.spend import NOISE, Spend, ranked
from ...prices.instruments.units import Units
from ...prices.settle.hours import HOURS

PATHS = 256  # paths settled at a time: what a month of them needs lies in the second cache
DIGITS = 6  # float32 prices of a path: savings that differ by less are a tie

Order = tuple[
    list[int], "np.ndarray | None"
]  # SKU positions in the order they are served, and the cells it holds in (None: all)


@dataclass(frozen=True)
class Way:
    """How one instrument takes from usage: what a unit of each SKU takes of it, and in which order SKUs are served."""

    share: float  # of what is left, how much may be covered
    size: dict[
        int, np.ndarray
    ]  # SKU -> own units that one unit takes, broadcasts with (day, path); 0: wants nothing
    free: dict[int, np.ndarray]  # SKU -> the cells where it is covered and takes nothing: 100 % off
    orders: tuple[Order, ...]


def narrowed(rule: Units | Spend, skus: Sequence[str]) -> Units | Spend | None:
    """The same instrument for those of its SKUs that are there; None where none is (its fee is owed all the same).

    >>> narrowed(Units(quantity=3, rate=1.0, skus={"a": 1, "b": 2}), ("b", "c")).eligible
    ('b',)
    """
    here = [sku for sku in rule.eligible if sku in skus]
    if not here:
        return None
    if isinstance(rule, Units):
        return replace(
            rule,
            skus={sku: rule.skus[sku] for sku in here},
            first=tuple(sku for sku in rule.first if sku in here),
        )
    if rule.discount is not None:
        return replace(rule, skus=tuple(here))
    name = "rates" if rule.rates is not None else "discounts"
    return replace(rule, **{name: {sku: getattr(rule, name)[sku] for sku in here}})


def way_of(rule: Units | Spend, skus: Sequence[str], price: np.ndarray) -> Way:
    """How an instrument takes from usage at these on-demand prices, float64 (sku, day, 1 or path)."""
    if isinstance(rule, Units):
        at = [skus.index(sku) for sku in rule.order()]
        return Way(
            rule.eligible_share, {s: np.float64(rule.skus[skus[s]]) for s in at}, {}, ((at, None),)
        )
    at = [skus.index(sku) for sku in rule.eligible]
    own = np.moveaxis(price[at], 0, -1)  # (day, path, eligible)
    plan = rule.plan_rates(own, np.arange(len(at)))
    with np.errstate(divide="ignore", invalid="ignore"):
        saving = np.where(own > 0, 1 - plan / own, np.where(plan > 0, -np.inf, 0.0))
    if price.shape[2] > 1:
        saving = np.round(saving, DIGITS)
    worth = np.where(
        saving >= -NOISE, plan, 0.0
    )  # dearer than on demand: not covered, as one pays the lower
    order = ranked(saving, plan)
    free = {s: plan[..., k] == 0 for k, s in enumerate(at) if (plan[..., k] == 0).any()}
    size = {s: worth[..., k] for k, s in enumerate(at)}
    if order.ndim == 1:
        return Way(rule.eligible_share, size, free, (([at[k] for k in order], None),))
    orders, of_cell = np.unique(order.reshape(-1, len(at)), axis=0, return_inverse=True)
    of_cell = of_cell.reshape(order.shape[:-1])
    return Way(
        rule.eligible_share,
        size,
        free,
        tuple(([at[k] for k in row], of_cell == i) for i, row in enumerate(orders)),
    )


def cover(
    ways: Sequence[Way | None],
    held: np.ndarray,
    hours: Iterator[tuple[int, np.ndarray]],
    shape: tuple[int, ...],
    dtype,
) -> np.ndarray:
    """Units of each SKU that each instrument covers, added up over the hours of a day: (instrument, sku, day, path).

    ways    in the order they apply; None covers nothing
    held    (instrument, day) own units of every hour: 0 outside the term
    hours   (how many hours are like it, usage (sku, day, path) ≥ 0), which is used up
    shape   (sku, day, path)
    """
    covered = np.zeros((len(ways), *shape), dtype)
    held = held.astype(dtype)[:, :, None]
    takes = [
        None
        if way is None
        else {
            s: (
                (size * way.share).astype(dtype),
                np.divide(1.0, size, out=np.zeros_like(size), where=size > 0).astype(dtype),
            )
            for s, size in way.size.items()
        }
        for way in ways
    ]
    room, taken, mine = (np.empty(shape[1:], dtype) for _ in range(3))
    for alike, usage in hours:
        for i, way in enumerate(ways):
            if way is None or not held[i].any():
                continue
            for order, cells in way.orders:
                np.multiply(held[i], 1 if cells is None else cells, out=room)
                for s in order:
                    wants, gives = takes[i][s]
                    np.multiply(usage[s], wants, out=taken)
                    np.minimum(taken, room, out=taken)
                    np.subtract(room, taken, out=room)
                    np.multiply(taken, gives, out=mine)
                    _take(usage[s], mine, covered[i, s], alike)
            for s, cells in way.free.items():
                np.multiply(usage[s], (held[i] > 0) * cells * dtype(way.share), out=mine)
                _take(usage[s], mine, covered[i, s], alike)
    return covered


def _take(left, mine, covered, alike: int) -> None:
    np.subtract(left, mine, out=left)
    np.maximum(left, 0, out=left)
    if alike > 1:
        mine *= alike
    covered += mine


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Commitments on SKUs that they share in part, and where their meters lie in the totals of a block.

    A kept pool is the usage of one SKU by workloads of one hour shape; levels and prices are those of all kept pools of the plan.
    """

    skus: tuple[str, ...]  # those that somebody uses
    rules: tuple  # Units, Spend in the order they apply, for these SKUs; None: covers none of them
    held: np.ndarray  # (rule, step) own units of every hour, 0 outside the term
    fees: np.ndarray  # (rule,) money of one own unit
    price: np.ndarray  # (sku, step) on-demand money per unit
    line: np.ndarray  # (sku,) a kept pool that has its price by path, −1: certain
    pools: np.ndarray  # (pool,) its kept pools
    sku_of: np.ndarray  # (pool,) position in skus
    share: np.ndarray | None  # (pool, step, 24) of a day's usage in each hour; None: flat
    used: int  # first of the columns by rule: own units used
    covered: int  # first of the columns by rule: on-demand money of what it covers
    changed: int  # first of the columns by SKU: fees of what is used − on-demand money of what is covered
    scales: tuple[
        float, ...
    ] = ()  # the same with demand × these: on-demand money covered, for a slider
    scaled: int = -1  # first of the columns by scale

    def add(
        self, levels: np.ndarray, prices: np.ndarray, month_of: np.ndarray, totals: np.ndarray
    ) -> None:
        """Settle a block: levels, prices (kept pool, step, path) float32; totals (path, month + 1, column) are added to."""
        for first in range(0, levels.shape[2], PATHS):
            paths = slice(first, min(first + PATHS, levels.shape[2]))
            for month in np.unique(month_of[month_of >= 0]):
                steps = np.flatnonzero(month_of == month)
                self._month(
                    levels, prices, slice(steps[0], steps[-1] + 1), paths, totals[paths, month]
                )

    def _month(self, levels, prices, steps: slice, paths: slice, into) -> None:
        level = levels[self.pools, steps, paths]
        price = self.prices_of(prices, steps, paths)
        ways = [None if rule is None else way_of(rule, self.skus, price) for rule in self.rules]
        covered = self.settle(level, ways, steps)
        for i, way in enumerate(ways):
            if way is None:
                continue
            for s, size in way.size.items():
                units = covered[i, s]
                money = (units * price[s]).sum(axis=0, dtype=np.float64)
                used = (units * size).sum(axis=0, dtype=np.float64)
                into[:, self.used + i] += used
                into[:, self.covered + i] += money
                into[:, self.changed + s] += used * self.fees[i] - money
        for k, scale in enumerate(self.scales):
            again = covered if scale == 1 else self.settle(level * np.float32(scale), ways, steps)
            into[:, self.scaled + k] += (again * price).sum(axis=(0, 1, 2), dtype=np.float64)

    def prices_of(self, prices, steps: slice, paths: slice) -> np.ndarray:
        """On-demand prices (sku, day, 1), by path where one of them is uncertain."""
        dated = self.price[:, steps, None]
        if not (self.line >= 0).any():
            return dated
        by_path = np.repeat(dated, paths.stop - paths.start, axis=2)
        for s in np.flatnonzero(self.line >= 0):
            by_path[s] = prices[self.line[s], steps, paths]
        return by_path

    def settle(self, level: np.ndarray, ways, steps: slice = slice(None)) -> np.ndarray:
        """Units covered (rule, sku, day, path) of levels (pool, day, path) of the days `steps`; float32 or float64 as they are."""
        shape = (len(self.skus), *level.shape[1:])
        return cover(
            ways, self.held[:, steps], self._hours(level, shape, steps), shape, level.dtype.type
        )

    def _hours(self, level, shape, steps: slice) -> Iterator[tuple[int, np.ndarray]]:
        usage, part = np.empty(shape, level.dtype), np.empty(shape[1:], level.dtype)
        if self.share is None:
            alike, shares = [HOURS], np.full((1, len(level), shape[1]), 1 / HOURS)
        else:
            own = self.share[:, steps]
            shares, alike = np.unique(own.reshape(-1, HOURS).T, axis=0, return_counts=True)
            shares = shares.reshape(-1, *own.shape[:2])
        for count, of_pool in zip(alike, shares.astype(level.dtype)):
            usage[...] = 0
            for of_day, amount, s in zip(of_pool, level, self.sku_of):
                np.multiply(amount, of_day[:, None], out=part)
                usage[s] += part
            yield int(count), usage
