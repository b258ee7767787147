"""Agreements and invoices: brute force path by path, conservation laws, the order of adjustments, refusals (docs/method §5.46, §5.47)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.prices.settle.adjustments import (
    Adjustments,
    Charge,
    Committed,
    Negotiated,
    Support,
    Tax,
    apply,
)
from finops_model.prices.terms.agreements import Agreement, eligible_spend, true_up
from finops_model.prices.terms.credits import Credit

terms = st.fixed_dictionaries(
    {
        "commitments": st.lists(st.floats(0, 2000), min_size=1, max_size=4).map(tuple),
        "year_months": st.sampled_from([1, 3, 12]),
        "discount": st.floats(0, 0.5),
        "marketplace_cap": st.floats(0, 1),
        "counts": st.sampled_from(["after_discount", "before_discount"]),
        "shortfall_carry": st.floats(0, 1),
        "shortfall_years": st.integers(1, 3),
        "excess_carry": st.floats(0, 1),
        "excess_cap": st.floats(0, 1),
    }
)


def by_hand(deal, spend, market):
    """One path, year by year, obligations kept as a list of (year it arose, money)."""
    size, owed, excess_in, rows = deal.year_months, [], 0.0, []
    for y, commitment in enumerate(deal.commitments):
        own = sum(spend[y * size : (y + 1) * size]) * (
            1 - deal.discount[y] if deal.counts == "after_discount" else 1
        )
        bought = min(sum(market[y * size : (y + 1) * size]), deal.marketplace_cap * commitment)
        new = commitment - min(excess_in, commitment)
        owed.append([y, new])
        due, rest = sum(money for _, money in owed), own + bought
        for row in owed:  # oldest first
            met = min(row[1], rest)
            row[1] -= met
            rest -= met
        shortfall, paid = sum(money for _, money in owed), 0.0
        for row in owed:
            if y == len(deal.commitments) - 1 or y - row[0] >= deal.shortfall_years:
                paid, row[1] = paid + row[1], 0.0
            elif row[0] == y:
                now = max(row[1] - deal.shortfall_carry * commitment, 0.0)
                paid, row[1] = paid + now, row[1] - now
        following = deal.commitments[y + 1] if y + 1 < len(deal.commitments) else 0.0
        excess_in = min(max(own + bought - due, 0) * deal.excess_carry, deal.excess_cap * following)
        rows.append(
            (own + bought, bought, due, shortfall, paid, sum(money for _, money in owed), excess_in)
        )
    return np.array(rows).T


@settings(max_examples=150, deadline=None)
@given(terms, st.integers(0, 10_000))
def test_an_agreement_equals_a_loop_over_years_and_obligations(how, seed):
    deal = Agreement(start="2027-01", **how)
    rng = np.random.default_rng(seed)
    spend, market = (
        rng.uniform(0, 300, (3, len(deal.months))),
        rng.uniform(0, 100, (3, len(deal.months))),
    )
    done = deal.settle(spend, market)
    for p in range(3):
        expected = by_hand(deal, spend[p], market[p])
        got = [
            getattr(done, key)[p]
            for key in ("counted", "marketplace", "due", "shortfall", "paid", "carried", "excess")
        ]
        assert np.allclose(got, expected, atol=1e-6)


@settings(max_examples=80, deadline=None)
@given(terms, st.integers(0, 10_000))
def test_what_is_missing_is_paid_or_carried_and_the_last_year_owes_nothing_more(how, seed):
    deal = Agreement(start="2027-01", **how)
    done = deal.settle(np.random.default_rng(seed).uniform(0, 300, (4, len(deal.months))))
    assert np.allclose(done.shortfall, done.paid + done.carried, atol=1e-9)
    assert np.allclose(done.shortfall, np.maximum(done.due - done.counted, 0), atol=1e-6)
    assert (done.carried[:, -1] == 0).all() and (done.paid >= -1e-9).all()
    assert np.allclose(done.cost.sum(-1), done.spend.sum(-1) + done.paid.sum(-1))


@settings(max_examples=60, deadline=None)
@given(st.floats(0, 1), st.floats(0, 50), st.integers(0, 1000))
def test_more_spend_never_raises_a_shortfall(share, more, seed):
    deal = Agreement(commitments=(1000.0, 1200.0), start="2027-01", shortfall_carry=share)
    spend = np.random.default_rng(seed).uniform(0, 150, 24)
    assert (deal.settle(spend + more).shortfall <= deal.settle(spend).shortfall + 1e-9).all()


def test_the_month_in_which_a_commitment_is_met_is_the_first_one():
    spend = np.array([[50.0] * 24, [100.0] * 12 + [25.0] * 12, [0.0] * 24])
    deal = Agreement(commitments=(600.0, 300.0), start="2026-07")
    done = deal.settle(spend)
    assert [done.met_month(p) for p in range(3)] == [
        ["2027-06", "2027-12"],
        ["2026-12", "2028-06"],
        ["", ""],
    ]


def test_chances_are_counts_over_paths():
    spend = np.random.default_rng(1).lognormal(0, 0.4, (4000, 12)) * 100
    done = Agreement(commitments=(1300.0,), start="2027-01").settle(spend)
    chances, total = done.chances((0.25, 0.9)), spend.sum(-1)
    missing = np.maximum(1300 - total, 0)
    assert chances["probability"][0] == (total < 1300).mean() and chances["expected"][
        0
    ] == pytest.approx(missing.mean())
    assert chances["expected_if"][0] == pytest.approx(missing[missing > 0].mean())
    assert chances["quantiles"][0.9][0] == pytest.approx(
        np.quantile(missing, 0.9, method="inverted_cdf")
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: Agreement(commitments=(), start="2027-01"),
            "agreement: there is no commitment; give one for each contract year.",
        ),
        (
            lambda: Agreement(commitments=(100.0, -1), start="2027-01"),
            "agreement: commitments[1] is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: Agreement(commitments=(100.0,), start="2027-13"),
            "agreement: start is '2027-13'; it must be a month YYYY-MM, for example 2027-01.",
        ),
        (
            lambda: Agreement(commitments=(100.0,), start="2027-01", discount=(0.1, 0.2)),
            "agreement: there are 2 discounts and 1 contract years; give one, or one for each.",
        ),
        (
            lambda: Agreement(commitments=(100.0,), start="2027-01", counts="after"),
            "agreement: unknown counts 'after'. Known: after_discount, before_discount.",
        ),
        (
            lambda: Agreement(commitments=(100.0,), start="2027-01").settle([-1.0] * 12),
            "spend: quantity is -1 at position (0,); it must be finite and 0 or more.",
        ),
        (
            lambda: eligible_spend([[1.0]], ["Compute"], ["Computee"]),
            "agreement: unknown service 'Computee'. Did you mean 'Compute'? Known: Compute.",
        ),
        (
            lambda: true_up(1, [1.0], 2.0, ["2027-01", "2027-02"], "2027-03"),
            "true-up: there are 1 counts and 2 months; give one for each.",
        ),
    ],
)
def test_nonsense_in_an_agreement_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


# --- invoices (§5.46)

money = st.lists(st.floats(0, 1e5), min_size=3, max_size=3)


def cents(value) -> float:
    """To the cent by decimal arithmetic, half up: the seventh decimal of a cent is noise of floats."""
    return float(
        (Decimal(repr(float(value))) * 100)
        .quantize(Decimal("1e-6"))
        .quantize(Decimal(1), ROUND_HALF_UP)
        / 100
    )


@settings(max_examples=100, deadline=None)
@given(
    money,
    money,
    st.floats(0, 0.9),
    st.floats(0, 2e5),
    st.floats(0, 0.3),
    st.floats(0, 500),
    st.floats(0, 0.4),
    st.floats(0, 1),
    st.sampled_from(["before_credits", "after_credits"]),
)
def test_an_invoice_equals_arithmetic_by_hand(
    one, other, discount, credit, share, minimum, rate, recoverable, base
):
    bill = apply(
        Adjustments(
            (Negotiated(discount),),
            credits=(Credit(credit),),
            support=Support((share,), minimum=minimum, base=base),
            tax=Tax(rate, recoverable),
        ),
        [Charge(sku="a", list_cost=one), Charge(sku="b", list_cost=other)],
    )
    left = credit
    for t in range(3):
        usage = (one[t] + other[t]) * (1 - discount)
        lines = cents(one[t] * (1 - discount)) + cents(
            other[t] * (1 - discount)
        )  # every line to the cent
        paid = min(left, lines)
        left -= paid
        support = max(share * (lines - (paid if base == "after_credits" else 0)), minimum)
        tax = rate * (lines - cents(paid) + cents(support))
        assert bill.total("BilledCost")[t] == pytest.approx(
            lines - paid + support + tax, abs=0.0155
        )  # three lines to the cent
        assert bill.total("EffectiveCost")[t] == pytest.approx(
            usage - paid + support + tax * (1 - recoverable), abs=0.0205
        )
        assert bill.cost[t] == pytest.approx(usage + support, abs=0.0055)
        for line in bill.lines:
            assert line.BilledCost[t] == cents(line.BilledCost[t]), (
                f"{line.name} is not in whole cents"
            )
        assert bill.total("BilledCost")[t] == cents(sum(line.BilledCost[t] for line in bill.lines))
    assert [line.name for line in bill.lines] == ["a", "b", "credit 1", "Support", "Tax"]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.tuples(st.floats(1, 100), st.floats(0, 1), st.floats(0.01, 5)), min_size=1, max_size=4
    ),
    st.floats(0, 3),
    st.floats(0, 50),
)
def test_a_commitment_splits_usage_and_used_and_unused_are_its_fee(skus, rate, spare):
    charges = [Charge(sku=f"s{i}", quantity=[q], list_price=p) for i, (q, _, p) in enumerate(skus)]
    covers = {f"s{i}": [q * share] for i, (q, share, _) in enumerate(skus)}
    used = sum(cover[0] for cover in covers.values())
    bill = apply(
        Adjustments(committed=(Committed("plan", [(used + spare) * rate], covers, rate),)), charges
    )
    lines = {(line.name, line.status): line for line in bill.lines}
    of_plan = sum(line.EffectiveCost for line in bill.lines if line.status in ("Used", "Unused"))
    assert of_plan[0] == pytest.approx((used + spare) * rate, abs=1e-6)
    assert bill.total("EffectiveCost")[0] == pytest.approx(
        bill.total("BilledCost")[0], abs=0.0051 * len(bill.lines)
    )  # billed to the cent by line
    assert bill.total("ListCost")[0] == pytest.approx(sum(q * p for q, _, p in skus))
    assert lines["plan", ""].BilledCost[0] == cents((used + spare) * rate)


def test_the_order_in_which_charges_stand_changes_no_total():
    rng = np.random.default_rng(5)
    charges = [
        Charge(sku=f"s{i}", list_cost=rng.uniform(0, 100, (2, 4)), service="x" if i % 2 else "y")
        for i in range(6)
    ]
    deal = Adjustments(
        (Negotiated(0.1, service="x"),),
        credits=(Credit(300, "c", services=("y",)), Credit(80)),
        support=Support((0.1, 0.05), (0, 200)),
        tax=Tax(0.2),
    )
    one, other = apply(deal, charges), apply(deal, charges[::-1])
    for key, value in one.totals().items():
        assert np.allclose(value, other.totals()[key])


def test_many_paths_give_the_cents_of_each_alone():
    cost = np.random.default_rng(2).uniform(0, 2000, (6, 5))
    deal = Adjustments(
        (Negotiated(0.1),),
        credits=(Credit(1500, "c", expires="2027-04"),),
        support=Support((0.1, 0.07), (0, 800), 50),
        tax=Tax(0.19),
    )
    months = ["2027-01", "2027-02", "2027-03", "2027-04", "2027-05"]
    many = apply(deal, [Charge(sku="a", list_cost=cost)], months)
    for p in range(6):
        one = apply(deal, [Charge(sku="a", list_cost=cost[p])], months)
        assert all(
            np.array_equal(many.totals()[key][p], one.totals()[key]) for key in many.totals()
        )


def test_a_charge_may_come_with_its_costs_from_a_settlement():
    bill = apply(
        Adjustments(credits=(Credit(50, categories=("Usage", "Purchase")),)),
        [
            Charge(
                sku="gpu",
                list_cost=[100.0],
                contracted_cost=[90.0],
                effective_cost=[60.0],
                billed_cost=[0.0],
            ),
            Charge(
                sku="plan",
                list_cost=[0.0],
                category="Purchase",
                effective_cost=[0.0],
                billed_cost=[70.0],
            ),
        ],
    )
    assert {k: float(v[0]) for k, v in bill.totals().items()} == {
        "ListCost": 100,
        "ContractedCost": 90,
        "EffectiveCost": 10,
        "BilledCost": 20,
    }


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: Negotiated(1.5),
            "negotiated 'all': discount is 1.5; it must be a share from 0 to 1 (0.1 is 10 % off).",
        ),
        (
            lambda: Negotiated(price=2.0),
            "negotiated 'all': a price is for one SKU; write sku, or give a discount for a service.",
        ),
        (
            lambda: Support((0.1, 2.0), (0, 5)),
            "support fee: rates[1] is 2; it must be a share from 0 to 1 (0.1 is 10 %).",
        ),
        (
            lambda: Support(base="after"),
            "support fee: unknown base 'after'. Known: before_credits, after_credits.",
        ),
        (
            lambda: Tax(0.19, recoverable=1.2),
            "tax: recoverable is 1.2; it must be a share from 0 to 1.",
        ),
        (lambda: Tax(-0.19), "tax: rate is -0.19; it must be a finite number, 0 or more."),
        (
            lambda: apply(Adjustments(), [Charge(sku="a", list_cost=[1.0], category="Usages")]),
            "charge 'a': unknown ChargeCategory 'Usages'. Did you mean 'Usage'? Known: Usage, Purchase, Credit, Tax, Adjustment.",
        ),
        (
            lambda: apply(
                Adjustments((Negotiated(price=2, sku="a"),)), [Charge(sku="a", list_cost=[1.0])]
            ),
            "charge 'a': a negotiated price needs its quantity; give quantity.",
        ),
        (
            lambda: apply(
                Adjustments(committed=(Committed("plan", [1.0], {"b": [1.0]}),)),
                [Charge(sku="a", list_cost=[1.0])],
            ),
            "commitment 'plan': unknown SKU 'b'. Known: a.",
        ),
        (
            lambda: apply(
                Adjustments(committed=(Committed("plan", [1.0], {"a": [1.0]}, 2.0),)),
                [Charge(sku="a", quantity=[1.0], list_price=3)],
            ),
            "commitment 'plan': it covers usage worth more than its fee; covered units x rate may not exceed quantity x rate.",
        ),
        (
            lambda: apply(
                Adjustments(credits=(Credit(1, "c", services=("b",)),)),
                [Charge(sku="a", list_cost=[1.0])],
            ),
            "credit 'c': unknown service 'b'. Known: a.",
        ),
    ],
)
def test_nonsense_on_an_invoice_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: apply(Adjustments(), [Charge(sku="a", list_cost=[1.0, np.nan])]),
            "charge 'a': list_cost is [1.0, nan]; it must be a finite number or an array of them.",
        ),
        (
            lambda: apply(
                Adjustments(),
                [Charge(sku="a", list_cost=[1.0, 2.0]), Charge(sku="b", list_cost=[1.0, 2.0, 3.0])],
            ),
            "invoice: the charges have shapes (2,), (3,); give all of them as many periods.",
        ),
        (
            lambda: apply(
                Adjustments(committed=(Committed("plan", [1.0, 1.0, 1.0], {}),)),
                [Charge(sku="a", list_cost=[1.0, 2.0])],
            ),
            "commitment 'plan': fee has shape (3,) but the charges have (2,); give a number, or one for each period.",
        ),
        (
            lambda: Agreement(commitments=(100.0,), start="2027-01", year_months=1.5),
            "agreement: year_months is 1.5; it must be a whole number.",
        ),
    ],
)
def test_shapes_and_numbers_that_do_not_fit_are_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
