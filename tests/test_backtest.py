"""Backtests grade windows with what was known before them; scores against closed forms (docs/method §2.7, §11.2, §11.5–§11.7)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from finops_model.errors import ForecastError
from finops_model.forecasting import scores
from finops_model.forecasting.backtest import COLUMNS, backtest, backtest_total, month_ends, spans
from finops_model.forecasting.history import clean
from finops_model.forecasting.methods import shelf
from finops_model.forecasting.series import forecast
from finops_model.forecasting.windows import (
    FEW,
    LEVELS,
    RANGES,
    calibration,
    graded,
    said_and_was,
    summary,
)

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])
OF_DAYS = ", ".join(
    name for name, module in shelf().items() if 7 in getattr(module, "SEASONS", (7,))
)


def series(first, last, seed=1):
    days = pd.date_range(first, last)
    rng = np.random.default_rng(seed)
    return pd.Series(
        50 * np.resize(WEEK, len(days)) * np.exp(np.cumsum(rng.normal(0, 0.01, len(days)))), days
    )


def test_rows_hold_what_came_and_what_was_said_before():
    y = series("2025-01-01", "2026-03-20")
    frame = backtest(y, leads=(1, 2, 3), cutoffs=4, paths=200).months
    assert list(frame.columns) == COLUMNS
    assert list(frame["made"].unique()) == ["2025-10", "2025-11", "2025-12", "2026-01"]
    assert not (frame["for"] > "2026-02").any()  # March 2026 is under way: no actual
    assert [(made, lead) for made, lead in zip(frame["made"], frame["lead"])] == [
        ("2025-10", 1),
        ("2025-10", 2),
        ("2025-10", 3),
        ("2025-11", 1),
        ("2025-11", 2),
        ("2025-11", 3),
        ("2025-12", 1),
        ("2025-12", 2),
        ("2026-01", 1),
    ]
    row = frame.iloc[0]
    assert row["for"] == "2025-11" and row["actual"] == pytest.approx(y["2025-11"].sum())
    week = y["2025-10-25":"2025-10-31"].to_numpy()
    assert row["naive"] == pytest.approx(np.resize(week, 30).sum())
    assert row["error_pct"] == pytest.approx(abs(row["p50"] - row["actual"]) / row["actual"])
    assert row["inside"] == (row["p10"] <= row["actual"] <= row["p90"])


def test_the_grade_is_that_of_the_forecast_made_on_that_day():
    y = series("2025-01-01", "2026-01-31")
    row = backtest(y, leads=(2,), cutoffs=1, paths=300, seed=9).months.iloc[0]
    whole = {"settling_days": 0}  # as a replay has it: every day counts as it stands (§2.24, §2.27)
    made = forecast(y[:"2025-11-30"], 62, paths=300, seed=9, methods="cheap", **whole)
    made = made.month_totals()["2026-01"]
    assert (row["made"], row["for"]) == ("2025-11", "2026-01")
    assert (row["p10"], row["p50"], row["p90"]) == tuple(np.quantile(made, (0.1, 0.5, 0.9)))


def test_what_comes_later_does_not_change_what_was_said():
    y = series("2025-01-01", "2026-01-31")
    later = y.copy()
    later["2025-12-01":] *= 5
    a, b = (backtest(part, leads=(1,), cutoffs=2, paths=100).months for part in (y, later))
    assert (
        a["p50"].iloc[0] == b["p50"].iloc[0]
        and a["made"].iloc[1] == "2025-12"
        and b["actual"].iloc[1] > 4 * a["actual"].iloc[1]
    )


def test_six_months_ahead_is_possible_and_leap_february_counts_29_days():
    y = series("2027-01-01", "2028-02-29", seed=3)
    row = backtest(y, leads=(6,), cutoffs=1, paths=100).months.iloc[0]
    assert (row["made"], row["for"], row["lead"]) == ("2027-08", "2028-02", 6)
    assert row["actual"] == pytest.approx(y["2028-02"].sum()) and len(y["2028-02"]) == 29


def test_a_last_day_that_ends_its_month_makes_it_whole():
    days = pd.date_range("2025-01-01", "2026-02-28").to_numpy("datetime64[D]")
    assert str(month_ends(days, 1, 1)[0]) == "2026-01-31"
    assert str(month_ends(days[:-1], 1, 1)[0]) == "2025-12-31"


def test_the_total_of_workloads_is_added_up_by_path():
    days = pd.date_range("2025-01-01", "2026-01-31").to_numpy("datetime64[D]")
    parts = np.stack(
        [series("2025-01-01", "2026-01-31", seed).to_numpy() for seed in range(4)], axis=1
    )
    frame = backtest_total(parts, list("abcd"), days, leads=(1, 2), cutoffs=3, paths=400).months
    whole = pd.Series(parts.sum(axis=1), days)
    assert list(frame["made"].unique()) == ["2025-10", "2025-11", "2025-12"] and len(frame) == 5
    last = frame.iloc[-1]
    assert last["actual"] == pytest.approx(whole["2026-01"].sum())
    alone = [
        backtest_total(
            parts[:, [w]], ["abcd"[w]], days, leads=(1,), cutoffs=1, paths=400
        ).months.iloc[0]
        for w in range(4)
    ]
    width = last["p90"] - last["p10"]
    assert last["p50"] == pytest.approx(sum(row["p50"] for row in alone), rel=0.03)
    assert width < 0.95 * sum(
        row["p90"] - row["p10"] for row in alone
    )  # P90s of parts do not add up
    assert width > np.sqrt(
        sum((row["p90"] - row["p10"]) ** 2 for row in alone)
    )  # nor are workloads independent


def test_zero_months_have_no_percentage():
    y = series("2025-01-01", "2025-12-31")
    y["2025-11-01":] = 0.0
    row = backtest(y, leads=(1,), cutoffs=1, paths=50).months.iloc[0]
    assert row["actual"] == 0 and np.isnan(row["error_pct"])


@pytest.mark.parametrize(
    "given, message",
    [
        (dict(leads=()), "leads: () must be whole months from 1 to 60, for example (1, 2, 3)."),
        (
            dict(leads=(0, 1)),
            "leads: (0, 1) must be whole months from 1 to 60, for example (1, 2, 3).",
        ),
        (dict(cutoffs=0), "cutoffs: 0 must be a whole number of 1 or more."),
        (
            dict(horizons=(7, 0)),
            "horizons: (7, 0) must be whole days from 1 to 730, for example (7, 30, 90).",
        ),
        (
            dict(horizons=(1.5,)),
            "horizons: (1.5,) must be whole days from 1 to 730, for example (7, 30, 90).",
        ),
        (
            dict(methods="chep"),
            f"methods: unknown forecaster or group 'chep'. Did you mean 'cheap'? Known: {OF_DAYS}, all, cheap.",
        ),
        (
            dict(leads=(12,)),
            "backtest: 120 days from 2025-01-01 to 2025-04-30 hold no month end with 60 days before and 12 whole months after "
            "it. Bring a longer history.",
        ),
    ],
)
def test_what_cannot_be_graded_is_refused_word_for_word(given, message):
    with pytest.raises(ForecastError) as refused:
        backtest(series("2025-01-01", "2025-04-30"), **given)
    assert str(refused.value) == message


def test_crps_of_a_normal_sample_is_the_closed_form():
    """CRPS(N(0,1), 0) = (√2 − 1) ÷ √π (Gneiting & Raftery 2007)."""
    grid = (np.arange(20_000) + 0.5) / 20_000
    from scipy.stats import norm

    assert scores.crps([0.0], norm.ppf(grid)[:, None]) == pytest.approx(
        (np.sqrt(2) - 1) / np.sqrt(np.pi), abs=1e-3
    )


def test_crps_is_twice_the_mean_pinball_loss_over_levels():
    rng = np.random.default_rng(0)
    sample = rng.gamma(2.0, 3.0, 4000)
    levels = (np.arange(500) + 0.5) / 500
    pinballs = [
        scores.pinball([5.0], [quantile], level)
        for level, quantile in zip(levels, np.quantile(sample, levels))
    ]
    assert scores.crps([5.0], sample[:, None]) == pytest.approx(2 * np.mean(pinballs), rel=0.01)


def test_the_interval_score_of_the_80_percent_range_is_ten_times_both_pinballs():
    rng = np.random.default_rng(1)
    actual = rng.normal(size=50)
    ten_times = 10 * (
        scores.pinball(actual, np.full(50, -1.0), 0.1)
        + scores.pinball(actual, np.full(50, 1.2), 0.9)
    )
    assert scores.interval_score(actual, np.full(50, -1.0), np.full(50, 1.2), 0.8) == pytest.approx(
        ten_times
    )


def test_scores_of_nothing_are_not_numbers():
    assert np.isnan(scores.wape([0, 0], [1, 1])) and np.isnan(scores.mase([1], [1], [5.0] * 20))
    assert (
        np.isnan(scores.bias([0.0], [1.0]))
        and np.isnan(scores.skill(1.0, 0.0))
        and np.isnan(scores.finops_accuracy(1.0, 0.0))
    )


# --- windows: days, months and quarters of one replay ---


def test_days_months_and_quarters_come_from_the_same_forecast():
    y = series("2025-01-01", "2026-02-28")
    made = backtest(y, cutoffs=2, paths=200, seed=4)
    rows = {(row["made"], row["kind"], row["lead"]): row for row in made.windows.to_dict("records")}
    assert sorted(key[1:] for key in rows if key[0] == "2026-01") == [
        ("days", 7),
        ("month", 1),
    ]  # what has ended only
    assert sorted(key[1:] for key in rows if key[0] == "2025-12") == [
        ("days", 7),
        ("days", 30),
        ("month", 1),
        ("month", 2),
    ]
    ahead = forecast(y[:"2025-12-31"], 59, paths=200, seed=4, methods="cheap")
    week = rows["2025-12", "days", 7]
    assert (
        week["p50"] == pytest.approx(np.median(ahead.paths[:, :7].sum(axis=1)))
        and week["for"] == "2026-01-07"
    )
    came, known = y["2026-01-01":"2026-01-07"].to_numpy(), y[:"2025-12-31"].to_numpy()
    assert week["abs_days"] == pytest.approx(
        np.abs(came - np.median(ahead.paths[:, :7], axis=0)).sum()
    )
    assert week["naive_abs_days"] == pytest.approx(np.abs(came - known[-7:]).sum())
    assert week["mase"] == pytest.approx(
        week["abs_days"] / 7 / np.abs(known[7:] - known[:-7]).mean()
    )
    one_by_one = [
        np.abs(ahead.paths[:, d] - came[d]).mean()
        - np.abs(ahead.paths[:, d, None] - ahead.paths[None, :, d]).mean() / 2
        for d in range(7)
    ]
    assert week["crps_days"] == pytest.approx(sum(one_by_one))


def test_three_months_together_are_the_sum_of_the_paths_not_of_the_quantiles():
    y = series("2025-01-01", "2026-03-31", seed=8)
    made = backtest(y, cutoffs=3, paths=300)
    quarter = made.windows.query("kind == 'quarter' and made == '2025-12'").iloc[0]
    months = made.months.query("made == '2025-12'")
    assert quarter["for"] == "2026-01/2026-03" and quarter["actual"] == pytest.approx(
        months["actual"].sum()
    ) == pytest.approx(y["2026"].sum())
    totals = forecast(y[:"2025-12-31"], 90, paths=300, methods="cheap").month_totals()
    together = sum(totals[month] for month in ("2026-01", "2026-02", "2026-03"))
    assert (
        quarter["p90"] == pytest.approx(np.quantile(together, 0.9))
        and quarter["p90"] < months["p90"].sum()
    )


@pytest.mark.parametrize(
    "leads, quarters",
    [((1, 2, 3), [1]), ((1, 2, 3, 6), [1]), ((1, 2, 3, 4, 5, 6), [1, 2]), ((3,), []), ((2, 3), [])],
)
def test_a_quarter_needs_its_three_months(leads, quarters):
    found = spans(np.datetime64("2025-12-31"), leads, (), np.datetime64("2026-12-31"))
    assert [lead for kind, lead, *_ in found if kind == "quarter"] == quarters


# --- series with a known answer ---


@pytest.mark.parametrize("level", [10.0, 0.1, 1e-6, 1e12])
def test_a_constant_is_never_missed_and_every_range_holds(level):
    made = backtest(
        pd.Series(level, pd.date_range("2025-01-01", "2026-03-31")), cutoffs=6, paths=100
    )
    found = made.summary()
    assert (found[["error_pct", "naive_error_pct", "bias"]] == 0).all(axis=None) and (
        found[["coverage50", "coverage80", "coverage90"]] == 1
    ).all(axis=None)
    assert (
        found["skill"].isna().all() and "narrow" not in made.sentence()
    )  # 0.1 thirty-one times is not 3.1 to the last bit


def test_a_week_that_repeats_is_known_and_a_step_is_missed_by_what_arithmetic_says():
    days = pd.date_range("2025-01-01", "2026-03-31")
    week = pd.Series(np.resize(WEEK, len(days)), days)
    assert backtest(week, cutoffs=6, paths=50).summary()["error_pct"].max() == 0
    step = pd.Series(np.where(days < "2025-12-16", 10.0, 20.0), days)
    rows = backtest(step, cutoffs=5, paths=50).months.set_index(["made", "lead"])
    assert (
        rows.loc[("2025-11", 1), "naive"] == 310
        and rows.loc[("2025-11", 1), "actual"] == 15 * 10 + 16 * 20
    )
    assert (
        rows.loc[("2025-11", 1), "error_pct"]
        == pytest.approx((470 - rows.loc[("2025-11", 1), "p50"]) / 470)
        and not rows.loc[("2025-11", 1), "inside"]
    )
    assert rows.loc[("2025-12", 1), "naive_error_pct"] == 0  # the newest week is the new level


def test_nothing_spent_has_no_percentage_and_says_so():
    made = backtest(pd.Series(0.0, pd.date_range("2025-01-01", "2025-12-31")), cutoffs=3, paths=20)
    assert made.summary()["error_pct"].isna().all() and (made.summary()["coverage80"] == 1).all()
    assert made.sentence() == "The months graded add up to nothing, so there is no percentage."


# --- no look-ahead ---


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 10_000), st.integers(0, 3), st.floats(0.0, 50.0))
def test_changing_the_future_changes_no_earlier_forecast(seed, back, factor):
    rng = np.random.default_rng(seed)
    days = pd.date_range("2025-01-01", "2026-01-31")
    y = pd.Series(rng.gamma(2.0, 5.0, len(days)) * np.resize(WEEK, len(days)), days)
    y[rng.random(len(days)) < 0.1] = np.nan  # gaps: what fills them must have been known too
    y.iloc[[0, -1]] = 1.0
    ends = [str(end) for end in month_ends(clean(y).days, 1, 4)]
    later = y.copy()
    later[days > ends[-1 - back]] = later[days > ends[-1 - back]] * factor + 1.0
    said = ["made", "kind", "lead", *LEVELS, "naive"]
    a, b = (backtest(part, cutoffs=4, paths=30).windows for part in (y, later))
    a, b = (
        one.loc[one["made"] <= ends[-1 - back][:7], said].reset_index(drop=True) for one in (a, b)
    )
    assert len(a) and a.equals(b)


def test_a_gap_at_a_month_end_is_not_filled_with_the_week_after():
    y = series("2025-01-01", "2026-01-31")
    y["2025-12-29":"2025-12-31"] = np.nan
    row = backtest(y, leads=(1,), cutoffs=1, paths=200).months.iloc[0]
    made = forecast(y[:"2025-12-28"], 34, paths=200, methods="cheap", settling_days=0)
    assert row["p50"] == pytest.approx(np.median(made.paths[:, 3:].sum(axis=1)))
    week = y["2025-12-22":"2025-12-28"].to_numpy()
    assert row["naive"] == pytest.approx(np.resize(week, 34)[3:].sum())


# --- many series ---


def test_many_series_are_each_what_they_are_alone_and_short_ones_are_left_out_with_the_reason():
    frame = pd.DataFrame(
        {
            "a": series("2025-01-01", "2026-01-31", 1),
            "b": 1000 * series("2025-01-01", "2026-01-31", 2),
        }
    )
    frame["young"] = np.where(frame.index >= "2026-01-10", 5.0, np.nan)
    told = []
    made = backtest(
        frame, cutoffs=3, paths=50, classes={"a": "web"}, progress=lambda *said: told.append(said)
    )
    assert made.left_out == {
        "young": "backtest: 22 days from 2026-01-10 to 2026-01-31 hold no month end with 60 days before and 1 whole month after it. "
        "Bring a longer history."
    }
    alone = backtest(frame["b"], cutoffs=3, paths=50).windows
    part = made.windows.query("series == 'b'").reset_index(drop=True)
    assert part.drop(columns="series").equals(alone.drop(columns="series"))
    assert dict(zip(made.windows["series"], made.windows["class"])) == {"a": "web", "b": "steady"}
    assert told[0] == ("backtest a", 0, 3) and told[-1] == ("backtest", 3, 3)
    by = made.summary("series").query("kind == 'month' and lead == 1").set_index("series")
    assert made.summary().query("kind == 'month' and lead == 1")["error_pct"].iloc[
        0
    ] == pytest.approx(by["error_pct"].mean())  # median of two
    assert list(made.summary("class")["class"].unique()) == ["steady", "web"]


@pytest.mark.parametrize(
    "given_, message",
    [
        ({}, "backtest: there is no series; give at least one."),
        ({"a": [1, 2]}, "history: give a daily pandas Series or a frame with ds and y, not list."),
        (
            {
                "a": pd.Series(1.0, pd.date_range("2026-01-01", periods=40)),
                "b": pd.Series(1.0, pd.date_range("2026-01-01", periods=30)),
            },
            "backtest: none of 2 series can be graded. a: backtest: 40 days from 2026-01-01 to 2026-02-09 hold no month end with 60 days before and 1 whole month "
            "after it. Bring a longer history.",
        ),
    ],
)
def test_series_that_cannot_be_graded_are_refused_word_for_word(given_, message):
    with pytest.raises(ForecastError) as refused:
        backtest(given_)
    assert str(refused.value) == message


def test_a_grouping_is_known_or_refused():
    made = backtest(series("2025-01-01", "2025-12-31"), cutoffs=2, paths=20)
    with pytest.raises(ForecastError) as refused:
        made.summary("clas")
    assert (
        str(refused.value)
        == "by: unknown grouping 'clas'. Did you mean 'class'? Known: all, series, class."
    )


# --- sums of windows against the loop written out ---


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 10_000))
def test_a_summary_is_the_loop_written_out(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for name, size in (("a", 1.0), ("b", 1e6), ("c", 30.0)):
        for month in range(int(rng.integers(1, 6))):
            paths, actual = size * rng.gamma(3.0, 2.0, 40), size * rng.gamma(3.0, 2.0)
            rows.append(
                {
                    "series": name,
                    "kind": "month",
                    "lead": 1,
                    "for": f"2026-{month + 1:02}",
                    **graded(paths, actual, size * rng.gamma(3.0, 2.0)),
                    "_paths": paths,
                }
            )
    found = summary(pd.DataFrame(rows).drop(columns="_paths")).iloc[0]

    def median_of(score):
        return float(
            np.median(
                [
                    sum(score(row) for row in rows if row["series"] == name)
                    / sum(abs(row["actual"]) for row in rows if row["series"] == name)
                    for name in sorted({row["series"] for row in rows})
                ]
            )
        )

    def winkler(row):
        return (
            row["p90"]
            - row["p10"]
            + 10 * max(row["p10"] - row["actual"], 0)
            + 10 * max(row["actual"] - row["p90"], 0)
        )

    def pair_crps(row):
        paths = row["_paths"]
        return (
            np.mean([abs(x - row["actual"]) for x in paths])
            - np.mean([abs(x - z) for x in paths for z in paths]) / 2
        )

    assert found["n"] == len(rows) == found["months"] and found["series"] == 3
    assert found["error_pct"] == pytest.approx(
        median_of(lambda row: abs(row["p50"] - row["actual"]))
    )
    assert found["naive_error_pct"] == pytest.approx(
        median_of(lambda row: abs(row["naive"] - row["actual"]))
    )
    assert found["skill"] == pytest.approx(1 - found["error_pct"] / found["naive_error_pct"])
    assert found["bias"] == pytest.approx(median_of(lambda row: row["p50"] - row["actual"]))
    assert found["interval_score_pct"] == pytest.approx(median_of(winkler)) and found[
        "crps_pct"
    ] == pytest.approx(median_of(pair_crps))
    for name, level in (("p10", 0.1), ("p90", 0.9)):
        assert found[f"pinball{name[1:]}_pct"] == pytest.approx(
            median_of(
                lambda row: (
                    (level if row["actual"] > row[name] else level - 1)
                    * (row["actual"] - row[name])
                )
            )
        )
    for level, (low, high) in RANGES.items():
        assert found[f"coverage{level * 100:.0f}"] == pytest.approx(
            np.mean([row[low] <= row["actual"] <= row[high] for row in rows])
        )
    for limit in (12, 15, 20):
        assert found[f"within_{limit}"] == pytest.approx(
            np.mean([100 * row["error_pct"] <= limit for row in rows])
        )
    assert found["closer"] == pytest.approx(
        np.mean([row["error_pct"] < row["naive_error_pct"] for row in rows])
    )


def windows(*of):
    """One series; each window: (P50, actual, naive)."""
    return pd.DataFrame(
        [
            {
                "kind": "month",
                "lead": 1,
                "for": f"2026-{i:02}",
                **graded(np.full(3, p50), actual, naive),
            }
            for i, (p50, actual, naive) in enumerate(of, 1)
        ]
    )


def test_the_finops_variance_of_a_summary_is_over_the_forecast_and_its_other_form_over_the_actual():
    """Forecasts 100 and 200, actuals 80 and 200: 20 ÷ 300, and 20 ÷ 280."""
    found = summary(windows((100.0, 80.0, 1.0), (200.0, 200.0, 1.0))).iloc[0]
    assert found["finops_variance_pct"] == pytest.approx(20 / 300)
    assert found["finops_variance_actual_pct"] == pytest.approx(20 / 280) == found["bias"]
    row = windows((100.0, 80.0, 1.0)).iloc[0]
    assert row["finops_variance_pct"] == pytest.approx(0.2)
    assert row["finops_variance_actual_pct"] == pytest.approx(0.25)


def test_a_tie_with_last_week_is_not_won():
    """Missed by 10 like last week, missed by 9 where last week missed by 10: one of two is closer."""
    assert summary(windows((110.0, 100.0, 90.0), (109.0, 100.0, 90.0))).iloc[0]["closer"] == 0.5


@settings(max_examples=25, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=1, max_size=12), st.floats(-60, 60))
def test_crps_is_the_integral_over_the_squared_gap_of_the_distributions(sample, actual):
    """∫ (F(x) − 1{x ≥ actual})² dx, exact between the jumps (Gneiting & Raftery 2007)."""
    edges = np.sort([*sample, actual])
    heights = [(np.mean(np.asarray(sample) <= left) - (left >= actual)) ** 2 for left in edges[:-1]]
    assert scores.crps([actual], np.asarray(sample)[:, None]) == pytest.approx(
        float(np.dot(heights, np.diff(edges))), abs=1e-9
    )


@pytest.mark.parametrize("draws", [1, 2, 7, 8, 25, 400, 3000])
@pytest.mark.parametrize("chance", [0.05, 0.5, 0.8, 0.9])
def test_the_band_of_luck_is_the_binomial_one(draws, chance):
    assert scores.binomial_band(draws, chance) == tuple(
        binom.ppf([0.1, 0.9], draws, chance) / draws
    )
    low, high = scores.binomial_band(draws, chance)
    assert (
        binom.cdf(high * draws + 1e-9, draws, chance)
        - binom.cdf(low * draws - 1 + 1e-9, draws, chance)
        >= 0.8 - 1e-9
    )


def test_forecasts_of_one_month_are_one_look():
    row = {**dict(zip(LEVELS, (5.0, 6.0, 8.0, 10.0, 12.0, 14.0, 15.0))), "actual": 10.0}
    rows = pd.DataFrame(
        [
            {**row, "series": "a", "for": f"2026-{month:02}", "made": f"2026-{month - lead:02}"}
            for month in range(4, 8)
            for lead in (1, 2)
        ]
    )
    found = calibration(rows).query("kind == 'range' and level == 0.8").iloc[0]
    assert (found["n"], found["hits"], found["months"]) == (8, 8, 4) and (
        found["low"],
        found["high"],
    ) == scores.binomial_band(4, 0.8)
    assert (
        said_and_was(found)
        == f"When we said 80 %, it was 100 % (8 of 8): too few to judge by (8 windows, 4 of them without overlap; {FEW} and 3 say something)"
    )


def test_the_words_of_a_backtest_are_its_numbers():
    made = backtest(series("2025-01-01", "2026-03-31", seed=5), cutoffs=10, paths=100)
    table, text = made.summary(), made.sentence()
    one = table.query("kind == 'month' and lead == 1").iloc[0]
    assert (
        f"1 month ahead the total was missed by {one['error_pct'] * 100:.1f} % ({one['naive_error_pct'] * 100:.1f} % for repeating last week)"
        in text
    )
    behind = [
        lead
        for lead, skill in zip(
            *made.summary().query("kind == 'month'")[["lead", "skill"]].T.to_numpy()
        )
        if skill < 0
    ]
    assert ("Repeating last week came closer" in text) == bool(behind)
    page = made._repr_html_()
    assert "months 1 to 3" in page and "next 90 days" in page and f"{one['error_pct']:.1%}" in page
