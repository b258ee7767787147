"""`credits`: credits and prepaid balances drawn against cost (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.terms import credits as house

from . import known
from ._contracts import make

GIVEN = {"cost", "periods"}


def evaluate(subject, given: dict) -> dict:
    known(given, GIVEN, "given of credits")
    subject = {"credits": subject} if isinstance(subject, list) else dict(subject)
    known(subject, {"credits", "order", "topup"}, "credits")
    if "topup" in subject:
        times = house.topups(given["cost"], **subject["topup"])
        bought = times * subject["topup"]["amount"]
        return {
            "topups": times,
            "billed": bought,
            "balance": subject["topup"]["balance"]
            + np.cumsum(bought - np.asarray(given["cost"], float)),
        }
    held = [
        make(house.Credit, {"id": f"credit {i + 1}", **one}, "credit")
        for i, one in enumerate(subject["credits"])
    ]
    cost, services = given["cost"], None
    if isinstance(cost, dict):
        services, cost = (
            list(cost),
            np.stack([np.atleast_1d(np.asarray(c, float)) for c in cost.values()], axis=-1),
        )
    order = subject.get("order", "expiry")
    done = house.draw(held, cost, given.get("periods"), services, order)
    ids = [credit.id for credit in held]
    result = {
        "drawn": {name: done.drawn[..., k] for k, name in enumerate(ids)},
        "drawn_by_period": done.drawn.sum(axis=-1),
        "expired": dict(zip(ids, done.expired)),
        "left": dict(zip(ids, done.left)),
        "before": done.before,
        "after": done.after,
        "order": [ids[k] for k in house.ordered(held, order)],
        "by_service": {name: done.by_service[..., s] for s, name in enumerate(services or ["all"])},
    }
    if any(credit.paid for credit in held) and services is None and given.get("periods"):
        balance = house.prepaid(held, cost, given["periods"], order)
        result |= {
            "overage": balance.overage,
            "forfeited": balance.expired,
            "billed": balance.billed,
            "effective": balance.effective,
            "prepaid": balance.prepaid,
        }
    return result
