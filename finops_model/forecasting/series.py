"""The forecast of one series, with what people know of it (docs/method §2.2–§2.4, §2.20)."""

from __future__ import annotations

import numpy as np

from ..errors import ForecastError, unknown
from .covariates.series import forecast_with_covariates
from .ensemble import CLOCKS, alone
from .history import History, clean, day_of, newest_day
from .monthly import MAX_MONTHS, clean_months, forecast_months
from .result import Forecast, result
from .settling import SETTLING_DAYS, check_days, held, left_out

MAX_HORIZON = 3700
MOST_NUMBERS = 200_000_000  # paths x steps: 1.6 GB, several times over while they are made
FREQUENCIES = (*CLOCKS, "M")


def forecast(
    history,
    horizon: int,
    *,
    paths: int = 1000,
    seed: int = 0,
    methods=None,
    freq: str = "D",
    as_of=None,
    settling_days: int = SETTLING_DAYS,
    until=None,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    overrides=(),
    prophet=None,
) -> Forecast:
    """The days after `history` as sample paths (path, day).

    Same history, seed and methods give the same paths; a longer horizon continues them. Forecasts
    made with one seed share their draws (cutoff and sign), so that totals of several series may be
    added path by path.

    Parameters
    ----------
    history : Series, frame or History
        Daily, >= 0, at least 2 days; a frame has ds and y. Hours or month totals with freq.
    horizon : int
        Days ahead, 1 to 3700; hours or months likewise, months up to 120.
    paths : int, optional
        How many.
    seed : int, optional
        Of the draws.
    methods : str or list of str, optional
        None or "cheap": the cheap forecasters; "all": Prophet too; or one name from the shelf
        ("prophet"), or several. Prophet takes what is known itself (method §2.18).
    freq : str, optional
        "D"; "h": history and horizon are hours (up to a few days ahead, and no covariates); "M":
        they are months, at least 24 whole ones, no covariates, and a method of their own.
    as_of : date or str, optional
        Look at no later day than this, YYYY-MM-DD; None: at all of them.
    settling_days : int, optional
        Newest days that may be unfinished: those far under their weekday are not learned from, and
        stand in `left_out`, and one wild newest day is held near its usual (§2.27); 0: all count. Months are whole: as_of leaves one under way out.
    until : date or str, optional
        Another word for as_of.
    events : list of Event or mapping, optional
        Price changes, migrations, launches, promotions, exclusions (method §2.9).
    driver : Series or Driver, optional
        What demand follows: its daily values, past and planned (method §2.10).
    holidays : str, list, mapping or frame, optional
        A country ("DE", "US-CA"), several, a list of days, {day: name}, or a frame with ds and
        holiday.
    cap, floor : float or Series, optional
        The most and the least that can be used per day, unit of the history.
    overrides : list of Override or mapping, optional
        Month totals set by hand; shown with the model's own, never in its place.
    prophet : mapping, optional
        Options of Prophet where it is among the methods.

    Returns
    -------
    Forecast
        `.paths` (path, day), `.median` (day,), `.dates`, in the unit of the history;
        `.month_totals()`, `.frame()`.

    Raises
    ------
    ForecastError
        A history or a word that cannot be meant.

    Source
    ------
    docs/method §2.2 to §2.4, §2.25 (months).

    Examples
    --------
    >>> import pandas as pd
    >>> days = pd.date_range("2026-01-01", periods=210)
    >>> year = pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30), days)
    >>> forecast(year, 14, paths=100).paths.shape
    (100, 14)
    """
    if not isinstance(freq, str) or freq not in FREQUENCIES:
        raise ForecastError(unknown("forecast", "freq", str(freq), FREQUENCIES))
    if until is not None and as_of is not None:
        raise ForecastError("forecast: as_of and until are one thing; give one of them.")
    as_of = as_of if until is None else until
    window = check_days(settling_days)
    paths = _count(paths, "paths", 1_000_000)
    if isinstance(seed, bool) or not isinstance(seed, (int, np.integer)):
        raise ForecastError(f"seed: {str(seed)[:40]!r} must be a whole number.")
    covariates = {
        "cap": cap,
        "driver": driver,
        "events": events,
        "floor": floor,
        "holidays": holidays,
        "overrides": overrides,
        "prophet": prophet,
    }
    given = {
        name: value
        for name, value in covariates.items()
        if value is not None and not (isinstance(value, (tuple, list)) and not value)
    }
    if given and freq != "D":
        parts = (
            "add the hours up to days first" if freq == "h" else "give the days, not their months"
        )
        raise ForecastError(
            f"forecast: {', '.join(given)}: covariates are for daily forecasts only; {parts}."
        )

    if freq == "M":
        if methods is not None:
            raise ForecastError(
                "methods: they forecast days and hours; months have a method of their own. Leave methods out."
            )
        values, months = clean_months(history, as_of)
        return forecast_months(values, months, _count(horizon, "horizon", MAX_MONTHS), paths, seed)
    clock = CLOCKS[freq]
    history, whole = clean(history, freq=clock.step, as_of=as_of), history
    if window and as_of is not None:  # days that others have followed have had their time
        followed = (newest_day(whole, clock.step) - day_of(as_of, "history")).astype(int).clip(0)
        window = max(window - int(followed), 0)
    horizon = _count(horizon, "horizon", MAX_HORIZON)
    if paths * horizon > MOST_NUMBERS:
        raise ForecastError(
            f"paths: {paths:,} of {horizon:,} steps are {paths * horizon:,} numbers; at most {MOST_NUMBERS:,} are held. "
            f"Take {MOST_NUMBERS // horizon:,} paths, or a shorter horizon."
        )
    if given:
        forecast = forecast_with_covariates(
            history, horizon, paths, seed, methods, settling_days=window, **given
        )
    else:
        if settling_days and freq == "D" and not left_out(history.days, history.values, window):
            history = History(history.days, held(history.values), history.filled)
        forecast = alone(history, horizon, paths, seed, methods, clock=clock, settling_days=window)
    return result(forecast)


def _count(value, name, most):
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, np.integer))
        or not 1 <= value <= most
    ):
        raise ForecastError(f"{name}: {value!r} must be a whole number from 1 to {most:,}.")
    return int(value)
