"""ADIDA: add days up to buckets as long as the mean wait, smooth the buckets, share the answer out by day.

Buckets of that length are seldom empty, so plain smoothing works on them. Source: Nikolopoulos, Syntetos, Boylan, Petropoulos &
Assimakopoulos (2011).
"""

from __future__ import annotations

import numpy as np

from . import _sparse

MIN_DAYS = 1
COST = "cheap"
FOR = "intermittent"
SEASONS = (7,)
ALPHAS = (0.1, 0.15, 0.2, 0.25, 0.3)


def buckets(history: np.ndarray, days: int) -> np.ndarray:
    """Sums of `days` days each, oldest first, the last bucket ends with the newest day; the oldest days that fill none are left out.

    >>> buckets(np.array([9., 1, 2, 3, 4]), 2).tolist()
    [3.0, 7.0]
    """
    count = len(history) // days
    return history[len(history) - count * days:].reshape(count, days).sum(axis=1)


def one_step_error(sums: np.ndarray, alpha: float) -> float:
    """Mean squared error of smoothing, one bucket ahead."""
    level, squared = sums[0], 0.0
    for value in sums[1:]:
        squared += (value - level) ** 2
        level += alpha * (value - level)
    return squared


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """The same expected amount on every day.

    >>> point(np.array([0., 3, 0, 3, 0, 3]), None, 2).tolist()
    [1.5, 1.5]
    """
    _, waits = _sparse.sizes_and_waits(history)
    if not len(waits):
        return np.zeros(horizon)
    days = int(np.rint(waits.mean()))
    sums = buckets(history, days)
    alpha = min(ALPHAS, key=lambda alpha: one_step_error(sums, alpha))
    return np.full(horizon, _sparse.smoothed(sums, alpha) / days)
