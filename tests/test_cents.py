"""Money that is invoiced or booked is in whole coins, and its parts add up (docs/method §5.49)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.periods import month_range
from finops_model.prices.settle.adjustments import (
    Adjustments,
    Charge,
    Committed,
    Negotiated,
    Support,
    Tax,
    apply,
)
from finops_model.prices.settle.cents import add_up, coins, digits, in_time, money_of, rounded
from finops_model.prices.terms.credits import Credit
from finops_model.prices.terms.payments import Payment

amounts = st.decimals(min_value=-(10**7), max_value=10**7, places=4)


def is_whole(values, currency="USD"):
    """Every value is the float nearest to a decimal number with the currency's decimals."""
    return all(
        float(value)
        == float(Decimal(repr(float(value))).quantize(Decimal(10) ** -digits(currency)))
        for value in np.ravel(values)
    )


@given(amounts, st.sampled_from(["USD", "JPY", "KWD", "CLF"]))
def test_rounding_is_half_up_as_decimals_do_it(amount, currency):
    exact = amount.quantize(Decimal(10) ** -digits(currency), ROUND_HALF_UP)
    assert float(rounded(float(amount), currency)) == float(exact) and is_whole(
        rounded(float(amount), currency), currency
    )


@pytest.mark.parametrize(
    "amount, currency, right",
    [
        (0.285, "USD", 0.29),
        (1.005, "USD", 1.01),
        (2.675, "EUR", 2.68),
        (-2.675, "EUR", -2.68),
        (-0.004, "USD", 0.0),
        (1234.5, "JPY", 1235.0),
        (1234.4999, "JPY", 1234.0),
        (1.2345, "KWD", 1.235),
        (45419.5513, "USD", 45419.55),
    ],
)
def test_the_smallest_coin_is_the_currencys(amount, currency, right):
    assert float(rounded(amount, currency)) == right
    assert not np.signbit(rounded(-0.001))


def test_what_is_no_currency_is_refused():
    for word in ("usd", "US", "", None, "U$D"):
        with pytest.raises(PriceError) as raised:
            digits(word)
        assert (
            str(raised.value) == f"currency is '{word}'; write its three letters, for example USD."
        )
    with pytest.raises(
        PriceError, match="^currency is 'Euro'; write its three letters, for example USD.$"
    ):
        apply(Adjustments(currency="Euro"), [Charge(sku="a", list_cost=[1.0])])


@settings(max_examples=200)
@given(
    st.integers(-(10**9), 10**9),
    st.lists(st.floats(0.0, 1e6), min_size=1, max_size=40).filter(lambda parts: sum(parts) > 1e-3),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_parts_add_up_and_none_is_a_coin_off(total, shares, currency):
    amount = total / 10 ** digits(currency)
    exact = np.array(shares) / sum(shares) * total
    for way in (add_up, in_time):
        parts = way(amount, exact / 10 ** digits(currency), currency)
        assert coins(parts, currency).sum() == total and is_whole(parts, currency)
        assert (abs(coins(parts, currency) - exact) < 1 + 1e-5).all()


def test_the_rest_goes_to_the_largest_remainders_of_equal_ones_the_first():
    assert add_up(10.0, [1, 1, 1]).tolist() == [3.34, 3.33, 3.33]
    assert add_up(0.05, [0.0166, 0.0167, 0.0167]).tolist() == [0.01, 0.02, 0.02]
    assert add_up(-10.0, [-1, -1, -1]).tolist() == [-3.34, -3.33, -3.33]
    assert add_up([1.0, 0.0], [[1, 2], [0, 0]]).tolist() == [[0.33, 0.67], [0.0, 0.0]]
    assert add_up(100, [1, 1, 1], "JPY").tolist() == [34, 33, 33] and add_up(
        0.01, [1, 1], "KWD"
    ).tolist() == [0.005, 0.005]
    assert money_of(5, "JPY") == 5


# --- invoices


def test_tax_and_invoice_have_cents():
    """The fault: a tax of 45419.5513 and an invoice of 284469.8213."""
    bill = apply(Adjustments(tax=Tax(0.19)), [Charge(sku="all", list_cost=[239050.27])])
    assert (
        float(bill.total("BilledCost", ("Tax",))[0]) == 45419.55
        and float(bill.total("BilledCost")[0]) == 284469.82
    )


@pytest.mark.parametrize("currency", ["USD", "JPY", "KWD"])
@settings(max_examples=60)
@given(data=st.data())
def test_every_line_of_an_invoice_is_in_whole_coins_and_the_invoice_is_their_sum(currency, data):
    cost = st.lists(st.floats(0, 1e5), min_size=3, max_size=3)
    charges = [Charge(sku=name, list_cost=data.draw(cost)) for name in "abc"] + [
        Charge(sku="seats", list_cost=data.draw(cost), category="Purchase")
    ]
    terms = Adjustments(
        (Negotiated(data.draw(st.floats(0, 1))),),
        credits=(
            Credit(
                float(data.draw(st.integers(0, 10**5))), "x", services=("a",), expires="2027-02-10"
            ),
            Credit(77.0, "y", start="2027-01-15"),
        ),
        support=Support((0.031,)),
        tax=Tax(data.draw(st.floats(0, 0.3)), 0.4),
        committed=(Committed("plan", [33.333, 0.0, 7.0], {"a": [0.0, 0.0, 0.0]}, 1.0),),
        currency=currency,
    )
    bill = apply(terms, charges, ["2027-01", "2027-02", "2027-03"])
    for line in bill.lines:
        assert is_whole(line.BilledCost, currency), line.name
        if line.category in ("Credit", "Tax") or line.name == "Support":
            assert is_whole(line.EffectiveCost, currency), line.name
    assert is_whole(bill.total("BilledCost"), currency)
    whole = sum(coins(line.BilledCost, currency) for line in bill.lines)
    assert (coins(bill.total("BilledCost"), currency) == whole).all()
    usage = sum(coins(line.BilledCost, currency) for line in bill.lines if line.category == "Usage")
    paid = -sum(
        coins(line.BilledCost, currency) for line in bill.lines if line.category == "Credit"
    )
    assert (paid <= usage).all() and (paid >= 0).all(), "credits never pay more than is billed"
    coin = 10.0 ** -digits(currency)
    for credit in terms.credits:
        drawn = -sum(line.BilledCost.sum() for line in bill.lines if line.name == credit.id)
        assert drawn <= credit.amount + 2 * coin
    taxed = sum(coins(line.BilledCost, currency) for line in bill.lines if line.name != "Tax")
    assert (
        coins(bill.total("BilledCost", ("Tax",)), currency)
        == coins(money_of(taxed, currency) * terms.tax.rate, currency)
    ).all()


def test_two_credits_that_pay_one_line_pay_it_to_the_cent():
    """Half of 10.01 each is 5.005 each: 5.01 twice would pay more than was billed."""
    credits = (Credit(100.0, "one", share=0.5), Credit(100.0, "two"))
    bill = apply(Adjustments(credits=credits), [Charge(sku="a", list_cost=[10.01, 10.01])])
    assert bill.total("BilledCost").tolist() == [0, 0]
    paid = {line.name: line.BilledCost.tolist() for line in bill.lines if line.category == "Credit"}
    assert paid == {"one": [-5.01, -5.0], "two": [-5.0, -5.01]}, (
        "what one paid too much for goes on to the next period"
    )


def test_cost_before_credits_and_tax_keeps_its_fractions():
    bill = apply(Adjustments(), [Charge(sku="tokens", list_cost=[0.0034])])
    assert bill.cost.tolist() == [0.0034] and bill.total("BilledCost").tolist() == [0.0]


# --- expense of a fee


@settings(max_examples=80)
@given(
    st.integers(0, 10**9),
    st.dates(np.datetime64("2024-01-01").item(), np.datetime64("2027-12-31").item()),
    st.integers(1, 1100),
    st.sampled_from(["by_days", "monthly", "quarterly", "annually"]),
    st.sampled_from(["all_upfront", "partial_upfront", "no_upfront"]),
    st.sampled_from(["USD", "JPY", "KWD"]),
)
def test_expenses_and_invoices_of_a_fee_add_up_to_it_to_the_coin(
    fee, start, days, interval, option, currency
):
    months, money = month_range("2024-01", "2031-12"), fee / 10 ** digits(currency)
    one = Payment(
        money,
        str(start),
        str(np.datetime64(start) + days),
        option,
        interval=interval,
        currency=currency,
    )
    exact = Payment(
        money, str(start), str(np.datetime64(start) + days), option, interval=interval, currency=""
    )
    for parts, unrounded in (
        (one.effective_by_month(months), exact.effective_by_month(months)),
        (one.invoices().amounts, exact.invoices().amounts),
    ):
        assert coins(parts, currency).sum() == fee and is_whole(parts, currency)
        assert (abs(parts - unrounded) < 1.001 * 10.0 ** -digits(currency)).all()
    gap = np.cumsum(one.effective_by_month(months) - exact.effective_by_month(months))
    assert (abs(gap) <= 0.5001 * 10.0 ** -digits(currency)).all(), (
        "what is expensed so far is never more than half a coin off"
    )
    assert abs(one.prepaid_by_month(months)[-1]) < 1e-6 * 10.0 ** -digits(currency) + 1e-12 * money


def test_an_upfront_fee_is_expensed_to_the_cent():
    """Each month rounded by itself adds up to 1,200,000.02."""
    months = month_range("2027-01", "2027-12")
    fee = Payment(1_200_000.0, "2027-01-01", "2028-01-01", "all_upfront")
    assert sum(Decimal(repr(float(part))) for part in fee.effective_by_month(months)) == Decimal(
        "1200000.0"
    )
    assert fee.effective_by_month(months[:2]).tolist() == [101917.81, 92054.79]
    assert (
        fee.effective_by_month(months[5:7]).tolist()
        == Payment(1_200_000.0, "2027-01-01", "2028-01-01").effective_by_month(months)[5:7].tolist()
    )


def test_a_fee_with_parts_of_a_cent_stays_exact():
    fee = Payment(100.001, "2027-01-01", "2028-01-01", "all_upfront")
    assert fee.effective_by_month(["2027-01"])[0] == 100.001 * 31 / 365
