"""What is booked at the close of a period: accrual, prepaid, journal (docs/method §14.20)."""

from __future__ import annotations

from finops_model.facts.daily.charges import CHARGES


def test_charges_have_money_of_both_bases():
    assert {"BilledCost", "EffectiveCost", "BillingPeriod"} <= set(CHARGES)
