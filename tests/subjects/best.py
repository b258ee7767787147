"""`best`: the best commitment for a demand, and the ratios around it (tests/spec/best/README.md)."""

from __future__ import annotations

import functools
import json

import numpy as np

from finops_model.decide.commitments import online as commit_online
from finops_model.decide.commitments import ratios as commit_ratios
from finops_model.decide.commitments.search import laws
from finops_model.decide.commitments.search.best import Offer, best_commitments, cvar, ladder

from . import known

LIMITS = (
    "budget",
    "min_utilisation",
    "utilisation_at",
    "max_share",
    "min_share",
    "break_even_months",
)
TERMS = ("term_months", "upfront_share", "minimum", "step", "maximum")
YEAR = 1 << 14  # the same for a year beside others
POINTS = (
    1 << 17
)  # evenly spaced quantiles that stand for a distribution where there is no closed form


def evaluate(subject: dict, given: dict) -> dict:
    return _evaluate(json.dumps([subject, given], default=str))


@functools.lru_cache(maxsize=512)
def _evaluate(text: str) -> dict:
    subject, given = json.loads(text)
    kinds = {
        "pool": _pool,
        "spend": _spend,
        "plans": _plans,
        "terms": _terms,
        "ladder": _ladder,
        "online": _online,
        "capacity": _capacity,
        "break_even": _break_even,
        "savings_rate": _savings_rate,
    }
    assert subject.get("kind") in kinds, (
        f"kind '{subject.get('kind')}' is not known; known: {sorted(kinds)}"
    )
    return kinds[subject.pop("kind")](subject, given)


def demand_of(value):
    """A law, or an array (path, hour)."""
    if isinstance(value, dict) and "dist" in value:
        return laws.law_of(value)
    if isinstance(value, dict):
        assert len(value) == 1, (
            f"demand: give one of hours, hours_at, levels, samples, paths, not {sorted(value)}"
        )
        form, what = next(iter(value.items()))
        if form == "hours_at":
            form, what = "levels", [[float(level), hours] for level, hours in what.items()]
        if form == "levels":
            return np.repeat(
                [float(level) for level, _ in what], [int(hours) for _, hours in what]
            )[None, :]
        if form == "hours":
            return np.asarray(what, float)[None, :]
        if form == "samples":
            return np.asarray(what, float)[:, None]
        assert form == "paths", (
            f"demand: '{form}' is not known; known: dist, hours, hours_at, levels, samples, paths"
        )
        return np.asarray(what, float)
    return np.atleast_2d(np.asarray(value, float))


def _answers(found, beta: float) -> dict:
    hours = found.hours
    cost, whole = float(found.cost.mean()), float(found.on_demand.mean())
    bought = any(p.quantity > 0 for p in found.purchases)
    even = found.break_even() if bought else None
    return {
        "total_cost": cost,
        "hourly_cost": cost / hours,
        "on_demand_cost": whole,
        "on_demand_hourly_cost": whole / hours,
        "saving": whole - cost,
        "hourly_saving": (whole - cost) / hours,
        "cvar": float(cvar(found.cost / hours, beta)),
        "coverage": found.coverage,
        "effective_savings_rate": found.effective_savings_rate,
        "utilisation": found.utilisation_mean if bought else 0.0,
        "utilisation_p10": found.utilisation_p10 if bought else 0.0,
        "probability_of_loss": found.probability_of_loss,
        "binding": "; ".join(p.binding for p in found.purchases if p.binding),
        **(
            {
                "break_even_utilisation": even.utilisation,
                "exposure_months": float(np.mean(even.months)),
                "payback_months": even.payback,
            }
            if even
            else {}
        ),
        "headline": found.headline(),
    }


def _pool(subject: dict, given: dict) -> dict:
    known(subject, ("rate", "on_demand", "objective", "beta", *LIMITS, *TERMS), "best pool")
    known(given, ("demand",), "given of a best pool")
    demand = demand_of(given["demand"])
    objective, beta = subject.get("objective", "mean"), subject.get("beta", 0.9)
    found = best_commitments(demand, **subject)
    answers = {"quantity": found.quantity, **_answers(found, beta)}
    if objective != "regret":
        answers["fractile"] = laws.fractile(subject["rate"], subject["on_demand"], objective, beta)
    else:
        answers["regret"] = float(cvar(found.regret, beta)) / found.hours
    answers["regret_mean"] = float(found.regret.mean()) / found.hours
    if hasattr(demand, "ppf"):  # the law itself, not its quantiles
        level, prices = found.quantity, (subject["rate"], subject["on_demand"])
        cost, whole = laws.cost_of_law(demand, level, *prices), laws.above(demand, 0.0) * prices[1]
        answers |= {
            "hourly_cost": cost,
            "total_cost": cost,
            "on_demand_cost": whole,
            "on_demand_hourly_cost": whole,
            "saving": whole - cost,
            "hourly_saving": whole - cost,
            "cvar": laws.cvar_of_law(demand, level, *prices, beta),
        }
    return answers


def _by_sku(given: dict, skus) -> dict:
    """SKU -> (path, hour), all of one shape; several distributions are independent (scrambled Sobol points, fixed)."""
    values = {sku: demand_of(value) for sku, value in given.items()}
    random = [sku for sku, value in values.items() if hasattr(value, "ppf")]
    if random:
        if len(random) == 1:
            points = ((np.arange(POINTS) + 0.5) / POINTS)[:, None]
        else:
            from scipy.stats import qmc

            points = np.clip(
                qmc.Sobol(len(random), rng=np.random.default_rng(20261125)).random(POINTS),
                1e-12,
                1 - 1e-12,
            )
        for column, sku in enumerate(random):
            values[sku] = np.maximum(values[sku].ppf(points[:, column]), 0.0)[:, None]
    shape = np.broadcast_shapes(*(value.shape for value in values.values()))
    assert set(skus) <= set(values), f"demand is missing for {sorted(set(skus) - set(values))}"
    return {sku: np.broadcast_to(value, shape) for sku, value in values.items()}


def _spend(subject: dict, given: dict) -> dict:
    known(subject, ("discounts", "objective", "beta", *LIMITS, *TERMS), "best spend")
    known(given, ("demand",), "given of a best spend plan")
    how = {key: subject[key] for key in ("objective", "beta", *LIMITS) if key in subject}
    offer = Offer(
        name="plan",
        kind="spend",
        discounts=subject["discounts"],
        **{key: subject[key] for key in TERMS if key in subject},
    )
    found = best_commitments(_by_sku(given["demand"], subject["discounts"]), offers=[offer], **how)
    answers = {"quantity": found.quantity, **_answers(found, subject.get("beta", 0.9))}
    laws_of = {
        sku: demand_of(value) if isinstance(value, dict) else value
        for sku, value in given["demand"].items()
        if sku in subject["discounts"]
    }
    if (
        not how
        and all(np.ndim(value) == 0 or hasattr(value, "ppf") for value in laws_of.values())
        and set(subject) <= {"discounts"}
    ):
        closed = laws.spend_of_laws(laws_of, subject["discounts"])
        if closed:  # at most one random SKU: exact
            level, cost, whole = closed
            answers |= {
                "quantity": level,
                "hourly_cost": cost,
                "total_cost": cost,
                "on_demand_cost": whole,
                "on_demand_hourly_cost": whole,
                "saving": whole - cost,
                "hourly_saving": whole - cost,
            }
    return answers


def _plans(subject: dict, given: dict) -> dict:
    known(subject, ("offers", "objective", "beta", "prices", *LIMITS), "best plans")
    known(given, ("demand",), "given of best plans")
    skus = {
        sku
        for offer in subject["offers"]
        for sku in (*offer.get("discounts", ()), *offer.get("skus", ()))
    } or set(given["demand"])
    found = best_commitments(_by_sku(given["demand"], skus), **subject)
    return {
        "quantities": {p.name: p.quantity for p in found.purchases},
        **_answers(found, subject.get("beta", 0.9)),
    }


def _year(value) -> np.ndarray:
    """Hours of one year: a level, a list of hours, a form of demand, or a law by its evenly spaced quantiles."""
    found = demand_of(value) if isinstance(value, dict) else np.asarray(value, float)
    return np.ravel(laws.sample_of(found, YEAR) if hasattr(found, "ppf") else found)


def _terms(subject: dict, given: dict) -> dict:
    known(subject, ("on_demand", "one_year", "several_years"), "best terms")
    known(given, ("year_demand",), "given of best terms")
    years = [_year(year) for year in given["year_demand"]]
    hours = max(len(year) for year in years)
    assert all(len(year) in (1, hours) for year in years), (
        "year_demand: every year is one level or has as many hours as the others"
    )
    flat = np.concatenate([np.broadcast_to(year, hours) for year in years])
    span = len(years)
    offers = [
        Offer(
            name=name, kind="units", rate=rate, on_demand=subject["on_demand"], term_months=months
        )
        for name, rate, months in (
            ("one year", subject["one_year"], 12),
            ("several years", subject["several_years"], 12 * span),
        )
    ]
    found = best_commitments(flat[None, :], offers=offers, years=span)
    long = next((p.quantity for p in found.purchases if p.name == "several years"), 0.0)
    short = [
        sum(
            p.quantity
            for p in found.purchases
            if p.name == "one year" and p.start == f"year {y + 1}"
        )
        for y in range(span)
    ]
    alone = [
        best_commitments(part[None, :], subject["one_year"], subject["on_demand"])
        for part in flat.reshape(span, -1)
    ]
    return {
        "several_years": long,
        "one_year_by_year": short,
        "total_cost": found.expected_cost / hours,
        "on_demand_cost": float(found.on_demand.mean()) / hours,
        "all_one_year_cost": sum(one.expected_cost for one in alone) / hours,
        "saving": found.expected_saving / hours,
    }


def _ladder(subject: dict, given: dict) -> dict:
    known(
        subject,
        ("rate", "on_demand", "target", "steps", "term_months", "adaptive", "look_back"),
        "best ladder",
    )
    known(given, ("month_demand", "hours"), "given of a ladder")
    months = [np.atleast_1d(np.asarray(month, float)) for month in given["month_demand"]]
    if all(len(month) == 1 for month in months):
        months = [np.repeat(month, int(given.get("hours", 1))) for month in months]
    found = ladder(np.stack(months)[None], **subject)
    return {
        "cost": found.expected_cost,
        "held": found.held[0].tolist(),
        "bought": found.bought[0].tolist(),
        "on_demand_cost": float(np.sum(months) * subject["on_demand"]),
    }


def _online(subject: dict, given: dict) -> dict:
    known(subject, ("upfront", "on_demand", "discounted", "alpha", "term"), "best online")
    known(given, ("demand", "used"), "given of an online reservation")
    discounted = subject.get("discounted", subject.get("alpha", 0.0) * subject["on_demand"])
    ratio, after = commit_online.worst_ratio(subject["upfront"], subject["on_demand"], discounted)
    answers = {
        "threshold": commit_online.break_even(subject["upfront"], subject["on_demand"], discounted),
        "bound": 2 - discounted / subject["on_demand"],
        "worst_ratio": ratio,
        "worst_after": after,
    }
    if given:
        demand = given["demand"] if "demand" in given else [1.0] * int(given["used"])
        found = commit_online.online_reservation(
            demand,
            subject["upfront"],
            subject["on_demand"],
            subject.get("term", max(len(demand), 1)),
            discounted,
        )
        first = np.flatnonzero(found.reserved)
        answers |= {
            "cost": found.cost,
            "optimum": found.optimum,
            "ratio": found.ratio,
            "reserved": float(found.reserved.sum()),
            "reserved_at": int(first[0]) + 1 if len(first) else 0,
        }
    return answers


def _capacity(subject: dict, given: dict) -> dict:
    known(
        subject,
        ("rate", "on_demand", "penalty", "per_unit", "objective", "beta", *LIMITS, *TERMS),
        "best capacity",
    )
    known(given, ("demand",), "given of capacity")
    how = {key: subject.pop(key) for key in ("objective", "beta", *LIMITS) if key in subject}
    demand = demand_of(given["demand"])
    values = laws.sample_of(demand, POINTS) if hasattr(demand, "ppf") else demand
    found = best_commitments(
        values,
        offers=[
            Offer(
                name="capacity", kind="capacity", **{"on_demand": subject.get("penalty"), **subject}
            )
        ],
        **how,
    )
    served = float(found.outcome.used.mean()) * subject.get("per_unit", 1.0)
    return {
        "quantity": found.quantity,
        **_answers(found, how.get("beta", 0.9)),
        "served": served,
        "beyond": float(values.sum(axis=1).mean()) - served,
    }


def _break_even(subject: dict, given: dict) -> dict:
    known(subject, ("rate", "on_demand", "term_months", "upfront_share"), "best break_even")
    known(given, ("utilisation", "limit_months"), "given of break_even")
    rate, price, term, used = (
        subject["rate"],
        subject["on_demand"],
        subject.get("term_months", 12),
        given.get("utilisation", 1.0),
    )
    share = commit_ratios.break_even_utilisation(rate, price)
    months = commit_ratios.exposure_months(term, np.maximum(1 - share, 0.0), used)
    return {
        "utilisation": share,
        "exposure_months": months,
        "within": "yes" if np.all(months <= given.get("limit_months", 9) * (1 + 1e-12)) else "no",
        "payback_months": commit_ratios.payback_months(
            term, rate, price, subject.get("upfront_share", 0.0), used
        ),
    }


def _savings_rate(subject: dict, given: dict) -> dict:
    known(
        subject,
        ("coverage", "utilisation", "discount", "effective", "on_demand_equivalent"),
        "best savings_rate",
    )
    known(given, (), "given of a savings rate")
    if "effective" in subject:
        return {
            "effective_savings_rate": commit_ratios.savings_rate_of_costs(
                subject["effective"], subject["on_demand_equivalent"]
            )
        }
    return {
        "effective_savings_rate": commit_ratios.effective_savings_rate(
            subject["coverage"], subject["utilisation"], subject["discount"]
        )
    }
