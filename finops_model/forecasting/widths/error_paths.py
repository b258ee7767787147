"""Past misses as future spread: whole error paths resampled, drawn towards what series of any kind missed (docs/method §2.3, §2.15)."""

from __future__ import annotations

import numpy as np

from ... import streams
from .pooled import WORTH, Widths, drawn_together

ENOUGH = 4.0  # independent cutoffs from which a series relies on its own misses
BURST = np.log(10.0)  # a burst counts at most tenfold in the mean of the noise
FLIP_CAP = np.log(3.0)  # a mirrored miss raises a path at most this far above the worst one seen
BLOCK_WEEKS, HALF_LIFE_WEEKS, MEAN_BLOCK_WEEKS = 26, 8.0, 2.0


def split(errors: np.ndarray, season: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Error paths (cutoff, day) as level and day noise: level is the weekly median, joined by straight lines.

    A median, so that bursts and outages of up to three days stay in the noise and are never mirrored. The noise is
    shifted so that exp(noise) has mean 1 over all cutoffs: the level then is that of totals, not of quiet days.

    >>> level, noise = split(np.full((1, 14), 0.5)); float(level[0, 3]), float(noise[0, 3])
    (0.5, 0.0)
    """
    days = errors.shape[1]
    starts = np.arange(0, max(days - season + 1, 1), season)
    middles = np.minimum(starts + season // 2, days - 1).astype(float)
    weekly = np.stack(
        [np.median(errors[:, start : start + season], axis=1) for start in starts], axis=1
    )
    level = (
        np.stack([np.interp(np.arange(days), middles, row) for row in weekly])
        if len(errors)
        else errors
    )
    noise = errors - level
    shift = np.log(np.exp(np.minimum(noise, BURST)).mean()) if noise.size else 0.0
    return level + shift, noise - shift


def independent(cutoffs: int, step: int, days: int, independent_after: int = 30) -> float:
    """How many independent windows overlapping cutoffs are worth, for errors of a month (or of the graded days if fewer).

    >>> independent(8, 31, 92), independent(1, 31, 92)
    (8.0, 1.0)
    """
    return 1 + (cutoffs - 1) * min(1.0, step / min(days, independent_after)) if cutoffs else 0.0


def independent_windows(cutoffs: int, days: int, step: int, independent_after: int = 30) -> float:
    """What the misses of a series say about a month ahead (a day of hours), in independent windows: fewer graded days count by their share.

    >>> independent_windows(10, 92, 31), round(independent_windows(8, 15, 2), 2)
    (10.0, 0.73)
    """
    return independent(cutoffs, step, independent_after, independent_after) * min(
        1.0, days / independent_after
    )


def finished(newer: np.ndarray, errors: np.ndarray, season: int = 7) -> np.ndarray:
    """Error paths that end before the graded days are over (NaN), carried on by whole ones, newest first, from where they ended.

    >>> finished(np.array([[0.5, np.nan]]), np.array([[0.1, 0.3]])).round(6).tolist()
    [[0.5, 0.7]]
    """
    out = newer.copy()
    for i, path in enumerate(out):
        known = int((~np.isnan(path)).sum())
        whole = errors[i % len(errors)]
        last = slice(max(known - season, 0), known)
        path[known:] = whole[known:] + np.median(path[last]) - np.median(whole[last])
    return out


def resample(
    errors: np.ndarray,
    step: int,
    horizon: int,
    paths: int,
    seed: int,
    season: int = 7,
    independent_after: int = 30,
    *,
    change: float,
    known: int,
    prior: Widths,
    most: np.ndarray | None = None,
) -> np.ndarray:
    """Log error paths (path, day) for `horizon` days out of graded ones (cutoff, day).

    Every path takes a whole graded path; its level with either sign, its day noise as it was. Beyond the graded days another path goes on
    where the last one ended, so the variance keeps growing. With fewer than ENOUGH independent cutoffs the rest of the paths are pooled
    random walks. Own and pooled levels are brought to one spread between the two (drawn_together), and a path is wider or narrower as a
    whole by sqrt(k ÷ χ²_k), k the independent windows of both: nobody knows the spread itself.

    change, known   change over a season (pooled.season_change) and steps known of the history;  prior: the pooled multiples
    most            the highest log level of a day (day,), docs/method §2.23; None: no limit
    """
    cutoffs, days = errors.shape
    most = np.full(horizon, np.inf) if most is None else most
    windows = independent_windows(cutoffs, days, step, independent_after) if days >= season else 0.0
    own = min(1.0, windows / ENOUGH)
    by_own = by_pooled = 1.0
    if own > 0:
        by_own, by_pooled = drawn_together(
            *spreads(errors, change, known, season, independent_after, prior), windows
        )
    wide = scale(seed, paths, windows + WORTH)
    log = np.empty((paths, horizon))
    pooled = streams.uniforms(seed, "forecast/pooled", paths) >= own
    if own > 0:
        log[~pooled] = chained(*split(errors, season), most, wide * by_own, seed)[~pooled]
    if pooled.any():
        level_sd = prior.level_sd(change, known, np.arange(1, horizon + 1)) * by_pooled
        log[pooled] = walks(level_sd, prior.size(change) * prior.noise, wide, seed, most)[pooled]
    return log


def spreads(
    errors, change, known, season, independent_after, prior: Widths
) -> tuple[np.ndarray, np.ndarray]:
    """sd of the log level over the first graded days, at most a month (day,): of a series' own misses, and of the table."""
    level = split(errors, season)[0][:, :independent_after]
    return np.sqrt((level**2).mean(axis=0)), prior.level_sd(
        change, known, np.arange(1, level.shape[1] + 1)
    )


def scale(seed: int, paths: int, windows: float) -> np.ndarray:
    """How wide a path is as a whole (path,): tails as heavy as `windows` independent windows leave them, P10 and P90 those of the spread itself."""
    freedom = max(windows, 3.0)
    return np.sqrt(
        freedom / _chi_square(streams.uniforms(seed, "forecast/scale", paths), freedom)
    ) / student(freedom)


def student(freedom: float) -> float:
    """P90 of Student's t ÷ P90 of the normal (Cornish & Fisher 1937), within .3 % from 3 degrees of freedom on.

    >>> round(student(3.0), 2), round(student(10.0), 3)
    (1.28, 1.071)
    """
    z = 1.2815515655446004
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
    )
    return float(1 + sum(term / freedom ** (power + 1) for power, term in enumerate(terms)) / z)


def chained(
    level: np.ndarray,
    noise: np.ndarray,
    most: np.ndarray,
    scale: np.ndarray,
    seed: int,
    mirrored: np.ndarray | None = None,
) -> np.ndarray:
    """Own error paths drawn anew (path, day): two levels (cutoff, day) mixed with fair signs, the noise of one as it was; after the graded
    days another one goes on.

    most      the highest level (day,);  scale: how wide a path is (path,);  mirrored: levels with the other sign, −level where None
    """
    cutoffs, days = level.shape
    mirrored = -level if mirrored is None else mirrored
    horizon = len(most)
    most = np.append(most, np.full(-horizon % days, np.inf))
    worst = np.maximum(level.max(), 0.0) + FLIP_CAP
    parts, end = [], np.zeros((len(scale), 1))
    for number in range(-(-horizon // days)):
        chosen, up = _pick(seed, f"{number}", len(scale), cutoffs)
        other, other_up = _pick(seed, f"{number}/second", len(scale), cutoffs)
        angle = np.pi / 2 * streams.uniforms(seed, f"forecast/angle/{number}", len(scale))
        walked = end + (
            np.where(up, level[chosen], mirrored[chosen]) * (np.cos(angle) * scale)[:, None]
            + np.where(other_up, level[other], mirrored[other]) * (np.sin(angle) * scale)[:, None]
        )
        here = np.minimum(walked, most[number * days : (number + 1) * days])
        parts.append(np.minimum(here, worst * (number + 1)) + noise[chosen])
        end = here[:, -1:]
    return np.concatenate(parts, axis=1)[:, :horizon]


def _pick(seed, which, paths, cutoffs):
    """Which error path (path,), and whether as it was (path, 1)."""
    chosen = (streams.uniforms(seed, f"forecast/origin/{which}", paths) * cutoffs).astype(int)
    return chosen, (streams.uniforms(seed, f"forecast/sign/{which}", paths) >= 0.5)[:, None]


def walks(
    level_sd: np.ndarray, noise_sd: float, scale: np.ndarray, seed: int, most: np.ndarray
) -> np.ndarray:
    """Random walk with these spreads (day,), each path as wide as `scale` says, at most `most` (day,), plus independent day noise of mean 1."""
    steps = np.sqrt(np.maximum(np.diff(level_sd**2, prepend=0.0), 0.0))[:, None]
    level, noise = (
        np.concatenate(
            [
                streams.normals(seed, f"forecast/{which}", block, len(steps), np.float64).T
                for block in range(-(-len(scale) // streams.BLOCK))
            ]
        )[: len(scale)]
        for which in ("level", "noise")
    )
    return (
        np.minimum(np.cumsum(steps.T * level, axis=1) * scale[:, None], most)
        + noise_sd * noise
        - noise_sd**2 / 2
    )


def _chi_square(uniform, freedom):
    """Quantiles of χ² (Wilson & Hilferty 1931), within 1 % from 3 degrees of freedom on where it matters here."""
    normal = _normal_quantile(uniform)
    part = 2 / (9 * freedom)
    return freedom * np.maximum(1 - part + normal * np.sqrt(part), 0.25) ** 3


def _normal_quantile(uniform):
    """Standard normal quantiles, |error| < 4.5e-4 (Abramowitz & Stegun 26.2.23)."""
    tail = np.sqrt(-2 * np.log(np.minimum(uniform, 1 - uniform)))
    upper = tail - (2.515517 + tail * (0.802853 + tail * 0.010328)) / (
        1 + tail * (1.432788 + tail * (0.189269 + tail * 0.001308))
    )
    return np.where(uniform < 0.5, -upper, upper)


def _weeks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newest weeks (week, 7), newest first, and their weights (halving every HALF_LIFE_WEEKS)."""
    count = min(BLOCK_WEEKS, len(values) // 7)
    if count < 1:
        return np.full((1, 7), values.mean()), np.ones(1)
    weeks = values[-7 * count :].reshape(count, 7)[::-1]
    weights = 0.5 ** (np.arange(count) / HALF_LIFE_WEEKS)
    return weeks, weights / weights.sum()


def expected_weeks(values: np.ndarray, horizon: int) -> np.ndarray:
    """Expected days ahead (day,) of an on-and-off workload: the weighted mean of its newest weeks, by weekday."""
    weeks, weights = _weeks(values)
    return np.resize(weights @ weeks, horizon)


def unsure_mean(values: np.ndarray) -> float:
    """Log sd of the mean week of an on-and-off workload: how little so few weeks say about it; at most 0.6."""
    weeks, weights = _weeks(values)
    totals = weeks.sum(axis=1)
    mean = weights @ totals
    if mean <= 0:
        return 0.0
    spread = np.sqrt(weights @ (totals - mean) ** 2) / mean
    return float(min(spread * np.sqrt((weights**2).sum() * MEAN_BLOCK_WEEKS), 0.6))


def weekly_blocks(values: np.ndarray, horizon: int, paths: int, seed: int) -> np.ndarray:
    """Sample paths (path, day) of an on-and-off workload: whole past weeks in runs of two on average.

    Newer weeks are drawn more often. A lognormal level per path carries how little so few weeks say about the mean.
    """
    weeks, weights = _weeks(values)
    count = -(-horizon // 7)
    unsure = unsure_mean(values)
    added = np.cumsum(weights)
    chosen = np.empty((paths, count), int)
    for week in range(count):
        fresh = np.minimum(
            np.searchsorted(added, streams.uniforms(seed, f"forecast/week/{week}", paths)),
            len(weeks) - 1,
        )
        if week:
            goes_on = (
                streams.uniforms(seed, f"forecast/run/{week}", paths) < 1 - 1 / MEAN_BLOCK_WEEKS
            )
            fresh = np.where(goes_on & (chosen[:, week - 1] > 0), chosen[:, week - 1] - 1, fresh)
        chosen[:, week] = fresh
    level = np.exp(
        unsure * _normal_quantile(streams.uniforms(seed, "forecast/scale", paths)) - unsure**2 / 2
    )
    return (weeks[chosen].reshape(paths, -1) * level[:, None])[:, :horizon]
