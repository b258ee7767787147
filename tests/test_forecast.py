"""fm.forecast: what it takes, what it refuses, the laws its paths obey (docs/method §2.2–§2.4, §2.8)."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import ForecastError
from finops_model.forecasting.ensemble import Forecast, fit
from finops_model.forecasting.grading import weigh
from finops_model.forecasting.history import clean, fill, kind
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths import error_paths

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])


def series(days=400, seed=1, start="2025-01-01", noise=0.05):
    rng = np.random.default_rng(seed)
    y = (
        50
        * np.resize(WEEK, days)
        * np.exp(np.cumsum(rng.normal(0, 0.01, days)) + rng.normal(0, noise, days))
    )
    return pd.Series(y, pd.date_range(start, periods=days))


def test_paths_dates_and_months():
    made = forecast(series(), 90, paths=300)
    assert made.paths.shape == (300, 90) and made.median.shape == (90,)
    assert str(made.dates[0]) == "2026-02-05" and len(made.dates) == 90
    months = made.month_totals(actual_so_far=1000.0)
    assert list(months) == ["2026-02", "2026-03", "2026-04", "2026-05"]
    np.testing.assert_allclose(sum(months.values()), made.paths.sum(axis=1) + 1000.0)
    np.testing.assert_allclose(months["2026-02"], made.paths[:, :24].sum(axis=1) + 1000.0)


def test_a_series_and_a_frame_give_the_same():
    y = series(200)
    frame = pd.DataFrame({"ds": y.index, "y": y.to_numpy()}).sample(frac=1, random_state=3)
    np.testing.assert_array_equal(
        forecast(y, 20, paths=100).paths, forecast(frame, 20, paths=100).paths
    )


def test_same_seed_same_paths_other_seed_other_paths_fewer_paths_are_the_first_ones():
    y = series(300)
    a = forecast(y, 40, paths=600, seed=5).paths
    np.testing.assert_array_equal(a, forecast(y, 40, paths=600, seed=5).paths)
    np.testing.assert_array_equal(a[:100], forecast(y, 40, paths=100, seed=5).paths)
    assert not np.array_equal(a, forecast(y, 40, paths=600, seed=6).paths)


@settings(max_examples=20, deadline=None)
@given(days=st.integers(2, 500), seed=st.integers(0, 10_000), more=st.integers(1, 200))
def test_weights_add_up_to_one_and_longer_horizons_keep_the_first_days(days, seed, more):
    y = series(days, seed)
    short, long = forecast(y, 10, paths=50, seed=seed), forecast(y, 10 + more, paths=50, seed=seed)
    assert sum(short.weights.values()) == pytest.approx(1.0)
    np.testing.assert_allclose(long.median[:10], short.median, rtol=1e-12)
    np.testing.assert_allclose(long.paths[:, :10], short.paths, rtol=1e-9)


@settings(max_examples=20, deadline=None)
@given(days=st.integers(2, 500), seed=st.integers(0, 10_000), power=st.integers(-20, 20))
def test_a_history_times_k_gives_paths_times_k(days, seed, power):
    y, k = series(days, seed), 2.0**power
    np.testing.assert_allclose(
        forecast(y * k, 15, paths=60).paths, forecast(y, 15, paths=60).paths * k, rtol=1e-8
    )


@settings(max_examples=25, deadline=None)
@given(
    values=st.lists(
        st.one_of(st.just(0.0), st.floats(0, 1e9, allow_subnormal=False)), min_size=2, max_size=220
    ),
    seed=st.integers(0, 99),
)
def test_any_non_negative_history_gets_finite_paths_that_are_not_negative(values, seed):
    made = forecast(
        pd.Series(values, pd.date_range("2024-02-01", periods=len(values))), 45, paths=40, seed=seed
    )
    assert (
        np.isfinite(made.paths).all() and (made.paths >= 0).all() and np.isfinite(made.median).all()
    )


def test_a_constant_has_no_spread_and_all_zero_is_zero():
    flat = pd.Series(np.full(300, 4.0), pd.date_range("2025-01-01", periods=300))
    np.testing.assert_allclose(forecast(flat, 60, paths=100).paths, 4.0)
    assert (forecast(flat * 0, 60, paths=100).paths == 0).all() and forecast(
        flat * 0, 60, paths=100
    ).kind == "empty"


@pytest.mark.parametrize("days", [2, 3, 6, 7, 9, 13, 14, 20, 30, 45, 60, 90, 140])
def test_short_histories_get_an_answer_with_width(days):
    total = forecast(series(days), 30, paths=400).paths.sum(axis=1)
    low, high = np.quantile(total, (0.1, 0.9))
    assert 0.15 < np.log(high / low) < 2.0 if days < 45 else 0.02 < np.log(high / low) < 2.0


def test_fewer_days_are_wider():
    y = series(760)
    wide, narrow = (
        np.quantile(forecast(part, 30, paths=1000).paths.sum(axis=1), (0.1, 0.9))
        for part in (y[-20:], y)
    )
    assert np.log(wide[1] / wide[0]) > 1.5 * np.log(narrow[1] / narrow[0])


def test_missing_days_and_nan_are_filled_from_the_same_weekday_and_counted():
    y = pd.Series(np.resize(10 * WEEK, 140), pd.date_range("2026-01-01", periods=140))
    holes = y.drop(y.index[[50, 90]])
    holes.iloc[20] = np.nan
    found = clean(holes)
    assert found.filled == 3 and forecast(holes, 5, paths=20).filled == 3
    np.testing.assert_allclose(found.values, y.to_numpy())
    assert fill(np.array([1.0, np.nan, 3.0])).tolist() == [1.0, 2.0, 3.0]


def test_unknown_days_at_the_ends_are_cut_off():
    y = series(100)
    y.iloc[:3] = np.nan
    y.iloc[-2:] = np.nan
    made = forecast(y, 3, paths=20)
    assert str(made.dates[0]) == str(y.index[98].date()) and made.filled == 0


def test_a_leap_day_is_a_day():
    y = series(60, start="2028-01-01")
    made = forecast(y[:50], 20, paths=50)
    assert np.datetime64("2028-02-29") in made.dates
    assert clean(y).filled == 0 and len(forecast(y, 31, paths=50).month_totals()["2028-03"]) == 50


BAD = {
    "twice": (
        lambda y: pd.concat([y, y[:1]]),
        "history: 2025-01-01 appears twice. Add up the rows of a day first: history.groupby(level=0).sum().",
    ),
    "zone": (
        lambda y: y.tz_localize("UTC"),
        "history: the days carry the time zone UTC. Cut days in the billing time zone first: "
        "history.tz_localize(None) on day starts.",
    ),
    "hours": (
        lambda y: y.set_axis(y.index + pd.Timedelta(hours=5)),
        "history: 2025-01-01 05:00:00 has a time of day. Add up to days first: "
        "history.resample('D').sum().",
    ),
    "one": (lambda y: y[:1], "history: 1 day with a value; a forecast needs at least 2."),
    "none": (lambda y: y[:0], "history: 0 days with a value; a forecast needs at least 2."),
    "all nan": (lambda y: y * np.nan, "history: 0 days with a value; a forecast needs at least 2."),
    "negative": (
        lambda y: y.where(y.index != "2025-01-04", -2.5),
        "history: 2025-01-04 is negative (-2.5). Forecast usage or cost before "
        "credits and corrections.",
    ),
    "infinite": (
        lambda y: y.where(y.index != "2025-01-04", np.inf),
        "history: 2025-01-04 is infinite. Values must be finite.",
    ),
    "future": (
        lambda y: pd.concat([y, pd.Series([1.0], [pd.Timestamp("2099-01-01")])]),
        "history: 26,998 of 27,029 days between 2025-01-01 and "
        "2099-01-01 are missing, the longest gap after 2025-01-30. Check the dates, or write 0 where nothing was used.",
    ),
    "text": (
        lambda y: y.astype(object).where(y.index != "2025-01-04", "12 USD"),
        "history: a value is not a number.",
    ),
    "no dates": (
        lambda y: y.reset_index(drop=True),
        "history: the days are numbers. The index (or ds) must hold dates.",
    ),
    "bad dates": (
        lambda y: y.set_axis([f"day {i}" for i in range(len(y))]),
        "history: the index (or ds) holds something that is not a date "
        "(text must be written 2026-10-31).",
    ),
    "columns": (
        lambda y: y.rename("cost").reset_index(),
        "history: a frame needs the columns ds and y; it has index, cost.",
    ),
    "list": (
        lambda y: [1, 2, 3],
        "history: give a daily pandas Series or a frame with ds and y, not list.",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_histories_are_refused_word_for_word(case):
    change, message = BAD[case]
    with pytest.raises(ForecastError) as refused:
        forecast(change(series(30)), 10)
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "horizon, paths, message",
    [
        (0, 10, "horizon: 0 must be a whole number from 1 to 3,700."),
        (2.5, 10, "horizon: 2.5 must be a whole number from 1 to 3,700."),
        (10, True, "paths: True must be a whole number from 1 to 1,000,000."),
    ],
)
def test_nonsense_sizes_are_refused(horizon, paths, message):
    with pytest.raises(ForecastError, match=f"^{re.escape(message)}$"):
        forecast(series(30), horizon, paths=paths)


def test_kinds_of_history():
    days = np.arange(300)
    assert kind(np.where(days % 30 < 9, 5.0, 0.0)) == "intermittent"
    assert kind(np.where(days % 7 < 5, 5.0, 0.0)) == "steady"
    assert kind(np.where(days < 260, 5.0, 0.0)) == "ended"
    assert (
        kind(np.where(days < 280, 5.0, 0.0)) == "steady"
    )  # three weeks of silence are not yet an end
    assert kind(np.where(days > 280, 5.0, 0.0)) == "steady"  # launched late
    campaigns = np.where(
        (days < 20) | ((days > 100) & (days < 120)) | ((days > 220) & (days < 240)), 5.0, 0.0
    )
    assert kind(campaigns) == "intermittent"  # a pause as long as others is no end


def test_an_on_and_off_workload_gets_its_mean_and_no_negative_total():
    rng = np.random.default_rng(4)
    y = pd.Series(
        np.repeat(rng.random(60) < 0.4, 5) * rng.gamma(4, 25.0, 300),
        pd.date_range("2025-01-01", periods=300),
    )
    made = forecast(y, 60, paths=2000)
    assert made.kind == "intermittent" and made.weights == {"weekly_blocks": 1.0}
    assert made.paths.sum(axis=1).mean() == pytest.approx(made.median.sum(), rel=0.06)
    low, high = np.quantile(made.paths.sum(axis=1), (0.1, 0.9))
    assert 0 <= low < 0.8 * made.median.sum() and high > 1.2 * made.median.sum()


def test_a_burst_is_never_mirrored_into_a_slump_or_an_outage_into_a_burst():
    y = series(500, noise=0.02)
    y.iloc[430] = 0.0  # one day's outage inside the graded days
    paths = forecast(y, 60, paths=2000).paths
    assert paths.max() < 6 * y.max()


def test_seeds_are_shared_so_that_totals_of_two_series_may_be_added_by_path():
    y = series(760)
    one, twice = (
        forecast(y, 30, paths=500).paths.sum(axis=1),
        forecast(2 * y, 30, paths=500).paths.sum(axis=1),
    )
    np.testing.assert_allclose(twice, 2 * one, rtol=1e-9)


def test_weights_follow_the_misses_and_a_member_never_graded_counts_nothing():
    misses = np.array(
        [[0.1, 0.1, 0.1], [0.2, 0.2, 0.2], [np.nan, np.nan, np.nan], [0.1, np.nan, np.nan]]
    )
    shares = weigh(misses)
    assert shares.sum() == pytest.approx(1.0) and shares[2] == 0
    assert shares[0] / shares[1] == pytest.approx(4.0, rel=1e-4)
    assert shares[3] == pytest.approx(shares[0] / 2, rel=1e-4)  # one look out of three counts half


def test_no_cutoff_sees_its_own_days():
    """A jump inside the newest graded days may not reach the errors of older cutoffs' forecasts."""
    y = series(760)
    jumped = y.copy()
    jumped.iloc[-20:] *= 3
    a, b = fit(clean(y), 30).errors, fit(clean(jumped), 30).errors
    np.testing.assert_allclose(
        a[0, :72], b[0, :72], atol=0.15
    )  # weights may move, the cutoff's own history may not
    assert (b[0, 73:] > a[0, 73:] + 0.8).all()


def test_noise_has_mean_one_and_level_plus_noise_is_the_error():
    errors = fit(clean(series(760)), 30).errors
    level, noise = error_paths.split(errors)
    np.testing.assert_allclose(level + noise, errors)
    assert np.exp(noise).mean() == pytest.approx(1.0, abs=1e-9)


def test_costly_members_are_used_when_asked_and_left_out_when_told():
    y = clean(series(300))
    assert "prophet" in fit(y, 10, ["theta", "prophet"]).weights
    assert set(fit(y, 10, ["theta", "prophet"], costly=False).weights) == {"theta"}
    assert "prophet" not in fit(y, 10, ["prophet"], costly=False).weights


def test_the_table_is_small_and_escapes_everything():
    made = forecast(series(), 60, paths=100)
    text = Forecast(
        made.dates, made.paths, made.median, {"<script>alert(1)</script>": 1.0}, made.errors
    )._repr_html_()
    assert "<script>" not in text and "&lt;script&gt;" in text
    low, mid, high = np.quantile(made.month_totals()["2026-03"], (0.1, 0.5, 0.9))
    assert (
        f"<td>31</td><td>{low:,.0f}</td><td>{mid:,.0f}</td><td>{high:,.0f}</td>" in text
        and len(text) < 2000
    )


def hourly(days=30, seed=2):
    rng = np.random.default_rng(seed)
    shape = 1 + 0.5 * np.sin(2 * np.pi * np.arange(24 * days) / 24)
    y = (
        20
        * shape
        * np.exp(np.cumsum(rng.normal(0, 0.01, 24 * days)) + rng.normal(0, 0.05, 24 * days))
    )
    return pd.Series(y, pd.date_range("2026-03-01", periods=24 * days, freq="h"))


def test_hours_are_forecast_as_hours():
    y = hourly()
    made = forecast(y, 48, paths=400, freq="h")
    assert (
        made.paths.shape == (400, 48)
        and str(made.dates[0]) == "2026-03-31T00"
        and "last_value" in made.weights
    )
    assert (
        np.corrcoef(made.median, np.resize(1 + 0.5 * np.sin(2 * np.pi * np.arange(24) / 24), 48))[
            0, 1
        ]
        > 0.95
    )
    low, high = np.quantile(made.paths[:, :24].sum(axis=1), (0.1, 0.9))
    assert 0.03 < np.log(high / low) < 1.0


def test_hourly_totals_of_simulated_truth_lie_inside_as_often_as_said():
    inside = []
    for seed in range(60):
        y = hourly(32, seed)
        total = forecast(y.iloc[:-48], 48, paths=300, seed=seed, freq="h").paths[:, :24].sum(axis=1)
        low, high = np.quantile(total, (0.1, 0.9))
        inside.append(low <= y.iloc[-48:-24].sum() <= high)
    assert 0.64 < np.mean(inside) < 0.96  # 0.8 ± 3 standard errors of 60 windows


def test_what_hours_cannot_be_told_and_what_is_no_hour():
    y = hourly()
    with pytest.raises(
        ForecastError,
        match="^forecast: cap: covariates are for daily forecasts only; add the hours up to days first.$",
    ):
        forecast(y, 24, paths=10, freq="h", cap=3.0)
    with pytest.raises(ForecastError) as raised:
        forecast(y.set_axis(y.index + pd.Timedelta(minutes=5)), 24, paths=10, freq="h")
    assert (
        str(raised.value)
        == "history: 2026-03-01 00:05:00 is not a whole hour. Add up to hours first: history.resample('h').sum()."
    )
    with pytest.raises(ForecastError, match="^forecast: unknown freq 'W'. Known: D, h, M.$"):
        forecast(y, 24, paths=10, freq="W")


@pytest.mark.parametrize("days", [10, 20, 60, 400, 800])
@pytest.mark.parametrize(
    "names",
    [
        ("weekday_mean", "theta"),
        ("last_year", "damped_holt"),
        ("theta", "last_year", "weekday_mean"),
    ],
    ids=" ".join,
)
def test_the_order_of_a_list_of_methods_moves_nothing(names, days):
    """Seen before: a cutoff that no method could forecast was counted against the first one of the list."""
    y = series(days)
    one, other = (forecast(y, 40, paths=50, methods=list(each)) for each in (names, names[::-1]))
    assert one.weights == other.weights
    np.testing.assert_array_equal(one.paths, other.paths)
    np.testing.assert_array_equal(one.median, other.median)


def hours_of(count: int, value: float = 2.0) -> pd.Series:
    return pd.Series(value, pd.date_range("2026-01-01", periods=count, freq="h"))


HOURS_NEEDED = "with a value; a forecast of hours needs at least 24, a whole day. Give more hours, or leave freq out and give days."
KNOWN = "Known: adida, croston, damped_holt, last_year, prophet, seasonal_naive, theta, tsb, weekday_mean."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"history": hours_of(5), "freq": "h"}, f"history: 5 hours {HOURS_NEEDED}"),
        ({"history": hours_of(1), "freq": "h"}, f"history: 1 hour {HOURS_NEEDED}"),
        ({"history": hours_of(0), "freq": "h"}, f"history: 0 hours {HOURS_NEEDED}"),
        ({"history": hours_of(50, np.nan), "freq": "h"}, f"history: 0 hours {HOURS_NEEDED}"),
        ({"freq": ["D"]}, "forecast: unknown freq '['D']'. Known: D, h, M."),
        ({"seed": "x"}, "seed: 'x' must be a whole number."),
        ({"seed": None}, "seed: 'None' must be a whole number."),
        ({"seed": 1.5}, "seed: '1.5' must be a whole number."),
        (
            {"methods": 3},
            f"methods: 3 is neither a group of forecasters (all, cheap) nor a list of them. {KNOWN}",
        ),
    ],
)
def test_what_cannot_be_meant_is_one_sentence_and_never_a_traceback(given, says):
    """Seen before: IndexError, TypeError, ValueError."""
    with pytest.raises(ForecastError) as refused:
        forecast(**{"history": series(60), "horizon": 7, "paths": 10, **given})
    assert str(refused.value) == says


@pytest.mark.parametrize("count", [24, 25, 30, 48, 49, 72])
@pytest.mark.parametrize("zeros", [0, 20])
def test_a_day_of_hours_is_enough_and_leading_zeros_are_no_trouble(count, zeros):
    """Seen before: IndexError for histories (or uses since a launch) shorter than the settling window."""
    y = hours_of(count)
    y.iloc[:zeros] = 0.0
    assert np.isfinite(forecast(y, 6, paths=10, freq="h").paths).all()


def test_a_settling_window_longer_than_the_history_is_no_trouble():
    for days in range(2, 40):
        assert np.isfinite(forecast(series(days), 5, paths=5, settling_days=31).paths).all()


def test_a_forecast_prints_in_one_line_and_a_long_one_is_cut_in_a_notebook():
    """Seen before: print(forecast) gave its arrays."""
    made = forecast(series(), 60, paths=100)
    low, mid, high = np.quantile(made.paths.sum(axis=1), (0.1, 0.5, 0.9))
    shares = ", ".join(
        f"{name} {share:.0%}"
        for name, share in sorted(made.weights.items(), key=lambda item: (-item[1], item[0]))
    )
    assert repr(made) == str(made)
    assert str(made) == (
        f"Forecast of {made.dates[0]} to {made.dates[-1]} (60 days), 100 paths: total P50 {mid:,.0f}, 80 % range {low:,.0f} to {high:,.0f}; "
        f"methods: {shares}"
    )
    ended = forecast(pd.concat([series(100), series(130)[100:] * 0]), 3, paths=10)
    assert str(ended).endswith(
        "(3 days), 10 paths: total P50 0.00, 80 % range 0.00 to 0.00; methods: none (ended)"
    )
    assert "T05 (6 hours), 10 paths" in str(forecast(hours_of(48), 6, paths=10, freq="h"))
    long = forecast(series(), 3700, paths=5)._repr_html_()
    assert long.count("<tr>") == 13 and "<p>110 months more: month_totals().</p>" in long
