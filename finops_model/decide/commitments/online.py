"""Reserving without a forecast, and the best that hindsight could do, layer by layer (docs/method §8.11).

Demand is cut into layers; each is a rent-or-buy problem of its own. The online rule (Wang, Li & Liang 2013, arXiv 1305.5608) reserves a layer
when its on-demand spend within the last term passes the break-even point of one reservation; it never costs more than 2 − α times the best
in hindsight, where α is the price of an hour under the reservation ÷ on demand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError

LAYERS = 400


@dataclass(frozen=True)
class Reserved:
    """What a rule did with one pool of units."""

    cost: float  # money: upfront fees, use under reservations, use on demand
    reserved: np.ndarray  # (time,) units bought at each time
    held: np.ndarray  # (time,) units that run
    optimum: float  # the same in hindsight
    threshold: float  # on-demand money of one unit within a term at which it is reserved

    def __repr__(self) -> str:
        return (
            f"cost {self.cost:,.2f}, {self.ratio:.4g} times the best in hindsight ({self.optimum:,.2f}); "
            f"{self.reserved.sum():,.6g} units bought, at most {self.held.max(initial=0.0):,.6g} at a time"
        )

    @property
    def ratio(self) -> float:
        """Cost ÷ the best in hindsight; 1 where nothing is used."""
        return self.cost / self.optimum if self.optimum else 1.0


def layers_of(demand, most: int = LAYERS) -> tuple[np.ndarray, np.ndarray]:
    """(use (layer, time), width (layer,)): layers end at demand levels, or at `most` of their quantiles."""
    levels = np.unique(demand)
    if len(levels) > most:
        levels = np.unique(np.quantile(demand, np.linspace(0, 1, most), method="inverted_cdf"))
    floors = np.concatenate([[0.0], levels[levels > 0]])
    width = np.diff(floors)
    return np.clip(demand[None, :] - floors[:-1, None], 0.0, width[:, None]), width


def floors_known(demand, known: int, most: int = LAYERS // 2) -> np.ndarray:
    """Edges of layers from 0 on that owe nothing to what comes after the first `known` times: quantiles of those, then steps of 2 % of their
    peak (where nothing has been used yet: of 2 % each, from a millionth of a unit on) for as long as demand is above them."""
    levels = np.unique(np.quantile(demand[:known], np.linspace(0, 1, most), method="inverted_cdf"))
    floors = np.concatenate([[0.0], levels[levels > 0]])
    peak, top = floors[-1], float(demand.max())
    above = peak * (1 + np.arange(1, 201) / 50) if peak else np.array([1e-6])
    while above[-1] < top:  # further up, 2 % of what is below
        above = np.append(above, above[-1] * 1.02)
    return np.concatenate([floors, above[: np.searchsorted(above, top) + 1] if top > peak else []])


def break_even(upfront: float, on_demand: float, discounted: float = 0.0) -> float:
    """On-demand money within a term at which one reservation costs as much: upfront ÷ (1 − α); infinite where α ≥ 1."""
    return upfront / (1 - discounted / on_demand) if discounted < on_demand else np.inf


def hindsight(
    use, width, upfront, on_demand, discounted, term: int, fee_by_time=None
) -> np.ndarray:
    """Least cost of each layer (layer,), knowing everything: whether to reserve at each time, from the last time back.

    upfront       money per unit for a term; with fee_by_time (time,): money per unit and time instead, and a term that ends after the
                  last time costs only what lies inside
    """
    layers, times = use.shape
    total = np.concatenate([np.zeros((layers, 1)), np.cumsum(use, axis=1)], axis=1)
    fees = None if fee_by_time is None else np.concatenate([[0.0], np.cumsum(fee_by_time)])
    best = np.zeros((layers, times + 1))
    for t in range(times - 1, -1, -1):
        end = min(t + term, times)
        fee = upfront if fees is None else fees[end] - fees[t]
        reserve = fee * width + discounted * (total[:, end] - total[:, t]) + best[:, end]
        best[:, t] = np.minimum(best[:, t + 1] + on_demand * use[:, t], reserve)
    return best[:, 0]


def online(
    use, width, upfront, on_demand, discounted, term: int, before=None
) -> tuple[np.ndarray, np.ndarray]:
    """Which layers the rule reserves when: (bought (layer, time) bool, running (layer, time) bool).

    before   (layer, earlier) use on demand before the first time, which counts for the threshold
    """
    layers, times = use.shape
    earlier = np.zeros((layers, 0)) if before is None else before
    spent = np.concatenate([np.zeros((layers, 1)), np.cumsum(earlier, axis=1)], axis=1)[
        :, -(term + 1) :
    ]
    first = spent.shape[1] - 1
    spent = np.concatenate([spent, np.zeros((layers, times))], axis=1)
    bought, running = np.zeros(use.shape, bool), np.zeros(use.shape, bool)
    since, limit = (
        np.zeros(layers, int),
        break_even(upfront, on_demand, discounted) * width * (1 + 1e-12),
    )
    rows = np.arange(layers)
    for t in range(times):
        at = first + t + 1
        spent[:, at] = spent[:, at - 1] + np.where(running[:, t], 0.0, use[:, t])
        window = spent[:, at] - spent[rows, np.maximum(at - term, since)]
        reserve = ~running[:, t] & (on_demand * window > limit)
        if reserve.any():
            bought[reserve, t] = True
            running[reserve, t : t + term] = True
            spent[reserve, at] = spent[reserve, at - 1]  # this time is used under the reservation
            since[reserve] = at
    return bought, running


def online_reservation(
    demand, upfront: float, on_demand: float, term: int, discounted: float = 0.0
) -> Reserved:
    """The online rule on a demand nobody knew in advance, beside the best in hindsight.

    demand      (time,) units, >= 0
    upfront     money for one unit and term; discounted: money per unit and time while it runs (used units only)
    on_demand   money per unit and time without
    term        times that a reservation runs

    >>> online = online_reservation([1.0] * 167, upfront=1.0, on_demand=0.01, discounted=0.004, term=1000)
    >>> round(online.ratio, 4)            # never above 2 - 0.4
    1.5971
    """
    demand = np.atleast_1d(quantities("demand", demand))
    upfront, on_demand = (
        number(upfront, "upfront", above_zero=True),
        number(on_demand, "on_demand", above_zero=True),
    )
    discounted = number(discounted, "discounted")
    if int(number(term, "term", above_zero=True)) != term:
        raise PriceError(f"term is {term:g}; it must be a whole number of times.")
    use, width = layers_of(demand, most=len(demand) + 1)
    bought, running = online(use, width, upfront, on_demand, discounted, int(term))
    cost = (
        upfront * (bought.sum(axis=1) * width).sum()
        + np.where(running, discounted * use, on_demand * use).sum()
    )
    best = hindsight(use, width, upfront, on_demand, discounted, int(term)).sum()
    return Reserved(
        float(cost),
        width @ bought,
        width @ running,
        float(best),
        break_even(upfront, on_demand, discounted),
    )


def worst_ratio(
    upfront: float, on_demand: float, discounted: float = 0.0, most: int = 100_000
) -> tuple[float, int]:
    """The worst that can happen to the rule with one unit used from the start and then no more: (ratio, times used).

    It approaches 2 − α from below as one time's price gets small beside the fee.
    """
    limit = break_even(upfront, on_demand, discounted)
    if not np.isfinite(limit):
        return 1.0, 0
    times = np.arange(1, min(int(limit / on_demand) + 2, most) + 1)
    over = times * on_demand > limit * (1 + 1e-12)
    first = int(np.argmax(over)) if over.any() else len(times)
    paid = np.minimum(times, first) * on_demand + (times > first) * (
        upfront + (times - first) * discounted
    )
    ratio = paid / np.minimum(times * on_demand, upfront + times * discounted)
    at = int(np.argmax(ratio))
    return float(ratio[at]), int(times[at])
