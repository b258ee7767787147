"""The weekly shape of a daily series, and exponential filters as fixed weights (docs/method §2.2).

Exponential smoothing is linear in the history, so its one-step errors under a whole grid of parameters are one
matrix product with weights worked out once. That makes a fit cost a fraction of a millisecond.
"""

from __future__ import annotations

import numpy as np

LAGS = 128  # weights older than this are below 0.2 % for the slowest filter of the grids
FIT_DAYS = 400  # newest days whose one-step errors choose the parameters


def smooth(history: np.ndarray, season: int = 7) -> np.ndarray:
    """Centred mean of a season (seven days), same length; the ends repeat the nearest whole season's mean.

    >>> smooth(np.array([0., 0, 0, 7, 0, 0, 0, 0])).round(2).tolist()
    [1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0]
    """
    if len(history) < season:
        return np.full(len(history), history.mean())
    added = np.concatenate(([0.0], np.cumsum(history)))
    middle = np.maximum((added[season:] - added[:-season]) / season, 0.0)
    before = season // 2
    return np.concatenate(
        (np.full(before, middle[0]), middle, np.full(season - 1 - before, middle[-1]))
    )


def weekday_factors(history: np.ndarray, weeks: int = 8, season: int = 7) -> np.ndarray:
    """Factor (season,) of each of the next season's days against the season's mean; mean 1.

    Median over the newest `weeks` seasons of day ÷ centred mean, so that one burst does not bend the shape.

    >>> weekday_factors(np.tile([2., 2, 2, 2, 2, 2, 0], 8)).round(3).tolist()
    [1.167, 1.167, 1.167, 1.167, 1.167, 1.167, 0.0]
    """
    weeks = min(weeks, len(history) // season)
    if weeks < 2:
        return np.ones(season)
    days = history[-season * weeks :]
    base = smooth(history, season)[-season * weeks :]
    ratio = np.divide(days, base, out=np.ones_like(base), where=base > 0).reshape(weeks, season)
    factors = np.median(ratio, axis=0)
    total = factors.sum()
    return factors * (season / total) if total > 0 else np.ones(season)


def without_week(history: np.ndarray, factors: np.ndarray) -> np.ndarray:
    """The history with its weekly shape divided out.

    Days whose factor is under 0.2 (closed weekends) say little about the level: the weekly mean stands in for them.
    """
    newest = np.resize(factors[::-1], len(history))[::-1]
    open_days = newest >= 0.2
    return np.where(
        open_days, history / np.where(open_days, newest, 1.0), smooth(history, len(factors))
    )


def repeat_week(factors: np.ndarray, horizon: int) -> np.ndarray:
    """The factors laid over the next `horizon` days."""
    return np.resize(factors, horizon)


def lagged(series: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Days to fit on (day,) and the LAGS values before each, newest first, (day, lag); early gaps hold the first week's mean."""
    series = series[-(FIT_DAYS + LAGS) :]
    padded = np.concatenate((np.full(LAGS, series[:7].mean()), series))
    windows = np.lib.stride_tricks.sliding_window_view(padded, LAGS)[:-1, ::-1]
    return series[-FIT_DAYS:], np.ascontiguousarray(windows[-FIT_DAYS:])


def best(series: np.ndarray, weights: np.ndarray) -> int:
    """Column of `weights` (lag, choice) whose one-step forecasts miss least (mean absolute error, burn-in left out)."""
    days, before = lagged(series)
    missed = np.abs(days[:, None] - before @ weights)
    return int(np.argmin(missed[min(14, len(days) // 4) :].mean(axis=0)))


def newest(series: np.ndarray) -> np.ndarray:
    """The LAGS newest values, newest first, (lag,); early gaps hold the first week's mean."""
    series = series[-LAGS:]
    return np.concatenate((np.full(LAGS - len(series), series[:7].mean()), series))[::-1]
