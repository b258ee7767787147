"""The best commitments under uncertainty: what to buy when, for demand that may go either way (docs/method §8.3–§8.12).

One pool is a quantile; a spend plan a weighted quantile in the vendor's order; narrow and broad plans a quantile inside a search; one year
beside three the layer rule; limits that tie several purchases together a linear programme. Each is exact where it says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from ....checks import number
from ....errors import PriceError
from ..answer import Curve, Outcome, Purchase, Recommendation
from ..ladder import Ladder, ladder
from ..limits import Limits
from ..offers import Offer, load_offers, offer_from
from ..replay import Replay, online_reservation, replay_commitments
from . import laws
from .cases import Single, case_of, limited
from .given import check_given, check_unit
from .layers import Usage, usage_of
from .linear_program import solve
from .objective import check_objective, cvar
from .stacked import stack_of

__all__ = [
    "Curve",
    "Ladder",
    "Limits",
    "Offer",
    "Purchase",
    "Recommendation",
    "Replay",
    "Usage",
    "best_commitments",
    "cvar",
    "ladder",
    "load_offers",
    "online_reservation",
    "replay_commitments",
]


def best_commitments(
    demand,
    rate: float | None = None,
    on_demand: float | None = None,
    *,
    offers=None,
    prices: Mapping | None = None,
    skus=None,
    objective: str = "mean",
    beta: float = 0.9,
    budget: float | None = None,
    min_utilisation: float | None = None,
    utilisation_at: str = "mean",
    max_share: float | None = None,
    min_share: float | None = None,
    break_even_months: float | None = None,
    minimum: float = 0.0,
    step: float = 0.0,
    maximum: float = np.inf,
    term_months: float = 12,
    upfront_share: float = 0.0,
    years: int | None = None,
    unit: str = "",
    currency: str = "",
    start: str = "",
) -> Recommendation:
    """The commitments that cost least, and what they are worth on every path.

    Of several best levels the smallest.

    Parameters
    ----------
    demand : array (path, hour), mapping, Usage or scipy distribution
        Units per hour of one pool, >= 0; (path,) is one level for each path. Several pools: a
        mapping SKU -> (path, hour), (path, hour, sku) with `skus`, or a Usage that is read by
        block.
    rate : float, optional
        One pool: money per committed unit and hour, used or not.
    on_demand : float, optional
        One pool: money per unit and hour without commitment.
    offers : list of Offer or mapping, optional
        Instead of rate and on_demand; several are solved together.
    prices : mapping of str to float, optional
        SKU -> on-demand money per unit of demand, for offers that do not state it (a spend
        commitment: 1, demand is money).
    skus : sequence of str, optional
        Names of the last axis of `demand`.
    objective : str, optional
        mean: expected cost. cvar: mean cost of the worst 1 − beta of paths. regret: the same of
        cost − best in hindsight. waste: the same of minus the saving, for those who fear idle
        hours.
    beta : float, optional
        Share, 0 … 1; regret with 1: the worst path.
    budget, min_utilisation, utilisation_at, max_share, min_share, break_even_months : optional
        Limits, see `Limits`; utilisation_at is "mean" or "p10".
    minimum, step, maximum, term_months, upfront_share : float, optional
        Of the one pool; offers have their own.
    years : int, optional
        How many years the hours are for, where offers of one and of several years compete;
        default: hours ÷ 8,760.
    unit : str, optional
        What a number of `demand` counts, for example GPU-hours; a currency where it is money (then
        on_demand is 1, and rate 1 − discount).
    currency, start : str, optional
        For the record; start is the first day.

    Returns
    -------
    Recommendation
        Purchases, and money on every path (path,); `float(it)` is the level of one pool.

    Raises
    ------
    PriceError
        A number that makes no sense, a limit that nothing keeps to; demand whose dates are days, or
        whose name is a cost where units are counted.

    Source
    ------
    docs/method §8.3; Arrow, Harris & Marschak (1951).

    Examples
    --------
    >>> best = best_commitments(np.arange(1, 101), rate=0.6, on_demand=1.0)
    >>> float(best), best.quantity  # a quantile by inverted_cdf, never interpolated
    (40.0, 40.0)
    """
    beta = check_objective(objective, beta)
    limits = Limits(
        budget, min_utilisation, utilisation_at, max_share, min_share, break_even_months
    )
    how = {"objective": objective, "beta": beta, "currency": currency}

    if offers is None:
        if rate is None or on_demand is None:
            raise PriceError("best_commitments: give rate and on_demand for one pool, or offers.")
        number(rate, "rate", above_zero=True), number(on_demand, "on_demand")
        offer = Offer(
            name="commitment",
            kind="units",
            rate=rate,
            on_demand=on_demand,
            minimum=minimum,
            step=step,
            maximum=maximum,
            term_months=term_months,
            upfront_share=upfront_share,
            unit=unit,
        )
        check_given(demand, "best_commitments", unit)
        check_unit(offer, "best_commitments")
        if hasattr(demand, "ppf"):
            return _of_law(demand, offer, limits, how, start)
        return Single(offer, usage_of(demand, skus)).best(limits, how, start)

    if rate is not None or on_demand is not None:
        raise PriceError("best_commitments: give rate and on_demand, or offers, not both.")
    offers = [offer_from(offer, f"offers[{i}]") for i, offer in enumerate(offers)]
    if not offers:
        raise PriceError("best_commitments: there are no offers; give at least one.")

    check_given(demand, "best_commitments", unit, all(o.kind == "spend" for o in offers))
    for offer in offers:
        check_unit(offer, "best_commitments")
    usage = usage_of(demand, skus)
    _named_once(offers)
    worth, notes = _worth_looking_at(offers, usage, prices, limits)
    if not worth:
        return replace(
            Single(offers[0], usage, prices).answer([0.0], how, start), notes=tuple(notes)
        )

    worth += _longer_terms(worth, offers, usage, years)
    cases = [case_of(group, usage, prices, years) for group in _groups(worth, usage)]
    parts = [
        case.best(limits if len(cases) == 1 else replace(limits, budget=None), how, start)
        for case in cases
    ]

    if (
        len(cases) > 1
        and budget is not None
        and sum(p.commitment for part in parts for p in part.purchases) > budget * (1 + 1e-12)
    ):
        if objective != "mean":
            raise PriceError(
                "a budget shared by several offers is solved for objective mean; give one offer, or no budget."
            )
        levels = solve([case.as_bins() for case in cases], limits)
        parts = [
            case.answer(case.keep(level, limits), how, start) for case, level in zip(cases, levels)
        ]
        notes.append(
            "The budget is shared by several offers: solved by HiGHS on duration-curve bins."
        )

    return replace(_joined(parts, how), notes=tuple(notes))


def _named_once(offers) -> None:
    names = [offer.name for offer in offers]
    for name in names:
        if names.count(name) > 1:
            raise PriceError(
                f"best_commitments: two offers are called '{name}'; give every offer a name of its own."
            )


def _worth_looking_at(offers, usage, prices, limits: Limits) -> tuple[list[Offer], list[str]]:
    """Offers that can save at all and keep to the break-even limit at full use; the others in words."""
    kept, notes, refused = [], [], []
    for offer in offers:
        stack = stack_of(offer, usage, prices)
        full = offer.term_months * stack.price / stack.worth[0]
        if stack.price >= stack.worth[0]:
            notes.append(f"{offer.name} saves nothing against on demand and is left out.")
        elif limits.break_even_months is not None and full > limits.break_even_months * (1 + 1e-9):
            refused.append(
                f"{offer.name} breaks even after {full:.1f} months of full use, later than the limit of {limits.break_even_months:g}"
            )
        else:
            kept.append(offer)
    if refused and not kept:
        raise PriceError(
            f"nothing keeps to break-even within {limits.break_even_months:g} months: {'; '.join(refused)}. "
            "Loosen it, or buy nothing."
        )
    return kept, notes + [f"{text}; left out." for text in refused]


def _longer_terms(worth, offers, usage, years) -> list[Offer]:
    """Offers for all the years that save nothing, beside one-year offers that do: they say that every year is bought by itself."""
    stands_for = max(1, round(usage.hours / 8760)) if years is None else years
    if stands_for == 1 or any(offer.term_months > 12 for offer in worth):
        return []
    reach = {offer.covers(usage.skus) for offer in worth if offer.term_months == 12}
    return [
        offer
        for offer in offers
        if offer.term_months == 12 * stands_for and offer.covers(usage.skus) in reach
    ][:1]


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


def _joined(parts: list[Recommendation], how) -> Recommendation:
    """Answers for usage that does not overlap, side by side: money adds up path by path."""
    if len(parts) == 1:
        return parts[0]
    owner = [(part, i) for part in parts for i in range(len(part.purchases))]

    def evaluate() -> Outcome:
        all_ = [part.outcome for part in parts]
        return Outcome(
            sum(o.on_demand for o in all_),
            np.concatenate([o.covered for o in all_], axis=1),
            np.concatenate([o.used for o in all_], axis=1),
            np.concatenate([o.paid for o in all_]),
            np.concatenate([o.fees for o in all_]),
        )

    def vary(at, levels):
        part, i = owner[at]
        return (
            part.vary(i, levels) + sum(other.cost for other in parts if other is not part)[:, None]
        )

    hindsight = (
        (lambda: sum(part.hindsight() for part in parts))
        if all(part.hindsight for part in parts)
        else None
    )
    return Recommendation(
        purchases=sum((part.purchases for part in parts), ()),
        paths=parts[0].paths,
        hours=parts[0].hours,
        evaluate=evaluate,
        vary=vary,
        hindsight=hindsight,
        tops=lambda: sum((part.tops() for part in parts), ()),
        **how,
    )


def _of_law(law, offer: Offer, limits: Limits, how, start: str) -> Recommendation:
    """Demand as a distribution: the level in closed form, figures from evenly spaced quantiles of it."""
    case = Single(offer, usage_of(laws.sample_of(law)))
    if how["objective"] == "regret" or limited([offer], limits):
        return case.best(limits, how, start)
    return case.answer(
        [laws.best_of_law(law, offer.rate, offer.on_demand, how["objective"], how["beta"])],
        how,
        start,
    )
