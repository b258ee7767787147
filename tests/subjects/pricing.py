"""`pricing`: a rate form and one window's usage."""

import numpy as np

from finops_model.prices.rates import make, shelf
from finops_model.prices.settle import windows as settle

from . import known, need

GIVEN = {"quantity", "levels", "of", "already", "rest", "usage", "discount"}


def quantity_of(given: dict):
    """The quantity of a sentence: stated, or the mean of levels held for some time out of `of`."""
    if "levels" in given and "quantity" in given:
        raise AssertionError("give quantity or levels, not both")
    if "levels" in given:
        assert "of" in given, (
            "levels of a price sentence need 'of': the length of the window, same unit of time"
        )
        return sum(level * time for level, time in given["levels"]) / given["of"]
    return need(given, "quantity", "given of a price sentence", GIVEN)


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of a price sentence")
    kind = need(subject, "kind", "the rate form", shelf())
    rate = make(kind, {name: value for name, value in subject.items() if name != "kind"})
    result = {}
    if "usage" in given:
        workloads = given["usage"]
        quantity = settle.pool(list(workloads.values()))
        cost = settle.charge_rest(rate, quantity, given.get("already"))
        result["by_workload"] = dict(zip(workloads, settle.share(cost, list(workloads.values()))))
    else:
        quantity = given["rest"] if "rest" in given else quantity_of(given)
        cost = settle.charge_rest(rate, quantity, given.get("already"))
    result |= {"quantity": quantity, "list_cost": cost}
    if kind == "minimum" and given.get("already") is None:
        result["topup"] = cost - np.asarray(quantity, dtype=float) / rate.block * rate.price
    if np.ndim(quantity) == 0:
        line = settle.charge_line(
            rate, quantity, discount=given.get("discount", 0.0), already=given.get("already")
        )
        result |= {
            "contracted_cost": line["ContractedCost"],
            "effective_cost": line["EffectiveCost"],
            "billed_cost": line["BilledCost"],
            "pricing_quantity": line["PricingQuantity"],
        }
    return result
