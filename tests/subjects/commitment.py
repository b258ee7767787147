"""`commitment`: one hourly commitment, in the fields of prices.settle.hourly.Hourly; without `quantity` the best level is bought."""

import numpy as np

from finops_model.prices.settle import hourly as commitments

from . import known

GIVEN = {"usage", "hours", "levels", "months", "on_demand"}


def hours_of(given: dict) -> np.ndarray:
    """Usage hour by hour: a list, or levels [[units, hours], ...]."""
    if "levels" in given:
        return np.repeat(
            [float(level) for level, _ in given["levels"]],
            [int(hours) for _, hours in given["levels"]],
        )
    return np.atleast_1d(np.asarray(given.get("usage", given.get("hours", [])), dtype=float))


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of a commitment")
    usage = hours_of(given)
    level = (
        {}
        if "quantity" in subject
        else {"quantity": commitments.best_level(usage, subject["rate"], subject["on_demand"])}
    )
    return answers(commitments.Hourly(**{**subject, **level}), usage, given)


def answers(held, usage, given: dict) -> dict:
    result = {"quantity": held.quantity, "rate": held.rate}
    if usage.size:
        settled = held.settle(usage)
        result |= {
            "used": settled.used,
            "unused": settled.unused,
            "spill": settled.spill,
            "cost": settled.cost,
            "on_demand_cost": usage * held.on_demand,
            "effective": settled.used * held.rate,
            "utilization": settled.used.sum() / (held.quantity * usage.size)
            if held.quantity
            else 0.0,
        }
        if held.rate > 0:
            result["best_level"] = commitments.best_level(usage, held.rate, held.on_demand)
    if held.start and held.end:
        months = given.get("months", [])
        result |= {
            "term_fee": held.term_fee(),
            "billed": dict(zip(months, held.billed_by_month(months))),
            "effective_by_month": dict(zip(months, held.effective_by_month(months))),
        }
    return result
