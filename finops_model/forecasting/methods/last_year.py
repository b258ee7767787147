"""Last year's shape at this year's level, year after year: for demand with a season (docs/method §2.2, §2.23)."""

from __future__ import annotations

import numpy as np

from . import _growth, _week

YEAR, LEVEL_DAYS = _growth.YEAR, _growth.MONTH
MIN_DAYS = YEAR + LEVEL_DAYS
COST = "cheap"
DEFAULT = True
SEASONS = (7,)
FADE_DAYS = 91  # a level that last year does not explain fades so fast
NEAR, EDGE = (
    10,
    3,
)  # days on each side of a step that are compared, and days next to it that are not
LEAST_STEP = np.log(1.2)


def point(history: np.ndarray, dates: np.ndarray, horizon: int, season: int = 7) -> np.ndarray:
    """Centred weekly means of a year ago × the year's growth × weekly shape; the years after go on growing, ever less.

    A year ago of nothing has no shape: then the newest four weeks' mean stands, under the weekly shape.

    >>> point(np.tile(np.full(364, 3.0), 2), None, 2).round(6).tolist()
    [3.0, 3.0]
    """
    factors = _week.weekday_factors(history)
    now, then = history[-LEVEL_DAYS:].mean(), history[-YEAR - LEVEL_DAYS : -YEAR].mean()
    if then <= 0.01 * now and now >= _growth.SUPPORT * history[-YEAR:].mean():
        ahead = np.full(horizon, now)
    else:
        growth = _growth.year_on_year(history, YEAR, LEVEL_DAYS)
        ahead = year_after_year(_week.smooth(history), growth, horizon)
        ahead = np.maximum(
            ahead + (now - growth * then) * np.exp(-np.arange(1, horizon + 1) / FADE_DAYS), 0.0
        )
    return ahead * _week.repeat_week(factors, horizon)


def year_after_year(level: np.ndarray, growth: float, horizon: int) -> np.ndarray:
    """The newest year of `level` (day,) × growth, again and again (horizon,).

    A growth that came day by day goes on as it came; one that came at a step (`step_of`) is over: the days before it are raised, and the
    level stays. The four weeks before a year ends pass into those before it began, so that no day jumps where one copy follows another.
    """
    days = np.arange(len(level) - YEAR - LEVEL_DAYS, len(level))
    step = step_of(level, growth)
    if step is None:
        flat = level[days] * growth ** (
            (len(level) - 1 - days) / YEAR
        )  # without its growth, at the level of the newest day
        grown = growth ** (_growth.going_on(horizon, YEAR) / YEAR)
    else:
        flat, grown = level[days] * np.where(days < step, growth, 1.0), 1.0
        across = np.abs(days - step) <= NEAR  # the weekly means rise over a week, not on a day
        flat[across] = np.interp(days[across], days[~across], flat[~across])
    shape = flat[LEVEL_DAYS:].copy()
    passing = np.arange(1, LEVEL_DAYS + 1) / LEVEL_DAYS
    shape[-LEVEL_DAYS:] = (1 - passing) * shape[-LEVEL_DAYS:] + passing * flat[:LEVEL_DAYS]
    return np.resize(shape, horizon) * grown


def step_of(level: np.ndarray, growth: float) -> int | None:
    """The day of the newest year about which its whole growth came at once and stayed, if there is one.

    Once: the weeks on both sides of the day differ by 70 to 140 % of the growth (in logs), the months too, and the same days a year before,
    where they are known, by less than half of it: else it is the season.

    >>> step_of(np.append(np.full(500, 10.0), np.full(200, 20.0)), 2.0), step_of(1.002 ** np.arange(700), 2.0)
    (497, None)
    """
    log = np.log(growth) if growth > 0 else 0.0
    if abs(log) < LEAST_STEP:
        return None
    added = np.concatenate(([0.0], np.cumsum(level)))
    at = np.arange(len(level) - YEAR, len(level) - NEAR)

    def jump(days, reach):
        """log of the mean after ÷ the mean before, (day,), as shares of the growth; NaN where a side is unknown or empty."""
        first, last = np.maximum(days - reach, 0), np.minimum(days + reach, len(level))
        before, after = (
            added[np.maximum(days - EDGE, 0)] - added[first],
            added[last] - added[np.minimum(days + EDGE, len(level))],
        )
        good = (days - EDGE > first) & (last > days + EDGE) & (before > 0) & (after > 0)
        ratio = (
            np.where(good, after, 1.0)
            / np.maximum(last - days - EDGE, 1)
            / (np.where(good, before, 1.0) / np.maximum(days - EDGE - first, 1))
        )
        return np.where(good, np.log(ratio) / log, np.nan)

    near, wide, season = jump(at, NEAR), jump(at, LEVEL_DAYS), jump(at - YEAR, NEAR)
    step = (near > 0.7) & (near < 1.4) & (wide > 0.7) & (wide < 1.4) & ~(season > 0.5)
    return int(at[np.argmax(np.where(step, near, -np.inf))]) if step.any() else None
