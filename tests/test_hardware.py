"""Owned and leased hardware: schedules, closed form against a root finder, laws, refusals (docs/method §5.48)."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from finops_model.errors import PriceError
from finops_model.prices.capacity.hardware import Hardware, own_or_rent, rent_path

boxes = st.builds(
    Hardware,
    gpus=st.integers(1, 64),
    capital=st.floats(1e3, 1e6),
    life_months=st.integers(1, 72),
    salvage_share=st.floats(0, 0.5),
    method=st.sampled_from(["straight_line", "declining"]),
    kilowatts=st.floats(0, 50),
    idle_share=st.floats(0, 1),
    pue=st.floats(1, 2),
    power_price=st.floats(0, 0.4),
    colocation_monthly=st.floats(0, 5e3),
    staff_monthly=st.floats(0, 5e3),
    maintenance_share=st.floats(0, 0.2),
    availability=st.floats(0.5, 1),
)


@settings(max_examples=150, deadline=None)
@given(boxes, st.integers(0, 100))
def test_depreciation_over_the_life_is_capital_less_salvage(box, more):
    months = box.life_months + more
    spent, worth = box.depreciation(months), box.book_value(months)
    assert spent.sum() == pytest.approx(box.capital * (1 - box.salvage_share), rel=1e-9)
    assert (spent >= -1e-9 * box.capital).all() and np.allclose(
        spent[box.life_months :], 0, atol=1e-9 * box.capital
    )
    assert worth[-1] == pytest.approx(box.capital * box.salvage_share, abs=1e-6)
    assert box.cash(months, 0.5).sum() == pytest.approx(box.cost(months, 0.5).sum(), rel=1e-9)


def test_declining_writes_off_earlier_than_straight_line():
    straight = Hardware(gpus=1, capital=1000.0, life_months=48).book_value(48)
    declining = Hardware(gpus=1, capital=1000.0, life_months=48, method="declining").book_value(48)
    assert (declining <= straight + 1e-9).all() and declining[11] < straight[11]


@settings(max_examples=100, deadline=None)
@given(boxes, st.floats(0.5, 20), st.floats(0, 0.3), st.floats(-0.2, 0.6))
def test_the_break_even_utilisation_is_the_root_scipy_finds(box, rent, rate, decline):
    done = own_or_rent(box, rent, 0.5, rate=rate, decline=decline)

    def saving(use):
        months = np.arange(box.life_months)
        weight = (1 + rate) ** (-months / 12)
        paid = (
            box.fixed_monthly
            + box.power_full * (1 - box.idle_share) * use
            - box.useful_hours * use * rent * (1 - decline) ** (months / 12)
        )
        first, last = box.capital, -box.capital * box.salvage_share * weight[-1]
        return -(first + last + (paid * weight).sum())

    if np.isnan(done.break_even):
        assert saving(1e9) <= 0
    else:
        assert done.break_even == pytest.approx(
            brentq(saving, 0, 1e9, xtol=1e-12, rtol=1e-14), rel=1e-6
        )
    assert done.saving == pytest.approx(saving(0.5), rel=1e-9, abs=1e-6)


@settings(max_examples=80, deadline=None)
@given(boxes, st.floats(0.5, 20), st.floats(0, 0.3))
def test_owning_wins_more_the_higher_the_utilisation_where_rent_is_above_power(box, rent, rate):
    use = np.linspace(0, 1, 21)
    done = own_or_rent(box, rent, use, rate=rate)
    if np.isnan(done.break_even):
        assert (done.saving <= 1e-6).all()
    else:
        assert (np.diff(done.saving) >= -1e-6).all()
        assert ((done.saving > 1e-6) <= (use > done.break_even)).all()


def test_the_cost_of_a_useful_hour_equals_the_rent_at_the_break_even():
    box = Hardware(
        gpus=8,
        capital=250_000.0,
        life_months=36,
        kilowatts=10,
        pue=1.3,
        power_price=0.12,
        idle_share=0.3,
        staff_monthly=800,
    )
    edge = float(own_or_rent(box, 2.5, 0.5).break_even)
    assert float(box.cost_per_useful_hour(edge)) == pytest.approx(2.5)


def test_paths_of_rent_and_utilisation_give_the_cents_of_each_alone():
    rng = np.random.default_rng(4)
    box = Hardware(
        gpus=8, capital=200_000.0, life_months=36, kilowatts=8, power_price=0.1, idle_share=0.5
    )
    rents, use = rng.uniform(0.5, 4, (5, 36)), rng.uniform(0, 1, 5)
    many = own_or_rent(box, 0.0, use, rents=rents, rate=0.08)
    for p in range(5):
        one = own_or_rent(box, 0.0, use[p], rents=rents[p], rate=0.08)
        assert all(
            np.allclose(getattr(many, key)[p], getattr(one, key), rtol=1e-12)
            for key in ("own", "rent", "saving", "break_even", "payback")
        )


def test_payback_by_a_loop_over_the_months():
    box = Hardware(gpus=8, capital=100_000.0, life_months=36, staff_monthly=500)
    for use in (0.1, 0.35, 0.6, 1.0):
        own, rent, expected = 100_000.0, 0.0, np.inf
        for m in range(1, 37):
            own, rent = own + 500, rent + 2.0 * use * box.useful_hours
            if rent >= own and expected == np.inf:
                expected = m
        done = own_or_rent(box, 2.0, use)
        assert float(done.payback) == expected
        words = (
            "never within the months looked at"
            if expected == np.inf
            else f"after {expected} months"
        )
        assert repr(done).endswith(f"its cash is back {words}") and "array" not in repr(done)


def test_a_lease_is_paid_for_its_months_and_expensed_straight():
    box = Hardware(gpus=4, lease_monthly=1000.0, lease_months=6, lease_advance=False)
    assert (
        box.horizon == 6 and box.cash(8).sum() == box.cost(8).sum() == 6000 and box.cash(8)[0] == 0
    )


@pytest.mark.parametrize(
    "call, message",
    [
        (lambda: Hardware(gpus=0), "hardware: gpus is 0; it must be a finite number above 0."),
        (
            lambda: Hardware(gpus=1, capital=-1),
            "hardware: capital is -1; it must be a finite number, 0 or more.",
        ),
        (
            lambda: Hardware(gpus=1, salvage_share=1.5),
            "hardware: salvage_share is 1.5; it must be a share from 0 to 1.",
        ),
        (
            lambda: Hardware(gpus=1, method="decline"),
            "hardware: unknown method 'decline'. Did you mean 'declining'? Known: straight_line, declining.",
        ),
        (
            lambda: rent_path(2.0, 3, decline=1),
            "hardware: decline is 1; it must be a share a year below 1 (0.3: a third cheaper each year).",
        ),
        (
            lambda: own_or_rent(Hardware(gpus=1, capital=9), 1.0, 0.5, rate=-2),
            "hardware: the yearly rate is -2; it must be a finite number above -1 (0.08 is 8 %).",
        ),
        (
            lambda: own_or_rent(Hardware(gpus=1, capital=9), 1.0, 0.5, rents=[1.0]),
            "hardware: rents has 1 months; give 48.",
        ),
        (
            lambda: Hardware(gpus=1, capital=9).cost_per_useful_hour(0.0),
            "hardware: a utilisation is 0; nothing is useful, so an hour has no cost. Give one above 0.",
        ),
    ],
)
def test_nonsense_in_hardware_is_refused(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
