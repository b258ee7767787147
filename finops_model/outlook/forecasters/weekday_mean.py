"""Mean of the same weekday over the newest four weeks: steady, no trend."""

from __future__ import annotations

import numpy as np

MIN_DAYS = 14
COST = "cheap"
WEEKS = 4


def point(history: np.ndarray, dates: np.ndarray, horizon: int) -> np.ndarray:
    """The four-week mean of each weekday, repeated.

    >>> point(np.tile([1.0, 2, 3, 4, 5, 6, 7], 6), None, 3).tolist()
    [1.0, 2.0, 3.0]
    """
    weeks = min(WEEKS, len(history) // 7)
    return np.resize(history[-7 * weeks:].reshape(weeks, 7).mean(axis=0), horizon)
