"""`transfer`: a tariff (legs and what is passed on the way) and the flows of one window."""

from finops_model.prices.capacity.transfer import Leg, Tariff, with_allowance

from . import known
from .transform import rate_of


def evaluate(subject: dict, given: dict) -> dict:
    known(subject, {"legs", "via"}, "transfer")
    known(given, {"flows"}, "given of a transfer")
    legs = []
    for leg in subject["legs"]:
        known(leg, {"from", "to", "price", "sides", "pool"}, "leg of a transfer")
        legs.append(
            Leg(
                leg["from"],
                leg["to"],
                _rate(leg["price"]),
                leg.get("sides", 1),
                leg.get("pool", ""),
            )
        )
    done = Tariff(
        legs, {name: _rate(price) for name, price in (subject.get("via") or {}).items()}
    ).charge(given["flows"])
    return {
        "cost": done.cost,
        "by_flow": done.by_flow,
        "by_pool": done.by_pool,
        "billed": done.billed,
    }


def _rate(price):
    """A number per unit, a rate form with its kind, or tiers with a free allowance inside the first one."""
    if isinstance(price, dict) and "free" in price:
        known(price, {"starts", "prices", "free"}, "price of a leg with an allowance")
        return with_allowance(price["starts"], price["prices"], price["free"])
    return rate_of(price) if isinstance(price, dict) else price
