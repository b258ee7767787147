"""`agreement`: committed spend over contract years, one future or many (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.terms import agreements as house

from . import known
from ._contracts import make

GIVEN = {
    "spend",
    "marketplace",
    "spend_by_year",
    "marketplace_by_year",
    "eligible",
    "excluded",
    "quantiles",
}


def months_of(given: dict, key: str, terms) -> object:
    """Monthly money: a list (or a list for each path), one number for every month, a sum for each year, or a list for each service."""
    if f"{key}_by_year" in given:
        years = np.asarray(given[f"{key}_by_year"], float)
        return np.repeat(years / terms.year_months, terms.year_months, axis=-1)
    value = given.get(key)
    if isinstance(value, dict):
        each = [np.broadcast_to(np.asarray(v, float), len(terms.months)) for v in value.values()]
        return house.eligible_spend(
            np.stack(each, axis=-1),
            list(value),
            given.get("eligible", ()),
            given.get("excluded", ()),
        )
    if value is None or isinstance(value, list):
        return value
    return np.full(len(terms.months), float(value))


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of an agreement")
    if "true_up" in subject:
        assert len(subject) == 1, "true_up stands alone"
        return {"true_up": house.true_up(**subject["true_up"])}
    terms = make(house.Agreement, subject, "agreement")
    done = terms.settle(months_of(given, "spend", terms), months_of(given, "marketplace", terms))
    chances = done.chances(given.get("quantiles", (0.1, 0.5, 0.9)))
    result = {
        "counted": done.counted,
        "marketplace_counted": done.marketplace,
        "due": done.due,
        "shortfall": done.shortfall,
        "paid": done.paid,
        "carried": done.carried,
        "excess": done.excess,
        "spend": done.spend,
        "cost": done.cost,
        "probability": chances["probability"],
        "expected_shortfall": chances["expected"],
        "expected_if": chances["expected_if"],
        "quantiles": chances["quantiles"],
        "paid_probability": chances["paid_probability"],
        "expected_paid": chances["expected_paid"],
        "half_met_by": chances["half_met_by"],
    }
    if done.counted.ndim == 1:
        result["met_month"] = done.met_month()
    return result
