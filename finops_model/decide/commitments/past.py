"""Usage so far as the layers that offers see, for a replay: what is covered, what is left, the best in hindsight (docs/method §8.11, §8.85).

Layer k ends at S_k, the sum of the first k SKUs in the vendor's order, in units of the commitment; a unit inside it is worth the sum of the
steps from k on. What is held takes from the bottom, so what is left of layer k is max(S_k − held, 0). One SKU is one layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import quantities
from ...errors import PriceError, listing
from .offers import Offer
from .search.layers import Stack, Usage, usage_of
from .search.stacked import stack_of

WEEKS = 8  # newest weeks that say how a day lies in its hours, and an hour in its layers


@dataclass(frozen=True)
class Past:
    """Hourly usage so far, as every one of some offers sees it."""

    ends: np.ndarray  # (layer, hour) S_k, units of the commitment an hour
    steps: np.ndarray  # (layer,) on-demand money by which worth falls at the end of a layer
    rates: Mapping[str, float]  # offer -> money per unit of it and hour

    @property
    def hours(self) -> int:
        return self.ends.shape[1]

    @property
    def top(self) -> np.ndarray:
        """All of it (hour,)."""
        return self.ends[-1]

    @property
    def price(self) -> float:
        """On-demand money of a unit of the first layer: the most that one can save."""
        return float(self.steps.sum())

    def cost(self, held: np.ndarray, start: int) -> float:
        """On-demand money of what is not held, from hour `start` on; held (hour,)."""
        left = np.maximum(self.ends[:, start:] - held[start:], 0.0)
        return float(left.sum(axis=1) @ self.steps)

    def left(self, start: int, stop: int, held: np.ndarray, price: float) -> Stack:
        """What is left of some hours, one path, for a commitment at `price`."""
        return self._stack(
            np.maximum(self.ends[:, None, start:stop] - held[start:stop], 0.0), price
        )

    def ahead(
        self, total: np.ndarray, start: int, first_day: str, held: np.ndarray, price: float
    ) -> Stack:
        """What will be left: forecast units of all layers (path, hour) from hour `start` on, in the layers of the newest weeks."""
        return self._stack(np.maximum(self._layered(total, start, first_day) - held, 0.0), price)

    def _stack(self, ends: np.ndarray, price: float) -> Stack:
        """Layers (layer, path, hour) as the search reads them."""
        worth = tuple(np.cumsum(self.steps[::-1])[::-1].tolist())
        if len(ends) == 1:
            return Stack(usage_of(ends[0]), (1.0,), worth, price)
        parts = np.diff(ends, axis=0, prepend=0.0)
        names = tuple(f"layer {k + 1}" for k in range(len(ends)))
        _, paths, hours = ends.shape
        usage = Usage(names, paths, hours, lambda a, b: [part[a:b] for part in parts])
        return Stack(usage, (1.0,) * len(ends), worth, price)

    def _layered(self, total: np.ndarray, start: int, first_day: str) -> np.ndarray:
        """(layer, path, hour): the total by the shares that layers had in that hour of the week."""
        if len(self.ends) == 1:
            return total[None]
        known = self.ends[:, max(start - 24 * 7 * WEEKS, 0) : start]
        first = np.datetime64(first_day, "D") + start // 24
        weekday = (first.astype(int) + 3) % 7  # of the first day ahead
        place = (weekday * 24 + np.arange(-known.shape[1], total.shape[1])) % 168
        sums = np.stack([np.bincount(place[: known.shape[1]], row, minlength=168) for row in known])
        whole = known.sum(axis=1)
        usual = whole / whole[-1] if whole[-1] > 0 else np.ones(len(known))
        share = np.where(sums[-1] > 0, sums / np.where(sums[-1] > 0, sums[-1], 1.0), usual[:, None])
        return total[None] * share[:, place[known.shape[1] :]][:, None, :]

    def below(self, levels: np.ndarray, starts: Sequence[int]) -> np.ndarray:
        """On-demand money that each level covers in each month (level, month)."""
        covered = np.zeros((len(levels), len(starts) - 1))
        for step, ends in zip(self.steps, self.ends):
            for m, (start, stop) in enumerate(zip(starts, starts[1:])):
                row = np.sort(ends[start:stop])
                at = np.searchsorted(row, levels, side="right")
                sums = np.concatenate([[0.0], np.cumsum(row)])
                covered[:, m] += step * (sums[at] + (len(row) - at) * levels)
        return covered

    def slices(self, floors: np.ndarray) -> np.ndarray:
        """Use of each slice of the commitment, worth its on-demand money ÷ the price (slice, hour); slices end at `floors` from 0 on."""
        width = np.diff(floors)
        used = np.zeros((len(width), self.ends.shape[1]))
        for step, ends in zip(self.steps, self.ends):
            inside = np.clip(ends[None, :] - floors[:-1, None], 0.0, width[:, None])
            used = used + (inside if len(self.ends) == 1 else step / self.price * inside)
        return used


def past_of(history, offers: Sequence[Offer], prices: Mapping[str, float] | None = None) -> Past:
    """Usage so far (hour,), or by SKU, as the offers see it.

    Raises PriceError where they see different things: a discount of its own for a SKU changes the order and what a unit covers.
    """
    if isinstance(history, Mapping):
        usage = usage_of({sku: np.atleast_2d(quantities(sku, v)) for sku, v in history.items()})
    else:
        usage = usage_of(np.atleast_2d(quantities("history", history).ravel()))
    stacks = [stack_of(offer, usage, prices) for offer in offers]
    seen = {(s.usage.skus, s.scale, s.worth) for s in stacks}
    if len(seen) > 1:
        raise PriceError(
            f"replay_commitments: {listing([o.name for o in offers])} cover different SKUs, or at different prices; replay them one by one."
        )
    stack = stacks[0]
    ((_, parts),) = stack.blocks()
    layers = [(step, np.array(total[0], float)) for step, total in stack.layers(parts)]
    return Past(
        np.stack([ends for _, ends in layers]),
        np.array([step for step, _ in layers]),
        {o.name: s.price for o, s in zip(offers, stacks)},
    )


def hindsight(past: Past, offers: Sequence[Offer], terms: Mapping[str, int], starts: Sequence[int]):
    """(least cost, held (month,)): every slice of the commitment bought for the cheapest set of months, knowing everything.

    No rule that buys on the first of a month is cheaper.
    """
    window = past.ends[:, starts[0] : starts[-1]]
    levels = np.unique(np.append(window.ravel(), 0.0))
    money, width, times = (
        np.diff(past.below(levels, starts), axis=0),
        np.diff(levels),
        len(starts) - 1,
    )
    best, choice = np.zeros((len(width), times + 1)), []
    for t in range(times - 1, -1, -1):
        options, until = [best[:, t + 1] + money[:, t]], [t + 1]
        for offer in offers:
            end = min(t + terms[offer.name], times)
            options.append(
                width * past.rates[offer.name] * (starts[end] - starts[t]) + best[:, end]
            )
            until.append(end)
        stacked = np.stack(options)
        best[:, t] = stacked.min(axis=0)
        choice.append((np.argmin(stacked, axis=0), until))
    choice.reverse()
    held, free = np.zeros((len(width), times)), np.zeros(len(width), int)
    for t in range(times):
        pick, until = choice[t]
        for i, end in enumerate(until):
            mine = (free == t) & (pick == i)
            held[mine, t:end] = width[mine, None] if i else 0.0
            free[mine] = end
    return float(best[:, 0].sum()), held.sum(axis=0)
