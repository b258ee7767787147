"""Payments by fiscal period: invoices, cash and expense of one fee by a loop over days (docs/method §6.7)."""

from __future__ import annotations

import datetime as dt
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.periods import Calendar
from finops_model.prices.terms.payments import Payment

WEEKS = Calendar("4-4-5", month=1, ends="nearest", named_after="start")
PERIODS = (*WEEKS.year(2025), *WEEKS.year(2026), *WEEKS.year(2027), *WEEKS.year(2028))
OPTIONS = st.sampled_from(["all_upfront", "partial_upfront", "no_upfront"])


@settings(max_examples=40)
@given(
    st.integers(1, 10**8),
    st.dates(dt.date(2025, 3, 1), dt.date(2026, 6, 1)),
    st.integers(1, 700),
    OPTIONS,
    st.sampled_from(["by_days", "monthly", "quarterly"]),
    st.integers(0, 60),
)
def test_a_fee_by_period_adds_up_and_lies_where_its_days_do(cents, start, days, option, every, net):
    end = start + dt.timedelta(days=days)
    fee = cents / 100
    one = Payment(fee, str(start), str(end), option, interval=every, net_days=net)
    sent = one.invoices()
    for found, dates in (
        (one.billed_by_period(PERIODS), sent.dates),
        (one.cash_by_period(PERIODS), sent.dates + net),
    ):
        expected = np.zeros(len(PERIODS))
        for day, amount in zip(dates, sent.amounts):
            at = [i for i, each in enumerate(PERIODS) if each.start <= day < each.end]
            expected[at[0]] += amount
        assert found == pytest.approx(expected) and found.sum() == pytest.approx(fee)
    expensed = one.effective_by_period(PERIODS)
    assert expensed.sum() == pytest.approx(fee, abs=1e-6)
    gone = Fraction(0)
    for i, each in enumerate(PERIODS):
        inside = sum(
            each.start.item() <= start + dt.timedelta(days=n) < each.end.item() for n in range(days)
        )
        gone += Fraction(cents, 100) * inside / days
        assert round(float(expensed[: i + 1].sum()) * 100) == int(gone * 100 + Fraction(1, 2))


def test_a_fee_of_many_paths_is_as_that_of_each():
    fees = np.array([1200.0, 365.0])
    many = Payment(fees, "2026-01-01", "2027-01-01", "partial_upfront", net_days=30)
    for i, fee in enumerate(fees):
        one = Payment(fee, "2026-01-01", "2027-01-01", "partial_upfront", net_days=30)
        for name in ("billed_by_period", "cash_by_period", "effective_by_period"):
            assert (getattr(many, name)(PERIODS)[i] == getattr(one, name)(PERIODS)).all()


def test_a_year_paid_up_front_by_period():
    year = Payment(
        3640.0, "2026-02-01", "2027-01-31", "all_upfront", net_days=30
    )  # 364 days: FY2026
    assert year.billed_by_period(WEEKS.year(2026)).tolist() == [3640.0, *[0.0] * 11]
    assert year.cash_by_period(WEEKS.year(2026)).tolist() == [0.0, 3640.0, *[0.0] * 10]
    assert year.effective_by_period(WEEKS.year(2026)).tolist() == [280.0, 280.0, 350.0] * 4
