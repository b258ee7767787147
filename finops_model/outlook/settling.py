"""Newest days that are probably unfinished: told, and left out of what a forecast learns (docs/method.md §2.24)."""

from __future__ import annotations

import numpy as np

from .history import kind, since_launch

SETTLING_DAYS = 2       # an export goes on adding to a day for so long after it has ended
LEAST_FALL = np.log(1 / 0.8)        # a day over 80 % of what was expected is not far under it
TIMES = 5.0             # robust standard deviations of the past falls of a series
LOWEST = 0.03           # of the past days fell farther: a fall that is not beyond those is none
SEASONS, BEFORE = 13, 4     # newest seasons whose falls count; seasons before a day that tell what it should have been
SHORT = 2 / 3           # where fewer than four seasons are known: a day under this share of all days before it
FEWEST = 4              # days before, at least


def unfinished(values: np.ndarray, first_day=None, days: int = SETTLING_DAYS, season: int = 7) -> int:
    """How many of the newest steps are probably unfinished, 0 … days (of 24 hours where season is 24).

    values     (step,) ≥ 0, newest last;  first_day: datetime64 of the first one, None: weekdays are not known
    days       the settling window; 0: nothing is left out

    All of them are far under their weekday, and the step before them is not: a fall that lasts longer than the window has happened.

    >>> week = np.tile([100., 104, 97, 101, 99, 60, 55], 9)
    >>> unfinished(week), unfinished(np.append(week[:-1], 20.0)), unfinished(np.append(week[:-3], [20.0] * 3))
    (0, 1, 0)
    """
    whole = len(values)
    values = since_launch(np.asarray(values, float))
    window = days * (season if season == 24 else 1)
    if window < 1 or len(values) < FEWEST + 1 or not (values > 0).any():
        return 0
    calm = len(values) - window
    if season == 7 and kind(values[:max(calm, 1)]) != "steady":
        return 0
    under = _by_season(values, window, season) if calm - 1 >= 4 * season else _by_lowest(values, window, season, first_day, whole)
    run = int(np.argmin(np.append(under[::-1], False)))
    return run if run <= window else 0


def expected(values: np.ndarray, late: int, season: int = 7) -> np.ndarray:
    """What the newest `late` steps would usually be (late,): the median of the same weekday of the four weeks before, at the level of now."""
    ratio, level = _ratios(values, late, season)
    at = np.arange(len(values) - late, len(values))
    return _usual(ratio, at, season, len(values) - late, level)


def _ratios(values, window, season):
    """Each step ÷ the mean of the season that ends window + 1 steps before it (step,), NaN where there is none; and that mean."""
    added = np.concatenate(([0.0], np.cumsum(values)))
    at = np.arange(len(values))
    last = at - window
    good = last - season >= 0
    mean = np.where(good, added[np.maximum(last, 0)] - added[np.maximum(last - season, 0)], np.nan) / season
    return np.divide(values, mean, out=np.full(len(values), np.nan), where=good & (mean > 0)), mean


def _usual(ratio, at, season, calm, level=None):
    """Median ratio of the same weekday in the seasons before (step,), × level where it is given; NaN where fewer than two are known."""
    back = at[:, None] - season * np.arange(1, BEFORE + 2 + (len(ratio) - calm) // season)
    seen = np.where((back >= 0) & (back < np.maximum(calm, at[:, None] - season + 1)) , ratio[np.maximum(back, 0)], np.nan)
    seen = np.sort(seen[:, :BEFORE], axis=1)
    count = np.isfinite(seen).sum(axis=1)
    middle = np.array([np.median(row[:n]) if n >= 2 else np.nan for row, n in zip(seen, count)])
    return middle if level is None else middle * level[at]


def _by_season(values, window, season):
    """Which of the newest window + 1 steps are far under their weekday (step,), oldest first."""
    calm = len(values) - window - 1
    ratio, _ = _ratios(values, window, season)
    at = np.arange(max(calm - SEASONS * season, 0), len(values))
    usual = _usual(ratio, at, season, calm)
    with np.errstate(divide="ignore", invalid="ignore"):
        fall = np.log(usual / ratio[at])
    fall = np.where(usual > 0, fall, np.nan)
    past = fall[at < calm]
    past = past[~np.isnan(past)]
    if len(past) < 2 * season:
        return np.zeros(window + 1, bool)
    middle = np.median(past)
    spread = 1.4826 * np.median(np.abs(past - middle))
    rank = min(int(np.ceil((1 - LOWEST) * len(past))), len(past) - 1)
    least = max(LEAST_FALL, middle + TIMES * spread, 1.2 * np.sort(past)[rank])
    return np.nan_to_num(fall[-window - 1:], nan=0.0, posinf=np.inf) > least


def _by_lowest(values, window, season, first_day, whole):
    """The same for a history too short for weekdays: under two thirds of every day before; a first Saturday or Sunday is not judged."""
    found = []
    for step in range(len(values) - window - 1, len(values)):
        calm = values[:min(step, len(values) - window)]
        if len(calm) < FEWEST:
            found.append(False)
            continue
        far = values[step] < SHORT * calm.min()
        if far and season == 7 and first_day is not None:
            weekday = lambda at: int((first_day + whole - len(values) + at).astype("datetime64[D]").astype(int) + 3) % 7      # noqa: E731
            seen = {weekday(at) for at in range(len(calm))}
            far = weekday(step) < 5 or bool(seen & {5, 6})
        found.append(bool(far))
    return np.array(found)
