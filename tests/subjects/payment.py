"""`payment`: the fee of a term under one payment option, or several options compared at NPV (tests/spec/contracts/README.md)."""

import numpy as np

from finops_model.prices.terms import payments
from finops_model.prices.terms.dates import term

from . import known
from ._contracts import by, end_of, make

GIVEN = {"months", "rate", "at", "compounding"}


def payment_of(subject: dict) -> payments.Payment:
    """A Payment; its fee stated whole, by the hour, or by the month, and its term by its end or its length."""
    subject = dict(subject)
    start = subject.setdefault("start", "2026-01-01")
    months = subject.get("term_months", subject.get("years", 0) * 12)
    subject["end"] = end_of(subject, start)
    if "hourly" in subject:
        first, last = term(start, subject["end"], "payment")
        hourly = np.asarray(subject.pop("hourly"), float)
        subject["fee"] = hourly * subject.pop("quantity", 1) * 24 * int((last - first).astype(int))
    if "monthly" in subject:
        assert months, "a monthly fee needs term_months or years"
        subject["fee"] = np.asarray(subject.pop("monthly"), float) * months
    if "schedule" in subject:
        subject.setdefault("option", "scheduled")
        items = subject["schedule"]
        subject["schedule"] = (
            tuple(items.items())
            if isinstance(items, dict)
            else tuple(tuple(pair) for pair in items)
        )
    return make(payments.Payment, subject, "payment")


def evaluate(subject: dict, given: dict) -> dict:
    known(given, GIVEN, "given of a payment")
    subject = dict(subject)
    if "options" in subject:
        each = subject.pop("options")
        options = {name: payment_of({**subject, **own}) for name, own in each.items()}
        done = payments.compare(
            options, given.get("rate", 0.0), given.get("at"), given.get("compounding", "daily")
        )
        return {
            "npv": done.npv,
            "best": done.best,
            "second": done.second,
            "saving": done.saving,
            "tie_rate": done.tie_rate,
        }
    one = payment_of(subject)
    sent, months = one.invoices(), given.get("months", [])
    dates, cash = one.cash()
    result = {
        "fee": one.fee,
        "days": one.days,
        "hours": one.hours,
        "upfront": one.upfront,
        "recurring_per_hour": one.recurring_per_hour,
        "effective_per_hour": one.effective_per_hour,
        "effective_per_day": one.effective_per_day,
        "invoices": by(sent.dates, sent.amounts),
        "cash": by(dates, cash),
        "payments": sent.amounts,
        "billed": by(months, one.billed_by_month(months)) if months else {},
        "cash_by_month": by(months, one.cash_by_month(months)) if months else {},
        "effective_by_month": by(months, one.effective_by_month(months)) if months else {},
        "prepaid": by(months, one.prepaid_by_month(months)) if months else {},
    }
    if "rate" in given:
        result["npv"] = payments.npv(
            cash,
            dates,
            given["rate"],
            given.get("at", one.start),
            given.get("compounding", "daily"),
        )
    return result
