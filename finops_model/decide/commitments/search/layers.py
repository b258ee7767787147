"""Hourly demand as layers that one commitment covers in order, and the level that costs least (docs/method §8.3, §8.4).

A commitment of level L pays L × price in every hour. Its SKUs use it in the vendor's order; layer k ends at S_k, the sum of the first k
SKUs measured in the commitment's own unit, and a unit inside it saves `worth_k` of on-demand money, worth falling with k. So an hour saves

    Σ_k (worth_k − worth_k+1) × min(S_k, L)  −  L × price

and the best level is a weighted quantile of all S_k. One pool of units is the case of one layer. Demand is read in blocks of paths:
nothing of size path × hour × SKU is made.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ....checks import quantities
from ....errors import PriceError, unknown
from ....prices.settle.hourly import best_level

EXACT = 1e-12  # relative: float noise must not decide a tie
CELLS = 1 << 18  # numbers of one SKU in a block: stays in the cache of a core
PILOT = 400_000  # events looked at first, to know where the answer lies
FEW = 100  # up to so many hours a path, all levels are compared at once
DIRECT = 6  # up to so many levels, adding up min(S, L) is faster than sorting


@dataclass(frozen=True)
class Usage:
    """Hourly demand by SKU, read block by block. `read(start, stop)` gives, for each SKU in order, (path, hour) of those paths."""

    skus: tuple[str, ...]
    paths: int
    hours: int
    read: Callable[[int, int], Sequence[np.ndarray]]
    array: np.ndarray | None = field(
        default=None, repr=False
    )  # all of it, where it is one SKU in memory

    @property
    def block(self) -> int:
        return max(1, CELLS // max(self.hours, 8))

    def blocks(self) -> Iterator[tuple[slice, Sequence[np.ndarray]]]:
        for start in range(0, self.paths, self.block):
            stop = min(start + self.block, self.paths)
            yield slice(start, stop), self.read(start, stop)

    def between(self, start: int, stop: int) -> Usage:
        """The same SKUs and paths in some hours."""
        if (start, stop) == (0, self.hours):
            return self

        def read(a, b):
            return [part[:, start:stop] for part in self.read(a, b)]

        array = None if self.array is None else self.array[:, start:stop]
        return Usage(self.skus, self.paths, int(stop - start), read, array)

    def only(self, skus) -> Usage:
        """The same paths and hours of some SKUs, in their order."""
        at = [self.skus.index(sku) for sku in skus]
        if len(at) == len(self.skus) == 1:
            return self

        def read(start, stop):
            parts = self.read(start, stop)
            return [parts[i] for i in at]

        return Usage(tuple(skus), self.paths, self.hours, read)


def usage_of(demand, skus=None) -> Usage:
    """Demand as given, made readable by block.

    demand   (path, hour) of one pool; (path,): one level for each path; more axes in front are all paths; a mapping SKU ->
             (path, hour); (path, hour, sku) with `skus`; or a Usage

    Raises PriceError for nothing, for numbers below 0 or not finite, and for SKUs of different shape.
    """
    if isinstance(demand, Usage):
        return demand
    if isinstance(demand, Mapping):
        if not demand:
            raise PriceError("demand: there is none; give (path, hour) for at least one SKU.")
        parts = {str(sku): _paths(values, f"demand of {sku}") for sku, values in demand.items()}
        first = next(iter(parts))
        for sku, values in parts.items():
            if values.shape != parts[first].shape:
                raise PriceError(
                    f"demand of {sku} has shape {values.shape} but {first} has {parts[first].shape}; "
                    "give every SKU the same paths and hours."
                )
        arrays = list(parts.values())
        return Usage(
            tuple(parts),
            *arrays[0].shape,
            lambda start, stop: [values[start:stop] for values in arrays],
            arrays[0] if len(arrays) == 1 else None,
        )
    if skus is not None and len(skus) > 1:
        cube = _checked(demand, "demand")
        if cube.ndim != 3 or cube.shape[2] != len(skus):
            raise PriceError(
                f"demand has shape {cube.shape} and there are {len(skus)} SKUs; "
                "give (path, hour, sku), or a mapping of SKU to (path, hour)."
            )
        _some(cube, "demand")
        return Usage(
            tuple(skus), *cube.shape[:2], lambda a, b: [cube[a:b, :, k] for k in range(len(skus))]
        )
    values = _paths(demand, "demand")
    return Usage(
        tuple(skus or ("",)), *values.shape, lambda start, stop: [values[start:stop]], values
    )


def _checked(values, what: str) -> np.ndarray:
    """As floats, float32 left as it is."""
    values = np.asarray(values)
    if values.dtype != np.float32:
        return quantities(what, values)
    if values.size and not (values.min() >= 0 and values.max() < np.inf):
        quantities(what, values)
    return values


def _paths(values, what: str) -> np.ndarray:
    values = _checked(values, what)
    _some(values, what)
    return values.reshape(-1, 1) if values.ndim < 2 else values.reshape(-1, values.shape[-1])


def _some(values, what: str) -> None:
    if not values.size:
        raise PriceError(f"{what}: there is none; give at least one hour.")


@dataclass(frozen=True)
class Stack:
    """Demand in the order in which one commitment covers it.

    usage   SKUs in the vendor's order
    scale   (sku,) units of the commitment per unit of demand
    worth   (sku,) on-demand money that one unit of the commitment saves there; falls
    price   money per unit of the commitment and hour, used or not
    """

    usage: Usage
    scale: tuple[float, ...]
    worth: tuple[float, ...]
    price: float

    @cached_property
    def steps(self) -> np.ndarray:
        """What worth falls by at the end of each layer: (sku,)."""
        return -np.diff(np.append(self.worth, 0.0))

    @property
    def money(self) -> np.ndarray:
        """On-demand money of one unit of demand of each SKU."""
        return np.asarray(self.scale) * np.asarray(self.worth)

    def layers(self, parts) -> Iterator[tuple[float, np.ndarray]]:
        """(step of worth, S_k (path, hour)) of the layers whose end matters; S is a buffer, use it before the next one."""
        total = None
        for k, (part, scale, step) in enumerate(zip(parts, self.scale, self.steps)):
            if total is None:
                total = (
                    part if len(self.scale) == 1 and scale == 1 else part * part.dtype.type(scale)
                )
            else:
                total += part * part.dtype.type(scale)
            if step > 0 or k == len(self.scale) - 1:
                yield float(step), total

    def blocks(self):
        return self.usage.blocks()

    @cached_property
    def on_demand(self) -> np.ndarray:
        """Cost with nothing committed: money (path,) over the hours given."""
        cost = np.zeros(self.usage.paths)
        for paths, parts in self.blocks():
            for part, money in zip(parts, self.money):
                cost[paths] += part.sum(axis=1, dtype=np.float64) * money
        return cost

    @cached_property
    def peak(self) -> float:
        """The largest hour, in units of the commitment."""
        top = 0.0
        for _, parts in self.blocks():
            for _, total in self.layers(parts):  # noqa: B007 - the last layer
                pass
            top = max(top, float(total.max()))
        return top

    @cached_property
    def mean_used(self) -> float:
        """Mean hourly demand in units of the commitment."""
        return float(
            sum(
                part.sum(dtype=np.float64) * scale
                for _, parts in self.blocks()
                for part, scale in zip(parts, self.scale)
            )
            / (self.usage.paths * self.usage.hours)
        )

    @cached_property
    def _sorted(self):
        """One layer held sorted with its running sums: any level of any path by a look-up."""
        if len(self.scale) > 1 or self.usage.array is None or self.usage.array.size > 40_000_000:
            return None
        values = np.sort(self.usage.array, axis=1) * self.usage.array.dtype.type(self.scale[0])
        sums = np.zeros((len(values), values.shape[1] + 1))
        np.cumsum(values, axis=1, dtype=np.float64, out=sums[:, 1:])
        return values, sums

    def covered(self, levels) -> tuple[np.ndarray, np.ndarray]:
        """At each level: on-demand money covered, and units used; float64 (path, level) each, totals of the hours."""
        levels = np.atleast_1d(np.asarray(levels, float))
        money, used = (np.zeros((self.usage.paths, len(levels))) for _ in range(2))
        if len(levels) > DIRECT and self.usage.hours > FEW and self._sorted is not None:
            values, sums = self._sorted
            for path, row in enumerate(values):
                used[path] = below(row, sums[path], levels)
            return used * self.worth[0], used
        for paths, parts in self.blocks():
            for step, total in self.layers(parts):
                covered = _limited(total, levels)
                money[paths] += step * covered
            used[paths] = covered
        return money, used

    def cost(self, levels) -> np.ndarray:
        """EffectiveCost at each level: money (path, level) over the hours given."""
        levels = np.atleast_1d(np.asarray(levels, float))
        return (
            self.on_demand[:, None]
            - self.covered(levels)[0]
            + levels * (self.price * self.usage.hours)
        )

    def best(self) -> float:
        """The smallest level that costs least, all paths and hours alike. Exact: a quantile, never on a grid."""
        if self.price >= self.worth[0]:
            return 0.0
        if len(self.scale) == 1 and self.usage.array is not None:
            return best_level(self.usage.array, self.price, self.worth[0]) * self.scale[0]
        return self._weighted_quantile()

    def _weighted_quantile(self) -> float:
        """Smallest L with  Σ_k step_k × #{S_k > L}  ≤  price × hours."""
        wanted = self.price * self.usage.hours * self.usage.paths * (1 + EXACT)
        low, high = self._bracket()
        while True:
            above, events, weights = 0.0, [], []
            for _, parts in self.blocks():
                for step, total in self.layers(parts):
                    over = total > low
                    if high < np.inf:
                        top = np.count_nonzero(total > high)
                        above += step * top
                        over &= total <= high
                    kept = total[over]
                    events.append(kept)
                    weights.append(np.full(len(kept), step))
            values, weight = np.concatenate(events).astype(float), np.concatenate(weights)
            inside = above + weight.sum()
            if above > wanted:  # the answer lies above the bracket
                low, high = high, np.inf
                continue
            if inside <= wanted and low >= 0:  # or below it, or at its lower end
                low, high = -1.0, low
                continue
            if inside <= wanted:
                return 0.0
            order = np.argsort(values)
            values, left = (
                values[order],
                inside - np.cumsum(weight[order]),
            )  # weight strictly above, for the last of equals
            last = np.append(np.flatnonzero(np.diff(values)), len(values) - 1)
            good = np.flatnonzero(left[last] <= wanted)
            return max(float(values[last[good[0]]]), 0.0)

    def _bracket(self) -> tuple[float, float]:
        """Where the answer almost surely lies, from every n-th hour (n has no factor in common with a day or week)."""
        cells = self.usage.paths * self.usage.hours * len(self.scale)
        if cells <= PILOT:
            return -1.0, np.inf
        every = next(
            n for n in range(max(2, cells // PILOT), 10 * cells) if all(n % p for p in (2, 3, 7))
        )
        events, weights = [], []
        for seen, (_, parts) in enumerate(self.blocks()):
            for step, total in self.layers(parts):
                kept = total.ravel()[seen % every :: every].astype(float)
                events.append(kept)
                weights.append(np.full(len(kept), step))
        values, weight = np.concatenate(events), np.concatenate(weights)
        order = np.argsort(values)
        values, share = values[order], 1 - np.cumsum(weight[order]) / weight.sum()
        at = self.price / self.worth[0]  # share of all weight that lies above the answer
        slack = 6 * np.sqrt(at * (1 - at) / len(values)) + 10 / len(values)
        first = np.searchsorted(-share, -(at + slack))
        last = np.searchsorted(-share, -(at - slack))
        return (float(values[first]) if first > 0 else -1.0), (
            float(values[last]) if last < len(values) else np.inf
        )

    def best_by_path(self) -> np.ndarray:
        """The best level of each path by itself, in hindsight: (path,), smallest; exact for one layer, else to a part in 10¹²."""
        if self.price >= self.worth[0]:
            return np.zeros(self.usage.paths)
        if len(self.scale) == 1 and self.usage.array is not None:
            hours = self.usage.hours
            at = int(np.ceil(hours * (self.worth[0] - self.price) / self.worth[0] * (1 - 1e-13)))
            return (
                np.partition(self.usage.array, at - 1, axis=1)[:, at - 1].astype(float)
                * self.scale[0]
            )
        best = np.empty(self.usage.paths)
        wanted = self.price * self.usage.hours * (1 + EXACT)
        for paths, parts in self.blocks():
            held = [(step, np.sort(total, axis=1)) for step, total in self.layers(parts)]
            for i in range(len(held[0][1])):
                low, high = 0.0, float(held[-1][1][i, -1])
                for _ in range(44):
                    middle = (low + high) / 2
                    over = sum(
                        step * (rows.shape[1] - np.searchsorted(rows[i], middle, side="right"))
                        for step, rows in held
                    )
                    low, high = (low, middle) if over <= wanted else (middle, high)
                best[paths.start + i] = high
        return best


def below(row, sums, levels) -> np.ndarray:
    """Σ min(row, level) of sorted numbers, `sums` their running sums from 0 on."""
    at = np.searchsorted(row, levels, side="right")
    return sums[at] + (len(row) - at) * levels


def _limited(total, levels) -> np.ndarray:
    """Σ over hours of min(S, level): (path, level), float64."""
    if len(levels) <= DIRECT:
        limited = np.empty((len(total), len(levels)))
        for i, level in enumerate(levels):
            np.minimum(total, total.dtype.type(level)).sum(
                axis=1, dtype=np.float64, out=limited[:, i]
            )
        return limited
    if total.shape[1] <= FEW:
        return np.minimum(total[:, :, None], levels).sum(axis=1, dtype=np.float64)
    rows = np.sort(total, axis=1)
    sums = np.zeros((len(rows), rows.shape[1] + 1))
    np.cumsum(rows, axis=1, dtype=np.float64, out=sums[:, 1:])
    return np.stack([below(row, run, levels) for row, run in zip(rows, sums)])


def spend_stack(
    usage: Usage, discounts: Mapping[str, float], prices: Mapping[str, float] | None = None
) -> Stack:
    """A spend commitment: pays money at plan rates, highest saving first, equal ones by the lower plan rate (docs/method §8.4).

    discounts   SKU -> saving of the plan against on demand, as a share; a SKU that is not in it is not eligible
    prices      SKU -> on-demand money per unit of demand; default 1: demand is on-demand money per hour
    """
    prices = prices or {}
    for sku in discounts:
        if sku not in usage.skus:
            raise PriceError(
                unknown(
                    "demand",
                    "SKU",
                    sku,
                    usage.skus,
                    "Give its demand, or leave it out of the offer.",
                )
            )
    price = {sku: prices.get(sku, 1.0) for sku in discounts}
    order = sorted(discounts, key=lambda sku: (-discounts[sku], price[sku] * (1 - discounts[sku])))
    rates = [1 - discounts[sku] for sku in order]
    return Stack(
        usage.only(order),
        tuple(price[sku] * rate for sku, rate in zip(order, rates)),
        tuple(1 / rate for rate in rates),
        1.0,
    )


def unit_stack(
    usage: Usage, rate: float, on_demand: float | Mapping[str, float], per_unit: float = 1.0
) -> Stack:
    """A commitment in units: the SKU that costs most on demand is covered first. per_unit: demand that one unit serves."""
    prices = {
        sku: on_demand.get(sku, 0.0) if isinstance(on_demand, Mapping) else on_demand
        for sku in usage.skus
    }
    order = sorted(usage.skus, key=lambda sku: -prices[sku])
    if len(set(prices.values())) == 1 and len(order) == 1:
        return Stack(usage, (1 / per_unit,), (prices[order[0]] * per_unit,), rate)
    return Stack(
        usage.only(order),
        (1 / per_unit,) * len(order),
        tuple(prices[sku] * per_unit for sku in order),
        rate,
    )
