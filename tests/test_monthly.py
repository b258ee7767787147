"""fm.forecast of month totals (freq="M"): what it takes and refuses, the laws its paths obey, how it is shown (docs/method §2.25)."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import finops_model as fm
from finops_model.errors import ForecastError

SHAPE = np.array([1.0, 0.9, 1.0, 1.0, 1.1, 1.0, 0.8, 0.8, 1.0, 1.1, 1.2, 1.6])


def totals(count=48, start="2022-01", growth=0.01, noise=0.03, seed=2) -> pd.Series:
    rng = np.random.default_rng(seed)
    months = np.arange(np.datetime64(start, "M"), np.datetime64(start, "M") + count)
    y = 1000 * SHAPE[months.astype(int) % 12] * np.exp(growth * np.arange(count))
    return pd.Series(
        y * np.exp(noise * rng.standard_normal(count)), months.astype("datetime64[ns]")
    )


Y = totals()


def forecast(history=Y, horizon=12, **words):
    return fm.forecast(history, horizon, **{"paths": 300, "freq": "M", **words})


WHOLE = forecast()


@pytest.mark.parametrize(
    "same",
    [
        lambda y: y.set_axis(y.index + pd.offsets.MonthEnd(1)),
        lambda y: y.set_axis(y.index.to_period("M")),
        lambda y: y.set_axis(y.index + pd.Timedelta(days=14)),
        lambda y: y.sample(frac=1.0, random_state=3),
        lambda y: pd.DataFrame({"ds": y.index, "y": y.to_numpy()}),
        lambda y: pd.concat([pd.Series([np.nan], [pd.Timestamp("2021-12-01")]), y]),
    ],
    ids=["ends", "periods", "mid-months", "unsorted", "frame", "an empty month before"],
)
def test_however_the_months_are_written_they_are_the_same_months(same):
    np.testing.assert_array_equal(forecast(same(Y)).paths, WHOLE.paths)


def test_dates_are_months_and_totals_are_the_paths():
    assert WHOLE.dates.dtype == np.dtype("datetime64[M]") and str(WHOLE.dates[0]) == "2026-01"
    assert (
        WHOLE.paths.shape == (300, 12) and np.isfinite(WHOLE.paths).all() and WHOLE.step == "month"
    )
    months = WHOLE.month_totals()
    assert list(months) == [f"2026-{m:02}" for m in range(1, 13)]
    np.testing.assert_array_equal(months["2026-12"], WHOLE.paths[:, 11])


def test_the_shape_of_the_year_and_the_growth_go_on():
    point = dict(zip(WHOLE.dates.astype(str).tolist(), WHOLE.median))
    assert point["2026-12"] > 1.25 * point["2026-10"] and point["2026-08"] < 0.9 * point["2026-06"]
    assert 1.03 < WHOLE.median.sum() / Y[-12:].sum() < 1.16


def test_same_seed_same_paths_fewer_are_the_first_and_a_longer_horizon_continues_them():
    np.testing.assert_array_equal(forecast(paths=50).paths, WHOLE.paths[:50])
    np.testing.assert_allclose(forecast(horizon=30).paths[:, :12], WHOLE.paths)
    assert not np.array_equal(forecast(seed=1).paths, WHOLE.paths)


def test_the_range_holds_the_months_that_came_and_grows_with_the_lead():
    low, high = np.quantile(WHOLE.paths, (0.1, 0.9), axis=0)
    width = (high - low) / WHOLE.median
    assert width[11] >= width[0] > 0.02
    held = []
    for seed in range(12):
        y = totals(60, seed=seed)
        low, high = np.quantile(forecast(y[:48]).paths, (0.1, 0.9), axis=0)
        held.append(((low <= y[48:]) & (y[48:] <= high)).mean())
    assert np.mean(held) > 0.7, held


@settings(max_examples=15, deadline=None)
@given(
    factor=st.sampled_from([1e-6, 0.5, 7.0, 1e9]),
    count=st.integers(24, 60),
    seed=st.integers(0, 99),
)
def test_another_unit_gives_the_same_in_that_unit(factor, count, seed):
    y = totals(count, noise=0.2, seed=seed)
    np.testing.assert_allclose(
        forecast(y * factor, 6, paths=20).paths, factor * forecast(y, 6, paths=20).paths, rtol=1e-6
    )


@settings(max_examples=15, deadline=None)
@given(st.lists(st.sampled_from([0.0, 1e-3, 1.0, 50.0, 1e6]), min_size=24, max_size=40))
def test_any_totals_give_finite_paths_that_are_never_negative(values):
    y = pd.Series(values, pd.date_range("2020-01-01", periods=len(values), freq="MS"))
    made = forecast(y, 24, paths=20)
    assert np.isfinite(made.paths).all() and (made.paths >= 0).all()


def test_a_month_under_way_is_left_out_by_as_of():
    part = pd.concat([Y, pd.Series([12.0], [pd.Timestamp("2026-01-01")])])
    np.testing.assert_array_equal(forecast(part, as_of="2026-01-30").paths, WHOLE.paths)
    assert str(forecast(part, as_of="2026-01-31").dates[0]) == "2026-02"
    assert str(forecast(part, until="2025-12-31").dates[0]) == "2026-01"


def test_an_empty_history_says_so():
    assert str(forecast(Y * 0)).endswith("methods: none (empty)")


def test_it_is_shown_as_months():
    assert str(WHOLE).startswith(
        "Forecast of 2026-01 to 2026-12 (12 months), 300 paths: total P50 "
    )
    assert "Forecast of 2026-01 to 2026-01 (1 month), " in str(forecast(horizon=1))
    page = WHOLE._repr_html_()
    assert page.count("<tr>") == 13 and "<th>Month</th><th>P10</th>" in page and "Days" not in page
    rows = WHOLE.frame()
    assert list(rows) == ["month", "days", "p10", "p50", "p90"] and len(rows) == 12
    assert rows["days"].tolist()[:2] == [31, 28]
    with pytest.raises(ForecastError) as refused:
        WHOLE.frame("day")
    assert str(refused.value) == "frame: unknown step 'day'. Known: month."


DAYS = pd.Series(1.0, pd.date_range("2024-01-01", periods=60))
FEW = "with a value; a forecast of months needs at least 24, two whole years. Give more months, or give the days and leave freq out: days need 2."


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"history": Y[:23]}, f"history: 23 months {FEW}"),
        ({"history": Y[:1]}, f"history: 1 month {FEW}"),
        ({"history": Y[:30], "as_of": "2023-11-30"}, f"history: 23 months {FEW}"),
        ({"history": Y * np.nan}, f"history: 0 months {FEW}"),
        (
            {"history": DAYS},
            "history: 2024-01 appears twice, on 2024-01-01 and 2024-01-02. freq='M' takes one total a month. Of days: leave freq out; of parts "
            "of a month: add them up first.",
        ),
        (
            {"history": Y.drop(Y.index[[5, 9]])},
            "history: 2022-06 has no value, between 2022-01 and 2025-12. Give every month; write 0 where nothing was used.",
        ),
        (
            {"history": Y.where(Y.index != "2023-03-01")},
            "history: 2023-03 has no value, between 2022-01 and 2025-12. Give every month; write 0 where nothing was used.",
        ),
        (
            {"history": Y - 1000.0},
            "history: 2022-02 is negative (-105.1). Forecast usage or cost before credits and corrections.",
        ),
        ({"horizon": 121}, "horizon: 121 must be a whole number from 1 to 120."),
        (
            {"events": [{"kind": "shutdown", "since": "2026-05-01"}]},
            "forecast: events: covariates are for daily forecasts only; give the days, not their months.",
        ),
        (
            {"methods": ["theta"]},
            "methods: they forecast days and hours; months have a method of their own. Leave methods out.",
        ),
        ({"freq": "Y"}, "forecast: unknown freq 'Y'. Known: D, h, M."),
    ],
)
def test_what_cannot_be_meant_is_refused_in_one_sentence(given, says):
    with pytest.raises(ForecastError) as refused:
        forecast(**given)
    assert str(refused.value) == says
