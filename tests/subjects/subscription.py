"""`subscription`: seats, quotas and overage under plans that change on dates (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.terms import subscription as house
from finops_model.prices.terms.dates import day, later

from . import known
from ._contracts import by, make

GIVEN = {"first", "cycles", "seats", "changes", "usage", "months"}
PLAN = {
    "fee",
    "quota",
    "extra_quota",
    "overage_price",
    "overage_block",
    "overage",
    "budget",
    "base_fee",
    "weight",
}


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of a subscription")
    subject = dict(subject)
    inline = {key: subject.pop(key) for key in PLAN & set(subject)}
    plans = [{**inline, **plan} for plan in subject.pop("plans", [{}])]
    held = make(
        house.Subscription,
        {**subject, "plans": [make(house.Plan, {"fee": 0.0, **plan}, "plan") for plan in plans]},
        "subscription",
    )
    first = day(given.get("first", held.anchor or "2027-01-01"), "first")
    usage = given.get("usage")
    depth = 2 if held.pool == "per_seat" else 1
    wanted = given.get(
        "cycles", np.shape(usage)[-depth] if usage is not None and np.ndim(usage) >= depth else 1
    )
    seats = given.get("seats", 0)
    if isinstance(seats, list):
        days = np.asarray(seats, float)
    else:
        anchor = day(held.anchor, "anchor") if held.anchor else first
        last = next(
            edge
            for edge in (later(anchor, held.months * n) for n in range(1, 10_000))
            if edge > first and len(held.cycles(first, edge)) - 1 == wanted
        )
        days = house.seats_by_day(
            seats, [tuple(change) for change in given.get("changes", [])], first, last
        )
    done = held.settle(days, first, None if usage is None else np.asarray(usage, float))
    months = given.get("months") or [str(m) for m in np.unique(done.days.astype("datetime64[M]"))]
    nonzero = np.flatnonzero(done.billed_by_day)
    result = {
        "seat_cost": done.seat_cost,
        "quota": done.quota,
        "over": done.over,
        "overage_cost": done.overage_cost,
        "blocked": done.blocked,
        "cost": done.cost,
        "billed": by(done.days[nonzero], done.billed_by_day[nonzero]),
        "billed_by_month": by(months, done.by_month(done.billed_by_day, months)),
        "effective_by_month": by(months, done.by_month(done.effective_by_day, months)),
        "cycles": [str(edge) for edge in done.edges],
    }
    if held.plans[-1].budget is not None and held.plans[-1].overage_price:
        result["budget_units"] = house.units_of_budget(
            held.plans[-1].budget, held.plans[-1].overage_price, held.plans[-1].overage_block
        )
    return result
