"""Levels of a linear programme, held to the limits as the vendor applies the offers (docs/method §8.6).

The programme hands out usage in the cheapest way that keeps to the limits; a vendor follows its order, and there a later offer may be
used less than the programme thinks. So each level in that order is cut to the largest that keeps to utilisation and break-even with what
those before it leave. Cutting never costs the budget, nor the utilisation of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from ..ladder import Years
from ..limits import SLACK, Limits, NothingFits, caps
from ..offers import Offer
from .layers import Stack, unit_stack, usage_of
from .stacked import Plans, stack_of


def keep_plans(plans: Plans, levels, limits: Limits) -> list[float]:
    """Of offers that overlap, in their order."""

    def rest(i: int, kept: list[float]) -> Stack:
        return stack_of(plans.offers[i], plans.rest(kept) if i else plans.usage, plans.prices)

    return _keep(plans.offers, rest, levels, limits)


def keep_years(pool: Years, long: Offer, short: Offer, levels, limits: Limits) -> list[float]:
    """Of one long commitment and short ones year by year, which cover what it leaves."""

    def rest(i: int, kept: list[float]) -> Stack:
        if not i:
            return unit_stack(
                usage_of(pool.by_year.reshape(pool.usage.paths, -1)),
                pool.long,
                pool.on_demand_price,
            )
        return unit_stack(
            usage_of(np.maximum(pool.by_year[:, i - 1] - kept[0], 0.0)),
            pool.short,
            pool.on_demand_price,
        )

    return _keep([long, *[short] * pool.years], rest, levels, limits)


def _keep(offers, rest, levels, limits: Limits) -> list[float]:
    if limits.min_utilisation is None and limits.break_even_months is None:
        return [float(level) for level in levels]
    kept: list[float] = []
    for i, (offer, level) in enumerate(zip(offers, levels)):
        kept.append(_cut(offer, rest(i, kept), float(level), limits) if level > 0 else 0.0)
    if limits.min_share and any(now < level * (1 - 1e-6) for now, level in zip(kept, levels)):
        raise NothingFits(
            f"no purchase was found that keeps to a share of at least {limits.min_share:.0%} and to the other limits in the order "
            f"in which the offers apply: {', '.join(name for name in _names(offers, kept, levels))}. Loosen one, or buy nothing."
        )
    return kept


def _names(offers, kept, levels) -> Iterator[str]:
    for offer, now, level in zip(offers, kept, levels):
        if now < level * (1 - 1e-6):
            yield f"'{offer.name}' would be used enough only up to {now:g} an hour, not {level:g}"


def _cut(offer: Offer, stack: Stack, level: float, limits: Limits) -> float:
    used_and_paid_back = replace(limits, budget=None, max_share=None, min_share=None)
    cap = min(
        (bound for bound, _ in caps(stack, replace(offer, maximum=np.inf), used_and_paid_back)),
        default=np.inf,
    )
    if level <= cap * (1 + SLACK):
        return level
    level = max(cap, 0.0)
    if offer.step > 0:
        level = float(np.floor(level / offer.step * (1 + 1e-12)) * offer.step)
    return level if level >= offer.minimum else 0.0
