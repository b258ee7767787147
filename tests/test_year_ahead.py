"""More than a year ahead: growth goes on, no day jumps, nothing explodes on a small base (docs/method §2.23)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.forecasting.methods import _growth, _week, damped_holt, last_year, theta
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths.demand import fit_demand, simulate_month_totals
from finops_model.forecasting.widths.noise import month_spread

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])
MONTH = 365.25 / 12
# Month totals of a real bicycle counter whose winter is almost empty, July 2013 to December 2014 (Ottawa, open data); June 2015 was 24,584.
# fmt: off
COUNTER = [20198, 17220, 14815, 11153, 4157, 40, 2, 0, 22, 4526, 19976, 23015, 25799, 21363, 19891, 12312, 4800, 1093]


def series(values, start="2024-01-01"):
    return pd.Series(values, pd.date_range(start, periods=len(values)))


def counter():
    """The counter by day: month totals in a weekly shape, with the scatter of counts."""
    days = pd.date_range("2013-07-01", "2014-12-31")
    month = (days.year - 2013) * 12 + days.month - 7
    level = np.array(COUNTER)[month] / days.days_in_month * WEEK[days.dayofweek]
    return pd.Series(level * np.exp(np.random.default_rng(3).normal(0, 0.3, len(days))), days)


def weekly(days):
    return np.convolve(days, np.ones(7) / 7, "valid")


def steps(days, least=0.0):
    """Change of the weekly mean from one day to the next (day,), in logs; below `least` nothing is compared."""
    week = np.maximum(weekly(days), least + 1e-12)
    return np.diff(np.log(week))


def kinds(n, seed=0):
    """name → history of n days: what a year ahead has to live with."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    shape = np.resize(WEEK, n) * np.exp(rng.normal(0, 0.05, n))
    return {"growth": 100 * 1.025 ** (t / MONTH) * shape, "decline": 100 * 0.975 ** (t / MONTH) * shape, "flat": 100 * shape,
            "season": 100 * (1 + 0.4 * np.sin(2 * np.pi * t / 365.25)) * shape,
            "shift up": np.where(t < n - 100, 100, 200) * shape, "shift down": np.where(t < n - 100, 300, 100) * shape,
            "shift long ago": np.where(t < n - 300, 100, 200) * shape, "young shift": np.where(t < n - 15, 100, 200) * shape,
            "walk": 100 * np.exp(np.cumsum(rng.normal(0, 0.01, n))) * np.resize(WEEK, n)}


@pytest.mark.parametrize("horizon", [460, 800])
def test_a_smooth_growth_goes_on_after_a_year(horizon):
    """+2.5 % a month: it fell by 25.6 % from day 366 on. The truth is met within 2 % after 460 days; later growth fades and does not end."""
    truth = 100 * 1.025 ** (np.arange(800 + horizon) / MONTH)
    made = forecast(series(truth[:800]), horizon, paths=200)
    assert abs(steps(made.median)).max() < 0.002
    np.testing.assert_allclose(made.median[:460], truth[800:1260], rtol=0.02)
    assert (np.diff(made.median) > 0).all()
    assert 0.88 * truth[-1] < made.median[-1] <= truth[-1] * 1.001
    np.testing.assert_allclose(np.quantile(made.paths, 0.9, axis=0), made.median, rtol=0.02)        # no noise, no width: on both sides of the year


@pytest.mark.parametrize("horizon", [460, 800])
@pytest.mark.parametrize("rate", [0.9, 0.975, 1.0, 1.01, 1.06])
def test_growth_and_decline_of_any_rate_have_no_step(rate, horizon):
    y = 100 * rate ** (np.arange(760) / MONTH) * np.resize(WEEK, 760)
    made = forecast(series(y), horizon, paths=100)
    assert abs(steps(made.median)).max() < 2.6 * abs(np.log(rate)) / MONTH + 1e-6
    week = weekly(made.median)  # 6 % a month reaches the highest that is believed, and stays there
    assert (np.diff(week) * np.sign(rate - 1) >= -1e-4 * week[1:]).all()


@pytest.mark.parametrize("n", [120, 300, 400, 450, 500, 600, 729, 760, 1100])
@pytest.mark.parametrize("name", ["growth", "decline", "flat", "season", "shift up", "shift down", "shift long ago", "young shift", "walk"])
def test_no_day_jumps_and_nothing_explodes(name, n):
    """Weekly means of the median move by under 2.5 % a day wherever they are (the season itself moves by .7 %), medians stay within the history
    and a growth it has shown, P90s of weeks within five times that."""
    if n < 320 and name == "shift long ago":
        pytest.skip("no such day")
    y = kinds(n)[name]
    made = forecast(series(y), 800, paths=200)
    assert abs(steps(made.median)).max() < 0.025
    seen = weekly(y)
    assert made.median.max() < 2.5 * seen.max() and weekly(made.median).min() > 0.25 * seen.min()
    assert np.quantile([weekly(path) for path in made.paths], 0.9, axis=0).max() < 5 * max(seen.max(), weekly(made.median).max())


@pytest.mark.parametrize("back", [60, 100, 200, 300, 340])
def test_a_level_that_moved_once_does_not_move_again_a_year_later(back):
    """Doubled `back` days ago: last year's shape would bring the doubling again."""
    y = np.where(np.arange(760) < 760 - back, 100.0, 200.0) * np.exp(np.random.default_rng(back).normal(0, 0.03, 760))
    ahead = last_year.point(y, None, 800)
    np.testing.assert_allclose(ahead, 200, rtol=0.09)


def test_a_step_that_comes_every_year_is_a_season_and_one_in_a_growth_is_none():
    t = np.arange(1000)
    term = np.where(t % 364 < 182, 100.0, 150.0) * 1.5 ** (t // 364)
    assert last_year.step_of(_week.smooth(term), 1.5) is None
    assert last_year.step_of(_week.smooth(1.5 ** (t / 364)), 1.5) is None
    assert last_year.step_of(_week.smooth(np.where(t < 800, 100.0, 150.0)), 1.5) == pytest.approx(800, abs=4)


def test_an_almost_empty_winter_does_not_explode():
    """The real case: June 2015 was forecast at 442,202, P90 8.1 million, for 24,584."""
    made = forecast(counter(), 400, paths=1000)
    june = np.quantile(made.month_totals()["2015-06"], (0.1, 0.5, 0.9))
    assert 15_000 < june[1] < 35_000 and june[2] < 4 * max(COUNTER)
    for total in made.month_totals().values():
        assert np.median(total) < 1.6 * max(COUNTER) and np.quantile(total, 0.9) < 6 * max(COUNTER) and total.mean() < 4 * max(COUNTER)


def test_the_demand_of_an_almost_empty_winter_does_not_explode():
    """The same in a ledger: what a month of rest misses is no measure of the season."""
    y = counter()
    demand = fit_demand(y.to_numpy()[:, None], ["counter"], y.index.to_numpy("datetime64[D]"), 400)
    months, totals = simulate_month_totals(demand, 1024, 0)
    june = np.quantile(totals[:, months.index("2015-06"), 0], (0.1, 0.5, 0.9))
    assert 15_000 < june[1] < 40_000 and june[2] < 4 * max(COUNTER)


@pytest.mark.parametrize("n", [450, 500, 620, 760, 900, 1100])
@pytest.mark.parametrize("rest", [0.0, 0.5])
@pytest.mark.parametrize("off", [0, 60, 150, 250])
def test_workloads_that_rest_for_months_each_year(n, rest, off):
    """Nothing, or nearly nothing, for four months of every year: wherever the history ends, medians stay in its range and P90s of months under
    five times its highest month."""
    rng = np.random.default_rng(n + off)
    t = np.arange(n)
    y = series(np.where((t + off) % 365 < 245, 100 * np.resize(WEEK, n), rest) * np.exp(rng.normal(0, 0.05, n)))
    made = forecast(y, 800, paths=200)
    highest = y.groupby(y.index.to_period("M")).sum().max()
    for total in list(made.month_totals().values())[1:-1]:
        assert np.median(total) < 1.6 * highest and np.quantile(total, 0.9) < 5 * highest and total.mean() < 5 * highest


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000), n=st.integers(2, 900), rests=st.integers(0, 200), grown=st.floats(-0.5, 0.5))
def test_medians_lie_within_the_history_and_a_growth_it_supports(seed, n, rests, grown):
    """Any walk with a growth of up to e^.5 a year and a rest of any length somewhere in each year."""
    rng = np.random.default_rng(seed)
    t = np.arange(n)
    level = np.exp(grown * t / 364 + np.cumsum(rng.normal(0, 0.01, n)))
    y = np.where((t + seed) % 364 < rests, 1e-3, 1.0) * level * np.resize(WEEK, n)
    made = forecast(series(y), 800, paths=60)
    allowed = weekly(np.resize(y, max(n, 7))).max()
    assert made.median.max() < 8 * allowed and np.quantile(made.paths, 0.9, axis=0).max() < 30 * allowed
    assert np.isfinite(made.paths).all()


def test_hours_do_not_explode_either():
    hours = pd.date_range("2026-01-01", periods=400, freq="h")
    rng = np.random.default_rng(1)
    y = pd.Series(np.where(np.arange(400) < 380, 0.01, 50.0) * np.exp(rng.normal(0, 0.1, 400)), hours)
    made = forecast(y, 800, paths=100, freq="h")
    assert made.median.max() < 2 * y.max() and np.quantile(made.paths, 0.9, axis=0).max() < 12 * y.max()


@pytest.mark.parametrize("start", ["2023-02-01", "2024-02-01", "2024-02-29", "2024-03-01"])
def test_leap_days_are_days_like_others(start):
    y = series(100 * np.resize(WEEK, 760), start)
    made = forecast(y, 800, paths=50)
    np.testing.assert_allclose(made.median, 100 * np.resize(np.roll(WEEK, -760 % 7 * -1), 800) if 760 % 7 == 0 else
                               100 * WEEK[(760 + np.arange(800)) % 7], rtol=1e-6)


def test_a_line_goes_on_for_as_long_as_it_was_seen_and_then_fades():
    """Twenty days that rose from 1 to 20 are no reason for 400 in two years; a year of growth fades too."""
    ahead = theta.point(np.arange(1.0, 21.0), None, 800)
    assert ahead[0] == pytest.approx(20.5, rel=0.1) and ahead.max() < 20 + 0.5 * 60 + 5
    assert (np.diff(weekly(ahead)) > -1e-9).all()
    assert damped_holt.point(np.arange(1.0, 21.0), None, 800).max() < 20 + 49 + 1


def test_ratios_are_believed_as_far_as_their_base_carries_them():
    busy, rest = np.full(336, 100.0), np.full(28, 0.2)
    same = np.concatenate([rest, busy, rest, busy, rest])                   # both Decembers at rest
    assert _growth.year_on_year(same, 364, 28) == pytest.approx(1.0)
    louder = same.copy()
    louder[-28:] = 6.0                                                      # thirty times almost nothing
    assert _growth.year_on_year(louder, 364, 28) == pytest.approx(1.0, abs=0.1)
    grown = np.concatenate([busy, rest, 1.4 * busy, 1.4 * rest, 1.4 ** 2 * busy])
    assert _growth.year_on_year(grown, 364, 28) == pytest.approx(1.4)
    assert _growth.year_on_year(np.zeros(400), 364, 28) == 1.0


def test_rest_months_do_not_say_how_unsure_the_season_is():
    rng = np.random.default_rng(0)
    paths = np.exp(rng.normal(0, 1.5, (2000, 1))) * np.full((1, 92), 0.1)
    assert month_spread(paths)[0] > 1.3 and month_spread(paths, least=25.0)[0] < 0.05
    np.testing.assert_array_equal(month_spread(100 * paths, least=0.01), month_spread(100 * paths))


def test_longer_horizons_keep_their_first_days_over_the_year():
    y = series(kinds(600)["growth"])
    short, long = forecast(y, 370, paths=50), forecast(y, 800, paths=50)
    np.testing.assert_allclose(long.paths[:, :370], short.paths, rtol=1e-9)
