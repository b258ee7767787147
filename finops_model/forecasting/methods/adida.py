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
ALPHAS = np.linspace(0.1, 0.3, 11)
MOST = 1000  # newest buckets that choose alpha and are smoothed; older ones weigh nothing


def buckets(history: np.ndarray, days: int) -> np.ndarray:
    """Sums of `days` days each, oldest first, the last bucket ends with the newest day; the oldest days that fill none are left out.

    >>> buckets(np.array([9., 1, 2, 3, 4]), 2).tolist()
    [3.0, 7.0]
    """
    count = len(history) // days
    return history[len(history) - count * days :].reshape(count, days).sum(axis=1)


def levels(sums: np.ndarray) -> np.ndarray:
    """Smoothing of the buckets with every alpha, after each of them (bucket, alpha); it starts with the first one.

    The recursion as one cumulative sum: level_i ÷ (1 − alpha)^i adds alpha·x_i ÷ (1 − alpha)^i each time. All terms are positive, none cancels.

    >>> levels(np.array([4.0, 6.0, 3.0]))[:, 0].round(6).tolist()       # alpha 0.1
    [4.0, 4.2, 4.08]
    """
    decay = (1 - ALPHAS) ** np.arange(len(sums))[:, None]
    parts = ALPHAS * sums[:, None] / decay
    parts[0] = sums[0]
    return decay * np.cumsum(parts, axis=0)


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """The same expected amount on every day.

    >>> point(np.array([0., 3, 0, 3, 0, 3]), None, 2).tolist()
    [1.5, 1.5]
    """
    _, waits = _sparse.sizes_and_waits(history)
    if not len(waits):
        return np.zeros(horizon)
    days = int(np.rint(waits.mean()))
    sums = buckets(history, days)[-MOST:]
    after = levels(sums)
    missed = ((sums[1:, None] - after[:-1]) ** 2).sum(axis=0)
    return np.full(horizon, after[-1, np.argmin(missed)] / days)
