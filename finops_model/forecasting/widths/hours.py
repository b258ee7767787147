"""Hours: how far a day of hours and the hours in it may miss (docs/method §2.14).

What is asked of hours ahead is their total: of a day, of three. So the level of an error path is what the total of each day missed, and how
restless a series is, is seen from the totals of its days; single hours may be wild without moving them. Both say about equally much, and
neither enough: they are drawn together.
"""

from __future__ import annotations

import numpy as np

from ... import streams
from . import error_paths
from .pooled import MOST_CHANGE, SEASONS, Widths, drawn_together, season_change

DAY = 24
WORTH = 4.0  # windows that the change of day totals is worth beside own misses, which come from 8 to 11 days
LEAST_DAYS = 3  # days of changes from which a series alone says how much its days change
OF_HOURS = 0.6  # change of days ÷ change of single hours, of a typical series: stands in until then
SHAPE_DAYS = 7  # newest days whose mean says what an hour weighs in its day
UNSEEN = 1.1  # a class of series the table has not seen misses by so much more (benchmarks/hourly_classes.py)
LEAST = 1e-300


def day_change(values: np.ndarray, offset: float, season: int, typical: float) -> float:
    """Root mean square of log(total of 24 hours ÷ total of the 24 before them), hour by hour, over the newest SEASONS days.

    A change counts at most tenfold. offset: added to each hour (unit of the history). Where the history has less than LEAST_DAYS days of
    changes, OF_HOURS × what single hours change stands in by their share, and `typical` where they say nothing either.

    >>> day_change(np.ones(24), 0.0, 24, 0.3), round(day_change(2.0 ** np.arange(6), 0.0, 1, 0.3), 4)
    (0.3, 0.6931)
    """
    changes = _changes(np.log(_rolling(values[-(SEASONS + 1) * season :] + offset, season)), season)
    own = own_share(len(values), season)
    change = (changes**2).mean() if len(changes) else 0.0
    stand_in = OF_HOURS * season_change(values, offset, season, typical / OF_HOURS)
    return float(np.sqrt(own * change + (1 - own) * stand_in**2))


def own_share(known: int, season: int = DAY) -> float:
    """How much of `day_change` a history of `known` hours says itself.

    >>> own_share(47), own_share(119)
    (0.0, 1.0)
    """
    return min(max(known - 2 * season + 1, 0) / (LEAST_DAYS * season), 1.0)


def shape_change(values: np.ndarray, offset: float, season: int, typical: float) -> float:
    """Root mean square of log(hour ÷ hour a day before) less that of the 24 hours up to it: what changes inside of days.

    >>> shape_change(np.repeat([1.0, 2.0, 4.0], 24) * 5, 0.0, 24, 0.3) < 0.7
    True
    """
    newest = values[-(SEASONS + 1) * season :] + offset
    hours = _changes(np.log(newest), season)[season - 1 :]
    changes = hours - _changes(np.log(_rolling(newest, season)), season)
    own = min(len(changes) / season, 1.0)
    change = (changes**2).mean() if len(changes) else 0.0
    return float(np.sqrt(own * change + (1 - own) * typical**2))


def _rolling(values, season):
    """Mean of each `season` steps that follow one another, (step − season + 1,)."""
    added = np.cumsum(np.concatenate(([0.0], values)))
    return np.maximum((added[season:] - added[:-season]) / season, LEAST)


def _changes(logs, season):
    return np.clip(logs[season:] - logs[:-season], -MOST_CHANGE, MOST_CHANGE)


def weights(fitted, cutoffs: int, graded: int) -> np.ndarray:
    """What each graded hour of a Fit weighs in its day, (cutoff, hour), newest cutoff first: the mean of that hour of the day in the newest
    days of the history."""
    values = fitted.values
    count = max(min(SHAPE_DAYS, len(values) // DAY), 1)
    shape = values[-count * DAY :].reshape(count, -1).mean(axis=0)
    later = len(fitted.newer) - np.arange(
        cutoffs
    )  # cutoffs between one and the newest graded in full
    known_after = graded - later * fitted.step  # hours from a cutoff to the last one known
    hour = (np.arange(graded)[None] - known_after[:, None]) % len(shape)
    return shape[hour] + fitted.offset


def split(errors: np.ndarray, weight: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Error paths (cutoff, hour) as level and hour noise: level is the log of what each day's total missed.

    The exponential of the noise has weighted mean 1 on every day; hours after the last whole day belong to it.

    >>> errors = np.log(np.array([[2.0] * 24 + [1.0] * 12 + [3.0] * 12]))
    >>> level, noise = split(errors, np.ones(errors.shape)); np.exp(level[0, [0, 30, 40]]).round(6).tolist()
    [2.0, 2.0, 2.0]
    """
    hours = errors.shape[1]
    day = np.minimum(np.arange(hours) // DAY, max(hours // DAY, 1) - 1)
    one = day[:, None] == np.arange(day[-1] + 1)
    missed = (weight * np.exp(errors)) @ one / (weight @ one)
    level = np.log(missed)[:, day]
    return level, errors - level


def mirror(level: np.ndarray) -> np.ndarray:
    """A missed log level with the other sign, the gentler way: as far up in units as it was down, as far down in logs as it was up.

    A client that stops for a day uses a fiftieth of what was forecast. Mirrored in logs that is fifty times the forecast.

    >>> np.exp(mirror(np.log([0.02, 4.0]))).round(6).tolist()
    [1.98, 0.25]
    """
    return np.where(level < 0, np.log(2 - np.exp(np.minimum(level, 0.0))), -level)


def resample(
    fitted,
    errors: np.ndarray,
    horizon: int,
    paths: int,
    seed: int,
    prior: Widths,
    most: np.ndarray,
) -> np.ndarray:
    """Log error paths (path, hour) for `horizon` hours: as error_paths.resample makes them of days, with day totals as the level.

    fitted   the ensemble.Fit;  errors: its graded ones (cutoff, hour), newest first;  prior: the pooled multiples;
    most     the highest log level (hour,)
    """
    cutoffs, graded = errors.shape
    change, known = fitted.change, len(fitted.values)
    windows = 0.0
    if graded >= DAY:
        windows = error_paths.independent_windows(cutoffs, graded, fitted.step, DAY)
    own = min(1.0, windows / error_paths.ENOUGH)
    by_own = by_pooled = UNSEEN
    if own > 0:
        level, noise = split(errors, weights(fitted, cutoffs, graded))
        doubt = error_paths.student(max(windows, 3.0))
        said = prior.level_sd(change, known, np.arange(1, DAY + 1))
        factors = drawn_together(
            doubt * np.sqrt((level[:, :DAY] ** 2).mean(axis=0)), said, windows, WORTH
        )
        by_own, by_pooled = UNSEEN * doubt * factors[0], UNSEEN * factors[1]
    wide = error_paths.scale(seed, paths, windows + WORTH)
    log = np.empty((paths, horizon))
    pooled = streams.uniforms(seed, "forecast/pooled", paths) >= own
    if own > 0:
        log[~pooled] = error_paths.chained(level, noise, most, wide * by_own, seed, mirror(level))[
            ~pooled
        ]
    if pooled.any():
        level_sd = prior.level_sd(change, known, np.arange(1, horizon + 1)) * by_pooled
        noise_sd = shape_change(fitted.values, fitted.offset, DAY, prior.shape) * prior.noise
        log[pooled] = error_paths.walks(level_sd, noise_sd, wide, seed, most)[pooled]
    return log
