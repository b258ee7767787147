"""Damped Holt: level and a trend that fades, on the week-free series.

Source: Gardner & McKenzie (1985); error-correction form of Hyndman et al. (2008), ETS(A,Ad,N).
"""

from __future__ import annotations

import numpy as np

from . import _week

MIN_DAYS = 14
COST = "cheap"
DEFAULT = True
GRID = np.array(
    [
        (alpha, alpha * share, phi)
        for alpha in (0.05, 0.1, 0.2, 0.35, 0.55, 0.85)
        for share in (0.02, 0.1, 0.3)
        for phi in (0.9, 0.98)
    ]
).T  # (alpha, beta, phi) x choice


def _weights() -> tuple[np.ndarray, np.ndarray]:
    """Level and trend as weights on the newest values, (lag, choice) each: the filter's answer to one unit pulse.

    The pulse is taken out of a constant series, so that a constant stays a constant: level weights sum to 1 and
    trend weights to 0 after the last lag takes the remainder.
    """
    alpha, beta, phi = GRID
    level, trend = np.zeros((_week.LAGS, alpha.size)), np.zeros((_week.LAGS, alpha.size))
    high, slope = np.zeros(alpha.size), np.zeros(alpha.size)
    for lag in range(_week.LAGS):
        expected = high + phi * slope
        error = (1.0 if lag == 0 else 0.0) - expected
        high, slope = expected + alpha * error, phi * slope + beta * error
        level[lag], trend[lag] = high, slope
    level[-1] += 1 - level.sum(axis=0)
    trend[-1] -= trend.sum(axis=0)
    return level, trend


LEVEL, TREND = _weights()
NEXT = LEVEL + GRID[2] * TREND  # weights of the one-step forecast


def line(series: np.ndarray, choice: int, horizon: int) -> np.ndarray:
    """Level and the trend that fades, of one column of GRID (horizon,)."""
    values, phi = _week.newest(series), GRID[2, choice]
    faded = np.cumsum(phi ** np.arange(1, horizon + 1))
    return values @ LEVEL[:, choice] + (values @ TREND[:, choice]) * faded


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Level + fading trend, under the weekly shape.

    >>> point(np.full(60, 5.0), None, 2).round(6).tolist()
    [5.0, 5.0]
    """
    factors = _week.weekday_factors(history, season=season)
    series = _week.without_week(history, factors)
    ahead = line(series, _week.best(series, NEXT), horizon)
    return np.maximum(ahead, 0.0) * _week.repeat_week(factors, horizon)
