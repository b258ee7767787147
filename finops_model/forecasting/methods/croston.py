"""Croston's method in the form of Syntetos & Boylan: smoothed size of a demand ÷ smoothed wait between two, × (1 − alpha ÷ 2).

Croston's own ratio says too much on average, because the mean of 1 ÷ wait is more than 1 ÷ the mean wait; the last factor takes that off.
It only learns on days with demand: a workload that has ended keeps its level. Source: Croston (1972); Syntetos & Boylan (2005).
"""

from __future__ import annotations

import numpy as np

from . import _sparse

MIN_DAYS = 1
COST = "cheap"
FOR = "intermittent"
SEASONS = (7,)
ALPHA = 0.1


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """The same expected amount on every day.

    >>> point(np.array([0., 0, 6, 0, 0, 6]), None, 2).round(6).tolist()      # 6 every third day: 2 a day, less 5 %
    [1.9, 1.9]
    """
    sizes, waits = _sparse.sizes_and_waits(history)
    if not len(sizes):
        return np.zeros(horizon)
    return np.full(
        horizon, (1 - ALPHA / 2) * _sparse.smoothed(sizes, ALPHA) / _sparse.smoothed(waits, ALPHA)
    )
