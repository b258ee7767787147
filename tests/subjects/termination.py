"""`termination`: ending or changing a commitment early, under a vendor's policy (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.settle import hourly as commitments
from finops_model.prices.terms import termination

from . import known, need

TERM = {"monthly", "fee", "term_months", "after_months"}
KEYS = {
    "cancel": TERM | {"pool", "paid_upfront", "refunds", "as_of"},
    "exchange": TERM | {"new_commitment", "new_monthly", "new_term_months"},
    "return": {"bought", "returned", "hourly", "returned_this_year"},
    "resell": {"remaining_value", "price_share"},
    "minimum": {"daily", "days_held"},
    "stop": {"commitment", "before", "after", "dates"},
}


def array(value):
    return np.asarray(value, float) if isinstance(value, list) else value


def term_of(given: dict) -> tuple:
    """Monthly money, months of the term, months passed."""
    months = array(given["term_months"])
    monthly = array(given["fee"]) / months if "fee" in given else array(given["monthly"])
    return monthly, months, array(given["after_months"])


def evaluate(subject: dict, given: dict) -> dict:
    subject, given = dict(subject), dict(given)
    need(subject, "action", "termination", KEYS)
    action, kind = subject.pop("action"), subject.pop("policy", None)
    assert action in KEYS, f"unknown action '{action}'; known: {sorted(KEYS)}"
    known(given, KEYS[action], f"given of the action {action}")
    if action == "stop":
        held = commitments.Hourly(**given["commitment"])
        saved = termination.saved_by_stopping(
            held, array(given["before"]), array(given["after"]), given.get("dates")
        )
        return {"saved": saved}
    if action == "minimum":
        return {
            "charge": termination.least_charge(
                kind, array(given["daily"]), array(given["days_held"]), **subject
            )
        }
    if action == "return":
        answer = termination.give_back(kind, **given, **subject)
    elif action == "resell":
        answer = termination.resell(
            kind, array(given["remaining_value"]), array(given.get("price_share", 1.0)), **subject
        )
    elif action == "exchange":
        new = given.get("new_commitment")
        if "new_monthly" in given:
            new = array(given["new_monthly"]) * array(given["new_term_months"])
        answer = termination.exchange(
            kind, *term_of(given), None if new is None else array(new), **subject
        )
    else:
        pool = array(given.get("pool"))
        if "refunds" in given:
            rule = termination.policy(kind, **subject)
            limit = pool if pool is not None else rule.pool
            pool = termination.pool_left(given["as_of"], given["refunds"], limit, rule.pool_months)
        answer = termination.cancel(
            kind, *term_of(given), pool=pool, paid_upfront=given.get("paid_upfront", 0.0), **subject
        )
    result = {
        "allowed": answer.allowed,
        "reason": answer.reason,
        "cancelled": answer.cancelled,
        "fee": answer.fee,
        "refund": answer.refund,
    }
    if action == "exchange":
        result["minimum"] = answer.minimum
    if action == "cancel" and np.isfinite(answer.pool_left).all():
        result["pool_left"] = answer.pool_left
    return result
