"""`invoice`: charges under a contract, from list price to tax (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.settle import adjustments as house
from finops_model.prices.terms.credits import Credit

from . import known
from ._contracts import by, make

GIVEN = {"charges", "periods", "net_days"}
MANY = {"negotiated": house.Negotiated, "committed": house.Committed, "credits": Credit}
ONE = {"support": house.Support, "tax": house.Tax}


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of an invoice")
    known(subject, {*MANY, *ONE, "credit_order", "currency"}, "invoice")
    terms = {
        key: tuple(make(kind, one, key) for one in subject[key])
        for key, kind in MANY.items()
        if key in subject
    }
    terms |= {key: make(kind, subject[key], key) for key, kind in ONE.items() if key in subject}
    terms |= {key: subject[key] for key in ("credit_order", "currency") if key in subject}
    charges = [make(house.Charge, one, "charge") for one in given["charges"]]
    done = house.apply(house.Adjustments(**terms), charges, given.get("periods"))
    result = {
        "list_cost": done.total("ListCost"),
        "contracted_cost": done.total("ContractedCost"),
        "effective_cost": done.total("EffectiveCost"),
        "billed_cost": done.total("BilledCost"),
        "cost": done.cost,
        "cost_after_credits": done.cost_after_credits,
        "lines": [line.name for line in done.lines],
    }
    for cost, key in (("BilledCost", "billed"), ("EffectiveCost", "effective")):
        result[f"{key}_by_line"] = sums(
            done.lines,
            cost,
            lambda line: f"{line.name} ({line.status})" if line.status else line.name,
        )
        result[f"{key}_by_category"] = sums(done.lines, cost, lambda line: line.category)
    zero = np.zeros_like(result["cost"])
    result |= {
        "credits": -done.total("BilledCost", ("Credit",)),
        "tax": done.total("BilledCost", ("Tax",)),
        "support": result["billed_by_line"].get("Support", zero),
    }
    if given.get("periods"):
        result["cash"] = by(*done.cash(given["periods"], given.get("net_days", 0)))
    return result


def sums(lines, cost: str, key) -> dict:
    result: dict = {}
    for line in lines:
        result[key(line)] = result.get(key(line), 0.0) + getattr(line, cost)
    return result
