"""The level of on-and-off workloads: the newest weeks' mean, or a method that did better (docs/method §2.17)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.forecasting import sparse
from finops_model.forecasting.history import kind, since_launch
from finops_model.forecasting.methods import adida, croston, shelf, tsb
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths import error_paths


def series(days=400, seed=1, chance=0.25):
    rng = np.random.default_rng(seed)
    return pd.Series(
        (rng.random(days) < chance) * rng.lognormal(3, 0.5, days),
        pd.date_range("2025-01-01", periods=days),
    )


def grown(days=420):
    """Every fifth day, and each demand 1.2 % more than the one before: the weeks' mean of half a year lags far behind."""
    return pd.Series(
        np.where(np.arange(days) % 5 == 4, 10 * 1.012 ** (np.arange(days) / 1.0), 0.0),
        pd.date_range("2025-01-01", periods=days),
    )


def test_the_weeks_mean_is_the_default_and_no_group_changes_that():
    y = series()
    plain, cheap = forecast(y, 40, paths=100), forecast(y, 40, paths=100, methods="cheap")
    assert plain.weights == {"weekly_blocks": 1.0} and plain.kind == "intermittent"
    np.testing.assert_array_equal(plain.paths, cheap.paths)
    np.testing.assert_array_equal(plain.median, error_paths.expected_weeks(y.to_numpy(), 40))


@pytest.mark.parametrize("name", ["croston", "tsb", "adida"])
def test_a_named_method_gives_the_level_and_weeks_keep_giving_shape_and_spread(name):
    y = series()
    plain, told = forecast(y, 70, paths=100), forecast(y, 70, paths=100, methods=[name])
    assert told.weights == {name: 1.0}
    lift = told.median.sum() / plain.median.sum()
    assert told.median.mean() == pytest.approx(
        shelf()[name].point(since_launch(y.to_numpy()), None, 1)[0]
    )
    np.testing.assert_allclose(told.median, plain.median * lift)
    np.testing.assert_allclose(told.paths, plain.paths * lift)


def test_the_best_of_several_named_ones_is_taken():
    y = grown().to_numpy()
    missed = {}
    for name in ("croston", "tsb", "adida"):
        cutoffs = list(range(len(y) - 30, 55, -30))[:8]
        missed[name] = np.sqrt(
            np.mean(
                [
                    (y[o : o + 30].sum() - 30 * shelf()[name].point(y[:o], None, 1)[0]) ** 2
                    for o in cutoffs
                ]
            )
        )
    assert sparse.level(y, ["tsb", "adida", "croston"])[1] == min(missed, key=missed.get)


def test_all_takes_a_method_only_where_it_did_clearly_better():
    assert sparse.level(grown().to_numpy(), "all")[1] != "weekly_blocks"
    taken = [sparse.level(series(seed=seed).to_numpy(), "all")[1] for seed in range(12)]
    assert taken.count("weekly_blocks") >= 8  # steady chance: the weeks' mean is as good as any
    short = series(days=90)
    assert kind(short.to_numpy()) == "intermittent" and sparse.level(short.to_numpy(), "all") == (
        1.0,
        "weekly_blocks",
    )
    assert (
        sparse.level(short.to_numpy(), ["tsb", "croston"])[1]
        == sparse.level(short.to_numpy(), ["croston", "tsb"])[1]
        == "croston"
    )  # too short to grade: the first by the alphabet, whatever the order of the list


def test_names_of_steady_methods_alone_leave_the_weeks_mean():
    assert forecast(series(), 30, paths=50, methods=["theta", "damped_holt"]).weights == {
        "weekly_blocks": 1.0
    }


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 1000), power=st.integers(-10, 10), more=st.integers(1, 60))
def test_scale_and_horizon_do_not_change_what_is_said(seed, power, more):
    y = series(200, seed)
    if kind(y.to_numpy()) != "intermittent":
        return
    one, longer, scaled = (
        forecast(y * k, days, paths=30, methods="all")
        for k, days in ((1.0, 20), (1.0, 20 + more), (2.0**power, 20))
    )
    np.testing.assert_allclose(longer.paths[:, :20], one.paths)
    np.testing.assert_allclose(scaled.paths, one.paths * 2.0**power, rtol=1e-9)
    assert scaled.weights == one.weights


def test_croston_without_its_bias_says_the_true_mean_on_average():
    """Syntetos & Boylan (2005): Croston's ratio is too high by about alpha ÷ (2 − alpha) × (1 − 1/p); what is left of it after × (1 − alpha/2)
    is within 1 % here, and Croston's own is not."""
    rng = np.random.default_rng(3)
    said = np.array(
        [
            croston.point((rng.random(600) < 0.2) * rng.gamma(4, 2.5, 600), None, 1)[0]
            for _ in range(1500)
        ]
    )
    error = said.std() / np.sqrt(len(said))
    assert (
        abs(said.mean() - 2.0) < 0.02 + 3 * error
        and said.mean() / (1 - croston.ALPHA / 2) > 2.0 + 3 * error
    )


def test_a_workload_that_falls_silent_fades_in_tsb_and_stays_in_croston():
    y = np.append(np.resize([0.0, 0.0, 6.0], 120), np.zeros(40))
    assert (
        croston.point(y, None, 1)[0]
        == croston.point(y[:120], None, 1)[0]
        == pytest.approx(0.95 * 2)
    )
    assert tsb.point(y, None, 1)[0] == pytest.approx(
        tsb.point(y[:120], None, 1)[0] * (1 - tsb.CHANCE) ** 40
    )


def test_adida_of_a_regular_rhythm_is_its_mean_whatever_day_it_ends():
    for cut in range(5):
        y = np.resize([0.0, 0.0, 0.0, 0.0, 10.0], 200)[: 200 - cut]
        assert adida.point(y, None, 1)[0] == pytest.approx(2.0)


def bursty(days=400, base=50.0, burst=3000.0):
    """Five days of work in thirty on a small base that is always there."""
    return np.where(np.arange(days) % 30 < 5, burst, base)


def test_bursts_on_a_small_base_come_and_go_and_are_not_carried_on_at_full_height():
    y = bursty() * np.exp(0.1 * np.random.default_rng(4).normal(size=400))
    assert kind(y) == "intermittent"
    series_ = pd.Series(y, pd.date_range("2025-01-01", periods=400))
    told = forecast(series_, 182, paths=400)
    mean = y[-180:].mean()
    assert told.paths.mean() == pytest.approx(mean, rel=0.15)


@pytest.mark.parametrize(
    "values",
    [
        np.repeat([50.0, 3000.0], 200),  # a step
        np.where(np.arange(400) == 300, 3000.0, 50.0),  # one burst
        bursty(base=600.0),  # a base that is no rest: a fifth of a burst
        np.where(np.arange(400) % 7 < 5, 100.0, 1.0),  # weekdays
        np.linspace(1.0, 500.0, 400),  # growth
    ],
    ids=["step", "one", "base", "weekdays", "growth"],
)
def test_what_is_no_coming_and_going_stays_steady(values):
    assert kind(values) == "steady"


@given(power=st.integers(-20, 20))
def test_a_unit_of_measure_does_not_change_what_a_workload_is(power):
    assert kind(bursty() * 2.0**power) == "intermittent"


@pytest.mark.parametrize("days", [56, 57, 58, 63, 64])
def test_short_histories_with_bursts_are_judged_too(days):
    assert kind(bursty(days)) in ("steady", "intermittent")
