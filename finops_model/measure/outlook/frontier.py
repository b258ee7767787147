"""Quality against cost: what the same work costs on each model, how good its answers were, which models no other beats (docs/method §16.57)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from ...prices.lists.catalog import Catalog, is_linear, unit_price
from ..usage.weights import meter_of

TAIL = 1.2815515655446004  # one in ten lies beyond
WITHOUT_CACHE = {
    "cached_input": "input",
    "cache_write": "input",
}  # what is paid where a model has no such price


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A model of a workload: share of its judged answers that were accepted, and what the month's work costs on it."""

    workload: str
    model: str
    sampled: int
    accepted: int
    quality: float
    low: float  # one in ten samples of this size would say less
    high: float
    cost: (
        float | None
    )  # money of the month, all of the workload's tokens on this model; None: not priced
    in_use: float  # share of the month's token cost of the workload that it has today
    priced: str  # in words: paid, price list, partly
    on_front: bool = False
    beaten_by: str = ""  # the cheapest model that is at least as good for less
    surely: bool = False  # also where samples fell the other way


def wilson(accepted: int, sampled: int, z: float = TAIL) -> tuple[float, float]:
    """The range of a share that so many of so many samples speak for. Source: Wilson (1927).

    >>> [round(end, 4) for end in wilson(180, 200)]
    [0.8695, 0.924]
    """
    p, n = accepted / sampled, float(sampled)
    middle, spread = p + z * z / (2 * n), z * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    return (middle - spread) / whole, (middle + spread) / whole


def front(points: Sequence[tuple[float, float]]) -> list[bool]:
    """Which (cost, quality) no other beats: none costs no more and is as good, better in one of the two.

    >>> front([(10.0, 0.9), (4.0, 0.85), (5.0, 0.80), (4.0, 0.85)])
    [True, True, False, True]
    """
    return [
        not any(c <= cost and q >= quality and (c < cost or q > quality) for c, q in points)
        for cost, quality in points
    ]


def prices_paid(tokens: pd.DataFrame) -> dict[str, dict[tuple[str, str], float]]:
    """Model -> (meter, tier) -> money per token as the bill charged it: cost ÷ tokens over all workloads."""
    paid: dict[str, dict[tuple[str, str], float]] = {}
    for (model, words), rows in tokens.groupby(["x_Model", "SkuMeter"]):
        quantity, cost = float(rows["ConsumedQuantity"].sum()), float(rows["EffectiveCost"].sum())
        if model and quantity > 0 and cost > 0:
            paid.setdefault(str(model), {})[meter_of(str(words))] = cost / quantity
    return paid


def prices_listed(
    catalog: Catalog | None, day: str, currency: str
) -> dict[str, dict[tuple[str, str], float]]:
    """Model -> (meter, tier) -> money per token as price documents list it on a day; linear prices in the ledger's currency."""
    listed: dict[str, dict[tuple[str, str], float]] = {}
    for history in catalog.prices.values() if catalog is not None else ():
        for price in history:
            begun = price.since <= day and (price.until is None or day < price.until)
            if begun and price.model and is_linear(price) and price.currency == currency:
                key = meter_of(price.meter or price.sku)
                listed.setdefault(price.model, {})[key] = float(unit_price(price))
    return listed


def cost_on(
    mix: Mapping[tuple[str, str], float],
    own: Mapping[tuple[str, str], float],
    listed: Mapping[tuple[str, str], float],
) -> tuple[float | None, str]:
    """What tokens of a mix cost on a model, and how they are priced: as paid, else as listed; None where a meter has no price.

    A cached token of a model without a price for it is paid as one that is not cached.
    """
    cost, ways = 0.0, set()
    for (meter, tier), quantity in mix.items():
        keys = [(meter, tier)]
        if meter in WITHOUT_CACHE:
            keys.append((WITHOUT_CACHE[meter], tier))
        price = None
        for key in keys:
            for prices, way in ((own, "paid"), (listed, "price list")):
                if price is None and key in prices:
                    price = prices[key]
                    ways.add(way if key == keys[0] else "as not cached")
        if price is None:
            return None, "no price"
        cost += quantity * price
    return cost, " and ".join(sorted(ways))


def candidates(
    workload: str, samples: pd.DataFrame, tokens: pd.DataFrame, month: pd.DataFrame, listed: Mapping
) -> list[Candidate]:
    """The models of a workload that were judged, cheapest first.

    samples   model, sampled, accepted of the workload
    tokens    DAILY rows of tokens of the month, all workloads;  month: those of the workload
    """
    paid = prices_paid(tokens)
    mix: dict[tuple[str, str], float] = {}
    for words, rows in month.groupby("SkuMeter"):
        key = meter_of(str(words))
        mix[key] = mix.get(key, 0.0) + float(rows["ConsumedQuantity"].sum())
    by_model = month.groupby("x_Model")["EffectiveCost"].sum()
    spent = float(by_model.sum())
    found = []
    for model, rows in samples.groupby("model", sort=True):
        sampled, accepted = int(rows["sampled"].sum()), int(rows["accepted"].sum())
        low, high = wilson(accepted, sampled)
        cost, priced = cost_on(mix, paid.get(str(model), {}), listed.get(str(model), {}))
        found.append(
            Candidate(
                workload=workload,
                model=str(model),
                sampled=sampled,
                accepted=accepted,
                quality=accepted / sampled,
                low=low,
                high=high,
                cost=cost,
                in_use=float(by_model.get(model, 0.0)) / spent if spent > 0 else 0.0,
                priced=priced,
            )
        )
    return judged(found)


def judged(found: Sequence[Candidate]) -> list[Candidate]:
    """The candidates with what beats them, cheapest first, those without a price last."""
    known = [one for one in found if one.cost is not None]
    best = front([(float(one.cost or 0.0), one.quality) for one in known])
    rows = []
    for one, stands in zip(known, best, strict=True):
        better = sorted(
            (
                other
                for other in known
                if other is not one
                and (other.cost or 0.0) <= (one.cost or 0.0)
                and other.quality >= one.quality
                and ((other.cost or 0.0) < (one.cost or 0.0) or other.quality > one.quality)
            ),
            key=lambda other: (other.cost or 0.0, -other.quality),
        )
        rows.append(
            replace(
                one,
                on_front=stands,
                beaten_by=better[0].model if better else "",
                surely=bool(better) and better[0].low >= one.high,
            )
        )
    rows.sort(key=lambda one: (one.cost or 0.0, -one.quality, one.model))
    return rows + sorted((one for one in found if one.cost is None), key=lambda one: one.model)
