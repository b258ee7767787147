"""The best commitments under uncertainty: what to buy when, for demand that may go either way (docs/method.md §8.3–§8.12).

One pool is a quantile; a spend plan a weighted quantile in the vendor's order; narrow and broad plans a quantile inside a search; one year
beside three the layer rule; limits that tie several purchases together a linear programme. Each is exact where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ..errors import PriceError
from ..prices.rates._checks import number
from . import commit_laws as laws
from .commit_answer import Curve, Outcome, Purchase, Recommendation
from .commit_limits import Limits, within
from .commit_lp import group_of_plans, group_of_years, solve
from .commit_offers import Offer, load_offers, offer_from
from .commit_plans import Plans, best_plans, in_order, prices_of, rate_of, stack_of
from .commit_replay import Replay, online_reservation, replay_commitments
from .commit_risk import best_by_search, best_costs, check_objective, cvar, score
from .commit_stack import Stack, Usage, usage_of
from .commit_terms import Ladder, Years, ladder

__all__ = ["Curve", "Ladder", "Limits", "Offer", "Purchase", "Recommendation", "Replay", "Usage", "best_commitments", "cvar", "ladder",
           "load_offers", "online_reservation", "replay_commitments"]


def best_commitments(demand, rate: float | None = None, on_demand: float | None = None, *, offers=None, prices: Mapping | None = None,
                     skus=None, objective: str = "mean", beta: float = 0.9, budget: float | None = None,
                     min_utilisation: float | None = None, utilisation_at: str = "mean", max_share: float | None = None,
                     min_share: float | None = None, break_even_months: float | None = None, minimum: float = 0.0, step: float = 0.0,
                     maximum: float = np.inf, term_months: float = 12, upfront_share: float = 0.0, years: int | None = None,
                     currency: str = "", start: str = "") -> Recommendation:
    """The commitments that cost least, and what they are worth on every path.

    demand     (path, hour) units per hour of one pool, >= 0; (path,) is one level for each path; float32 is taken as it is. A mapping
               SKU -> (path, hour), (path, hour, sku) with `skus`, or a Usage that is read by block. Or a frozen scipy distribution.
    rate, on_demand   one pool: money per committed unit and hour, used or not; money per unit and hour without commitment
    offers     instead of rate: Offer objects or mappings; several are solved together
    prices     SKU -> on-demand money per unit of demand, for offers that do not state it (a spend commitment: 1, demand is money)
    objective  mean: expected cost · cvar: mean cost of the worst 1 − beta of paths · regret: the same of cost − best in hindsight (beta 1:
               the worst path) · waste: the same of minus the saving, for those who fear paying for idle hours
    budget, min_utilisation (utilisation_at mean or p10), max_share, min_share, break_even_months   limits, see commit_limits.Limits
    minimum, step, maximum, term_months, upfront_share   of the one pool; offers have their own
    years      how many years the hours stand for, where offers of one and of several years compete (default: hours ÷ 8,760)
    start      first day, for the record

    Of several best levels the smallest. Raises PriceError in one sentence: a number that makes no sense, a limit that nothing keeps to.
    Source: docs/method.md §8.3; Arrow, Harris & Marschak (1951).

    >>> found = best_commitments(np.arange(1, 101), rate=0.6, on_demand=1.0)
    >>> float(found), found.quantity         # a quantile by inverted_cdf, never interpolated
    (40.0, 40.0)
    """
    beta = check_objective(objective, beta)
    limits = Limits(budget, min_utilisation, utilisation_at, max_share, min_share, break_even_months)
    how = {"objective": objective, "beta": beta, "currency": currency}
    if offers is None:
        if rate is None or on_demand is None:
            raise PriceError("best_commitments: give rate and on_demand for one pool, or offers.")
        number(rate, "rate", above_zero=True), number(on_demand, "on_demand")
        offer = Offer("commitment", "units", rate, on_demand, minimum=minimum, step=step, maximum=maximum, term_months=term_months,
                      upfront_share=upfront_share)
        if hasattr(demand, "ppf"):
            return _of_law(demand, offer, limits, how, start)
        return _one(offer, usage_of(demand, skus), None, limits, how, start)
    if rate is not None or on_demand is not None:
        raise PriceError("best_commitments: give rate and on_demand, or offers, not both.")
    offers = [offer_from(offer, f"offers[{i}]") for i, offer in enumerate(offers)]
    if not offers:
        raise PriceError("best_commitments: there are no offers; give at least one.")
    usage = usage_of(demand, skus)
    _named_once(offers)
    worth, notes = _worth_looking_at(offers, usage, prices, limits)
    if not worth:
        return replace(_one(offers[0], usage, prices, Limits(), how, start, nothing=True), notes=tuple(notes))
    groups = _groups(worth, usage)
    parts, coupled = [], len(groups) > 1 and limits.budget is not None
    if coupled:                                             # a budget that does not bind couples nothing
        parts = [_group(group, usage, prices, replace(limits, budget=None), how, start, years) for group in groups]
        coupled = sum(p.commitment for part in parts for p in part.purchases) > limits.budget * (1 + 1e-12)
    if len(groups) > 1 and limits.budget is not None and not coupled:
        pass
    elif coupled or (any(len(group) > 1 for group in groups) and _limited(worth, limits) and not any(_terms_differ(g) for g in groups)):
        if objective != "mean":
            raise PriceError("limits on several offers together are solved for objective mean; give one offer, or no limits.")
        plans = [Plans(tuple(in_order(group)), usage, prices) for group in groups]
        levels = solve([group_of_plans(one) for one in plans], limits)
        parts = [_plans_answer(group, found, how, start) for group, found in zip(plans, levels)]
        notes.append("Limits shared by several offers: solved by HiGHS on duration-curve bins.")
    else:
        for group in groups:
            parts.append(_group(group, usage, prices, limits, how, start, years))
    return replace(_joined(parts, how), notes=tuple(notes))


def _named_once(offers) -> None:
    names = [offer.name for offer in offers]
    for name in names:
        if names.count(name) > 1:
            raise PriceError(f"best_commitments: two offers are called '{name}'; give every offer a name of its own.")


def _limited(offers, limits: Limits) -> bool:
    return limits.any or any(o.minimum > 0 or o.step > 0 or o.maximum < np.inf for o in offers)


def _worth_looking_at(offers, usage, prices, limits) -> tuple[list[Offer], list[str]]:
    """Offers that can save at all and keep to the break-even limit at full use; the others in words."""
    kept, notes, refused = [], [], []
    for offer in offers:
        stack = stack_of(offer, usage, prices)
        full = offer.term_months * stack.price / stack.worth[0]
        if stack.price >= stack.worth[0]:
            notes.append(f"{offer.name} saves nothing against on demand and is left out.")
        elif limits.break_even_months is not None and full > limits.break_even_months * (1 + 1e-9):
            refused.append(f"{offer.name} breaks even after {full:.1f} months of full use, later than the limit of {limits.break_even_months:g}")
        else:
            kept.append(offer)
    if refused and not kept:
        raise PriceError(f"nothing keeps to break-even within {limits.break_even_months:g} months: {'; '.join(refused)}. "
                         "Loosen it, or buy nothing.")
    return kept, notes + [f"{text}; left out." for text in refused]


def _groups(offers, usage) -> list[list[Offer]]:
    """Offers that share a SKU, directly or through others, belong together."""
    groups: list[tuple[set, list]] = []
    for offer in offers:
        reach, mine = set(offer.covers(usage.skus)), [offer]
        for group in [g for g in groups if g[0] & reach]:
            groups.remove(group)
            reach, mine = group[0] | reach, group[1] + mine
        groups.append((reach, mine))
    return [mine for _, mine in groups]


def _terms_differ(group) -> bool:
    return len({offer.term_months for offer in group}) > 1


def _group(group, usage, prices, limits, how, start, years) -> Recommendation:
    if len(group) == 1:
        return _one(group[0], usage, prices, limits, how, start)
    same = len({offer.covers(usage.skus) for offer in group}) == 1 and len(group[0].covers(usage.skus)) == 1
    if same:
        rates = {offer.name: rate_of(offer, prices_of(offer, usage, prices)) / (stack_of(offer, usage, prices).worth[0]) for offer in group}
        cheapest: dict[float, Offer] = {}
        for offer in sorted(group, key=lambda offer: rates[offer.name]):
            cheapest.setdefault(offer.term_months, offer)   # of equal terms on the same usage the dearer one is never bought
        if len(cheapest) == 1:
            return _one(next(iter(cheapest.values())), usage, prices, limits, how, start)
        return _years(cheapest, usage, prices, limits, how, years)
    plans = Plans(tuple(in_order(group)), usage, prices)
    return _plans_answer(plans, best_plans(plans, how["objective"], how["beta"]), how, start)


def _one(offer: Offer, usage: Usage, prices, limits: Limits, how, start: str, nothing: bool = False) -> Recommendation:
    stack = stack_of(offer, usage, prices)
    objective, beta = how["objective"], how["beta"]
    if nothing:
        level, binding = 0.0, ""
    else:
        level, binding = _level(stack, offer, limits, objective, beta)
    bought = Purchase(offer, level, stack.price, start, 1.0, binding)

    def evaluate() -> Outcome:
        money, used = stack.covered([level])
        paid = np.array([level * usage.hours])
        return Outcome(stack.on_demand, money, used, paid, paid * stack.price)

    return Recommendation((bought,), paths=usage.paths, hours=usage.hours, evaluate=evaluate, vary=lambda _, levels: stack.cost(levels),
                          hindsight=lambda: best_costs(stack, stack.best_by_path()), top=(_top(stack, level),), **how)


def _top(stack: Stack, level: float) -> float:
    """A level worth showing: twice the mean, or well above the recommendation, never beyond the peak."""
    return min(stack.peak, max(2 * stack.mean_used, 1.5 * level))


def _level(stack: Stack, offer: Offer, limits: Limits, objective: str, beta: float) -> tuple[float, str]:
    free = best_by_search(stack, objective, beta)
    if not _limited([offer], limits):
        return free, ""
    best = best_costs(stack, stack.best_by_path()) if objective == "regret" else None
    return within(stack, offer, limits, free, lambda levels: score(objective, beta, stack.cost(levels), stack.on_demand, best))


def _plans_answer(plans: Plans, levels, how, start: str) -> Recommendation:
    bought = tuple(Purchase(offer, float(level), stack.price, start) for offer, level, stack in zip(plans.offers, levels, plans.stacks))

    def vary(i, tried):
        return np.stack([plans.outcome([*levels[:i], x, *levels[i + 1:]]).cost for x in tried], axis=1)

    return Recommendation(bought, paths=plans.usage.paths, hours=plans.usage.hours, evaluate=lambda: plans.outcome(levels), vary=vary,
                          top=tuple(_top(stack, level) for stack, level in zip(plans.stacks, levels)), **how)


def _years(cheapest: Mapping[float, Offer], usage: Usage, prices, limits: Limits, how, years) -> Recommendation:
    """One long and one short term on the same pool: the layer rule."""
    terms = sorted(cheapest)
    if len(terms) > 2 or terms[0] != 12 or terms[-1] % 12:
        raise PriceError(f"terms of {', '.join(f'{t:g}' for t in terms)} months on the same usage; side by side are one of 12 months and one of "
                         "several whole years.")
    span = int(terms[1] // 12)
    years = max(1, round(usage.hours / 8760)) if years is None else years
    if years != span:
        raise PriceError(f"offer '{cheapest[terms[1]].name}' runs {span} years but demand stands for {years}; give {span} years of hours "
                         f"(or years={span} where fewer hours stand for them).")
    if how["objective"] != "mean":
        raise PriceError("terms of one and of several years side by side are solved for objective mean; ask for one of them "
                         "to set another objective.")
    short, long = cheapest[terms[0]], cheapest[terms[1]]
    one, other = stack_of(short, usage, prices), stack_of(long, usage, prices)
    only = usage.only(long.covers(usage.skus))
    money = float(other.money[0])
    pool = Years(only, span, one.price / one.worth[0] * money, other.price / other.worth[0] * money, money)
    level, by_year = pool.best()
    if _limited(cheapest.values(), limits):
        level, *by_year = solve([group_of_years(pool, long, short)], limits)[0]
        by_year = np.array(by_year)
    bought = [Purchase(long, float(level), other.price, "year 1")]
    bought += [Purchase(short, float(x), one.price, f"year {y + 1}", 1 / span) for y, x in enumerate(by_year)]

    def vary(i, tried):
        def at(x):
            return pool.outcome(x if i == 0 else level, [x if i == y + 1 else v for y, v in enumerate(by_year)]).cost
        return np.stack([at(x) for x in tried], axis=1)

    top = _top(other, level)
    return Recommendation(tuple(bought), paths=usage.paths, hours=usage.hours, evaluate=lambda: pool.outcome(level, by_year), vary=vary,
                          top=(top,) * len(bought), **how)


def _joined(parts: list[Recommendation], how) -> Recommendation:
    """Answers for usage that does not overlap, side by side: money adds up path by path."""
    if len(parts) == 1:
        return parts[0]
    owner = [(part, i) for part in parts for i in range(len(part.purchases))]

    def evaluate() -> Outcome:
        all_ = [part.outcome for part in parts]
        return Outcome(sum(o.on_demand for o in all_), np.concatenate([o.covered for o in all_], axis=1),
                       np.concatenate([o.used for o in all_], axis=1), np.concatenate([o.paid for o in all_]),
                       np.concatenate([o.fees for o in all_]))

    def vary(at, levels):
        part, i = owner[at]
        return part.vary(i, levels) + sum(other.cost for other in parts if other is not part)[:, None]

    hindsight = (lambda: sum(part.hindsight() for part in parts)) if all(part.hindsight for part in parts) else None
    return Recommendation(sum((part.purchases for part in parts), ()), paths=parts[0].paths, hours=parts[0].hours, evaluate=evaluate,
                          vary=vary, hindsight=hindsight, top=sum((part.top for part in parts), ()), **how)


def _of_law(law, offer: Offer, limits: Limits, how, start: str) -> Recommendation:
    """Demand as a distribution: the level in closed form, figures from evenly spaced quantiles of it."""
    usage = usage_of(laws.sample_of(law))
    if how["objective"] == "regret" or _limited([offer], limits):
        return _one(offer, usage, None, limits, how, start)
    level = laws.best_of_law(law, offer.rate, offer.on_demand, how["objective"], how["beta"])
    stack = stack_of(offer, usage)
    shown = _one(offer, usage, None, limits, {**how, "objective": "mean"}, start)

    def evaluate() -> Outcome:
        money, used = stack.covered([level])
        return Outcome(stack.on_demand, money, used, np.array([level]), np.array([level * offer.rate]))

    return replace(shown, purchases=(replace(shown.purchases[0], quantity=level),), evaluate=evaluate, objective=how["objective"])
