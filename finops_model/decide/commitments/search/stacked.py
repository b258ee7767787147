"""Several commitments on the same usage, in the vendor's order: narrow first, then broad (docs/method §8.8).

Each takes what it is eligible for and what those before it left, highest saving first; what a narrow one does not use is lost and does
not pass on to the broad one. For given narrow ones the best broad one is a quantile of what they leave; the narrow ones are searched.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....errors import PriceError
from ..answer import Outcome
from ..offers import Offer
from .layers import Stack, Usage, spend_stack, unit_stack
from .objective import TIES, narrow, score

PILOT = 200_000  # hours looked at to find out where the answer lies


def prices_of(offer: Offer, usage: Usage, prices) -> dict[str, float]:
    """On-demand money per unit of demand of what an offer covers, by SKU.

    Raises PriceError where it is not known.
    """
    table = {}
    for sku in offer.covers(usage.skus):
        if offer.on_demand is not None:
            table[sku] = offer.on_demand
        elif prices and sku in prices:
            table[sku] = float(prices[sku])
        elif offer.kind == "spend":
            table[sku] = 1.0  # demand is on-demand money
        else:
            name = f" of {sku}" if sku else ""
            raise PriceError(
                f"offer '{offer.name}': the on-demand price{name} is not known; pass prices={{sku: money per unit}} "
                "or write on_demand."
            )
    return table


def rate_of(offer: Offer, on_demand: dict[str, float]) -> float:
    """Money per unit of the commitment and hour; 1 for a spend commitment."""
    if offer.kind == "spend":
        return 1.0
    if offer.rate is None and len(set(on_demand.values())) > 1:
        raise PriceError(
            f"offer '{offer.name}': its SKUs have different on-demand prices, so a discount gives no single rate; write rate."
        )
    return offer.rate_at(next(iter(on_demand.values())))


def stack_of(offer: Offer, usage: Usage, prices=None) -> Stack:
    """The demand of one offer as layers."""
    own = prices_of(offer, usage, prices)
    if offer.kind == "spend":
        return spend_stack(
            usage, {sku: offer.discount_of(sku, price) for sku, price in own.items()}, own
        )
    if offer.kind == "capacity" and offer.penalty is not None:
        own = dict.fromkeys(own, offer.penalty)  # demand above capacity is blocked, not bought
    return unit_stack(usage.only(list(own)), rate_of(offer, own), own, offer.per_unit)


def in_order(offers) -> list[Offer]:
    """The order in which they apply: priority, then the narrower, then the higher discount by the order given."""

    def reach(offer):
        return len(offer.skus) or np.inf

    return sorted(offers, key=lambda offer: (offer.priority, reach(offer)))


@dataclass(frozen=True)
class Plans:
    """Offers that overlap, in their order, over one usage."""

    offers: tuple[Offer, ...]
    usage: Usage
    prices: dict[str, float] | None = None

    @cached_property
    def stacks(self) -> tuple[Stack, ...]:
        """Each as if it were alone."""
        return tuple(stack_of(offer, self.usage, self.prices) for offer in self.offers)

    @cached_property
    def skus(self) -> tuple[str, ...]:
        """All that any of them covers."""
        return tuple(
            sku for sku in self.usage.skus if any(sku in stack.usage.skus for stack in self.stacks)
        )

    @cached_property
    def money(self) -> dict[str, float]:
        """On-demand money of one unit of demand."""
        return {
            sku: float(worth)
            for stack in self.stacks
            for sku, worth in zip(stack.usage.skus, stack.money)
        }

    @cached_property
    def on_demand(self) -> np.ndarray:
        cost = np.zeros(self.usage.paths)
        for paths, parts in self.usage.only(self.skus).blocks():
            for sku, part in zip(self.skus, parts):
                cost[paths] += part.sum(axis=1, dtype=np.float64) * self.money[sku]
        return cost

    def _take(self, left: dict[str, np.ndarray], i: int, level: float):
        """Offer i at a level takes from what is left (changed in place): (money covered (path,), units used (path,))."""
        stack = self.stacks[i]
        room, money, used = None, 0.0, 0.0
        for sku, scale, worth in zip(stack.usage.skus, stack.scale, stack.worth):
            units = left[sku] * scale
            taken = np.minimum(units, level if room is None else room)
            room = (level if room is None else room) - taken
            left[sku] -= taken / scale
            total = taken.sum(axis=1, dtype=np.float64)
            money, used = money + total * worth, used + total
        return money, used

    def outcome(self, levels) -> Outcome:
        """What they do at these levels."""
        count, paths = len(self.offers), self.usage.paths
        covered, used = np.zeros((paths, count)), np.zeros((paths, count))
        for at, parts in self.usage.only(self.skus).blocks():
            left = {sku: np.array(part, float) for sku, part in zip(self.skus, parts)}
            for i in range(count):
                covered[at, i], used[at, i] = self._take(left, i, float(levels[i]))
        paid = np.asarray(levels, float) * self.usage.hours
        return Outcome(
            self.on_demand, covered, used, paid, paid * [stack.price for stack in self.stacks]
        )

    def rest(self, levels) -> Usage:
        """What the first offers leave, as usage."""

        def read(start, stop):
            left = {
                sku: np.array(part, float)
                for sku, part in zip(self.skus, self.usage.only(self.skus).read(start, stop))
            }
            for i, level in enumerate(levels):
                self._take(left, i, float(level))
            return [np.maximum(left[sku], 0.0) for sku in self.skus]

        if self.usage.paths * self.usage.hours * len(self.skus) > 20_000_000:
            return Usage(self.skus, self.usage.paths, self.usage.hours, read)
        held = read(0, self.usage.paths)  # small enough to keep
        return Usage(
            self.skus,
            self.usage.paths,
            self.usage.hours,
            lambda a, b: [part[a:b] for part in held],
            held[0] if len(held) == 1 else None,
        )

    def sampled(self, cells: int) -> Plans:
        """The same on fewer hours: every n-th, n without a factor in common with day and week."""
        total = self.usage.paths * self.usage.hours
        if total <= cells:
            return self
        every = next(
            n for n in range(max(2, total // cells), 10 * total) if all(n % p for p in (2, 3, 7))
        )
        every = min(every, self.usage.hours)

        def read(start, stop):
            return [part[:, ::every] for part in self.usage.read(start, stop)]

        held = [
            np.concatenate(pieces)
            for pieces in zip(
                *(
                    [np.array(part[:, ::every]) for part in parts]
                    for _, parts in self.usage.blocks()
                )
            )
        ]
        return Plans(
            self.offers,
            Usage(
                self.usage.skus,
                self.usage.paths,
                held[0].shape[1],
                lambda a, b: [part[a:b] for part in held],
            ),
            self.prices,
        )


def best_plans(plans: Plans, objective: str = "mean", beta: float = 0.9) -> list[float]:
    """Levels of all offers, smallest where several are best. The last one exact for the others; the others
    exact up to 200,000 hours × paths, else to some 10⁻⁵ of the peak, where cost is flat.

    Raises PriceError for regret, which would need the best set of purchases of every path by itself.
    """
    if objective == "regret":
        raise PriceError(
            "regret is for offers that do not overlap; for overlapping ones use mean, cvar or waste."
        )
    pilot = plans.sampled(PILOT)
    levels = _descend(
        pilot,
        [0.0] * (len(plans.offers) - 1),
        [(0.0, stack.peak) for stack in pilot.stacks[:-1]],
        objective,
        beta,
        13,
        7,
    )
    if pilot is not plans:
        levels = _polish(plans, levels, objective, beta)
    else:
        levels = _snap(plans, levels, objective, beta)
    return [*levels, _last(plans, levels, objective, beta)[0]]


def _last(plans: Plans, levels, objective, beta) -> tuple[float, float]:
    """(best level of the last offer, what is then minimised)."""
    rest = plans.rest(levels)
    stack = stack_of(plans.offers[-1], rest, plans.prices)
    fees = sum(level * s.price for level, s in zip(levels, plans.stacks)) * plans.usage.hours
    left = stack.on_demand  # on-demand money of what the first ones leave
    if set(stack.usage.skus) != set(rest.skus):
        left = sum(
            np.concatenate([part.sum(axis=1, dtype=np.float64) for part in parts])
            * plans.money[sku]
            for sku, parts in zip(rest.skus, zip(*(parts for _, parts in rest.blocks())))
        )

    def worth(tried):
        return score(
            objective,
            beta,
            stack.cost(tried) + (left - stack.on_demand + fees)[:, None],
            plans.on_demand,
            None,
        )

    if objective == "mean":
        best = stack.best()
        return best, float(worth([best])[0])
    low, high = narrow(worth, 0.0, stack.peak, wide=17, rounds=6)
    tried = np.array([0.0, low, high])
    values = worth(tried)
    at = int(np.flatnonzero(values <= values.min() + TIES * float(plans.on_demand.mean()))[0])
    return float(tried[at]), float(values[at])


def _descend(plans: Plans, levels, ranges, objective, beta, wide: int, rounds: int) -> list[float]:
    """One offer after the other, until nothing gets better; with one narrow offer a single search is enough."""
    levels, before = list(levels), np.inf
    for _ in range(1 if len(levels) == 1 else 8):
        for i in range(len(levels)):

            def worth(tried, i=i):
                return np.array(
                    [
                        _last(plans, [*levels[:i], x, *levels[i + 1 :]], objective, beta)[1]
                        for x in tried
                    ]
                )

            low, high = narrow(worth, *ranges[i], wide=wide, rounds=rounds)
            tried = (
                np.unique([0.0, low, (low + high) / 2, high])
                if ranges[i][0] == 0
                else np.unique([low, (low + high) / 2, high])
            )
            values = worth(tried)
            levels[i] = float(
                tried[
                    np.flatnonzero(values <= values.min() + TIES * float(plans.on_demand.mean()))[0]
                ]
            )
            now = float(values.min())
        if not before - now > 1e-9 * abs(now):
            break
        before = now
    return levels


def _polish(plans: Plans, levels, objective, beta) -> list[float]:
    """From what a sample of hours says to what all of them say: each level by Brent's method near it, further away where it lies at the edge."""
    from scipy.optimize import minimize_scalar

    levels, before = list(levels), np.inf
    for _ in range(1 if len(levels) == 1 else 4):
        for i, stack in enumerate(plans.stacks[:-1]):
            reach = 0.02 * max(levels[i], 0.01 * stack.peak)
            for _ in range(6):
                low, high = max(levels[i] - reach, 0.0), min(levels[i] + reach, stack.peak)
                minimum = minimize_scalar(
                    lambda x, i=i: _last(
                        plans, [*levels[:i], x, *levels[i + 1 :]], objective, beta
                    )[1],
                    bounds=(low, high),
                    method="bounded",
                    options={"xatol": 1e-5 * stack.peak, "maxiter": 10},
                )
                levels[i], edge = float(minimum.x), 0.02 * (high - low)
                if not (
                    levels[i] - low < edge
                    and low > 0
                    or high - levels[i] < edge
                    and high < stack.peak
                ):
                    break
                reach *= 4
            now = float(minimum.fun)
            if low == 0 and _last(plans, [*levels[:i], 0.0, *levels[i + 1 :]], objective, beta)[
                1
            ] <= now + TIES * float(plans.on_demand.mean()):
                levels[i] = 0.0
        if not before - now > 1e-7 * abs(now):
            break
        before = now
    return levels


def _snap(plans: Plans, levels, objective, beta) -> list[float]:
    """To the demand levels next to what was found: a piecewise-linear optimum lies on one of them, or beside none."""
    levels = list(levels)
    for i, stack in enumerate(plans.stacks[:-1]):
        reach = 1e-5 * max(stack.peak, 1e-300)
        near = np.concatenate(
            [
                layer[np.abs(layer - levels[i]) <= reach].ravel()
                for _, parts in stack.blocks()
                for _, layer in stack.layers(parts)
            ]
        )
        tried = np.unique(np.append(near, levels[i]))[:40]
        values = np.array(
            [_last(plans, [*levels[:i], x, *levels[i + 1 :]], objective, beta)[1] for x in tried]
        )
        levels[i] = float(
            tried[np.flatnonzero(values <= values.min() + 1e-11 * float(plans.on_demand.mean()))[0]]
        )
    return levels
