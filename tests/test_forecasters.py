"""The shelf of point forecasters: what every file on it must do, and closed forms (docs/method §2.2)."""

from __future__ import annotations

import logging
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from finops_model.errors import ForecastError
from finops_model.forecasting.methods import _week, damped_holt, last_year, pick, shelf, theta

START = np.datetime64("2024-02-01")
WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])
SPARSE = [
    name for name, module in shelf().items() if getattr(module, "FOR", "steady") == "intermittent"
]
OF_DAYS = ", ".join(
    sorted(name for name, module in shelf().items() if 7 in getattr(module, "SEASONS", (7,)))
)
STEADY = [name for name in shelf() if name not in SPARSE]
CHEAP = [
    name
    for name in STEADY
    if shelf()[name].COST == "cheap" and 7 in getattr(shelf()[name], "SEASONS", (7,))
]


def history(days, seed=1):
    rng = np.random.default_rng(seed)
    return 50 * np.resize(WEEK, days) * np.exp(np.cumsum(rng.normal(0, 0.01, days)))


def dates(days):
    return START + np.arange(days)


def test_the_shelf_holds_the_methods_of_the_folder():
    assert set(shelf()) >= {
        "seasonal_naive",
        "weekday_mean",
        "theta",
        "damped_holt",
        "last_year",
        "last_value",
        "prophet",
        "croston",
        "tsb",
        "adida",
    }
    assert not any(name.startswith("_") for name in shelf())


@pytest.mark.parametrize("name", shelf())
def test_every_method_answers_at_its_shortest_history(name):
    module = shelf()[name]
    days = max(module.MIN_DAYS, 2)
    ahead = module.point(history(days), dates(days), 40)
    assert ahead.shape == (40,) and np.isfinite(ahead).all() and (ahead >= 0).all()


@pytest.mark.parametrize("name", STEADY)
def test_a_constant_stays_a_constant(name):
    ahead = shelf()[name].point(np.full(500, 7.0), dates(500), 30)
    np.testing.assert_allclose(ahead, 7.0, rtol=1e-3)


def of_a_pure_week(module) -> str:
    """Whether a method keeps to what its file says of the shape of a week; "" where it does."""
    ahead = module.point(np.resize(10 * WEEK, 420), dates(420), 14)
    repeated = np.allclose(ahead, np.resize(10 * WEEK, 14), rtol=1e-6)
    steps = np.diff(ahead)
    if getattr(module, "WEEKLY", True):
        return (
            ""
            if repeated
            else "it does not repeat a pure week; a file of a level says WEEKLY = False"
        )
    one_way = (steps >= -1e-9).all() or (steps <= 1e-9).all()
    return "" if one_way else "it says WEEKLY = False and has a shape of a week"


@pytest.mark.parametrize("name", CHEAP)
def test_a_pure_week_is_repeated_or_the_file_says_that_it_is_not(name):
    assert of_a_pure_week(shelf()[name]) == ""


def test_a_flat_forecaster_says_so_and_is_then_held_to_it():
    """Seen before: a method that gives a level could only fail the test above."""
    level = SimpleNamespace(point=lambda history, dates, horizon: np.full(horizon, history.mean()))
    line = SimpleNamespace(point=lambda history, dates, horizon: np.arange(horizon), WEEKLY=False)
    week = SimpleNamespace(point=lambda history, dates, horizon: history[-14:], WEEKLY=False)
    assert of_a_pure_week(level) == (
        "it does not repeat a pure week; a file of a level says WEEKLY = False"
    )
    level.WEEKLY = False
    assert of_a_pure_week(level) == of_a_pure_week(line) == ""
    assert of_a_pure_week(week) == "it says WEEKLY = False and has a shape of a week"
    week.WEEKLY = True
    assert of_a_pure_week(week) == ""


@pytest.mark.parametrize("name", CHEAP + SPARSE)
def test_nothing_stays_nothing(name):
    np.testing.assert_array_equal(shelf()[name].point(np.zeros(400), dates(400), 9), np.zeros(9))


@pytest.mark.parametrize("name", CHEAP + SPARSE)
def test_a_longer_horizon_continues_the_shorter_one(name):
    y = history(500)
    np.testing.assert_array_equal(
        shelf()[name].point(y, dates(500), 20), shelf()[name].point(y, dates(500), 200)[:20]
    )


@pytest.mark.parametrize("name", CHEAP + SPARSE)
def test_a_method_does_not_change_the_history(name):
    y = history(450)
    before = y.copy()
    shelf()[name].point(y, dates(450), 10)
    np.testing.assert_array_equal(y, before)


def test_exponential_weights_are_those_of_the_recursion():
    """The filter as fixed weights against the step-by-step recursion of damped Holt."""
    y = history(400)
    choice = 20
    alpha, beta, phi = damped_holt.GRID[:, choice]
    level, trend = y[:7].mean(), 0.0
    for value in y:
        expected = level + phi * trend
        error = value - expected
        level, trend = expected + alpha * error, phi * trend + beta * error
    newest = _week.newest(y)
    assert newest @ damped_holt.LEVEL[:, choice] == pytest.approx(level, rel=2e-3)
    assert newest @ damped_holt.TREND[:, choice] == pytest.approx(trend, abs=2e-3 * level)


def test_theta_follows_half_of_a_straight_trend():
    y = 100 + 0.5 * np.arange(365)
    ahead = theta.point(y, dates(365), 60)
    assert (ahead[56] - ahead[0]) / 56 == pytest.approx(0.25, rel=0.05)
    assert ahead[0] == pytest.approx(y[-1], rel=0.02)


def test_last_year_brings_the_season_back_at_todays_level():
    days = np.arange(800)
    shape = 1 + 0.4 * np.sin(2 * np.pi * days / 364)
    y = shape * np.where(days < 500, 10.0, 20.0)
    ahead = last_year.point(y[:764], dates(764), 36)
    np.testing.assert_allclose(ahead, 20 * shape[764:], rtol=0.02)


def test_prophet_is_silent_deterministic_and_leaves_global_state_alone(capfd, caplog):
    import warnings

    before, level = np.random.get_state()[1].copy(), logging.getLogger("cmdstanpy").level
    with warnings.catch_warnings(), caplog.at_level(logging.DEBUG):
        warnings.simplefilter("error")
        first = shelf()["prophet"].point(history(200), dates(200), 30)
        second = shelf()["prophet"].point(history(200), dates(200), 30)
    np.testing.assert_array_equal(first, second)
    assert (np.random.get_state()[1] == before).all()
    assert logging.getLogger("cmdstanpy").level == level
    said = capfd.readouterr()
    assert said.out == said.err == ""
    assert not [
        record for record in caplog.records if record.name.startswith(("cmdstanpy", "prophet"))
    ]


def test_prophet_never_forecasts_below_zero():
    falling = np.maximum(100 - 0.8 * np.arange(130), 0.0)
    assert (shelf()["prophet"].point(falling, dates(130), 90) >= 0).all()


def test_prophet_is_loaded_only_when_used():
    code = (
        "import sys, numpy as np; from finops_model.forecasting import series; from finops_model.forecasting.widths import demand; import pandas as pd;"
        "series.forecast(pd.Series(np.ones(40), pd.date_range('2026-01-01', periods=40)), 5, paths=50);"
        "print([m for m in ('prophet', 'cmdstanpy', 'scipy') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_members_are_picked_by_group_or_name():
    assert (
        pick()
        == pick("cheap")
        == tuple(name for name in CHEAP if getattr(shelf()[name], "DEFAULT", False))
    )
    assert set(pick("all")) == set(STEADY) - {"hour_of_week", "last_value"} and set(
        pick("all", use="intermittent")
    ) == set(SPARSE)
    assert {"hour_of_week", "last_value"} < set(pick(season=24)) and "last_year" not in pick(
        "all", season=24
    )
    assert pick(["theta", "theta", "prophet"]) == ("theta", "prophet")


@pytest.mark.parametrize(
    "methods, message",
    [
        (
            ["thetta"],
            f"methods: unknown forecaster 'thetta'. Did you mean 'theta'? Known: {OF_DAYS}.",
        ),
        (
            "chep",
            f"methods: unknown forecaster or group 'chep'. Did you mean 'cheap'? Known: {OF_DAYS}, all, cheap.",
        ),
        ([], f"methods: no forecaster is named. Known: {OF_DAYS}."),
    ],
)
def test_unknown_members_are_refused_word_for_word(methods, message):
    with pytest.raises(ForecastError) as refused:
        pick(methods)
    assert str(refused.value) == message


@pytest.mark.parametrize("name", pick(season=24))
def test_every_method_of_hours_repeats_a_day_of_hours_or_the_newest_one(name):
    shape = 10 + np.arange(24.0)
    ahead = shelf()[name].point(np.resize(shape, 24 * 20), None, 48, 24)
    if getattr(shelf()[name], "WEEKLY", True):
        np.testing.assert_allclose(ahead, np.resize(shape, 48), rtol=1e-6)
    else:
        np.testing.assert_allclose(np.diff(ahead, 2), 0.0, atol=1e-9)
