"""Common random numbers: two plans share every draw bit for bit, and their difference is far surer for it (docs/method §3.3, §3.39)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from finops_model import streams
from finops_model.errors import ScenarioError
from finops_model.prices.rates import make as make_rate
from finops_model.simulate.kernel.engine import simulate_paths
from finops_model.simulate.kernel.flat import FlatPlan, Form, PathValue, Table
from finops_model.simulate.kernel.kept import keep_draws
from finops_model.uncertainty import answers
from finops_model.uncertainty.distributions import make
from finops_model.uncertainty.following import Draws, Following

ENGINES = pytest.mark.parametrize("which", ["numpy", "numba"])
STEPS, POOLS, PATHS = 60, 6, 2048
LEVEL = np.linspace(8.0, 30.0, POOLS)


def tables(commitments: float) -> tuple[Table, ...]:
    """Use above the commitment of every pool is charged at the price of its line."""
    return tuple(
        Table(
            i,
            ((0.0, 0.0, np.array([0.9 * level * commitments]), np.array([1.0])),),
            np.zeros(STEPS),
            money=0,
        )
        for i, level in enumerate(LEVEL)
    )


def plan(commitments: float = 1.0, **changes) -> FlatPlan:
    """Every kind of draw there is: factors, noise, levels, bursts, jumps, path values, a spot market; pools and a tariff."""
    count = POOLS + 1
    fixed = np.zeros((2, 2))
    fixed[:, 0] = STEPS / 2 * 0.6 * (0.9 * LEVEL * commitments).sum()
    fields = dict(
        months=("2026-11", "2026-12"),
        month_of=np.repeat([0, 1], STEPS // 2),
        workloads=(*(f"gpu{i}" for i in range(POOLS)), "chat"),
        median=np.tile(np.append(LEVEL, 50.0), (STEPS, 1)),
        columns=("cost", "tokens"),
        units=1,
        factors=("market",),
        phi=np.full(count, 0.8),
        sigma=np.full(count, 0.25),
        noise_loadings=np.full((count, 1), 0.6),
        level_step=np.full((STEPS, count), 0.01),
        level_loadings=np.full((count, 1), 0.4),
        burst_rate=np.full(count, 0.03),
        burst_size=0.5 * np.append(LEVEL, 50.0),
        values=(PathValue((("growth", make("normal", {"mean": 0.0, "sd": 0.05})),), "rate"),),
        profile=np.ones((1, STEPS)),
        value_demand=np.ones((1, count)),
        lines=("on-demand", "spot"),
        price=np.tile([1.0, 0.4], (STEPS, 1)),
        overhead=np.array([0.0, 0.1]),
        overhead_sd=np.array([0.0, 0.5]),
        overhead_factor=("", "market"),
        jumps=("cuts",),
        jump_rate=np.array([1 / 90]),
        jump_law=("uniform",),
        jump_low=np.array([0.7]),
        jump_high=np.array([0.95]),
        jump_line=np.ones((1, 2)),
        pools=tuple(f"p{i}" for i in range(POOLS)),
        pool_line=np.tile([0.7, 0.3], (POOLS, 1)),
        member_pool=np.arange(POOLS),
        member_workload=np.arange(POOLS),
        member_units=np.ones((POOLS, STEPS)),
        tables=tables(commitments),
        fixed=fixed,
        charge_workload=[POOLS],
        charge_column=[1],
        charge_line=[-1],
        charge_rate=np.ones((1, STEPS)),
        forms=(
            Form(1, (make_rate("graduated", {"starts": [0, 1000], "prices": [1.0, 0.6]}),) * 2, 0),
        ),
    )
    return FlatPlan(**(fields | changes))


def totals(of: FlatPlan, which: str, seed: int = 5, paths: int = PATHS) -> np.ndarray:
    return simulate_paths(of, paths, seed, which, workers=1).cost.sum(axis=(1, 2))


@ENGINES
def test_a_difference_on_common_draws_is_ten_times_as_sure(which):
    base, more = totals(plan(), which), totals(plan(1.2), which)
    found = answers.gain(base, more)
    assert found.low > 10, str(found)
    apart = answers.gain(
        base, totals(plan(1.2), which, seed=6)
    )  # draws of their own: nothing is gained
    assert abs(apart.value - 1) < 4 * apart.standard_error < 0.3
    told = answers.difference(base, more)
    assert (told.independent_error / told.estimate.standard_error) ** 2 == pytest.approx(
        found.value, rel=1e-9
    )


@ENGINES
def test_whatever_else_differs_the_draws_are_the_same_bit_for_bit(which):
    """Levels of pools and prices by step, on every path: other commitments, tariffs, fixed money, an added workload with bursts and
    noise of its own, an added jump."""
    kept = keep_draws(plan(), 512, 5, which)
    other = plan()
    wider = dict(
        workloads=(*other.workloads, "new"),
        median=np.column_stack([other.median, np.full(STEPS, 3.0)]),
        phi=np.append(other.phi, 0.2),
        sigma=np.append(other.sigma, 0.5),
        noise_loadings=np.full((POOLS + 2, 1), 0.6),
        level_step=np.full((STEPS, POOLS + 2), 0.01),
        level_loadings=np.full((POOLS + 2, 1), 0.4),
        burst_rate=np.full(POOLS + 2, 0.03),
        burst_size=np.append(other.burst_size, 9.0),
        value_demand=np.ones((1, POOLS + 2)),
    )
    jumps = dict(
        jumps=("cuts", "rises"),
        jump_rate=np.array([1 / 90, 1 / 40]),
        jump_law=("uniform", "lognormal"),
        jump_low=np.array([0.7, 0.1]),
        jump_high=np.array([0.95, 0.2]),
        jump_line=np.array([[1.0, 1.0], [0.0, 0.0]]),
    )
    forms = dict(
        forms=(Form(1, (make_rate("volume", {"starts": [0, 700], "prices": [2.0, 1.0]}),) * 2, 0),)
    )
    for changed in (
        plan(1.2),
        plan(0.0),
        plan(fixed=np.array([[9.0, 0.0], [7.0, 0.0]])),
        plan(**wider),
        plan(**jumps),
        plan(**forms),
    ):
        again = keep_draws(changed, 512, 5, which)
        assert np.array_equal(again.levels, kept.levels) and np.array_equal(
            again.prices, kept.prices
        )
        np.testing.assert_array_equal(
            simulate_paths(changed, 512, 5, which).usage,
            simulate_paths(plan(), 512, 5, which).usage,
        )
    assert not np.array_equal(keep_draws(plan(), 512, 6, which).levels, kept.levels)


@ENGINES
def test_a_scenario_that_moves_a_price_keeps_the_others_draws(which):
    """A price twice as high is money twice as high, path by path: nothing else was drawn anew."""
    double = plan(price=np.tile([2.0, 0.8], (STEPS, 1)), fixed=np.zeros((2, 2)), forms=())
    single = plan(fixed=np.zeros((2, 2)), forms=())
    np.testing.assert_allclose(totals(double, which), 2 * totals(single, which), rtol=1e-6)


def test_the_gain_is_the_ratio_of_variances_with_the_error_of_repeated_runs():
    """Correlated normals: Var x = 1, Var y = 4, r = .9: (1 + 4) ÷ (1 + 4 − 2 · .9 · 2) = 3.5714."""
    rng, found = np.random.default_rng(3), []
    for _ in range(400):
        x = rng.standard_normal(500)
        y = 2 * (0.9 * x + np.sqrt(1 - 0.81) * rng.standard_normal(500))
        found.append(answers.gain(x, y))
    values, errors = np.array([e.value for e in found]), np.array([e.standard_error for e in found])
    assert values.mean() == pytest.approx(5 / 1.4, rel=0.01)
    assert errors.mean() == pytest.approx(values.std(ddof=1), rel=0.10)
    held = np.mean([e.low <= 5 / 1.4 <= e.high for e in found])
    assert 0.92 <= held <= 0.98


@pytest.mark.parametrize(
    ("base", "other", "message"),
    [
        (
            [1.0, 2.0],
            [1.0, 2.0, 3.0],
            "2 paths here and 3 there; only runs on the same draws have a difference by path.",
        ),
        (
            [1.0, 2.0],
            [2.0, 3.0],
            "the two runs differ by the same amount on every path; their difference has no error to compare.",
        ),
        ([1.0], [2.0], "totals of shape (1,); this needs one number for each of at least 2 paths."),
    ],
)
def test_runs_that_have_no_gain_are_refused_word_for_word(base, other, message):
    with pytest.raises(ScenarioError) as refused:
        answers.gain(base, other)
    assert str(refused.value) == message


def test_a_plan_differs_from_its_copy_in_nothing(which="numpy"):
    again = dataclasses.replace(plan())
    np.testing.assert_array_equal(totals(again, which), totals(plan(), which))


@pytest.mark.parametrize(("first", "last"), [(0, 3), (2, 5), (7, 8), (4, 4)])
def test_blocks_of_uniforms_are_those_drawn_one_by_one(first, last):
    """One generator set to each block in turn has the bits of one made for each."""
    made = streams.uniform_blocks(11, "growth", first, last)
    alone = [
        streams.generator(11, "growth", block).random(streams.BLOCK) for block in range(first, last)
    ]
    np.testing.assert_array_equal(
        made, np.clip(np.concatenate(alone) if alone else np.empty(0), 1e-12, 1 - 1e-12)
    )


def test_a_factor_is_drawn_once_however_many_values_follow_it():
    asked = []
    draws = Draws(lambda name: asked.append(name) or streams.uniforms(3, name, 300))
    values = [
        Following(make("normal", {"mean": 0.0, "sd": 1.0}), {"market": 0.6}) for _ in range(4)
    ]
    together = [value.on_paths(draws, f"v{i}") for i, value in enumerate(values)]
    assert sorted(asked) == ["copula/market", "v0", "v1", "v2", "v3"]
    for i, value in enumerate(values):
        np.testing.assert_array_equal(
            together[i], value.on_paths(lambda name: streams.uniforms(3, name, 300), f"v{i}")
        )
