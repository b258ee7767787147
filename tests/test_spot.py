"""Spot: vendor billing table, checkpoints against simulated interruptions, price paths (docs/method §5.35, §5.36)."""

from __future__ import annotations

from decimal import Decimal, getcontext

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import optimize

from finops_model.errors import PriceError
from finops_model.prices.capacity import spot
from finops_model.prices.capacity.checkpoints import Checkpointing

QUICK = settings(max_examples=60, deadline=None)


@pytest.mark.parametrize(
    "rule, system, by, minutes, hours",
    [
        ("ec2", "linux", "provider", [0, 40, 59.99, 60, 100], [0, 0, 0, 1, 100 / 60]),
        ("ec2", "windows", "provider", [40, 100], [0, 100 / 60]),
        ("ec2", "rhel", "provider", [40, 100], [0, 100 / 60]),
        ("ec2", "linux", "user", [0, 0.5, 40, 100], [0, 1 / 60, 40 / 60, 100 / 60]),
        ("ec2", "windows", "user", [40, 100], [40 / 60, 100 / 60]),
        ("ec2", "suse", "provider", [40, 60, 100, 120, 179], [0, 1, 1, 2, 2]),
        ("ec2", "suse", "user", [0, 40, 60, 100, 120], [0, 1, 1, 2, 2]),
        ("ec2_2023", "rhel", "user", [40, 100], [1, 2]),
        ("ec2_2023", "rhel", "provider", [40, 100], [0, 1]),
        ("google", "linux", "provider", [0.5, 1, 40], [0, 1 / 60, 40 / 60]),
        ("by_the_second", "linux", "provider", [0.5, 40], [0.5 / 60, 40 / 60]),
    ],
)
def test_what_an_interruption_bills(rule, system, by, minutes, hours):
    billed = spot.RULES[rule].billed_hours(minutes, by, system)
    assert (
        billed == pytest.approx(hours)
        and float(spot.RULES[rule].billed_hours(minutes[-1], by, system)) == billed[-1]
    )


@QUICK
@given(st.floats(0, 5000), st.sampled_from(sorted(spot.RULES)), st.sampled_from(spot.SYSTEMS))
def test_the_user_never_pays_less_than_when_the_provider_ends_it(minutes, rule, system):
    rule = spot.RULES[rule]
    assert (
        rule.billed_hours(minutes, "provider", system)
        <= rule.billed_hours(minutes, "user", system) + 1e-12
    )


def test_the_expected_share_billed_agrees_with_sampling():
    rng = np.random.default_rng(11)
    for rate in (0.05, 0.5, 2.0):
        runs = rng.exponential(60 / rate, 400_000)
        billed = spot.EC2.billed_hours(runs)
        share = spot.billed_share(rate) / rate  # billed hours of a run
        assert abs(billed.mean() - share) < 4 * billed.std() / np.sqrt(billed.size)
    assert spot.billed_share(0.0) == 1


def test_hazard_is_the_band_again_after_a_month_and_a_fleet_stops_sooner():
    rate = spot.hazard(np.array([0.0, 0.05, 0.2]), hours=720)
    assert -np.expm1(-rate * 720) == pytest.approx([0, 0.05, 0.2])
    assert 1 - (1 - 0.05) ** 64 == pytest.approx(-np.expm1(-spot.fleet_hazard(rate[1], 64) * 720))


def test_young_daly_case():
    case = Checkpointing(checkpoint=5.0, mtbf=1440.0, restart=0.0)
    assert case.young() == 120 and case.best_interval() == pytest.approx(116.69006, abs=2e-5)
    assert case.factor() == pytest.approx(1.08818, abs=1e-6) and case.factor(120) == pytest.approx(
        1.088215, abs=1e-6
    )


def test_daly_printed_intervals():
    """M = 24 h, 6 h and 15 min with a 5 minute checkpoint and a 10 minute restart: figures 3 to 5 of the article."""
    assert (
        np.abs(Checkpointing(5, np.array([1440, 360, 15]), 10).daly() - [117, 57, 9.1])
        < [0.5, 0.5, 0.05]
    ).all()


def test_the_best_interval_solves_its_equation_to_the_last_digits():
    getcontext().prec = 40
    for c in np.geomspace(1e-13, 40, 25):
        low, high = Decimal(0), Decimal(1) - Decimal(10) ** -39
        for _ in range(130):
            middle = (low + high) / 2
            low, high = (
                (low, middle) if -(1 - middle).ln() - middle > Decimal(float(c)) else (middle, high)
            )
        assert float(Checkpointing(c, 1.0).best_interval()) == pytest.approx(float(low), rel=2e-14)


@QUICK
@given(st.floats(1e-4, 50), st.floats(1, 1e4), st.floats(0, 30))
def test_the_best_interval_beats_every_other_and_a_minimiser(checkpoint, mtbf, restart):
    case = Checkpointing(checkpoint, mtbf, restart)
    best = case.best_interval()
    assert 0 < best <= mtbf and case.factor() >= 1
    for other in (best * 0.7, best * 1.4, case.young(), case.daly()):
        assert case.factor(other) >= case.factor() * (1 - 1e-12)
    found = optimize.minimize_scalar(
        lambda x: float(case.factor(x)), bounds=(best * 0.2, best * 5), method="bounded"
    )
    assert case.factor() <= found.fun * (1 + 1e-9)


@pytest.mark.parametrize(
    "interval, restart, mtbf", [(60.0, 0.0, 400.0), (120.0, 15.0, 150.0), (30.0, 40.0, 60.0)]
)
def test_simulated_interruptions_take_the_expected_time(interval, restart, mtbf):
    """Poisson interruptions: the first attempt needs interval + C without one, each further attempt a restart as well."""
    rng, checkpoint, segments = np.random.default_rng(3), 5.0, 60_000
    total, waiting = np.zeros(segments), np.ones(segments, bool)
    needed = np.full(segments, interval + checkpoint)
    while waiting.any():
        until = rng.exponential(mtbf, segments)
        total += np.where(waiting, np.minimum(until, needed), 0.0)
        waiting &= until < needed
        needed = np.full(segments, interval + checkpoint + restart)
    factor = total / interval
    expected = Checkpointing(checkpoint, mtbf, restart).factor(interval)
    assert abs(factor.mean() - expected) < 4 * factor.std() / np.sqrt(segments)


def test_limits_of_checkpoints():
    assert (
        Checkpointing(5, np.inf, 3).factor() == 1
        and Checkpointing(5, np.inf, 3).factor(100) == 1.05
    )
    assert (
        Checkpointing(5, np.inf).best_interval() == np.inf
        and Checkpointing(5, np.inf).daly() == np.inf
    )
    assert Checkpointing(0, 100).best_interval() == 0 and Checkpointing(0, 100).factor() == 1
    assert Checkpointing(0, 100, 50).factor() == pytest.approx(np.exp(0.5))
    assert Checkpointing(1, 0.001).factor(10) == np.inf  # never ends
    many = Checkpointing(np.array([[1], [5]]), np.array([100, 1440, np.inf]))
    assert many.factor().shape == (2, 3) and many.factor()[1, 1] == Checkpointing(5, 1440).factor()
    assert Checkpointing(500, 100).daly() == 100


@QUICK
@given(
    st.lists(st.floats(0, 10), min_size=2, max_size=6),
    st.floats(0, 100),
    st.floats(1, 3),
    st.floats(0, 1),
    st.floats(0, 10),
)
def test_a_price_path_is_charged_period_by_period(prices, hours, factor, available, highest):
    path = np.array([prices, prices[::-1]])
    done = spot.run(hours, path, on_demand=8.0, factor=factor, available=available, highest=highest)
    assert done.cost.shape == path.shape and np.array_equal(done.cost[0], done.cost[1][::-1])
    for price, cost, rest in zip(prices, done.cost[0], done.fallback_hours[0]):
        share = available if price <= highest else 0.0
        assert cost == pytest.approx(
            hours * spot.effective_price(price, 8.0, factor, 1 - share), abs=1e-9
        )
        assert rest == pytest.approx(hours * (1 - share), abs=1e-9)


@QUICK
@given(st.floats(1, 5), st.floats(0.01, 10), st.floats(0, 0.99))
def test_spot_saves_below_the_break_even_ratio_only(factor, on_demand, fallback):
    ratio = float(spot.break_even_ratio(factor))
    assert spot.effective_price(ratio * on_demand, on_demand, factor, fallback) == pytest.approx(
        on_demand
    )
    assert spot.effective_price(0.9 * ratio * on_demand, on_demand, factor, fallback) < on_demand


@pytest.mark.parametrize(
    "call, message",
    [
        (
            lambda: spot.EC2.billed_hours(1, "aws"),
            "spot: unknown cause 'aws'. Known: provider, user.",
        ),
        (
            lambda: spot.EC2.billed_hours(1, "user", "sues"),
            "spot: unknown operating system 'sues'. Did you mean 'suse'? Known: linux, windows, rhel, suse.",
        ),
        (
            lambda: spot.EC2.billed_hours(-1),
            "spot: minutes: quantity is -1; it must be finite and 0 or more.",
        ),
        (
            lambda: spot.InterruptionRule(full_hours=("mac",)),
            "interruption rule: unknown operating system 'mac'. Known: linux, windows, rhel, suse.",
        ),
        (
            lambda: spot.hazard(1.0),
            "hazard: band is 1; it must be a share from 0 to below 1 (0.05 is 5 % a month).",
        ),
        (
            lambda: spot.effective_price(1, 2, factor=0.9),
            "effective price: factor is 0.9; a useful hour takes an hour or more.",
        ),
        (
            lambda: spot.effective_price(1, 2, fallback=1.1),
            "effective price: fallback is 1.1; it must be a share from 0 to 1.",
        ),
        (
            lambda: spot.break_even_ratio(0.5),
            "break even: factor is 0.5; a useful hour takes an hour or more.",
        ),
        (
            lambda: spot.run(1, [1, -2], 3),
            "spot: spot: quantity is -2 at position (1,); it must be finite and 0 or more.",
        ),
        (
            lambda: spot.run(1, [1, 2], 3, available=2),
            "spot: available is 2; it must be a share from 0 to 1.",
        ),
        (lambda: Checkpointing(5, 0), "checkpointing: mtbf is 0; it must be above 0."),
        (lambda: Checkpointing(5, [10, np.nan]), "checkpointing: mtbf is nan; it must be above 0."),
        (
            lambda: Checkpointing(5, "day"),
            "checkpointing: mtbf is day; it must be a number or an array of numbers.",
        ),
        (
            lambda: Checkpointing(-5, 10),
            "checkpointing: checkpoint: quantity is -5; it must be finite and 0 or more.",
        ),
        (
            lambda: Checkpointing(5, 10).factor(-1),
            "checkpointing: interval is -1; it must be above 0.",
        ),
        (
            lambda: Checkpointing(5, 10).factor(0),
            "checkpointing: interval is 0; work saved all the time never ends. It must be above 0.",
        ),
    ],
)
def test_nonsense_is_refused_in_one_sentence(call, message):
    with pytest.raises(PriceError) as raised:
        call()
    assert str(raised.value) == message
