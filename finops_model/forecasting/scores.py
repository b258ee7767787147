"""Scores of forecasts: lower is better, except coverage and skill. Never MAPE: days of nothing would divide by zero.

Sources: Hyndman & Koehler (2006) for MASE; Gneiting & Raftery (2007) for CRPS and the interval score.
"""

from __future__ import annotations

import math

import numpy as np


def wape(actual, forecast) -> float:
    """Σ|actual − forecast| ÷ Σ|actual|; NaN where the actuals add up to nothing.

    >>> wape([1, 3], [2, 2])
    0.5
    """
    actual, forecast = np.asarray(actual, float), np.asarray(forecast, float)
    whole = np.abs(actual).sum()
    return float(np.abs(actual - forecast).sum() / whole) if whole > 0 else float("nan")


def mase(actual, forecast, history, season: int = 7) -> float:
    """Mean |error| ÷ mean |change against the same day one season before| in the history; NaN for a repeating history.

    >>> mase([4.0], [2.0], [1.0, 2.0, 3.0], season=1)
    2.0
    """
    history = np.asarray(history, float)
    scale = np.abs(history[season:] - history[:-season]).mean() if len(history) > season else 0.0
    error = np.abs(np.asarray(actual, float) - np.asarray(forecast, float)).mean()
    return float(error / scale) if scale > 0 else float("nan")


def pinball(actual, quantile, level: float) -> float:
    """Mean pinball loss of a forecast quantile, unit of the actual.

    >>> round(pinball([10.0, 10.0], [8.0, 12.0], 0.9), 3)
    1.0
    """
    miss = np.asarray(actual, float) - np.asarray(quantile, float)
    return float(np.maximum(level * miss, (level - 1) * miss).mean())


def crps(actual, paths) -> float:
    """Continuous ranked probability score of sample paths (path, …) against actual (…), averaged; |error| for one path.

    E|X − actual| − ½·E|X − X′| over the sample.

    >>> crps([1.0], np.array([[3.0]])), crps([0.0], np.array([[-1.0], [1.0]]))
    (2.0, 0.5)
    """
    paths = np.asarray(paths, float)
    n = len(paths)
    ordered = np.sort(paths, axis=0)
    weights = (2 * np.arange(1, n + 1) - n - 1).reshape((n,) + (1,) * (paths.ndim - 1))
    return float(
        (
            np.abs(paths - np.asarray(actual, float)).mean(axis=0)
            - (weights * ordered).sum(axis=0) / n**2
        ).mean()
    )


def interval_score(actual, low, high, share: float = 0.8) -> float:
    """Mean width plus 2 ÷ (1 − share) × the distance of actuals outside (Winkler), unit of the actual.

    >>> round(interval_score([5.0, 12.0], [4.0, 4.0], [10.0, 10.0], share=0.8), 6)
    16.0
    """
    actual, low, high = (np.asarray(values, float) for values in (actual, low, high))
    outside = np.maximum(low - actual, 0) + np.maximum(actual - high, 0)
    return float((high - low + 2 / (1 - share) * outside).mean())


def interval_coverage(actual, low, high) -> float:
    """Share of actuals inside low…high, both included.

    >>> interval_coverage([1, 2, 3, 4], [2, 2, 2, 2], [3, 3, 3, 3])
    0.5
    """
    actual = np.asarray(actual, float)
    return float(((actual >= np.asarray(low, float)) & (actual <= np.asarray(high, float))).mean())


def bias(actual, forecast) -> float:
    """(Σ forecast − Σ actual) ÷ Σ actual: above 0, forecasts were too high.

    >>> bias([10, 10], [11, 10])
    0.05
    """
    whole = float(np.sum(actual))
    return float((np.sum(forecast) - whole) / whole) if whole else float("nan")


def skill(error: float, baseline: float) -> float:
    """1 − error ÷ error of the baseline (seasonal naive): 0 is no better, 1 is perfect; NaN for a perfect baseline.

    >>> skill(0.05, 0.1)
    0.5
    """
    return float(1 - error / baseline) if baseline else float("nan")


def finops_accuracy(actual: float, forecast: float) -> float:
    """The FinOps KPI by its own definition: (forecast − actual) ÷ forecast; above 0, the forecast was too high.

    >>> finops_accuracy(actual=90.0, forecast=100.0)
    0.1
    """
    return float((forecast - actual) / forecast) if forecast else float("nan")


def binomial_band(draws: int, chance: float, share: float = 0.8) -> tuple[float, float]:
    """Where the share of hits of `draws` independent tries lies with probability `share` or more: quantiles of the binomial, ÷ draws.

    The lower end is the smallest count with P(hits ≤ count) ≥ (1 − share) ÷ 2, the upper one that of (1 + share) ÷ 2. (0, 1) without a draw.

    >>> binomial_band(25, 0.8)
    (0.68, 0.88)
    """
    if draws < 1:
        return 0.0, 1.0
    logs = [
        math.lgamma(draws + 1)
        - math.lgamma(k + 1)
        - math.lgamma(draws - k + 1)
        + k * math.log(chance)
        + (draws - k) * math.log1p(-chance)
        for k in range(draws + 1)
    ]
    added = np.cumsum(np.exp(logs))
    low, high = (
        int(np.searchsorted(added, tail - 1e-12)) for tail in ((1 - share) / 2, (1 + share) / 2)
    )
    return low / draws, min(high, draws) / draws
