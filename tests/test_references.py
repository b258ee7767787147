"""Every cheap method against an implementation that is not ours: numbers of statsmodels and statsforecast (fixtures/forecasters/), and the
papers' recursions step by step, by hand (docs/method §2.2, §2.17)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.forecasting.methods import (
    _sparse,
    _week,
    adida,
    croston,
    damped_holt,
    last_value,
    last_year,
    seasonal_naive,
    theta,
    tsb,
    weekday_mean,
)

DOCUMENT = json.loads(
    (Path(__file__).parent / "fixtures/forecasters/references.json").read_text(encoding="utf-8")
)
STEADY, SPARSE = DOCUMENT["steady"], DOCUMENT["sparse"]
TREND, WEEKLY = np.array(STEADY["trend"]), np.array(STEADY["weekly"])
AHEAD = 20
demand = st.lists(st.one_of(st.just(0.0), st.floats(0.5, 1000)), min_size=1, max_size=80).map(
    np.array
)


@pytest.mark.parametrize(
    "method, reference",
    [
        (seasonal_naive, "statsforecast_seasonal_naive"),
        (weekday_mean, "statsforecast_weekday_mean"),
        (last_value, "statsforecast_naive"),
    ],
)
def test_repeated_days_are_those_of_statsforecast(method, reference):
    np.testing.assert_allclose(method.point(WEEKLY, None, AHEAD), STEADY[reference], rtol=1e-12)


def test_theta_is_that_of_statsmodels_at_its_alpha():
    alpha = STEADY["statsmodels_theta"]["alpha"]
    ours = theta.line(TREND, alpha, theta.smoothing(np.array([alpha]))[:, 0], AHEAD)
    np.testing.assert_allclose(ours, STEADY["statsmodels_theta"]["ahead"], rtol=1e-9)


def test_theta_with_its_week_and_its_own_alpha_is_near_that_of_statsmodels():
    """Its week is a median and its alpha the least mean absolute error of a grid: within 2 % on every day, 0.5 % in total."""
    ours, theirs = theta.point(WEEKLY, None, AHEAD), np.array(STEADY["statsmodels_theta_with_week"])
    np.testing.assert_allclose(ours, theirs, rtol=0.02)
    assert ours.sum() == pytest.approx(theirs.sum(), rel=0.005)


@pytest.mark.parametrize("numbers", STEADY["statsmodels_damped_holt"])
def test_damped_holt_is_that_of_statsmodels(numbers):
    """statsmodels writes the trend's weight as a share of the level's; 128 days of weights leave under 1e-6 of what came before."""
    alpha, share, phi = map(float, numbers.split())
    choice = int(np.argmin(np.abs(damped_holt.GRID.T - [alpha, alpha * share, phi]).sum(axis=1)))
    np.testing.assert_allclose(damped_holt.GRID[:, choice], [alpha, alpha * share, phi])
    np.testing.assert_allclose(
        damped_holt.line(TREND, choice, AHEAD),
        STEADY["statsmodels_damped_holt"][numbers],
        rtol=1e-6,
    )


@pytest.mark.parametrize("alpha", STEADY["statsmodels_smoothing"])
def test_smoothing_is_that_of_statsmodels(alpha):
    assert _sparse.smoothed(TREND, float(alpha)) == pytest.approx(
        STEADY["statsmodels_smoothing"][alpha], rel=1e-10
    )


@pytest.mark.parametrize("case", SPARSE, ids=["a third", "an eighth", "most"])
def test_croston_tsb_and_adida_are_those_of_statsforecast(case):
    values = np.array(case["values"])
    assert croston.point(values, None, 1)[0] == pytest.approx(case["croston_sba"], rel=1e-10)
    assert croston.point(values, None, 1)[0] / (1 - croston.ALPHA / 2) == pytest.approx(
        case["croston_classic"], rel=1e-10
    )
    assert tsb.point(values, None, 1)[0] == pytest.approx(case["tsb"], rel=1e-10)
    told, days = case["adida"], np.array(case["adida"]["values"])
    assert _sparse.smoothed(adida.buckets(days, told["bucket"]), told["alpha"]) / told[
        "bucket"
    ] == pytest.approx(told["ahead"], rel=1e-8)
    assert adida.point(days, None, 1)[0] == pytest.approx(
        told["ahead"], rel=0.01
    )  # alpha of a grid beside one searched for


def test_croston_and_tsb_by_hand():
    """3 on day 3, 5 on day 5, 2 on day 9. Sizes: 3 → 3.2 → 3.08; waits: 3 → 2.9 → 3.01; chance starts at 0."""
    values = np.array([0.0, 0, 3, 0, 5, 0, 0, 0, 2])
    assert croston.point(values, None, 1)[0] == pytest.approx(0.95 * 3.08 / 3.01)
    chance = 0.0
    for used in (0, 1, 0, 1, 0, 0, 0, 1):
        chance += 0.02 * (used - chance)
    assert tsb.point(values, None, 1)[0] == pytest.approx(3.08 * chance)


def test_adida_by_hand():
    """Waits 2, 1, 3: two days to a bucket. 4 + 0, 6 + 0, 0 + 3 with alpha .1 or more: 4 → 4.2 → 4.08, so 2.04 a day."""
    values = np.array([9.0 * 0, 4, 6, 0, 0, 3])
    assert adida.buckets(values, 2).tolist() == [4.0, 6.0, 3.0]
    assert adida.point(values, None, 1)[0] == pytest.approx(2.04)


@settings(max_examples=60, deadline=None)
@given(values=demand)
def test_croston_and_tsb_follow_the_papers_recursions(values):
    """Croston (1972), Syntetos & Boylan (2005), Teunter, Syntetos & Babai (2011), period by period."""
    size = wait = chance = None
    since, of_tsb = 0, None
    for value in values:
        since += 1
        used = float(value > 0)
        chance = used if chance is None else chance + 0.02 * (used - chance)
        if value > 0:
            size, wait = (
                (value, since)
                if size is None
                else (size + 0.1 * (value - size), wait + 0.1 * (since - wait))
            )
            since = 0
        of_tsb = chance * (size or 0.0)
    assert tsb.point(values, None, 3).tolist() == pytest.approx([of_tsb] * 3)
    assert croston.point(values, None, 3).tolist() == pytest.approx(
        [0.95 * size / wait if size else 0.0] * 3
    )


@settings(max_examples=40, deadline=None)
@given(values=demand)
def test_adida_follows_the_paper_and_takes_the_alpha_with_the_least_error(values):
    used = [i for i, value in enumerate(values) if value > 0]
    if not used:
        assert adida.point(values, None, 2).tolist() == [0.0, 0.0]
        return
    bucket = round((used[-1] + 1) / len(used))
    sums = []
    for end in range(len(values), bucket - 1, -bucket):
        sums.insert(0, sum(values[end - bucket : end]))
    answers = []
    for alpha in adida.ALPHAS:
        level, errors = sums[0], 0.0
        for value in sums[1:]:
            errors += (value - level) ** 2
            level = alpha * value + (1 - alpha) * level
        answers.append((errors, level / bucket))
    least = min(errors for errors, _ in answers)
    assert any(
        adida.point(values, None, 1)[0] == pytest.approx(level)
        for errors, level in answers
        if errors == pytest.approx(least)
    )


def test_last_year_day_by_day():
    """Centred weekly means of 364 days ago × (newest 28 days ÷ the same 28 a year ago) × each weekday against its week."""
    rng = np.random.default_rng(5)
    values = (
        50
        * np.resize([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7], 500)
        * np.exp(np.cumsum(rng.normal(0, 0.02, 500)))
    )
    said = last_year.point(values, None, 40)
    level = sum(values[-28:]) / sum(values[-28 - 364 : -364])
    ratios = [[] for _ in range(7)]
    for i in range(500 - 56, 500):
        middle = min(max(i, 3), 496)
        ratios[(i - 500) % 7].append(values[i] / (sum(values[middle - 3 : middle + 4]) / 7))
    factors = [sorted(each)[3] / 2 + sorted(each)[4] / 2 for each in ratios]
    factors = [factor * 7 / sum(factors) for factor in factors]
    for h in range(40):
        ago = 500 - 364 + h
        assert said[h] == pytest.approx(
            sum(values[ago - 3 : ago + 4]) / 7 * level * factors[h % 7], rel=1e-9
        )


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 999), choice=st.integers(0, damped_holt.GRID.shape[1] - 1))
def test_damped_holt_is_the_step_by_step_recursion(seed, choice):
    """Gardner & McKenzie (1985) in error-correction form. The slowest filters forget 128 days to within a thousandth."""
    rng = np.random.default_rng(seed)
    values = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 500)))
    alpha, beta, phi = damped_holt.GRID[:, choice]
    level, trend = values[0], 0.0
    for value in values:
        error = value - (level + phi * trend)
        level, trend = level + phi * trend + alpha * error, phi * trend + beta * error
    by_hand = [level + sum(phi**k for k in range(1, h + 1)) * trend for h in range(1, 11)]
    np.testing.assert_allclose(damped_holt.line(values, choice, 10), by_hand, rtol=3e-3)
    assert _week.LAGS == 128
