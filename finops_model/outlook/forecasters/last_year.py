"""Last year's shape at this year's level: for demand with a season (docs/method.md §2.2)."""

from __future__ import annotations

import numpy as np

from . import _week

MIN_DAYS = 364 + 28
COST = "cheap"
SEASONS = (7,)
YEAR = 364          # 52 weeks: weekdays stay on weekdays
LEVEL_DAYS = 28


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Centred weekly means of a year ago × (newest four weeks ÷ the same four weeks a year ago) × weekly shape.

    A year ago of nothing has no shape: then the newest four weeks' mean stands, under the weekly shape.

    >>> point(np.tile(np.full(364, 3.0), 2), None, 2).round(6).tolist()
    [3.0, 3.0]
    """
    factors = _week.weekday_factors(history)
    now = history[-LEVEL_DAYS:].mean()
    then = history[-YEAR - LEVEL_DAYS:-YEAR].mean()
    if then > 0.01 * now:
        ahead = np.resize(_week.smooth(history)[-YEAR:] * (now / then), horizon)
    else:
        ahead = np.full(horizon, now)
    return ahead * _week.repeat_week(factors, horizon)
