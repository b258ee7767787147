"""Demand that comes now and then, as its sizes and the waits between them (docs/method §2.17)."""

from __future__ import annotations

import numpy as np


def smoothed(values: np.ndarray, alpha: float) -> float:
    """What simple exponential smoothing says of the next value; it starts with the first one.

    In one step: the newest value counts alpha, the one before alpha(1 − alpha) …, the first one what is left of 1.

    >>> smoothed(np.array([10.0, 20.0]), 0.1), smoothed(np.array([7.0]), 0.5)
    (11.0, 7.0)
    """
    weights = alpha * (1 - alpha) ** np.arange(len(values))[::-1]
    weights[0] = (1 - alpha) ** (len(values) - 1)
    return float(values @ weights)


def sizes_and_waits(history: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Amounts of the days with demand (demand,), and the days each came after the one before (demand,); the first counts from the start.

    >>> sizes, waits = sizes_and_waits(np.array([0., 5, 0, 0, 2]))
    >>> sizes.tolist(), waits.tolist()
    ([5.0, 2.0], [2.0, 3.0])
    """
    at = np.flatnonzero(history > 0)
    return history[at], np.diff(at, prepend=-1).astype(float)
