"""Prophet's median, tamed: silent, deterministic, never negative; loaded only when used; with covariates (docs/method §2.18).

Only its point is taken. Its predictive samples treat the noise of days as independent, so 80 % ranges of month
totals built from them held 8–21 % of the actuals (docs/method §2.4); they are never drawn here.
"""

from __future__ import annotations

import contextlib
import logging
import tempfile
import warnings
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from ...errors import ForecastError, unknown

MIN_DAYS = 120
COST = "costly"
SEASONS = (7,)
TAKES_COVARIATES = True  # takes days off, a driver, a cap and a floor itself (forecasting/covariates/for_methods.py)
BENDS, WHERE = 25, 0.8  # Prophet's own: so many changepoints in so much of the history
SEED = 1  # of Stan's optimiser, which draws nothing: named so that no clock decides
LOUD = ("cmdstanpy", "prophet", "prophet.plot", "prophet.models", "prophet.forecaster")
NUMBERS = {
    "changepoint_prior_scale": (0.0, 100.0),
    "seasonality_prior_scale": (0.0, 1e4),
    "holidays_prior_scale": (0.0, 1e4),
    "changepoint_range": (0.0, 1.0),
}
WORDS = {"growth": ("flat", "linear"), "seasonality_mode": ("additive", "multiplicative")}
OPTIONS = ("changepoints", "n_changepoints", *NUMBERS, *WORDS)


def options(asked: Mapping) -> dict:
    """Options of Prophet that may be set, checked; under Prophet's own names. Raises ForecastError.

    changepoints days at which the trend may bend, or n_changepoints; changepoint_prior_scale: how easily it bends (Prophet's own: 0.05);
    changepoint_range, seasonality_prior_scale, holidays_prior_scale, growth, seasonality_mode: as in Prophet

    >>> options({"changepoints": ["2026-03-01"], "changepoint_prior_scale": 0.01})
    {'changepoints': ('2026-03-01',), 'changepoint_prior_scale': 0.01}
    """
    if not isinstance(asked, Mapping):
        raise ForecastError(
            f"prophet: '{str(asked)[:40]}' is no mapping; write {{'changepoint_prior_scale': 0.01}}."
        )
    chosen = {}
    for name, value in asked.items():
        if name not in OPTIONS:
            raise ForecastError(unknown("prophet", "option", str(name), OPTIONS))
        number = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
            value, bool
        )
        if name in NUMBERS:
            low, high = NUMBERS[name]
            if not number or not low < value <= high:
                raise ForecastError(
                    f"prophet: {name} is {str(value)[:40]}; it must be a number over {low:g}, at most {high:g}."
                )
        elif name in WORDS and value not in WORDS[name]:
            raise ForecastError(unknown("prophet", name, str(value)[:40], WORDS[name]))
        elif name == "n_changepoints" and (
            not number or value != int(value) or not 0 <= value <= 200
        ):
            raise ForecastError(
                f"prophet: n_changepoints is {str(value)[:40]}; it must be a whole number from 0 to 200."
            )
        elif name == "changepoints":
            value = tuple(_day(day) for day in ([value] if isinstance(value, str) else value))
        chosen[name] = value
    return chosen


def _day(day) -> str:
    try:
        date = np.datetime64(str(day)[:10], "D")
    except ValueError:
        date = np.datetime64("NaT")
    if np.isnat(date):
        raise ForecastError(
            f"prophet: changepoint '{str(day)[:40]}' is not a day; write it as 2026-10-31."
        )
    return str(date)


@contextlib.contextmanager
def _quiet():
    """No notices of the fit, of missing plotting packages or of pandas; what was set before comes back, numpy's global draws too."""
    loggers = [logging.getLogger(name) for name in LOUD]
    before, draws = [(logger.level, logger.disabled) for logger in loggers], np.random.get_state()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
            logger.disabled = True
        try:
            yield
        finally:
            for logger, (level, disabled) in zip(loggers, before):
                logger.setLevel(level)
                logger.disabled = disabled
            np.random.set_state(draws)


class Parts(NamedTuple):
    """What a fit of Prophet consists of, by day of the history and of the days ahead; they add up to what it says, (day,) each.

    bends (changepoint,) positions of the days from which on the trend runs another way, in their order
    """

    trend: np.ndarray
    weekly: np.ndarray
    yearly: np.ndarray
    days_off: np.ndarray
    driver: np.ndarray
    bends: np.ndarray


def point(
    history: np.ndarray,
    dates: np.ndarray,
    horizon: int,
    season: int = 7,
    *,
    off: Mapping | None = None,
    driver=None,
    cap=None,
    floor=None,
    changes=(),
    **chosen,
) -> np.ndarray:
    """Prophet's median for the next `horizon` days, at least 0; yearly shape from two years on.

    off         {date: name} of days off, past and ahead; effects in times of the trend
    driver      what demand follows, (day + horizon,): a regressor in times of the trend
    cap, floor  where growth saturates, (day + horizon,) each: a logistic trend between floor (0) and cap
    changes     days on which something known began: changepoints beside Prophet's own, where `chosen` names none
    chosen      as `options` gives them
    """
    with _quiet():
        known = {"off": off, "driver": driver, "cap": cap, "floor": floor, "changes": changes}
        model, frame = _fitted(history, dates, horizon, chosen, **known)
        if model is None:
            return np.full(horizon, history[-7:].mean())
        ahead = model.predict(frame[len(history) :].reset_index(drop=True))["yhat"].to_numpy(float)
    return np.maximum(np.nan_to_num(ahead, nan=float(history[-7:].mean())), 0.0)


def parts(
    history: np.ndarray,
    dates: np.ndarray,
    horizon: int,
    season: int = 7,
    *,
    off: Mapping | None = None,
    driver=None,
    cap=None,
    floor=None,
    changes=(),
    **chosen,
) -> Parts:
    """Trend, week, year, days off and driver of the same fit as `point`; their sum over the days ahead is its answer before it is held at 0 or more."""
    count, none = len(history) + horizon, np.zeros(len(history) + horizon)
    with _quiet():
        known = {"off": off, "driver": driver, "cap": cap, "floor": floor, "changes": changes}
        model, frame = _fitted(history, dates, horizon, chosen, **known)
        if model is None:
            level = np.full(count, history[-7:].mean())
            return Parts(level, none, none, none, none, np.zeros(0, int))
        said = model.predict(frame)
        trend = said["trend"].to_numpy(float)
        modes = {name: mode for mode, names in model.component_modes.items() for name in names}

        def term(name: str) -> np.ndarray:
            if name not in said:
                return none
            value = said[name].to_numpy(float)
            return value * trend if modes[name] == "multiplicative" else value

        days = frame["ds"].to_numpy("datetime64[D]")
        bends = np.searchsorted(days, np.asarray(model.changepoints, "datetime64[D]"))
        return Parts(*(trend, *map(term, ("weekly", "yearly", "holidays", "driver"))), bends)


def _fitted(history, dates, horizon, chosen, *, off, driver, cap, floor, changes):
    """(model, frame of all days); no model where the optimiser found no way: there the last week stands. Nothing is left in the temporary folder."""
    import pandas as pd
    from prophet import Prophet

    days = np.concatenate([dates, dates[-1] + np.arange(1, horizon + 1)]).astype("datetime64[D]")
    frame = pd.DataFrame({"ds": days.astype("datetime64[ns]")})
    bends = _bends(dates, changes, chosen)
    if bends is not None:
        chosen = chosen | {"changepoints": bends.astype("datetime64[ns]")}
    if cap is not None:
        chosen = chosen | {"growth": "logistic"}
        frame["cap"] = cap
        frame["floor"] = 0.0 if floor is None else floor
    model = Prophet(
        uncertainty_samples=0,
        daily_seasonality=False,
        weekly_seasonality=True,
        yearly_seasonality=len(history) >= 730,
        holidays=_days_off(off, days[: len(history)], days, pd),
        holidays_mode="multiplicative",
        **chosen,
    )
    if driver is not None:
        model.add_regressor("driver", mode="multiplicative")
        frame["driver"] = driver / np.mean(np.abs(driver[: len(history)]))
    with tempfile.TemporaryDirectory(prefix="finops-prophet-") as folder:
        try:
            model.fit(frame[: len(history)].assign(y=history), seed=SEED, output_dir=folder)
        except RuntimeError:
            return None, frame
    return model, frame


def _bends(dates: np.ndarray, changes, chosen: Mapping) -> np.ndarray | None:
    """Changepoints (day,) where Prophet is given some: those that were set, else its own grid and the days of known changes; None: its own grid."""
    inside = lambda named: named[(named > dates[0]) & (named < dates[-1])]  # noqa: E731
    if chosen.get("changepoints") is not None:
        return inside(np.array(chosen["changepoints"], "datetime64[D]"))
    known = inside(np.array(changes, "datetime64[D]"))
    if not len(known) or chosen.get("growth") == "flat":
        return None
    size = int(len(dates) * chosen.get("changepoint_range", WHERE))
    count = min(int(chosen.get("n_changepoints", BENDS)), size - 1)
    own = np.linspace(0, size - 1, count + 1).round().astype(int)[1:]
    return np.union1d(dates[own].astype("datetime64[D]"), known)


def _days_off(off, known, days, pd):
    """Days off as Prophet takes them; only names that the history has seen, so that every effect is a learned one."""
    if not off:
        return None
    seen = {off[day] for day in known.astype(object) if day in off}
    rows = [
        (off[day], np.datetime64(day, "ns")) for day in days.astype(object) if off.get(day) in seen
    ]
    return pd.DataFrame(rows, columns=["holiday", "ds"]) if rows else None
