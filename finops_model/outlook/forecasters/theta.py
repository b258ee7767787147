"""Theta: exponential smoothing of the week-free series plus half of its straight-line trend.

Source: Assimakopoulos & Nikolopoulos (2000), in the form of Hyndman & Billah (2003): smoothing with drift b/2.
"""

from __future__ import annotations

import numpy as np

from . import _week

MIN_DAYS = 14
COST = "cheap"
ALPHAS = np.array([0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.55, 0.75, 0.95])
TREND_DAYS = 365


def _weights() -> np.ndarray:
    weights = ALPHAS * (1 - ALPHAS) ** np.arange(_week.LAGS)[:, None]
    return weights / weights.sum(axis=0)


WEIGHTS = _weights()


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Level + half the trend, under the weekly shape.

    >>> point(np.full(60, 5.0), None, 2).round(6).tolist()
    [5.0, 5.0]
    """
    factors = _week.weekday_factors(history, season=season)
    series = _week.without_week(history, factors)
    chosen = _week.best(series, WEIGHTS)
    level = _week.newest(series) @ WEIGHTS[:, chosen]
    tail = series[-TREND_DAYS:]
    steps = np.arange(len(tail)) - (len(tail) - 1) / 2
    drift = (steps @ tail) / (steps @ steps) / 2
    ahead = np.arange(horizon) + 1 / ALPHAS[chosen]
    return np.maximum(level + drift * ahead, 0.0) * _week.repeat_week(factors, horizon)
