"""Seats, quotas, overage, credits and prepaid balances against loops day by day (docs/method §5.42–§5.45)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import PriceError
from finops_model.periods import month_range
from finops_model.prices.terms.credits import Credit, draw, ordered, prepaid, topups
from finops_model.prices.terms.subscription import Plan, Subscription, seats_by_day

FIRST = "2027-01-01"
changes = st.lists(st.tuples(st.integers(0, 58), st.integers(-3, 5)), max_size=8)


def seats_of(start, moves):
    seats = np.full(59, float(start))
    for at, by in moves:
        seats[at:] += by
    return np.maximum(seats, 0)


def charged_by_hand(seats, fee, minimum):
    """Bills of two months, kept day by day: whole seats on the first, prorated ones when more are added."""
    bills, at = [], 0
    for length in (31, 28):
        paid, bill = 0.0, 0.0
        for d in range(length):
            wanted = max(seats[at + d], minimum)
            if wanted > paid:
                bill += (wanted - paid) * fee * (length - d) / length
                paid = wanted
        bills.append(bill)
        at += length
    return bills


@settings(max_examples=120, deadline=None)
@given(st.integers(0, 20), changes, st.floats(0, 100), st.integers(0, 8))
def test_seats_by_calendar_day_equal_a_loop_over_the_days(start, moves, fee, minimum):
    seats = seats_of(start, moves)
    done = Subscription((Plan(fee),), minimum_seats=minimum).settle(seats, FIRST)
    assert np.allclose(done.seat_cost, charged_by_hand(seats, fee, minimum), atol=1e-9)
    assert done.billed_by_day.sum() == pytest.approx(done.effective_by_day.sum(), abs=1e-9)
    assert np.allclose(
        [done.effective_by_day[:31].sum(), done.effective_by_day[31:].sum()],
        done.seat_cost,
        atol=1e-9,
    )
    assert (done.effective_by_day >= -1e-12).all()


def test_many_paths_of_seats_and_usage_give_the_cents_of_each_alone():
    rng = np.random.default_rng(7)
    seats, usage = rng.integers(0, 30, (3, 4, 59)).astype(float), rng.uniform(0, 4000, (3, 4, 2))
    plan = Subscription(
        (
            Plan(19, quota=100, overage_price=0.01, budget=5),
            Plan(39, since="2027-01-20", quota=150, overage_price=0.02),
        )
    )
    many = plan.settle(seats, FIRST, usage)
    for at in np.ndindex(3, 4):
        one = plan.settle(seats[at], FIRST, usage[at])
        for view in (
            "seat_cost",
            "quota",
            "over",
            "overage_cost",
            "blocked",
            "cost",
            "billed_by_day",
            "effective_by_day",
        ):
            assert np.array_equal(getattr(many, view)[at], getattr(one, view))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(0, 300), min_size=1, max_size=6), st.floats(0, 100), st.floats(0, 1))
def test_a_pooled_quota_never_leaves_more_over_than_a_quota_of_each_seat(usage, quota, price):
    plan = Plan(10, quota=quota, overage_price=price)
    seats = np.full(31, float(len(usage)))
    alone = Subscription((plan,), pool="per_seat").settle(seats, FIRST, np.array([usage]))
    pooled = Subscription((plan,)).settle(seats, FIRST, np.array([sum(usage)]))
    assert pooled.over[0] <= alone.over[0] + 1e-9
    assert alone.over[0] == pytest.approx(sum(max(u - quota, 0) for u in usage), abs=1e-9)


@settings(max_examples=80, deadline=None)
@given(
    st.floats(0, 1e4),
    st.floats(0, 100),
    st.floats(0.001, 1),
    st.one_of(st.none(), st.floats(0, 50)),
    st.sampled_from(["charged", "blocked"]),
)
def test_overage_is_served_or_blocked_and_within_its_budget(usage, quota, price, budget, overage):
    plan = Plan(10, quota=quota, overage_price=price, budget=budget, overage=overage)
    done = Subscription((plan,)).settle(np.ones(31), FIRST, np.array([usage]))
    served = done.overage_cost / price
    assert np.allclose(served + done.blocked, done.over, atol=1e-6)
    assert done.overage_cost[0] <= (np.inf if budget is None else budget) + 1e-9
    assert overage == "charged" or done.overage_cost[0] == 0


def test_a_plan_that_changes_back_and_forth_is_charged_for_its_days():
    plan = Subscription(
        (
            Plan(30),
            Plan(60, since="2027-01-11"),
            Plan(90, since="2027-01-21"),
            Plan(30, since="2027-02-01"),
        )
    )
    done = plan.settle(np.ones(59), FIRST)
    assert done.seat_cost.tolist() == pytest.approx([(30 * 10 + 60 * 10 + 90 * 11) / 31, 30])
    assert done.billed_by_day[[0, 10, 20, 31]].tolist() == pytest.approx(
        [30, 30 * 21 / 31, 30 * 11 / 31, 30]
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Subscription(()), "subscription: there is no plan; give at least one."),
        (
            lambda: Subscription((Plan(1, since="2027-02-01"), Plan(2, since="2027-02-01"))),
            "subscription: plans must stand in the order of their dates, one for each date.",
        ),
        (
            lambda: Subscription((Plan(1),), months=12),
            "subscription: cycles longer than a month, and trials, need their first day; give anchor.",
        ),
        (
            lambda: Subscription((Plan(1),), pool="poled"),
            "subscription: unknown pool 'poled'. Did you mean 'pooled'? Known: pooled, per_seat.",
        ),
        (
            lambda: Subscription((Plan(1),)).settle(np.ones(30), FIRST),
            "subscription: the days run from 2027-01-01 to 2027-01-30, but the cycles around them from 2027-01-01 to 2027-01-31; give seats for whole cycles.",
        ),
        (
            lambda: Subscription((Plan(1, since="2027-01-02"),)).settle(np.ones(31), FIRST),
            "subscription: no plan is in force on 2027-01-01; the first one begins on 2027-01-02.",
        ),
        (
            lambda: Subscription((Plan(1),)).settle(np.ones(31), FIRST, np.ones(2)),
            "subscription: usage has shape (2,); it must be (..., cycle) with 1 cycles.",
        ),
        (
            lambda: Subscription((Plan(1),)).settle([1.0, np.nan], FIRST),
            "seats: quantity is nan at position (1,); it must be finite and 0 or more.",
        ),
        (
            lambda: Subscription((Plan(1),)).settle(-np.ones(31), FIRST),
            "seats: quantity is -1 at position (0,); it must be finite and 0 or more.",
        ),
        (
            lambda: seats_by_day(1, [("2028-01-01", 1)], FIRST, "2027-02-01"),
            "seats: the change on 2028-01-01 lies outside 2027-01-01 to 2027-01-31.",
        ),
        (
            lambda: Plan(1, overage_block=0),
            "plan: overage_block is 0; it must be a finite number above 0.",
        ),
    ],
)
def test_nonsense_in_a_subscription_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message


# --- credits (§5.44)

MONTHS = month_range("2027-01", "2027-06")
some = st.lists(
    st.tuples(
        st.floats(0, 500),
        st.integers(0, 6),
        st.integers(1, 7),
        st.sampled_from([(), ("a",), ("b",), ("a", "b")]),
    ),
    max_size=4,
)


def credits_of(terms):
    months = month_range("2027-01", "2027-12")
    return [
        Credit(
            amount,
            f"c{i}",
            start=months[first],
            expires=f"{months[min(first + length, 11)]}-01",
            services=services,
        )
        for i, (amount, first, length, services) in enumerate(terms)
    ]


def drawn_by_hand(credits, cost, order):
    """Month by month, credit by credit, service by service: whole months only, so no splitting."""
    balance, drawn = [c.amount for c in credits], np.zeros((len(cost), len(credits)))
    for m in range(len(cost)):
        unpaid = dict(zip("ab", cost[m]))
        for k in order:
            first, last = credits[k].valid()
            if not first <= np.datetime64(MONTHS[m], "D") < last:
                continue
            mine = [s for s in "ab" if not credits[k].services or s in credits[k].services]
            pay = min(balance[k], sum(unpaid[s] for s in mine))
            base = sum(unpaid[s] for s in mine)
            for s in mine:
                unpaid[s] -= pay * unpaid[s] / base if base else 0
            balance[k] -= pay
            drawn[m, k] += pay
    return drawn


@settings(max_examples=150, deadline=None)
@given(some, st.lists(st.tuples(st.floats(0, 200), st.floats(0, 200)), min_size=6, max_size=6))
def test_credits_equal_a_loop_and_nothing_is_lost(terms, cost):
    credits, cost = credits_of(terms), np.array(cost)
    done = draw(credits, cost, MONTHS, ["a", "b"])
    assert np.allclose(done.drawn, drawn_by_hand(credits, cost, ordered(credits)), atol=1e-6)
    assert np.allclose(
        done.total + done.expired + done.left, [c.amount for c in credits], atol=1e-9
    )
    assert (done.after >= -1e-9).all() and (done.drawn >= -1e-9).all()
    assert np.allclose(done.by_service.sum(-1), done.drawn.sum(-1), atol=1e-6)


def test_many_paths_of_cost_give_the_cents_of_each_alone():
    cost = np.random.default_rng(3).uniform(0, 300, (5, 2, 6, 2))
    credits = credits_of([(400, 0, 3, ()), (300, 1, 5, ("a",)), (50, 0, 1, ("b",))]) + [
        Credit(100, "mid", start="2027-01-11", expires="2027-03-21")
    ]
    many = draw(credits, cost, MONTHS, ["a", "b"])
    for at in np.ndindex(5, 2):
        one = draw(credits, cost[at], MONTHS, ["a", "b"])
        assert np.array_equal(many.drawn[at], one.drawn) and np.array_equal(
            many.expired[at], one.expired
        )


def test_months_equal_their_days_where_a_credit_ends_within_one():
    """A month's cost lies evenly over its days: drawing day by day must give the same month."""
    days = [str(d) for d in np.arange("2027-01-01", "2027-03-01", dtype="datetime64[D]")]
    credits = [
        Credit(700, "mid", start="2027-01-11", expires="2027-02-15"),
        Credit(300, "all", expires="2027-06"),
    ]
    daily = np.concatenate([np.full(31, 930 / 31), np.full(28, 560 / 28)])
    by_day, by_month = (
        draw(credits, daily, days),
        draw(credits, [930.0, 560.0], ["2027-01", "2027-02"]),
    )
    assert np.allclose([by_day.drawn[:31].sum(0), by_day.drawn[31:].sum(0)], by_month.drawn)
    assert np.allclose(by_day.expired, by_month.expired)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 200), min_size=6, max_size=6),
    st.floats(1, 800),
    st.floats(0.5, 1.0),
    st.integers(1, 6),
)
def test_a_prepaid_balance_is_billed_expensed_or_still_prepaid(cost, amount, price, months):
    end = month_range("2027-01", "2027-12")[months]
    done = prepaid([Credit(amount, "x", "2027-01", f"{end}-01", paid=amount * price)], cost, MONTHS)
    assert done.billed.sum() == pytest.approx(done.effective.sum() + done.prepaid[-1], abs=1e-6)
    assert (done.prepaid >= -1e-6).all() and np.allclose(done.drawn + done.overage, cost)
    if months < 6:
        assert done.drawn.sum() + done.expired.sum() == pytest.approx(amount)


@settings(max_examples=80, deadline=None)
@given(
    st.lists(st.floats(0, 100), min_size=1, max_size=12),
    st.floats(0, 50),
    st.floats(1, 60),
    st.floats(0, 20),
)
def test_topups_are_the_fewest_that_keep_the_balance(cost, balance, amount, threshold):
    times = topups(cost, balance, amount, threshold)
    left = balance + np.cumsum(times * amount) - np.cumsum(cost)
    assert (left >= threshold - 1e-6).all() and (times == np.round(times)).all()
    fewer = left - amount
    assert all(fewer[i] < threshold + 1e-6 for i in np.flatnonzero(times))


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: draw([Credit(1, "a", expires="2027-01")], [1.0]),
            "credit 'a': it has a start or an expiry, so the periods must be named; pass periods, for example ['2027-01', '2027-02'].",
        ),
        (
            lambda: draw([Credit(1)], [np.nan]),
            "credits: a cost is not a finite number; nothing can be drawn against it.",
        ),
        (
            lambda: draw([Credit(1)], [1.0], ["2027-01", "2027-02"]),
            "credits: cost has 1 periods but 2 are named; name each of them.",
        ),
        (
            lambda: draw([Credit(1)], [1.0], services=["a", "b"]),
            "credits: cost has shape (1,) and there are 2 services; give cost (..., period, service).",
        ),
        (
            lambda: draw([Credit(1)], [1.0], order="expiri"),
            "credits: unknown order 'expiri'. Did you mean 'expiry'? Known: expiry, written.",
        ),
        (
            lambda: draw([Credit(1, "a"), Credit(1, "b")], [1.0], order=["a"]),
            "credits: the order names a but the credits are a, b; name each of them once.",
        ),
        (
            lambda: Credit(-1, "a"),
            "credit 'a': amount is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: Credit(1, "a", share=2),
            "credit 'a': share is 2; it must be a share from 0 to 1.",
        ),
        (
            lambda: prepaid([Credit(1, "a", "2026-01", paid=1)], [1.0], ["2027-01"]),
            "credit 'a': it starts on 2026-01-01, outside the periods given; a prepaid balance is followed from its start.",
        ),
    ],
)
def test_nonsense_in_credits_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
