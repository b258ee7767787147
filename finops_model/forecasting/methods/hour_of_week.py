"""Hour of the week: the mean of the newest weeks, hour by hour, under the level of the newest days (docs/method §2.14).

Hours only. What runs by office hours is another thing on a Saturday, and no other method of hours knows a Saturday.
"""

from __future__ import annotations

import numpy as np

MIN_DAYS = (
    98  # of seven hours to the day of a week: 336 hours, two weeks, or no week has come again
)
COST = "cheap"
DEFAULT = True
SEASONS = (24,)
DAYS = 7
MOST_WEEKS = 4
LEVEL_DAYS = 14
FADE = 0.5 ** np.arange(LEVEL_DAYS)  # the weight of a day in the level, newest first


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 24) -> np.ndarray:
    """Level × shape of the week; a week is seven seasons.

    Shape (hour of the week,): mean of the newest two to four whole weeks. Level: newest day totals ÷ what the shape says of
    these days, a day counting half of the day after it.

    >>> week = np.concatenate((np.full(120, 4.0), np.full(48, 1.0)))
    >>> point(np.tile(week, 2), None, 170).tolist() == [*week, 4.0, 4.0]
    True
    """
    week = DAYS * season
    count = min(MOST_WEEKS, len(history) // week)
    if not count:
        return np.resize(history[-season:], horizon)
    shape = history[-count * week :].reshape(count, week).mean(axis=0)
    days = history[-2 * week :] if count > 1 else history[-week:]
    totals = days.reshape(-1, season).sum(axis=1)[::-1]
    said = np.resize(shape.reshape(DAYS, season).sum(axis=1)[::-1], len(totals))
    fade = FADE[: len(totals)]
    level = (fade @ totals) / max(fade @ said, 1e-300)
    return level * np.resize(shape, horizon)
