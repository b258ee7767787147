"""Theta: exponential smoothing of the week-free series plus half of its straight-line trend.

Source: Assimakopoulos & Nikolopoulos (2000), in the form of Hyndman & Billah (2003): smoothing with drift b/2.
"""

from __future__ import annotations

import numpy as np

from . import _growth, _week

MIN_DAYS = 14
COST = "cheap"
DEFAULT = True
ALPHAS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 0.95])
TREND_DAYS = 365


def smoothing(alphas: np.ndarray) -> np.ndarray:
    """Exponential smoothing as weights on the newest values, (lag, choice), each column adding up to 1."""
    weights = alphas * (1 - alphas) ** np.arange(_week.LAGS)[:, None]
    return weights / weights.sum(axis=0)


WEIGHTS = smoothing(ALPHAS)


def line(series: np.ndarray, alpha: float, weights: np.ndarray, horizon: int) -> np.ndarray:
    """Level of smoothing with `alpha`, whose weights (lag,) these are, and half of the straight-line trend (horizon,).

    A line goes on for as many days as it was seen, then fades (docs/method §2.23).
    """
    level = _week.newest(series) @ weights
    tail = series[-TREND_DAYS:]
    steps = np.arange(len(tail)) - (len(tail) - 1) / 2
    drift = (steps @ tail) / (steps @ steps) / 2
    return level + drift * (_growth.going_on(horizon, len(tail)) - 1 + 1 / alpha)


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Level + half the trend, under the weekly shape.

    >>> point(np.full(60, 5.0), None, 2).round(6).tolist()
    [5.0, 5.0]
    """
    factors = _week.weekday_factors(history, season=season)
    series = _week.without_week(history, factors)
    chosen = _week.best(series, WEIGHTS)
    ahead = line(series, ALPHAS[chosen], WEIGHTS[:, chosen], horizon)
    return np.maximum(ahead, 0.0) * _week.repeat_week(factors, horizon)
