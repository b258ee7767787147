"""Past misses as future spread: whole error paths resampled, few of them widened (docs/method.md §2.3)."""

from __future__ import annotations

import numpy as np

from .. import streams

ENOUGH = 4.0                            # independent origins from which a series stands on its own misses
POOLED_DAYS = np.array([0.0, 15.0, 45.0, 76.0])
POOLED_SD = np.array([0.0, 0.17, 0.27, 0.34])       # log level, by days ahead, for series with too few origins
POOLED_DAY_SD = 0.15                    # daily noise of such a series
BURST = np.log(10.0)                    # a burst counts at most tenfold in the mean of the noise
FLIP_CAP = np.log(3.0)                  # a mirrored miss lifts a path at most this far above the worst one seen
BLOCK_WEEKS, HALF_LIFE_WEEKS, MEAN_BLOCK_WEEKS = 26, 8.0, 2.0


def split(errors: np.ndarray, season: int = 7) -> tuple[np.ndarray, np.ndarray]:
    """Error paths (origin, day) as level and day noise: level is the weekly median, joined by straight lines.

    A median, so that bursts and outages of up to three days stay in the noise and are never mirrored. The noise is
    shifted so that exp(noise) has mean 1 over all origins: the level then is that of totals, not of quiet days.

    >>> level, noise = split(np.full((1, 14), 0.5)); float(level[0, 3]), float(noise[0, 3])
    (0.5, 0.0)
    """
    days = errors.shape[1]
    starts = np.arange(0, max(days - season + 1, 1), season)
    middles = np.minimum(starts + season // 2, days - 1).astype(float)
    weekly = np.stack([np.median(errors[:, start:start + season], axis=1) for start in starts], axis=1)
    level = np.stack([np.interp(np.arange(days), middles, row) for row in weekly]) if len(errors) else errors
    noise = errors - level
    shift = np.log(np.exp(np.minimum(noise, BURST)).mean()) if noise.size else 0.0
    return level + shift, noise - shift


def independent(origins: int, step: int, days: int, apart: int = 30) -> float:
    """How many independent looks overlapping origins are worth, for errors of a month (or of the graded days if fewer).

    >>> independent(8, 31, 92), independent(1, 31, 92)
    (8.0, 1.0)
    """
    return 1 + (origins - 1) * min(1.0, step / min(days, apart)) if origins else 0.0


def resample(errors: np.ndarray, step: int, horizon: int, paths: int, seed: int, season: int = 7, apart: int = 30) -> np.ndarray:
    """Log error paths (path, day) for `horizon` days out of graded ones (origin, day).

    Every path takes a whole graded path; its level with either sign and times sqrt(k ÷ χ²_k), k independent origins
    (Student's widening for few origins), its day noise as it was. Beyond the graded days another path goes on where the
    last one ended, so the variance keeps growing. With fewer than ENOUGH independent origins that share of
    the paths takes a pooled random walk (POOLED_SD) instead.
    """
    origins, days = errors.shape
    looks = independent(origins, step, days, apart)
    own = min(1.0, looks / ENOUGH) if days >= season else 0.0
    log = np.empty((paths, horizon))
    freedom = max(looks, 3.0)
    scale = np.sqrt(freedom / _chi_square(streams.uniforms(seed, "forecast/scale", paths), freedom))
    pooled = streams.uniforms(seed, "forecast/pooled", paths) >= own
    if own > 0:
        log[~pooled] = _chained(errors, horizon, scale, seed, season)[~pooled]
    if pooled.any():
        log[pooled] = _pooled(horizon, paths, seed, season)[pooled]
    return log


def _chained(errors, horizon, scale, seed, season):
    level, noise = split(errors, season)
    origins, days = errors.shape
    worst = np.maximum(level.max(), 0.0) + FLIP_CAP
    parts, end = [], np.zeros((len(scale), 1))
    for number in range(-(-horizon // days)):
        chosen, sign = _pick(seed, f"{number}", len(scale), origins)
        other, other_sign = _pick(seed, f"{number}/second", len(scale), origins)
        angle = np.pi / 2 * streams.uniforms(seed, f"forecast/angle/{number}", len(scale))
        walked = end + (level[chosen] * (sign * np.cos(angle) * scale)[:, None]
                        + level[other] * (other_sign * np.sin(angle) * scale)[:, None])
        parts.append(np.minimum(walked, worst * (number + 1)) + noise[chosen])
        end = walked[:, -1:]
    return np.concatenate(parts, axis=1)[:, :horizon]


def _pick(seed, which, paths, origins):
    chosen = (streams.uniforms(seed, f"forecast/origin/{which}", paths) * origins).astype(int)
    return chosen, np.where(streams.uniforms(seed, f"forecast/sign/{which}", paths) < 0.5, -1.0, 1.0)


def _pooled(horizon, paths, seed, season=7):
    """Random walk with the pooled widths plus independent day noise; a season of hours counts as one of days."""
    ahead = np.arange(horizon + 1) * (7 / season)
    variance = np.interp(ahead, POOLED_DAYS, POOLED_SD ** 2)
    slope = (POOLED_SD[-1] ** 2 - POOLED_SD[-2] ** 2) / (POOLED_DAYS[-1] - POOLED_DAYS[-2])
    variance += slope * np.maximum(ahead - POOLED_DAYS[-1], 0.0)
    steps = np.sqrt(np.diff(variance))[:, None]
    return np.concatenate([(np.cumsum(steps * streams.normals(seed, "forecast/level", block, horizon, np.float64), axis=0)
                            + POOLED_DAY_SD * streams.normals(seed, "forecast/noise", block, horizon, np.float64)).T
                           for block in range(-(-paths // streams.BLOCK))])[:paths]


def _chi_square(uniform, freedom):
    """Quantiles of χ² (Wilson & Hilferty 1931), within 1 % from 3 degrees of freedom on where it matters here."""
    normal = _normal_quantile(uniform)
    part = 2 / (9 * freedom)
    return freedom * np.maximum(1 - part + normal * np.sqrt(part), 0.25) ** 3


def _normal_quantile(uniform):
    """Standard normal quantiles, |error| < 4.5e-4 (Abramowitz & Stegun 26.2.23)."""
    tail = np.sqrt(-2 * np.log(np.minimum(uniform, 1 - uniform)))
    upper = tail - (2.515517 + tail * (0.802853 + tail * 0.010328)) / (
        1 + tail * (1.432788 + tail * (0.189269 + tail * 0.001308)))
    return np.where(uniform < 0.5, -upper, upper)


def _weeks(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Newest weeks (week, 7), newest first, and their weights (halving every HALF_LIFE_WEEKS)."""
    count = min(BLOCK_WEEKS, len(values) // 7)
    if count < 1:
        return np.full((1, 7), values.mean()), np.ones(1)
    weeks = values[-7 * count:].reshape(count, 7)[::-1]
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
    return float(min(spread * np.sqrt((weights ** 2).sum() * MEAN_BLOCK_WEEKS), 0.6))


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
        fresh = np.minimum(np.searchsorted(added, streams.uniforms(seed, f"forecast/week/{week}", paths)), len(weeks) - 1)
        if week:
            goes_on = streams.uniforms(seed, f"forecast/run/{week}", paths) < 1 - 1 / MEAN_BLOCK_WEEKS
            fresh = np.where(goes_on & (chosen[:, week - 1] > 0), chosen[:, week - 1] - 1, fresh)
        chosen[:, week] = fresh
    level = np.exp(unsure * _normal_quantile(streams.uniforms(seed, "forecast/scale", paths)) - unsure ** 2 / 2)
    return (weeks[chosen].reshape(paths, -1) * level[:, None])[:, :horizon]
