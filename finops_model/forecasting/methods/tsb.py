"""Teunter, Syntetos & Babai: smoothed size of a demand × smoothed chance of one.

The chance is smoothed every day, so that a workload that falls silent fades, which Croston's does not. Source: Teunter, Syntetos & Babai (2011).
"""

from __future__ import annotations

import numpy as np

from . import _sparse

MIN_DAYS = 1
COST = "cheap"
FOR = "intermittent"
SEASONS = (7,)
SIZE, CHANCE = (
    0.1,
    0.02,
)  # weights of the newest demand and of the newest day; a day says less about the chance than a demand about sizes


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """The same expected amount on every day.

    >>> point(np.array([4., 4, 4, 0]), None, 1).round(6).tolist()        # chance 1, then 0.98 of it
    [3.92]
    """
    sizes, _ = _sparse.sizes_and_waits(history)
    if not len(sizes):
        return np.zeros(horizon)
    return np.full(
        horizon,
        _sparse.smoothed(sizes, SIZE) * _sparse.smoothed((history > 0).astype(float), CHANCE),
    )
