"""Payment options, NPV and early termination: laws, closed forms, a root finder as oracle, refusals word for word (docs/method §5.40, §5.41, §6.2)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from finops_model.errors import PriceError
from finops_model.periods import month_range
from finops_model.prices.settle.hourly import Hourly
from finops_model.prices.terms import termination
from finops_model.prices.terms.payments import Payment, compare, npv, of_commitment, tie_rate

MONTHS = month_range("2024-01", "2033-12")
fees = st.floats(0, 1e7)
starts = st.dates(
    min_value=np.datetime64("2024-01-01").item(), max_value=np.datetime64("2027-12-31").item()
).map(str)
lengths = st.integers(1, 1100)
options = st.fixed_dictionaries(
    {
        "option": st.sampled_from(["all_upfront", "partial_upfront", "no_upfront"]),
        "interval": st.sampled_from(["by_days", "monthly", "quarterly", "annually"]),
        "advance": st.booleans(),
        "net_days": st.integers(0, 90),
    }
)


def payment(fee, start, days, **how):
    return Payment(fee, start, str(np.datetime64(start) + days), **how)


@settings(max_examples=150, deadline=None)
@given(fees, starts, lengths, options)
def test_over_a_term_billed_is_effective_is_cash_is_the_fee(fee, start, days, how):
    one = payment(fee, start, days, **how)
    for view in (one.billed_by_month, one.effective_by_month, one.cash_by_month):
        assert view(MONTHS).sum() == pytest.approx(fee, rel=1e-9, abs=1e-9)
    assert one.invoices().amounts.sum() == pytest.approx(fee, rel=1e-9, abs=1e-9)
    assert one.prepaid_by_month(MONTHS)[-1] == pytest.approx(0, abs=1e-9 * max(fee, 1))


@settings(max_examples=100, deadline=None)
@given(fees, starts, lengths, options)
def test_prepaid_is_paid_less_expensed_at_every_month_end(fee, start, days, how):
    one = payment(fee, start, days, **how)
    expected = np.cumsum(one.cash_by_month(MONTHS) - one.effective_by_month(MONTHS))
    assert np.allclose(one.prepaid_by_month(MONTHS), expected, rtol=0, atol=1e-9 * max(fee, 1))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1e4), st.floats(0, 10), starts, lengths, st.sampled_from([0.0, 0.25, 0.5, 1.0]))
def test_a_payment_agrees_with_the_hourly_commitment_it_pays(quantity, rate, start, days, share):
    held = Hourly(
        quantity=quantity,
        rate=rate,
        on_demand=20.0,
        start=start,
        end=str(np.datetime64(start) + days),
        upfront_share=share,
    )
    one = of_commitment(held)
    assert np.allclose(
        one.billed_by_month(MONTHS), held.billed_by_month(MONTHS), rtol=1e-9, atol=1e-9
    )
    assert np.allclose(
        one.effective_by_month(MONTHS), held.effective_by_month(MONTHS), rtol=1e-9, atol=1e-9
    )
    assert one.effective_per_hour == pytest.approx(quantity * rate)


def test_fees_of_many_paths_give_the_same_cents_as_each_alone():
    fee, months = np.array([[100.0, 2500.5], [0.0, 7.77]]), MONTHS[:40]
    many = payment(
        fee, "2026-03-15", 400, option="partial_upfront", interval="quarterly", net_days=30
    )
    for at in np.ndindex(fee.shape):
        one = payment(
            float(fee[at]),
            "2026-03-15",
            400,
            option="partial_upfront",
            interval="quarterly",
            net_days=30,
        )
        for view in ("billed_by_month", "effective_by_month", "cash_by_month", "prepaid_by_month"):
            assert np.array_equal(getattr(many, view)(months)[at], getattr(one, view)(months))
        assert npv(many.cash()[1], many.cash()[0], 0.08, "2026-01-01")[at] == npv(
            one.cash()[1], one.cash()[0], 0.08, "2026-01-01"
        )


@pytest.mark.parametrize(
    "term_days, share_off, interval",
    [(365, 0.05, "by_days"), (1096, 0.12, "monthly"), (365, 0.02, "quarterly")],
)
@pytest.mark.parametrize("compounding", ["daily", "monthly", "monthly_effective"])
def test_the_tie_rate_is_the_root_scipy_finds(term_days, share_off, interval, compounding):
    early = payment(1000 * (1 - share_off), "2026-01-01", term_days, option="all_upfront")
    late = payment(1000.0, "2026-01-01", term_days, interval=interval)

    def gap(rate):
        return sum(
            sign * npv(one.cash()[1], one.cash()[0], rate, "2026-01-01", compounding)
            for sign, one in ((1, early), (-1, late))
        )

    assert tie_rate(early, late, compounding=compounding) == pytest.approx(
        brentq(gap, 1e-6, 5.0, xtol=1e-14), abs=1e-10
    )
    assert tie_rate(late, early, compounding=compounding) == pytest.approx(
        tie_rate(early, late, compounding=compounding), abs=1e-12
    )


def test_the_tie_of_two_equal_instalments_is_a_quadratic():
    """90 now against 50 in a year and 50 in two: 90 x^2 - 50 x - 50 = 0 with x = 1 + r (730 days: 2026 and 2027)."""
    early = payment(90.0, "2026-01-01", 730, option="all_upfront")
    late = payment(
        100.0,
        "2026-01-01",
        730,
        option="scheduled",
        schedule=(("2027-01-01", 50), ("2028-01-01", 50)),
    )
    assert tie_rate(early, late) == pytest.approx(
        (50 + np.sqrt(50**2 + 4 * 90 * 50)) / 180 - 1, abs=1e-12
    )


def test_options_that_never_tie_have_no_rate():
    one = payment(90.0, "2026-01-01", 365, option="all_upfront")
    assert np.isnan(tie_rate(one, payment(80.0, "2026-01-01", 365, option="all_upfront")))
    assert np.isnan(tie_rate(one, one))


def test_below_the_tie_rate_paying_early_wins_and_above_it_paying_late():
    offers = {
        "early": payment(950.0, "2026-01-01", 365, option="all_upfront"),
        "late": payment(1000.0, "2026-01-01", 365),
    }
    tie = compare(offers, 0.05).tie_rate
    assert (
        compare(offers, tie - 0.01).best == "early" and compare(offers, tie + 0.01).best == "late"
    )
    assert compare(offers, tie).saving == pytest.approx(0, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(fees, starts, lengths, options, st.floats(0.0, 0.5), st.integers(1, 60))
def test_longer_payment_terms_never_raise_the_net_present_value(fee, start, days, how, rate, more):
    one, other = (
        payment(fee, start, days, **how),
        payment(fee, start, days, **how | {"net_days": how["net_days"] + more}),
    )
    values = [npv(p.cash()[1], p.cash()[0], rate, start) for p in (one, other)]
    assert values[1] <= values[0] * (1 + 1e-12) + 1e-12


@pytest.mark.parametrize(
    "change, message",
    [
        ({"fee": -1}, "payment fee: quantity is -1; it must be finite and 0 or more."),
        ({"fee": np.nan}, "payment fee: quantity is nan; it must be finite and 0 or more."),
        (
            {"end": "2026-01-01"},
            "payment: the term ends on 2026-01-01, not after its start on 2026-01-01; the end is the day after the last one.",
        ),
        (
            {"start": "2026-02-30"},
            "payment: start is '2026-02-30'; it must be a day YYYY-MM-DD, for example 2027-01-01.",
        ),
        (
            {"interval": "monthy"},
            "payment: unknown interval 'monthy'. Did you mean 'monthly'? Known: by_days, monthly, quarterly, annually.",
        ),
        (
            {"upfront_share": 0.5},
            "payment: upfront_share is 0.5 but the option is no_upfront; a share of your own needs the option partial_upfront.",
        ),
        (
            {"option": "scheduled"},
            "payment: a schedule and the option scheduled belong together; give both or neither.",
        ),
        (
            {"option": "scheduled", "schedule": (("2026-02-01", 5), ("2026-01-01", 5))},
            "payment: the days of a schedule must run forward, none twice.",
        ),
        ({"net_days": -3}, "payment: net_days is -3; it must be a finite number, 0 or more."),
    ],
)
def test_nonsense_in_a_payment_is_refused_in_one_sentence(change, message):
    with pytest.raises(PriceError) as raised:
        Payment(**{"fee": 10.0, "start": "2026-01-01", "end": "2027-01-01"} | change)
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "how, message",
    [
        (
            {"rate": -1},
            "npv: the yearly rate is -1.0; it must be a finite number above -1 (0.08 is 8 %).",
        ),
        (
            {"compounding": "dayly"},
            "npv: unknown compounding 'dayly'. Did you mean 'daily'? Known: daily, monthly, monthly_effective.",
        ),
        ({"dates": []}, "npv: there are 1 amounts and 0 dates; give one date for each."),
    ],
)
def test_nonsense_in_a_present_value_is_refused(how, message):
    with pytest.raises(PriceError) as raised:
        npv(**{"amounts": [1.0], "dates": ["2026-01-01"], "rate": 0.1, "at": "2026-01-01"} | how)
    assert str(raised.value) == message


def test_no_option_is_refused():
    with pytest.raises(
        PriceError, match="^compare: there is no payment option; give at least one.$"
    ):
        compare({}, 0.1)


# --- early termination (§5.41)


@settings(max_examples=80, deadline=None)
@given(st.floats(0, 1e4), st.integers(1, 60), st.data(), st.floats(0, 1), st.floats(0, 1))
def test_a_refund_is_what_was_paid_for_later_less_the_fee(monthly, months, data, fee_share, paid):
    after = data.draw(st.integers(0, months))
    done = termination.cancel(
        "azure_reservation",
        monthly,
        months,
        after,
        pool=1e9,
        paid_upfront=paid,
        fee_share=fee_share,
    )
    assert done.allowed and done.cancelled == pytest.approx(monthly * (months - after))
    assert done.refund == pytest.approx(
        done.cancelled * paid - done.fee
    ) and done.fee == pytest.approx(done.cancelled * fee_share)
    assert done.pool_left == pytest.approx(1e9 - done.cancelled)


def test_cancelling_later_never_cancels_more_and_arrays_equal_scalars():
    after = np.arange(37)
    many = termination.cancel("azure_reservation", 100.0, 36, after)
    assert (np.diff(many.cancelled) <= 0).all()
    assert [
        float(termination.cancel("azure_reservation", 100.0, 36, int(a)).cancelled) for a in after
    ] == many.cancelled.tolist()


def test_one_refused_cell_keeps_its_pool_and_the_others_go_through():
    done = termination.cancel("azure_reservation", np.array([100.0, 5000.0]), 36, 12)
    assert (
        done.allowed.tolist() == [True, False]
        and done.cancelled.tolist() == [2400, 0]
        and done.pool_left.tolist() == [47600, 50000]
    )


def test_the_rolling_pool_by_brute_force():
    refunds = [(f"2026-{m:02d}-{d:02d}", 10.0 * m + d) for m in range(1, 13) for d in (1, 15, 28)]
    for on in ("2026-06-15", "2027-01-15", "2027-12-28"):
        since = np.datetime64(on) - np.timedelta64(365, "D")  # no leap day in between
        spent = sum(
            money for when, money in refunds if since < np.datetime64(when) <= np.datetime64(on)
        )
        assert termination.pool_left(on, refunds) == 50_000 - spent


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 50), st.floats(0, 50)), min_size=1, max_size=24),
    st.floats(0, 50),
)
def test_stopping_saves_exactly_the_spill_that_goes_away(usage, level):
    before, after = np.array(usage).max(axis=1), np.array(usage).min(axis=1)
    saved = termination.saved_by_stopping(
        Hourly(quantity=level, rate=0.6, on_demand=1.0), before, after
    )
    assert np.allclose(
        saved, np.maximum(before - level, 0) - np.maximum(after - level, 0), atol=1e-9
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: termination.policy("azure_reservation", fee_shar=0.1),
            "policy 'azure_reservation': unknown field 'fee_shar'. Did you mean 'fee_share'? Known: cancel, "
            "fee_share, pool, pool_months, exchange, resale, resale_fee, return_days, return_hourly, return_same_month, returns_a_year, minimum_days.",
        ),
        (
            lambda: termination.give_back("aws_savings_plan", "2027-02-02", "2027-02-01"),
            "termination: it is returned on 2027-02-01, before it was bought on 2027-02-02.",
        ),
        (
            lambda: termination.cancel("azure_reservation", 100, 36, 12, paid_upfront=2),
            "termination: paid_upfront is 2; it must be a share from 0 to 1.",
        ),
        (
            lambda: termination.policy("azure_reservation", fee_share=12),
            "azure_reservation: fee_share is 12; it must be a share from 0 to 1.",
        ),
        (
            lambda: termination.cancel("azure_reservation", -1, 36, 12),
            "monthly: quantity is -1; it must be finite and 0 or more.",
        ),
    ],
)
def test_nonsense_in_a_termination_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


def test_what_a_vendor_does_not_offer_is_answered_with_a_reason():
    assert (
        termination.resell("gcp_committed_use", 100.0).reason
        == "gcp_committed_use cannot be sold to somebody else."
    )
    assert (
        termination.give_back("azure_savings_plan", "2027-02-01", "2027-02-02").reason
        == "azure_savings_plan cannot be returned."
    )
