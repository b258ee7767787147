"""Backtests grade whole months with what was known before them; scores against closed forms (docs/method.md §2.7, §11.2)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from finops_model.errors import ForecastError
from finops_model.outlook import scores
from finops_model.outlook.backtest import COLUMNS, backtest, backtest_total, month_ends
from finops_model.outlook.ensemble import forecast

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])


def series(first, last, seed=1):
    days = pd.date_range(first, last)
    rng = np.random.default_rng(seed)
    return pd.Series(50 * np.resize(WEEK, len(days)) * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))), days)


def test_rows_hold_what_came_and_what_was_said_before():
    y = series("2025-01-01", "2026-03-20")
    frame = backtest(y, leads=(1, 2, 3), origins=4, paths=200).months
    assert list(frame.columns) == COLUMNS
    assert list(frame["made"].unique()) == ["2025-10", "2025-11", "2025-12", "2026-01"]
    assert not (frame["for"] > "2026-02").any()                     # March 2026 is under way: no actual
    assert [(made, lead) for made, lead in zip(frame["made"], frame["lead"])] == [
        ("2025-10", 1), ("2025-10", 2), ("2025-10", 3), ("2025-11", 1), ("2025-11", 2), ("2025-11", 3), ("2025-12", 1), ("2025-12", 2), ("2026-01", 1)]
    row = frame.iloc[0]
    assert row["for"] == "2025-11" and row["actual"] == pytest.approx(y["2025-11"].sum())
    week = y["2025-10-25":"2025-10-31"].to_numpy()
    assert row["naive"] == pytest.approx(np.resize(week, 30).sum())
    assert row["error_pct"] == pytest.approx(abs(row["p50"] - row["actual"]) / row["actual"])
    assert row["inside"] == (row["p10"] <= row["actual"] <= row["p90"])


def test_the_grade_is_that_of_the_forecast_made_on_that_day():
    y = series("2025-01-01", "2026-01-31")
    row = backtest(y, leads=(2,), origins=1, paths=300, seed=9).months.iloc[0]
    made = forecast(y[:"2025-11-30"], 62, paths=300, seed=9, members="cheap").month_totals()["2026-01"]
    assert (row["made"], row["for"]) == ("2025-11", "2026-01")
    assert (row["p10"], row["p50"], row["p90"]) == tuple(np.quantile(made, (0.1, 0.5, 0.9)))


def test_what_comes_later_does_not_change_what_was_said():
    y = series("2025-01-01", "2026-01-31")
    later = y.copy()
    later["2025-12-01":] *= 5
    a, b = (backtest(part, leads=(1,), origins=2, paths=100).months for part in (y, later))
    assert a["p50"].iloc[0] == b["p50"].iloc[0] and a["made"].iloc[1] == "2025-12" and b["actual"].iloc[1] > 4 * a["actual"].iloc[1]


def test_six_months_ahead_is_possible_and_leap_february_counts_29_days():
    y = series("2027-01-01", "2028-02-29", seed=3)
    row = backtest(y, leads=(6,), origins=1, paths=100).months.iloc[0]
    assert (row["made"], row["for"], row["lead"]) == ("2027-08", "2028-02", 6)
    assert row["actual"] == pytest.approx(y["2028-02"].sum()) and len(y["2028-02"]) == 29


def test_a_last_day_that_ends_its_month_makes_it_whole():
    days = pd.date_range("2025-01-01", "2026-02-28").to_numpy("datetime64[D]")
    assert str(month_ends(days, 1, 1)[0]) == "2026-01-31"
    assert str(month_ends(days[:-1], 1, 1)[0]) == "2025-12-31"


def test_the_total_of_workloads_is_added_up_by_path():
    days = pd.date_range("2025-01-01", "2026-01-31").to_numpy("datetime64[D]")
    parts = np.stack([series("2025-01-01", "2026-01-31", seed).to_numpy() for seed in range(4)], axis=1)
    frame = backtest_total(parts, list("abcd"), days, leads=(1, 2), origins=3, paths=400).months
    whole = pd.Series(parts.sum(axis=1), days)
    assert list(frame["made"].unique()) == ["2025-10", "2025-11", "2025-12"] and len(frame) == 5
    last = frame.iloc[-1]
    assert last["actual"] == pytest.approx(whole["2026-01"].sum())
    alone = [backtest_total(parts[:, [w]], ["abcd"[w]], days, leads=(1,), origins=1, paths=400).months.iloc[0] for w in range(4)]
    width = last["p90"] - last["p10"]
    assert last["p50"] == pytest.approx(sum(row["p50"] for row in alone), rel=0.03)
    assert width < 0.95 * sum(row["p90"] - row["p10"] for row in alone)         # P90s of parts do not add up
    assert width > np.sqrt(sum((row["p90"] - row["p10"]) ** 2 for row in alone))  # nor are workloads independent


def test_zero_months_have_no_percentage():
    y = series("2025-01-01", "2025-12-31")
    y["2025-11-01":] = 0.0
    row = backtest(y, leads=(1,), origins=1, paths=50).months.iloc[0]
    assert row["actual"] == 0 and np.isnan(row["error_pct"])


@pytest.mark.parametrize("given, message", [
    (dict(leads=()), "leads: () must be whole months from 1 to 60, for example (1, 2, 3)."),
    (dict(leads=(0, 1)), "leads: (0, 1) must be whole months from 1 to 60, for example (1, 2, 3)."),
    (dict(origins=0), "origins: 0 must be a whole number of 1 or more."),
    (dict(leads=(12,)), "backtest: 120 days from 2025-01-01 to 2025-04-30 hold no month end with 60 days before and 12 whole months after "
                        "it. Bring a longer history."),
])
def test_what_cannot_be_graded_is_refused_word_for_word(given, message):
    with pytest.raises(ForecastError) as refused:
        backtest(series("2025-01-01", "2025-04-30"), **given)
    assert str(refused.value) == message


def test_crps_of_a_normal_sample_is_the_closed_form():
    """CRPS(N(0,1), 0) = (√2 − 1) ÷ √π (Gneiting & Raftery 2007)."""
    grid = (np.arange(20_000) + 0.5) / 20_000
    from scipy.stats import norm
    assert scores.crps([0.0], norm.ppf(grid)[:, None]) == pytest.approx((np.sqrt(2) - 1) / np.sqrt(np.pi), abs=1e-3)


def test_crps_is_twice_the_mean_pinball_loss_over_levels():
    rng = np.random.default_rng(0)
    sample = rng.gamma(2.0, 3.0, 4000)
    levels = (np.arange(500) + 0.5) / 500
    pinballs = [scores.pinball([5.0], [quantile], level) for level, quantile in zip(levels, np.quantile(sample, levels))]
    assert scores.crps([5.0], sample[:, None]) == pytest.approx(2 * np.mean(pinballs), rel=0.01)


def test_the_interval_score_of_the_80_percent_range_is_ten_times_both_pinballs():
    rng = np.random.default_rng(1)
    actual = rng.normal(size=50)
    ten_times = 10 * (scores.pinball(actual, np.full(50, -1.0), 0.1) + scores.pinball(actual, np.full(50, 1.2), 0.9))
    assert scores.interval_score(actual, np.full(50, -1.0), np.full(50, 1.2), 0.8) == pytest.approx(ten_times)


def test_scores_of_nothing_are_not_numbers():
    assert np.isnan(scores.wape([0, 0], [1, 1])) and np.isnan(scores.mase([1], [1], [5.0] * 20))
    assert np.isnan(scores.bias([0.0], [1.0])) and np.isnan(scores.skill(1.0, 0.0)) and np.isnan(scores.finops_accuracy(1.0, 0.0))
