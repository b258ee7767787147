"""Bad histories: an answer, or one refusal word for word; the same from forecasts, backtests and the search for anomalies (docs/method §2.19)."""

from __future__ import annotations

import datetime
import decimal

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finops_model.errors import ForecastError
from finops_model.forecasting.backtest import backtest
from finops_model.forecasting.history import clean
from finops_model.forecasting.series import forecast
from finops_model.measure.anomalies.detect import find_anomalies

WEEK = np.array([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7])
DAY = pd.Timedelta(days=1)


def series(days=200, seed=1, start="2025-01-01"):
    rng = np.random.default_rng(seed)
    return pd.Series(
        50 * np.resize(WEEK, days) * np.exp(rng.normal(0, 0.03, days)),
        pd.date_range(start, periods=days),
    )


def stepped(freq, count, start="2024-01-01"):
    return pd.Series(np.linspace(40, 60, count), pd.date_range(start, periods=count, freq=freq))


def at(day, value, dtype=float):
    """Day 4 of the year (or another) set to a value."""
    return lambda y: y.astype(dtype).where(y.index != day, value)


READ = "A forecast needs every day: give the daily rows these were made of, or write 0 where nothing was used."
NUMBER, DATES = (
    "history: a value is not a number.",
    "history: the index (or ds) holds something that is not a date (text must be written 2026-10-31).",
)
APART = "history: the days are {}. " + READ
REFUSED = {  # name: (change, message); all three say the same
    "a day twice": (
        lambda y: pd.concat([y, y[3:4]]),
        "history: 2025-01-04 appears twice. Add up the rows of a day first: history.groupby(level=0).sum().",
    ),
    "a time zone": (
        lambda y: y.tz_localize("Europe/Berlin"),
        "history: the days carry the time zone Europe/Berlin. Cut days in the billing time zone "
        "first: history.tz_localize(None) on day starts.",
    ),
    "offsets that change": (
        lambda y: y.set_axis(
            [f"{day.date()}T00:00:00+0{1 + (i > 88)}:00" for i, day in enumerate(y.index)]
        ),
        "history: the days carry offsets from UTC that change. Write them as days of the billing time zone, 2026-10-31.",
    ),
    "hours as days": (
        lambda y: stepped("h", 24 * 90),
        "history: 2024-01-01 01:00:00 has a time of day. Add up to days first: "
        "history.resample('D').sum().",
    ),
    "weeks as days": (
        lambda y: stepped("7D", 60),
        APART.format("7 days apart, so this looks like weekly data"),
    ),
    "weeks with holes": (
        lambda y: stepped("7D", 60).drop(stepped("7D", 60).index[[5, 20, 21]]),
        APART.format("7 days apart, so this looks like weekly data"),
    ),
    "months as days": (
        lambda y: stepped("MS", 30),
        APART.format("a month apart, so this looks like monthly data")
        + " Totals of months: freq='M' or --freq M, 24 at least.",
    ),
    "ends of months": (
        lambda y: stepped("ME", 30),
        APART.format("a month apart, so this looks like monthly data")
        + " Totals of months: freq='M' or --freq M, 24 at least.",
    ),
    "periods of a month": (
        lambda y: stepped("MS", 30).to_period("M"),
        APART.format("a month apart, so this looks like monthly data")
        + " Totals of months: freq='M' or --freq M, 24 at least.",
    ),
    "quarters": (
        lambda y: stepped("QE", 9),
        APART.format("three months apart, so this looks like quarterly data"),
    ),
    "years": (
        lambda y: stepped("YS", 5),
        APART.format("a year apart, so this looks like yearly data"),
    ),
    "every other day": (lambda y: y[::2], APART.format("2 days apart")),
    "holes": (
        lambda y: y[(np.arange(200) % 5 < 2) & (y.index != "2025-01-06")],
        "history: 118 of 197 days between 2025-01-01 and 2025-07-16 are missing, "
        "the longest gap after 2025-01-02. Check the dates, or write 0 where nothing was used.",
    ),
    "a date far ahead": (
        lambda y: pd.concat([y, pd.Series([1.0], [pd.Timestamp("2099-01-01")])]),
        "history: 26,828 of 27,029 days between 2025-01-01 "
        "and 2099-01-01 are missing, the longest gap after 2025-07-19. Check the dates, or write 0 where nothing was used.",
    ),
    "text": (at("2025-01-04", "12 USD", object), NUMBER),
    "true and false": (lambda y: y > 50, NUMBER),
    "dates as values": (lambda y: pd.Series(y.index, y.index), NUMBER),
    "spans as values": (
        lambda y: pd.Series(pd.to_timedelta(y.to_numpy(), unit="s"), y.index),
        NUMBER,
    ),
    "complex": (lambda y: y.astype(complex), NUMBER),
    "infinite": (
        at("2025-01-04", np.inf),
        "history: 2025-01-04 is infinite. Values must be finite.",
    ),
    "infinite as text": (
        at("2025-01-04", "-inf", object),
        "history: 2025-01-04 is infinite. Values must be finite.",
    ),
    "absurdly large": (
        at("2025-01-04", 1e200),
        "history: 2025-01-04 is 1e+200, larger than anything that is used or paid.",
    ),
    "American dates": (lambda y: y.set_axis(y.index.strftime("%m/%d/%Y")), DATES),
    "no such day": (
        lambda y: y.set_axis([*y.index.strftime("%Y-%m-%d")[:-1], "2025-02-30"]),
        DATES,
    ),
    "no leap day": (
        lambda y: y.set_axis([*y.index.strftime("%Y-%m-%d")[:-1], "2025-02-29"]),
        DATES,
    ),
    "a date missing": (
        lambda y: y.set_axis(y.index.where(y.index != y.index[3])),
        "history: a date is missing in row 4.",
    ),
    "numbers as dates": (
        lambda y: y.reset_index(drop=True),
        "history: the days are numbers. The index (or ds) must hold dates.",
    ),
    "a column twice": (
        lambda y: pd.DataFrame(np.c_[y, y], columns=["y", "y"]).assign(ds=y.index),
        "history: the column y appears twice. Keep the one that counts.",
    ),
}
ONLY_FORECASTS = {  # what cannot be filled or multiplied can still be looked through for anomalies
    "one row": (lambda y: y[:1], "history: 1 day with a value; a forecast needs at least 2."),
    "empty": (lambda y: y[:0], "history: 0 days with a value; a forecast needs at least 2."),
    "all NaN": (lambda y: y * np.nan, "history: 0 days with a value; a forecast needs at least 2."),
    "one value among NaN": (
        lambda y: y.where(y.index == y.index[9]),
        "history: 1 day with a value; a forecast needs at least 2.",
    ),
    "negative": (
        at("2025-01-04", -2.5),
        "history: 2025-01-04 is negative (-2.5). Forecast usage or cost before credits and corrections.",
    ),
    "working days": (
        lambda y: y[y.index.day_of_week < 5],
        "history: Saturday and Sunday never come (56 of 199 days are missing). Write 0 where nothing "
        "was used: history.asfreq('D', fill_value=0).",
    ),
    "no Mondays": (
        lambda y: y[y.index.day_of_week != 0],
        "history: Monday never comes (28 of 200 days are missing). Write 0 where nothing was used: "
        "history.asfreq('D', fill_value=0).",
    ),
    "a date two months ahead": (
        lambda y: pd.concat([y, pd.Series([5.0], [pd.Timestamp("2025-09-17")])]),
        "history: 2025-09-17 stands alone: no day is "
        "known between 2025-07-19 and 2025-09-17. Correct or leave out a date that is wrong, or write 0 where nothing was used.",
    ),
    "a date two months back": (
        lambda y: pd.concat([pd.Series([5.0], [pd.Timestamp("2024-11-02")]), y]),
        "history: 2024-11-02 stands alone: no day is "
        "known between 2024-11-02 and 2025-01-01. Correct or leave out a date that is wrong, or write 0 where nothing was used.",
    ),
    "three days after silence": (
        lambda y: y[(y.index < "2025-06-01") | (y.index > "2025-07-16")],
        "history: the newest 3 days stand alone: no day is known "
        "between 2025-05-31 and 2025-07-17. Correct or leave out a date that is wrong, or write 0 where nothing was used.",
    ),
    "levels": (
        lambda y: y.set_axis(pd.MultiIndex.from_product([["a"], y.index])),
        "history: the index has 2 levels; it must be days alone. Add up or "
        "choose first: history.groupby(level='ds').sum().",
    ),
}
ANSWERED = {  # name: (change, is the answer that of the plain history?)
    "unsorted": (lambda y: y.sample(frac=1, random_state=3), True),
    "object dtype": (lambda y: y.astype(object), True),
    "numbers as text": (lambda y: y.astype(str), True),
    "decimals": (lambda y: y.map(lambda v: decimal.Decimal(repr(float(v)))), True),
    "nullable": (lambda y: y.astype("Float64"), True),
    "dates of the calendar": (lambda y: y.set_axis(y.index.date), True),
    "dates as text": (lambda y: y.set_axis(y.index.strftime("%Y-%m-%d")), True),
    "periods of a day": (lambda y: y.to_period("D"), True),
    "a frame": (lambda y: pd.DataFrame({"y": y.to_numpy(), "ds": y.index}), True),
    "nanoseconds or seconds": (lambda y: y.set_axis(y.index.astype("datetime64[s]")), True),
    "days missing": (lambda y: y.drop(y.index[[40, 41, 77]]), False),
    "NaN inside": (at("2025-03-04", np.nan), False),
    "None inside": (at("2025-03-04", None, object), False),
    "two weeks missing": (lambda y: y[(y.index < "2025-06-20") | (y.index > "2025-07-04")], False),
    "constant": (lambda y: y * 0 + 5, False),
    "all zero": (lambda y: y * 0, False),
    "tiny": (lambda y: y * 1e-300, False),
    "large": (lambda y: y * 1e90, False),
}


@pytest.mark.parametrize(
    "read",
    [lambda y: forecast(y, 10, paths=20), lambda y: backtest(y, paths=20), find_anomalies],
    ids=["forecast", "backtest", "anomalies"],
)
@pytest.mark.parametrize("case", REFUSED)
def test_a_history_that_cannot_be_meant_is_refused_the_same_by_all(case, read):
    change, message = REFUSED[case]
    with pytest.raises(ForecastError) as refused:
        read(change(series()))
    assert str(refused.value) == message


@pytest.mark.parametrize(
    "read",
    [lambda y: forecast(y, 10, paths=20), lambda y: backtest(y, paths=20)],
    ids=["forecast", "backtest"],
)
@pytest.mark.parametrize("case", ONLY_FORECASTS)
def test_a_history_that_could_only_be_invented_is_not_forecast(case, read):
    change, message = ONLY_FORECASTS[case]
    with pytest.raises(ForecastError) as refused:
        read(change(series()))
    assert str(refused.value) == message


@pytest.mark.parametrize("case", ANSWERED)
def test_a_history_that_can_be_meant_is_answered(case):
    change, same = ANSWERED[case]
    y, given = series(), change(series())
    made = forecast(given, 30, paths=50)
    assert np.isfinite(made.paths).all() and (made.paths >= 0).all()
    assert str(made.dates[0]) == str((y.index[-1] + DAY).date())
    if same:
        np.testing.assert_array_equal(made.paths, forecast(y, 30, paths=50).paths)
        assert (
            find_anomalies(given).panel.values.tolist() == find_anomalies(y).panel.values.tolist()
        )
    assert len(backtest(given, cutoffs=2, paths=20).windows) == len(
        backtest(y, cutoffs=2, paths=20).windows
    )
    find_anomalies(given)


def test_the_advice_of_the_messages_works():
    y = series()
    twice = pd.concat([y, y[3:4]])
    assert clean(twice.groupby(level=0).sum()).values[3] == pytest.approx(2 * y.iloc[3])
    office = y[y.index.day_of_week < 5]
    closed = forecast(office.asfreq("D", fill_value=0), 14, paths=50)
    weekend = (closed.dates.astype("datetime64[D]").astype(int) + 3) % 7 >= 5
    assert (
        closed.paths[:, weekend].max() < 0.02 * closed.median[~weekend].min()
        and closed.kind == "steady"
    )
    hours = pd.Series(1.0, pd.date_range("2025-01-01", periods=24 * 60, freq="h"))
    assert (clean(hours.resample("D").sum()).values == 24).all()


def test_days_of_23_and_25_hours_are_days():
    """Hours of Berlin, cut into its days: the day clocks go forward has 23 of them, the day they go back 25; neither is missing nor twice."""
    hours = pd.Series(
        1.0, pd.date_range("2025-03-01", "2025-11-30 23:00", freq="h", tz="Europe/Berlin")
    )
    found = clean(hours.resample("D").sum().tz_localize(None))
    at_day = lambda day: found.values[int((np.datetime64(day) - found.days[0]).astype(int))]
    assert (
        found.filled == 0
        and at_day("2025-03-30") == 23
        and at_day("2025-10-26") == 25
        and at_day("2025-07-01") == 24
    )


def test_hours_of_a_zone_are_refused_and_hours_of_utc_have_none_left_out_or_twice():
    hours = pd.Series(
        np.resize(10 + np.arange(24.0), 24 * 60),
        pd.date_range("2025-10-01", periods=24 * 60, freq="h", tz="Europe/Berlin"),
    )
    with pytest.raises(ForecastError) as refused:
        forecast(hours, 24, paths=20, freq="h")
    assert str(refused.value) == (
        "history: the hours carry the time zone Europe/Berlin. Take hours of UTC, where none is left out or comes twice: "
        "history.tz_convert('UTC').tz_localize(None)."
    )
    made = forecast(hours.tz_convert("UTC").tz_localize(None), 24, paths=20, freq="h")
    assert made.filled == 0 and made.paths.shape == (20, 24)
    with pytest.raises(ForecastError) as refused:
        forecast(hours.tz_localize(None), 24, paths=20, freq="h")
    assert str(refused.value) == (
        "history: 2025-10-26T02 appears twice. Where clocks were put back take hours of UTC; else add up the rows of an hour "
        "first: history.groupby(level=0).sum()."
    )
    spring = pd.Series(
        1.0, pd.date_range("2025-03-20", periods=24 * 20, freq="h", tz="Europe/Berlin")
    ).tz_localize(None)
    assert clean(spring, freq="h").filled == 1  # the hour clocks jump over: filled, and counted


HOURS = {
    "days": (
        lambda: stepped("D", 90),
        "history: the hours are 24 hours apart, so this looks like daily data. Leave freq out: a daily history is "
        "forecast by day.",
    ),
    "minutes": (
        lambda: stepped("15min", 400),
        "history: 2024-01-01 00:15:00 is not a whole hour. Add up to hours first: history.resample('h').sum().",
    ),
    "holes": (
        lambda: stepped("h", 200)[np.arange(200) % 24 < 10],
        "history: 112 of 200 hours between 2024-01-01T00 and 2024-01-09T07 are "
        "missing, the longest gap after 2024-01-01T09. Check the dates, or write 0 where nothing was used.",
    ),
}


@pytest.mark.parametrize("case", HOURS)
def test_what_are_no_hours_is_refused_word_for_word(case):
    make, message = HOURS[case]
    with pytest.raises(ForecastError) as refused:
        forecast(make(), 24, paths=20, freq="h")
    assert str(refused.value) == message


def test_two_rows_get_an_answer_with_width():
    made = forecast(series(2), 30, paths=400)
    low, high = np.quantile(made.paths.sum(axis=1), (0.1, 0.9))
    assert high / low > 1.3


def test_leap_days_are_read_kept_and_forecast():
    y = series(500, start="2027-06-01")
    assert (
        np.datetime64("2028-02-29") in clean(y).days
        and np.datetime64("2028-02-29") in forecast(y[:250], 60, paths=20).dates
    )
    assert clean(y.drop(pd.Timestamp("2028-02-29"))).filled == 1


def test_as_of_looks_at_no_later_day():
    """A future date in a history is what comes after as_of: not looked at. Without as_of the newest day is the last one known."""
    y = series()
    future = pd.concat([y, pd.Series([1e6, -3.0], pd.DatetimeIndex(["2031-01-01", "2031-01-02"]))])
    for day in (
        "2025-07-19",
        datetime.date(2025, 7, 19),
        pd.Timestamp("2025-07-19"),
        np.datetime64("2025-07-19"),
    ):
        np.testing.assert_array_equal(
            forecast(future, 30, paths=50, as_of=day).paths, forecast(y, 30, paths=50).paths
        )
    np.testing.assert_array_equal(
        forecast(clean(y), 30, paths=50, as_of="2025-06-30").paths,
        forecast(y[:"2025-06-30"], 30, paths=50).paths,
    )
    assert (
        str(forecast(y, 3, paths=20, as_of="2030-01-01").dates[0]) == "2025-07-20"
    )  # days follow the last one known


@pytest.mark.parametrize(
    "read",
    [
        lambda y, day: forecast(y, 10, paths=20, as_of=day),
        lambda y, day: find_anomalies(y, as_of=day),
    ],
    ids=["forecast", "anomalies"],
)
@pytest.mark.parametrize(
    "day, message",
    [
        ("2024-12-31", "history: no day is on or before 2024-12-31."),
        ("yesterday", "history: as_of is 'yesterday'; it must be a day, YYYY-MM-DD."),
        ("2025-02-30", "history: as_of is '2025-02-30'; it must be a day, YYYY-MM-DD."),
        ("2025-02", "history: as_of is '2025-02'; it must be a day, YYYY-MM-DD."),
        (20250201, "history: as_of is '20250201'; it must be a day, YYYY-MM-DD."),
    ],
)
def test_an_as_of_that_is_no_day_or_before_all_days_is_refused(read, day, message):
    with pytest.raises(ForecastError) as refused:
        read(series(), day)
    assert str(refused.value) == message


@pytest.mark.parametrize("horizon", [0, -1, 3701, 10**12, 30.0, "30", None, True, np.nan, np.inf])
def test_an_absurd_horizon_is_refused(horizon):
    with pytest.raises(ForecastError) as refused:
        forecast(series(), horizon, paths=20)
    assert str(refused.value) == f"horizon: {horizon!r} must be a whole number from 1 to 3,700."


def test_the_longest_horizon_is_answered():
    made = forecast(series(400), 3700, paths=20)
    assert made.paths.shape == (20, 3700) and np.isfinite(made.paths).all()


@settings(max_examples=40, deadline=None)
@given(holes=st.lists(st.integers(1, 298), max_size=60), seed=st.integers(0, 9))
def test_filling_keeps_every_known_day_and_stays_within_what_is_known(holes, seed):
    y = series(300, seed)
    kept = y.drop(y.index[sorted(set(holes))])
    try:
        found = clean(kept)
    except ForecastError as refused:
        assert "never come" in str(refused) or "alone" in str(refused)
        return
    assert found.filled == 300 - len(kept) and len(found.values) == 300
    known = np.isin(found.days, kept.index.to_numpy("datetime64[D]"))
    np.testing.assert_array_equal(found.values[known], kept.to_numpy())
    assert (found.values >= kept.min()).all() and (found.values <= kept.max()).all()
