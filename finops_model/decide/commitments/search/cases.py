"""Offers that compete for the same usage, by what they are to each other: one alone, several in order, one year beside several.

Each case finds its best levels, can put itself into a linear programme with others, and answers for any levels (docs/method §8.3–§8.9).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ....errors import PriceError
from ..answer import Outcome, Purchase, Recommendation
from ..ladder import Years
from ..limits import Limits, within
from ..offers import Offer
from .keep import keep_plans, keep_years
from .layers import Stack, Usage
from .linear_program import Group, group_of_plans, group_of_years, solve
from .objective import best_by_search, best_costs, score
from .stacked import Plans, best_plans, in_order, stack_of


def limited(offers, limits: Limits) -> bool:
    """Whether anything keeps the levels from being free."""
    return limits.any or any(o.minimum > 0 or o.step > 0 or o.maximum < np.inf for o in offers)


def top_of(stack: Stack, level: float) -> float:
    """A level worth showing: twice the mean, or well above the recommendation, never beyond the peak."""
    return min(stack.peak, max(2 * stack.mean_used, 1.5 * level))


@dataclass(frozen=True)
class Single:
    """One offer for its usage."""

    offer: Offer
    usage: Usage
    prices: dict | None = None

    @cached_property
    def stack(self) -> Stack:
        return stack_of(self.offer, self.usage, self.prices)

    def best(self, limits: Limits, how: dict, start: str) -> Recommendation:
        stack, objective, beta = self.stack, how["objective"], how["beta"]
        free = best_by_search(stack, objective, beta)
        if not limited([self.offer], limits):
            return self.answer([free], how, start)
        own = best_costs(stack, stack.best_by_path()) if objective == "regret" else None
        level, binding = within(
            stack,
            self.offer,
            limits,
            free,
            lambda levels: score(objective, beta, stack.cost(levels), stack.on_demand, own),
        )
        return self.answer([level], how, start, binding)

    def as_bins(self) -> Group:
        return group_of_plans(Plans((self.offer,), self.usage, self.prices))

    def keep(self, levels, limits: Limits) -> list[float]:
        return keep_plans(Plans((self.offer,), self.usage, self.prices), levels, limits)

    def answer(self, levels, how: dict, start: str, binding: str = "") -> Recommendation:
        stack, level = self.stack, float(levels[0])

        def evaluate() -> Outcome:
            money, used = stack.covered([level])
            paid = np.array([level * stack.usage.hours])
            return Outcome(stack.on_demand, money, used, paid, paid * stack.price)

        return Recommendation(
            purchases=(Purchase(self.offer, level, stack.price, start, binding),),
            paths=stack.usage.paths,
            hours=stack.usage.hours,
            evaluate=evaluate,
            vary=lambda _, tried: stack.cost(tried),
            hindsight=lambda: best_costs(stack, stack.best_by_path()),
            tops=lambda: (top_of(stack, level),),
            **how,
        )


@dataclass(frozen=True)
class Several:
    """Offers that overlap, in the vendor's order."""

    plans: Plans

    def best(self, limits: Limits, how: dict, start: str) -> Recommendation:
        if not limited(self.plans.offers, limits):
            return self.answer(best_plans(self.plans, how["objective"], how["beta"]), how, start)
        if how["objective"] != "mean":
            raise PriceError(
                "limits on several offers together are solved for objective mean; give one offer, or no limits."
            )
        return self.answer(self.keep(solve([self.as_bins()], limits)[0], limits), how, start)

    def as_bins(self) -> Group:
        return group_of_plans(self.plans)

    def keep(self, levels, limits: Limits) -> list[float]:
        """Levels of a programme, held to the limits in the vendor's order."""
        return keep_plans(self.plans, levels, limits)

    def answer(self, levels, how: dict, start: str) -> Recommendation:
        plans, levels = self.plans, [float(level) for level in levels]

        def vary(i, tried):
            return np.stack(
                [plans.outcome([*levels[:i], x, *levels[i + 1 :]]).cost for x in tried], axis=1
            )

        return Recommendation(
            purchases=tuple(
                Purchase(offer, level, stack.price, start)
                for offer, level, stack in zip(plans.offers, levels, plans.stacks)
            ),
            paths=plans.usage.paths,
            hours=plans.usage.hours,
            evaluate=lambda: plans.outcome(levels),
            vary=vary,
            tops=lambda: tuple(top_of(stack, level) for stack, level in zip(plans.stacks, levels)),
            **how,
        )


@dataclass(frozen=True)
class Terms:
    """One year beside several on one pool."""

    short: Offer
    long: Offer
    pool: Years

    def best(self, limits: Limits, how: dict, start: str) -> Recommendation:
        if how["objective"] != "mean":
            raise PriceError(
                "terms of one and of several years side by side are solved for objective mean; ask for one of them "
                "to set another objective."
            )
        if limited((self.short, self.long), limits):
            return self.answer(self.keep(solve([self.as_bins()], limits)[0], limits), how, start)
        level, by_year = self.pool.best()
        return self.answer([level, *by_year], how, start)

    def as_bins(self) -> Group:
        return group_of_years(self.pool, self.long, self.short)

    def keep(self, levels, limits: Limits) -> list[float]:
        return keep_years(self.pool, self.long, self.short, levels, limits)

    def answer(self, levels, how: dict, start: str) -> Recommendation:
        pool, level, by_year = self.pool, float(levels[0]), [float(x) for x in levels[1:]]
        bought = [Purchase(self.long, level, pool.long, start or "year 1")]
        bought += [
            Purchase(self.short, x, pool.short, _later(start, year))
            for year, x in enumerate(by_year)
        ]

        def tops():
            highest = min(
                float(max(values[-1] for values in pool.sorted)),
                max(2 * float(pool.by_year.mean()), 1.5 * (level + max(by_year))),
            )
            return (highest,) * len(bought)

        return Recommendation(
            purchases=tuple(bought),
            paths=pool.usage.paths,
            hours=pool.usage.hours,
            evaluate=lambda: pool.outcome(level, by_year),
            vary=lambda i, tried: pool.costs(level, by_year, i, tried),
            tops=tops,
            **how,
        )


def _later(start: str, years: int) -> str:
    """The same day some years on, or "year n" where no day is given."""
    return f"{int(start[:4]) + years}{start[4:]}" if start else f"year {years + 1}"


def case_of(
    group: list[Offer], usage: Usage, prices, years: int | None
) -> Single | Several | Terms:
    """What a group of offers on the same usage is. Raises PriceError where terms do not fit the hours of demand."""
    if len(group) == 1:
        return Single(group[0], usage, prices)
    reach = {offer.covers(usage.skus) for offer in group}
    if len(reach) > 1 or len(next(iter(reach))) > 1:
        return Several(Plans(tuple(in_order(group)), usage, prices))
    stacks = {offer.name: stack_of(offer, usage, prices) for offer in group}
    share = {name: stack.price / stack.worth[0] for name, stack in stacks.items()}
    cheapest: dict[float, Offer] = {}
    for offer in sorted(group, key=lambda offer: share[offer.name]):
        cheapest.setdefault(
            offer.term_months, offer
        )  # of equal terms on the same usage the dearer one is never bought
    if len(cheapest) == 1:
        return Single(next(iter(cheapest.values())), usage, prices)
    terms = sorted(cheapest)
    if len(terms) > 2 or terms[0] != 12 or terms[-1] % 12:
        raise PriceError(
            f"terms of {', '.join(f'{term:g}' for term in terms)} months on the same usage; side by side are one of 12 months and "
            "one of several whole years."
        )
    short, long = cheapest[terms[0]], cheapest[terms[1]]
    span, stands_for = (
        int(terms[1] // 12),
        max(1, round(usage.hours / 8760)) if years is None else years,
    )
    if stands_for != span:
        raise PriceError(
            f"offer '{long.name}' runs {span} years but demand stands for {stands_for}; give {span} years of hours "
            f"(or years={span} where fewer hours stand for them)."
        )
    if stacks[long.name].scale != (1.0,) or stacks[short.name].scale != (1.0,):
        raise PriceError(
            "terms side by side are solved for commitments in units of the demand itself; write the offers as units with a rate."
        )
    money = float(stacks[long.name].money[0])
    pool = Years(
        usage.only(long.covers(usage.skus)),
        span,
        stacks[short.name].price,
        stacks[long.name].price,
        money,
    )
    return Terms(short, long, pool)
