"""Hours: what a day of hours missed, how much days change, the hour of the week (docs/method §2.14)."""

from __future__ import annotations

import copy
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import scripts
from finops_model.forecasting import ensemble
from finops_model.forecasting.history import History
from finops_model.forecasting.methods import hour_of_week
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths import error_paths, hours, pooled

START = np.datetime64("2026-03-02T00", "h")
DAY = 1 + 0.5 * np.sin(2 * np.pi * np.arange(24) / 24)


def use(days: int, seed: int = 3, noise: float = 0.1) -> np.ndarray:
    """Hours of use (hour,) with a shape of a day, a level that wanders, and noise."""
    rng = np.random.default_rng(seed)
    level = np.cumsum(rng.normal(0, 0.02, 24 * days))
    return 20 * np.resize(DAY, 24 * days) * np.exp(level + rng.normal(0, noise, 24 * days))


def made(values: np.ndarray, horizon: int = 72) -> ensemble.Fit:
    return ensemble.fit(
        History(START + np.arange(len(values)), values), horizon, clock=ensemble.HOURS
    )


def series(values: np.ndarray) -> pd.Series:
    return pd.Series(values, pd.date_range("2026-03-02", periods=len(values), freq="h"))


@given(
    arrays(float, (3, 60), elements=st.floats(-4, 4)),
    arrays(float, (3, 60), elements=st.floats(0.01, 10)),
)
def test_level_is_what_the_totals_of_days_missed_and_noise_moves_no_total(errors, weight):
    """Two whole days, the second with the twelve hours after it; by hand, day by day."""
    level, noise = hours.split(errors, weight)
    np.testing.assert_allclose(level + noise, errors, atol=1e-12)
    for day in (slice(0, 24), slice(24, 60)):
        forecast_, actual = weight[:, day], weight[:, day] * np.exp(errors[:, day])
        np.testing.assert_allclose(
            np.exp(level[:, day]),
            (actual.sum(axis=1) / forecast_.sum(axis=1))[:, None] + 0 * actual,
        )
        np.testing.assert_allclose(
            (forecast_ * np.exp(noise[:, day])).sum(axis=1), forecast_.sum(axis=1)
        )


@pytest.mark.parametrize("step, newer", [(24, 0), (24, 2), (11, 3)])
def test_an_hour_weighs_what_its_hour_of_the_day_used(step, newer):
    """The hours of the history are numbered by their hour of the day: so must be those of every graded path."""
    values = np.resize(np.arange(24.0), 24 * 10 + 7)
    fitted = SimpleNamespace(values=values, offset=0.0, step=step, newer=np.zeros((newer, 1)))
    graded, cutoffs = 60, 5
    weight = hours.weights(fitted, cutoffs, graded)
    for i in range(cutoffs):
        cutoff = len(values) - graded + (newer - i) * step
        np.testing.assert_array_equal(weight[i], (cutoff + np.arange(graded)) % 24)


def test_how_much_days_change_is_counted_hour_by_hour():
    values, offset = use(6), 0.4
    changes = [
        np.log(
            (values[end - 24 : end] + offset).sum() / (values[end - 48 : end - 24] + offset).sum()
        )
        for end in range(48, len(values) + 1)
    ]
    assert hours.day_change(values, offset, 24, 9.9) == pytest.approx(
        np.sqrt(np.mean(np.square(changes)))
    )
    short = values[
        : 48 + 35
    ]  # 36 changes, half of three days: half is said by them, half by single hours
    own = np.mean(np.square(changes[:36]))
    single = np.mean(np.square(np.log((short[24:] + offset) / (short[:-24] + offset))))
    assert hours.own_share(len(short)) == 0.5
    assert hours.day_change(short, offset, 24, 9.9) == pytest.approx(
        np.sqrt((own + hours.OF_HOURS**2 * single) / 2)
    )
    assert hours.day_change(short[:24], offset, 24, 0.3) == pytest.approx(0.3)  # no day before it


def test_wild_hours_are_no_restless_days_and_restless_days_no_wild_hours():
    rng = np.random.default_rng(5)
    wild = np.resize(DAY, 480) * np.exp(rng.normal(0, 0.8, 480))
    restless = np.resize(DAY, 480) * np.repeat(np.exp(rng.normal(0, 0.4, 20)), 24)
    for values, day, shape in ((wild, (0, 0.4), (0.9, 1.4)), (restless, (0.3, 0.6), (0, 0.45))):
        assert day[0] <= hours.day_change(values, 0.0, 24, 0.0) <= day[1]
        assert shape[0] <= hours.shape_change(values, 0.0, 24, 0.0) <= shape[1]


@given(st.floats(-6, 6))
def test_a_miss_is_mirrored_the_gentler_way(missed):
    told = float(hours.mirror(np.array([missed]))[0])
    assert -told == pytest.approx(missed) if missed >= 0 else 0 <= told <= np.log(2)
    assert abs(told) <= abs(missed) + 1e-12
    if missed < 0:  # as many units above the forecast as it was below
        assert np.exp(told) - 1 == pytest.approx(1 - np.exp(missed))


def test_a_client_that_stops_for_a_day_is_not_mirrored_to_many_times_its_use(monkeypatch):
    values = use(20, noise=0.05)
    for day in (11, 14, 17):
        values[24 * day : 24 * day + 24] *= 0.01
    fitted = made(values)
    gentle = np.quantile(ensemble.draw(fitted, 1000, 1)[:, :24].sum(axis=1), 0.9)
    monkeypatch.setattr(hours, "mirror", np.negative)
    assert gentle < 0.85 * np.quantile(ensemble.draw(fitted, 1000, 1)[:, :24].sum(axis=1), 0.9)


def test_own_misses_and_the_table_meet_and_the_unseen_are_allowed_for():
    """Oracle of the width of the first day: the noise moves no total, so the paths' level is the blend, a tenth wider."""
    values = use(31, seed=9)
    fitted, prior = made(values), pooled.widths("h")
    errors = ensemble.graded(fitted)
    windows = error_paths.independent_windows(*errors.shape, fitted.step, 24)
    level, noise = hours.split(errors, hours.weights(fitted, *errors.shape))
    own = np.sqrt((level[:, :24] ** 2).mean()) * error_paths.student(windows)
    said = np.sqrt((prior.level_sd(fitted.change, len(values), np.arange(1, 25)) ** 2).mean())
    share = windows / (windows + hours.WORTH)
    wanted = hours.UNSEEN * own**share * said ** (1 - share)
    logs = hours.resample(fitted, errors, 24, 20_000, 1, prior, np.full(24, np.inf))
    drawn = np.log((np.exp(logs) * hours.weights(fitted, 1, 24)[0]).sum(axis=1))
    low, high = np.quantile(drawn, (0.1, 0.9))
    assert (high - low) / 2.5631 == pytest.approx(wanted, rel=0.15)


@pytest.mark.parametrize("days", [2, 5, 20])
def test_units_scale_and_a_longer_horizon_keeps_the_first_hours(days):
    values = use(days)
    day, three = (forecast(series(values), ahead, paths=60, freq="h") for ahead in (24, 72))
    np.testing.assert_array_equal(day.paths, three.paths[:, :24])
    scaled = forecast(series(values * 1000), 24, paths=60, freq="h")
    np.testing.assert_allclose(scaled.paths, day.paths * 1000, rtol=1e-9)


def test_a_fit_that_was_copied_draws_the_same_paths():
    """A fit that came from another process has a clock of its own."""
    fitted = made(use(12))
    np.testing.assert_array_equal(
        ensemble.draw(fitted, 50, 1), ensemble.draw(copy.deepcopy(fitted), 50, 1)
    )


def test_the_hour_of_the_week_knows_a_saturday_and_takes_up_a_level():
    week = np.concatenate((np.tile(DAY, 5), np.tile(0.3 * DAY, 2)))
    values = np.tile(week, 4)
    np.testing.assert_allclose(hour_of_week.point(values, None, 200), np.resize(week, 200))
    doubled = values.copy()
    doubled[-3 * 24 :] *= (
        2  # these days' shape is then 5/4 of what it was, so their level 8/5: 7/8 of the weight, nearly
    )
    ahead = hour_of_week.point(doubled, None, 24)
    fade = 0.5 ** np.arange(14)
    before = np.concatenate((np.tile([0.3, 0.3, 1, 1, 1, 1, 1], 2),))
    level = (fade * before * np.where(np.arange(14) < 3, 2, 1)).sum() / (
        fade * before * np.where(np.arange(14) % 7 < 3, 1.25, 1)
    ).sum()
    np.testing.assert_allclose(ahead, level * DAY)
    assert 1.4 < level < 1.6
    made_ = forecast(series(values), 24 * 7, paths=50, freq="h")
    assert "hour_of_week" in made_.weights
    np.testing.assert_allclose(made_.median[120:].sum(), week[120:].sum(), rtol=0.15)
    with_two_days_less = forecast(series(values[: 336 - 24]), 24, paths=50, freq="h")
    assert "hour_of_week" not in with_two_days_less.weights  # no week has come again


@pytest.fixture(scope="module")
def script():
    scripts.script("benchmarks/pooled_widths.py")
    scripts.script("benchmarks/hourly_worlds.py")
    return scripts.script("benchmarks/hourly_classes.py")


def test_a_class_is_scored_with_a_table_that_has_not_seen_it(script):
    worlds = script.hourly_worlds
    made_ = {
        f"{kind}/{i}": (START + np.arange(336), worlds.series(kind, i, 336))
        for kind in ("daynight", "restless", "spiky")
        for i in range(2)
    }
    kinds = script.classes(None, made_, "source")
    found = script.pooled_widths.misses(made_, "h")
    wilder = found.copy()
    spiky = (found["name"].map(kinds) == "spiky").to_numpy()
    for lead in script.pooled_widths.LEADS["h"]:
        wilder[lead] = found[lead] * np.where(spiky, 50.0, 1.0)
    told = [script.without(each, kinds, "spiky").ratio.tolist() for each in (found, wilder)]
    assert told[0] == told[1]
    assert script.without(wilder, kinds, "restless").ratio.max() > 2 * np.max(told)

    rows = script.windows(
        {"spiky/0": made_["spiky/0"]}, kinds, script.without(found, kinds, "spiky")
    )
    assert len(rows) == 2 * len(range(336 - 72, 168 - 1, -24)) and set(rows["hours"]) == {24, 72}
    lines = script.table(rows)
    assert lines[2].startswith("| 24 | all | 5, 1 | ") and len(lines) == 6


def test_scores_by_hand(script):
    paths = np.repeat(np.arange(1.0, 12.0)[:, None], 2, axis=1)  # totals 2, 4 … 22
    said = script.score(paths, np.array([20.0, 10.0]), 2)  # P10 4, P90 20: 10 above
    assert said["inside"] == 0.0 and said["score"] == pytest.approx((16 + 10 * 10) / 30)
    assert said["wape"] == pytest.approx((14 + 4) / 30)
    rows = pd.DataFrame(
        {"name": ["a", "a", "b"], "score": [2.0, 2.0, 8.0], "y_score": [4.0, 4.0, 4.0]}
    )
    whole, low, high = script.ratio(rows, "score")
    assert whole == pytest.approx(2 ** (-1 / 3), rel=1e-3)
    assert (low, high) == (pytest.approx(0.5, rel=1e-3), pytest.approx(2.0, rel=1e-3))
