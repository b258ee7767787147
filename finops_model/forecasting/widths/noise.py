"""The noise of a demand process from past misses: spread of the level, daily noise, loadings (docs/method §2.5, §2.6)."""

from __future__ import annotations

import numpy as np

from .. import ensemble, years
from .error_paths import independent, unsure_mean

MONTH = 365.25 / 12  # days of a lead month
LEADS = 3  # months graded
EDGES = (0, 31, 61, 92)  # days ahead at which the graded months begin and end
GRADED = EDGES[-1]
DEFAULT_LOADING = 0.4  # where there are too few misses to tell: correlation of two workloads 0.16
LOADING_CUTOFFS = 8  # the default counts as much as this many cutoffs
MAX_LOADING = 0.95
MAX_SD, MAX_SIGMA = 1.5, 1.0
RESIDUAL_DAYS = 182
WIDTH_80 = 2.5631031310892007  # P90 − P10 of a standard normal


def month_spread(paths: np.ndarray, least: float = 0.0) -> np.ndarray:
    """sd of the log total of lead months 1, 2, 3, (lead,), from sample paths (path, day): log(P90 ÷ P10) ÷ 2.563.

    Where P10 is under a twentieth of the mean (on-and-off workloads) the lognormal sd of the same mean and variance.
    least   of a day: a month whose median is below it is lifted to it, so that a month of rest does not say how unsure the season is (§2.23)
    """
    spread = np.zeros(LEADS)
    for lead, (first, last) in enumerate(zip(EDGES, EDGES[1:])):
        total = paths[:, first:last].sum(axis=1)
        total = total + max(least * (last - first) - float(np.median(total)), 0.0)
        low, high = np.quantile(total, (0.1, 0.9))
        mean = total.mean()
        if low > 0.05 * mean:
            spread[lead] = np.log(high / low) / WIDTH_80
        elif mean > 0:
            spread[lead] = np.sqrt(np.log1p(total.var() / mean**2))
    return np.minimum(spread, MAX_SD)


def daily_noise(fitted: ensemble.Fit, target: float) -> tuple[float, float]:
    """phi and sigma of the daily log noise: log(day ÷ 15-day centred median), by weekday, newest half year.

    Bursts are clipped at four robust standard deviations first. On-and-off workloads: phi from the runs of their use,
    sigma so that it explains what of `target` (sd of the log total of the first month) the doubt about the mean does not.
    """
    values = fitted.values[-RESIDUAL_DAYS:]
    if fitted.kind == "intermittent":
        used = (values > 0).astype(float)
        phi = float(np.clip(_lag_one(used - used.mean()), 0.0, 0.9))
        return phi, _sigma_for(
            max(target**2 - unsure_mean(fitted.values) ** 2, 0.05 * target**2), phi
        )
    if len(values) < 14:
        return 0.0, 0.15
    logs = np.log(values + fitted.offset)
    padded = np.pad(logs, 7, mode="reflect")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 15), axis=1)
    residual = logs - around
    weeks = len(residual) // 7
    whole = residual[-7 * weeks :].reshape(weeks, 7)
    whole = (whole - np.median(whole, axis=0)).ravel()
    robust = 1.4826 * np.median(np.abs(whole)) + 1e-9
    whole = np.clip(whole, -4 * robust, 4 * robust)
    return float(np.clip(_lag_one(whole), 0.0, 0.9)), float(np.clip(whole.std(), 0.0, MAX_SIGMA))


def _sigma_for(variance, phi):
    """sigma whose noise gives a month's total this log variance; at most MAX_SIGMA."""
    low, high = 0.0, MAX_SIGMA
    for _ in range(30):
        middle = (low + high) / 2
        low, high = (
            (middle, high) if noise_variance(phi, middle, EDGES[1]) < variance else (low, middle)
        )
    return high


def _lag_one(series):
    power = series @ series
    return float(series[1:] @ series[:-1] / power) if power > 0 else 0.0


def noise_variance(phi: float, sigma: float, days: int) -> float:
    """Variance of the log of a month's mean of exp(noise), to second order.

    >>> round(noise_variance(0.0, 0.1, 30) * 30, 4)
    0.01
    """
    lags = np.arange(1, days)
    both = (
        np.expm1(sigma**2) + 2 * ((1 - lags / days) * np.expm1(sigma**2 * phi**lags)).sum()
        if days > 1
        else np.expm1(sigma**2)
    )
    return float(np.log1p(both / days))


def variance_at(days: np.ndarray, level_sd: np.ndarray, extra_variance: np.ndarray) -> np.ndarray:
    """Variance of the log level (day, workload), `days` after the last known day (docs/method §2.6).

    Straight lines from 0 at day 0 through level_sd² at the middles of lead months 1, 2, 3 (days 15.2, 45.7, 76.1); from
    there extra_variance per month.

    >>> variance_at(np.array([365.25 / 24]), np.array([[0.1], [0.2], [0.3]]), np.array([0.0])).round(4).tolist()
    [[0.01]]
    """
    middles = np.concatenate(([0.0], MONTH * (np.arange(len(level_sd)) + 0.5)))
    knots = np.vstack((np.zeros(level_sd.shape[1]), level_sd**2))
    days = np.asarray(days, float)
    inside = np.stack(
        [np.interp(days, middles, knots[:, w]) for w in range(level_sd.shape[1])], axis=-1
    )
    return inside + np.maximum(days - middles[-1], 0.0)[:, None] / MONTH * extra_variance


def _month_matrix() -> np.ndarray:
    """(lead, knot): variance of a month's mean level per unit of level_sd² at each knot; growth after the last as in §2.6.

    The mean over days a+1…b of a random walk with variance V has variance Σ V(t)·(2(b − t) + 1) ÷ (b − a)².
    """
    matrix = np.zeros((LEADS, LEADS))
    for knot in range(LEADS):
        squares = np.zeros((LEADS, 1))
        squares[knot] = 1.0
        extra = (squares[-1] - squares[0]) / (LEADS - 1)
        for lead, (first, last) in enumerate(zip(EDGES, EDGES[1:])):
            days = np.arange(first + 1, last + 1)
            variance = variance_at(days, np.sqrt(squares), extra)[:, 0]
            matrix[lead, knot] = variance @ (2 * (last - days) + 1) / (last - first) ** 2
    return matrix


EXTRA_MOST = 0.04  # variance a month: a year of it is a log sd of 0.7, a factor of two either way
WEIGHT = np.array(
    [2.0, 1.0, 1.0]
)  # where the three cannot all be met, the first month may be off by no more than the others
MATRIX = _month_matrix()


def level_spread(target: np.ndarray, phi: float, sigma: float) -> tuple[np.ndarray, float]:
    """level_sd (lead,), not falling, and extra variance per month, so that simulated month totals spread like `target`.

    target   sd of log month totals (lead,). What the daily noise explains is taken off; the rest is the level's.

    >>> sd, extra = level_spread(np.array([0.1, 0.15, 0.2]), 0.0, 0.0); bool((np.diff(sd) >= 0).all())
    True
    """
    if target.max() < 1e-6:
        return np.zeros(LEADS), 0.0
    target = np.maximum.accumulate(
        np.maximum(target, 1e-6)
    )  # a spread that falls with the lead is luck of few cutoffs
    noise = np.array(
        [noise_variance(phi, sigma, last - first) for first, last in zip(EDGES, EDGES[1:])]
    )
    wanted = np.maximum(target**2 - noise, 0.01 * target**2)
    steps = MATRIX @ np.tril(
        np.ones((LEADS, LEADS))
    )  # month variance per growth of variance between knots
    best, growth = np.inf, np.zeros(LEADS)
    for choice in range(1, 2**LEADS):  # least squares with growth ≥ 0: all seven supports
        on = [lead for lead in range(LEADS) if choice >> lead & 1]
        fitted = np.zeros(LEADS)
        fitted[on] = np.linalg.lstsq(
            steps[:, on] / wanted[:, None] * WEIGHT[:, None], WEIGHT, rcond=None
        )[0]
        missed = ((steps @ fitted / wanted - 1) ** 2 * WEIGHT**2).sum()
        if (fitted >= 0).all() and missed < best:
            best, growth = missed, fitted
    variance = np.cumsum(growth)
    # beyond the graded leads variance grows as between them, at least a third as fast as a random walk's would, and no faster
    # than EXTRA_MOST: a series that is cleaned out twice a year misses by a factor of three once, not by a factor of thirty a year on
    extra = max((variance[-1] - variance[0]) / (LEADS - 1), variance[-1] / (LEADS - 0.5) / 3)
    return np.sqrt(variance), float(min(extra, EXTRA_MOST))


def growing_to(spread: np.ndarray, level_sd: float) -> float:
    """Extra variance per month after the last graded one, so that a year ahead the level spreads as totals of four weeks did (docs/method §2.29).

    spread (block,) sd of the log total of the blocks ahead;  level_sd: at the middle of the last graded month

    >>> round(growing_to(np.full(13, 0.2), 0.1) * (12.5 * 28 - 2.5 * MONTH) / MONTH, 6)
    0.03
    """
    last = min(len(spread), years.LEADS)
    months = ((last - 0.5) * years.BLOCK - (LEADS - 0.5) * MONTH) / MONTH
    added = (float(spread[last - 1]) ** 2 - level_sd**2) / months
    return min(max(added, level_sd**2 / (LEADS - 0.5) / 3), EXTRA_MOST)


def first_month(errors):
    """Miss of the first month per cutoff: its mean log error, days clipped at the quartiles ± 3 IQR so that bursts do not count."""
    first = errors[:, : EDGES[1]]
    low, high = np.quantile(first, (0.25, 0.75), axis=1, keepdims=True)
    reach = 3 * (high - low)
    return np.clip(first, low - reach, high + reach).mean(axis=1)


def loadings(misses: np.ndarray, noisy: np.ndarray) -> np.ndarray:
    """Loading of each workload on one common factor (workload,), from misses of the same cutoffs (cutoff, workload).

    One factor: the correlation of two workloads is the product of their loadings, so a loading is the mean correlation
    with the others ÷ the root of the mean of all. Misses with NaN are not there. The answer is drawn towards DEFAULT_LOADING,
    which counts as LOADING_CUTOFFS cutoffs, and lies in 0…MAX_LOADING.

    >>> loadings(np.full((8, 2), np.nan), np.array([True, False])).tolist()
    [0.4, 0.0]
    """
    known = ~np.isnan(misses)
    scaled = np.where(known, misses, 0.0)
    both = known.T.astype(float) @ known
    power = scaled.T @ scaled
    size = np.sqrt(np.outer(np.diag(power), np.diag(power)))
    usable = (both >= 3) & (size > 0) & ~np.eye(len(both), dtype=bool)
    correlation = np.clip(np.divide(power, size, out=np.zeros_like(power), where=usable), -1, 1)
    loading = np.full(len(both), DEFAULT_LOADING)
    if usable.any():
        typical = np.sqrt(max(correlation[usable].mean(), 0.0))
        pairs = usable.sum(axis=1)
        mean = np.divide(correlation.sum(axis=1), pairs, out=np.zeros(len(both)), where=pairs > 0)
        own = np.clip(mean / max(typical, 0.2), 0.0, MAX_LOADING)
        windows = np.array(
            [independent(int(count), ensemble.STEP_DAYS, GRADED) for count in known.sum(axis=0)]
        )
        trust = np.where(pairs > 0, windows / (windows + LOADING_CUTOFFS), 0.0)
        loading = trust * own + (1 - trust) * DEFAULT_LOADING
    return np.where(noisy, np.clip(loading, 0.0, MAX_LOADING), 0.0)
