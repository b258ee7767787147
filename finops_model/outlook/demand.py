"""History of every workload → a demand process: a median path and a noise calibrated to past misses (docs/method.md §2).

Demand of workload w on path p, day t of the horizon (t = 1 is the first day):

    demand = median[t, w] · exp(level[t] + noise[t] − sigma²/2)
    level[t] = level[t−1] + increment_sd[t, w] · (loading·F[t] + sqrt(1 − loading²)·E[t, w])      level[0] = 0
    noise[t] = phi·noise[t−1] + sigma·sqrt(1 − phi²)·Z[t, w]                                      noise[0] ~ N(0, sigma²)

F, E, Z are independent standard normals, F common to all workloads of a path; `level_increment_sd` gives increment_sd.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np

from .. import streams
from ..errors import ForecastError
from ..progress import Progress, silent
from . import ensemble
from .error_paths import independent
from .history import History

MONTH = 365.25 / 12                         # days of a lead month
LEADS = 3                                   # months graded
EDGES = (0, 31, 61, 92)                     # days ahead at which the graded months begin and end
GRADED = EDGES[-1]
CALIBRATION_PATHS = 2048
DEFAULT_LOADING = 0.4                       # where there are too few misses to tell: correlation of two workloads 0.16
LOADING_ORIGINS = 8                         # the default counts as much as this many origins
MAX_LOADING = 0.95
MAX_SD, MAX_SIGMA, MAX_PHI = 1.5, 1.0, 0.97
RESIDUAL_DAYS = 182
WIDTH_80 = 2.5631031310892007               # P90 − P10 of a standard normal


@dataclass(frozen=True)
class Demand:
    """What the simulation draws from. Axes (day, workload), (lead, workload), (workload,)."""

    names: tuple[str, ...]
    dates: np.ndarray               # (day,) datetime64[D], the future
    median: np.ndarray              # (day, workload), volume per day
    level_sd: np.ndarray            # (lead, workload): sd of the log level at the middle of lead months 1, 2, 3
    extra_variance: np.ndarray      # (workload,): variance added per month beyond the last of them ("extrapolated")
    phi: np.ndarray                 # (workload,): AR(1) of the daily log noise
    sigma: np.ndarray               # (workload,): its standard deviation
    loading: np.ndarray             # (workload,): loading of the level on the common factor, 0..0.95


def fit_demand(volume, names, dates, horizon_days: int, seed: int = 0, members=None, progress: Progress | None = None,
               costly_for: Collection[str] | None = None) -> Demand:
    """The demand process of every workload for `horizon_days` days after the history.

    volume       (day, workload) ≥ 0, finite; leading zeros: not launched yet
    names        of the workloads;  dates (day,) datetime64[D], consecutive
    members      as in `ensemble.forecast`;  costly_for: workloads that get costly members too, None: all
    progress     called with (text, done, total)

    Raises ForecastError naming the workload and day that cannot be meant.
    """
    volume, names, dates = check(volume, names, dates)
    say = progress or silent
    median = np.zeros((horizon_days, len(names)))
    level_sd, extra = np.zeros((LEADS, len(names))), np.zeros(len(names))
    phi, sigma = np.zeros(len(names)), np.zeros(len(names))
    misses = np.full((ensemble.ORIGINS, len(names)), np.nan)
    for w, name in enumerate(names):
        say(f"forecast {name}", w, len(names))
        costly = costly_for is None or name in costly_for
        fitted = ensemble.fit(History(dates, volume[:, w]), max(horizon_days, GRADED), members, costly)
        median[:, w] = fitted.point[:horizon_days]
        if fitted.kind in ("empty", "ended"):
            continue
        phi[w], sigma[w] = daily_noise(fitted)
        target = month_spread(ensemble.draw(fitted, CALIBRATION_PATHS, seed, GRADED))
        level_sd[:, w], extra[w] = level_spread(target, phi[w], sigma[w])
        if fitted.errors.shape[1] == GRADED:
            misses[:len(fitted.errors), w] = _first_month(fitted.errors)
    say("forecast", len(names), len(names))
    future = dates[-1] + np.arange(1, horizon_days + 1)
    return Demand(names, future, median, level_sd, extra, phi, sigma, loadings(misses, level_sd[0] > 0))


def check(volume, names, dates) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """volume, names and dates as arrays that fit together; raises ForecastError where they do not."""
    volume = np.asarray(volume, float)
    dates = np.asarray(dates, "datetime64[D]")
    names = tuple(str(name) for name in names)
    if volume.ndim != 2 or volume.shape != (len(dates), len(names)):
        raise ForecastError(f"demand: volume has shape {volume.shape}; {len(dates)} days and {len(names)} workloads "
                            f"need ({len(dates)}, {len(names)}).")
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ForecastError(f"demand: workload '{twice}' stands twice. Add its columns up.")
    if len(dates) < 2 or (np.diff(dates) != np.timedelta64(1, "D")).any():
        raise ForecastError("demand: the days must follow one another without a gap, and there must be at least 2.")
    wrong = ~(np.isfinite(volume) & (volume >= 0))
    if wrong.any():
        day, workload = np.argwhere(wrong)[0]
        raise ForecastError(f"demand: {names[workload]} on {dates[day]} is {volume[day, workload]:g}; "
                            "volumes are finite and not negative.")
    return volume, names, dates


def month_spread(paths: np.ndarray) -> np.ndarray:
    """sd of the log total of lead months 1, 2, 3, (lead,), from sample paths (path, day): log(P90 ÷ P10) ÷ 2.563.

    Where P10 is under a twentieth of the mean (on-and-off workloads) the lognormal sd of the same mean and variance.
    """
    spread = np.zeros(LEADS)
    for lead, (first, last) in enumerate(zip(EDGES, EDGES[1:])):
        total = paths[:, first:last].sum(axis=1)
        low, high = np.quantile(total, (0.1, 0.9))
        mean = total.mean()
        if low > 0.05 * mean:
            spread[lead] = np.log(high / low) / WIDTH_80
        elif mean > 0:
            spread[lead] = np.sqrt(np.log1p(total.var() / mean ** 2))
    return np.minimum(spread, MAX_SD)


def daily_noise(fitted: ensemble.Fit) -> tuple[float, float]:
    """phi and sigma of the daily log noise: log(day ÷ 15-day centred median), by weekday, newest half year.

    Bursts are clipped at four robust standard deviations first; on-and-off workloads use their days above zero for
    sigma and the run length of their use for phi.
    """
    values = fitted.values[-RESIDUAL_DAYS:]
    if len(values) < 14:
        return 0.0, 0.15
    if fitted.kind == "intermittent":
        used = (values > 0).astype(float)
        phi = _lag_one(used - used.mean())
        return float(np.clip(phi, 0.0, 0.9)), float(np.clip(np.log(values[values > 0]).std(), 0.05, MAX_SIGMA))
    logs = np.log(values + fitted.offset)
    padded = np.pad(logs, 7, mode="reflect")
    around = np.median(np.lib.stride_tricks.sliding_window_view(padded, 15), axis=1)
    residual = logs - around
    weeks = len(residual) // 7
    whole = residual[-7 * weeks:].reshape(weeks, 7)
    whole = (whole - np.median(whole, axis=0)).ravel()
    robust = 1.4826 * np.median(np.abs(whole)) + 1e-9
    whole = np.clip(whole, -4 * robust, 4 * robust)
    return float(np.clip(_lag_one(whole), 0.0, 0.9)), float(np.clip(whole.std(), 0.0, MAX_SIGMA))


def _lag_one(series):
    power = series @ series
    return float(series[1:] @ series[:-1] / power) if power > 0 else 0.0


def noise_variance(phi: float, sigma: float, days: int) -> float:
    """Variance of the log of a month's mean of exp(noise), to second order.

    >>> round(noise_variance(0.0, 0.1, 30) * 30, 4)
    0.01
    """
    lags = np.arange(1, days)
    both = np.expm1(sigma ** 2) + 2 * ((1 - lags / days) * np.expm1(sigma ** 2 * phi ** lags)).sum() if days > 1 else \
        np.expm1(sigma ** 2)
    return float(np.log1p(both / days))


def variance_at(days: np.ndarray, level_sd: np.ndarray, extra_variance: np.ndarray) -> np.ndarray:
    """Variance of the log level (day, workload), `days` after the last known day (docs/method.md §2.6).

    Straight lines from 0 at day 0 through level_sd² at the middles of lead months 1, 2, 3 (days 15.2, 45.7, 76.1); from
    there extra_variance per month.

    >>> variance_at(np.array([365.25 / 24]), np.array([[0.1], [0.2], [0.3]]), np.array([0.0])).round(4).tolist()
    [[0.01]]
    """
    middles = np.concatenate(([0.0], MONTH * (np.arange(len(level_sd)) + 0.5)))
    knots = np.vstack((np.zeros(level_sd.shape[1]), level_sd ** 2))
    days = np.asarray(days, float)
    inside = np.stack([np.interp(days, middles, knots[:, w]) for w in range(level_sd.shape[1])], axis=-1)
    return inside + np.maximum(days - middles[-1], 0.0)[:, None] / MONTH * extra_variance


def level_increment_sd(demand: Demand, dates: np.ndarray | None = None) -> np.ndarray:
    """Standard deviation of each day's independent increment of the log level, (day, workload).

    dates   days of the horizon, None: all of demand.dates; the level is 0 on the day before demand.dates[0]
    """
    dates = demand.dates if dates is None else np.asarray(dates, "datetime64[D]")
    ahead = (dates - demand.dates[0]).astype(int) + 1
    after = variance_at(ahead, demand.level_sd, demand.extra_variance)
    before = variance_at(np.maximum(ahead - 1, 0), demand.level_sd, demand.extra_variance)
    return np.sqrt(np.maximum(after - before, 0.0))


def _month_matrix() -> np.ndarray:
    """(lead, knot): variance of a month's mean level per unit of level_sd² at each knot; growth after the last as in §2.6.

    The mean over days a+1…b of a random walk with variance V has variance Σ V(t)·(2(b − t) + 1) ÷ (b − a)².
    """
    matrix = np.zeros((LEADS, LEADS))
    for knot in range(LEADS):
        squares = np.zeros((LEADS, 1))
        squares[knot] = 1.0
        extra = np.array([squares[-1, 0] / (LEADS - 0.5)])
        for lead, (first, last) in enumerate(zip(EDGES, EDGES[1:])):
            days = np.arange(first + 1, last + 1)
            variance = variance_at(days, np.sqrt(squares), extra)[:, 0]
            matrix[lead, knot] = variance @ (2 * (last - days) + 1) / (last - first) ** 2
    return matrix


MATRIX = _month_matrix()


def level_spread(target: np.ndarray, phi: float, sigma: float) -> tuple[np.ndarray, float]:
    """level_sd (lead,), not falling, and extra variance per month, so that simulated month totals spread like `target`.

    target   sd of log month totals (lead,). What the daily noise explains is taken off; the rest is the level's.

    >>> sd, extra = level_spread(np.array([0.1, 0.15, 0.2]), 0.0, 0.0); bool((np.diff(sd) >= 0).all())
    True
    """
    noise = np.array([noise_variance(phi, sigma, last - first) for first, last in zip(EDGES, EDGES[1:])])
    wanted = np.maximum(target ** 2 - noise, 0.01 * target ** 2)
    steps = MATRIX @ np.tril(np.ones((LEADS, LEADS)))       # month variance per growth of variance between knots
    best, growth = np.inf, np.zeros(LEADS)
    for choice in range(1, 2 ** LEADS):                     # least squares with growth ≥ 0: all seven supports
        on = [lead for lead in range(LEADS) if choice >> lead & 1]
        found = np.zeros(LEADS)
        found[on] = np.linalg.lstsq(steps[:, on] / wanted[:, None], np.ones(LEADS), rcond=None)[0]
        missed = ((steps @ found / wanted - 1) ** 2).sum()
        if (found >= 0).all() and missed < best:
            best, growth = missed, found
    variance = np.cumsum(growth)
    return np.sqrt(variance), float(variance[-1] / (LEADS - 0.5))


def _first_month(errors):
    """Miss of the first month per origin: its mean log error, days clipped at the quartiles ± 3 IQR so that bursts do not count."""
    first = errors[:, :EDGES[1]]
    low, high = np.quantile(first, (0.25, 0.75), axis=1, keepdims=True)
    reach = 3 * (high - low)
    return np.clip(first, low - reach, high + reach).mean(axis=1)


def loadings(misses: np.ndarray, noisy: np.ndarray) -> np.ndarray:
    """Loading of each workload on one common factor (workload,), from misses of the same origins (origin, workload).

    One factor: the correlation of two workloads is the product of their loadings, so a loading is the mean correlation
    with the others ÷ the root of the mean of all. Misses with NaN are not there. The answer is drawn towards DEFAULT_LOADING,
    which counts as LOADING_ORIGINS origins, and lies in 0…MAX_LOADING.

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
    found = np.full(len(both), DEFAULT_LOADING)
    if usable.any():
        typical = np.sqrt(max(correlation[usable].mean(), 0.0))
        pairs = usable.sum(axis=1)
        mean = np.divide(correlation.sum(axis=1), pairs, out=np.zeros(len(both)), where=pairs > 0)
        own = np.clip(mean / max(typical, 0.2), 0.0, MAX_LOADING)
        looks = np.array([independent(int(count), ensemble.STEP_DAYS, GRADED) for count in known.sum(axis=0)])
        trust = np.where(pairs > 0, looks / (looks + LOADING_ORIGINS), 0.0)
        found = trust * own + (1 - trust) * DEFAULT_LOADING
    return np.where(noisy, np.clip(found, 0.0, MAX_LOADING), 0.0)


def simulate_days(demand: Demand, paths: int, seed: int):
    """Reference simulation: yields (workload index, demand (path, day)) for one workload after the other."""
    steps = level_increment_sd(demand)
    days, blocks = len(demand.dates), -(-paths // streams.BLOCK)
    common = [streams.normals(seed, "demand/common", block, days, np.float64) for block in range(blocks)]
    for w, name in enumerate(demand.names):
        out = np.empty((blocks * streams.BLOCK, days))
        phi, sigma, loading = demand.phi[w], demand.sigma[w], demand.loading[w]
        for block in range(blocks):
            own = streams.normals(seed, f"demand/{name}/level", block, days, np.float64)
            mixed = loading * common[block] + np.sqrt(1 - loading ** 2) * own
            log = np.cumsum(steps[:, w, None] * mixed, axis=0) - sigma ** 2 / 2
            if sigma > 0:
                shocks = streams.normals(seed, f"demand/{name}/noise", block, days + 1, np.float64)
                noise = sigma * shocks[0]
                for day in range(days):
                    noise = phi * noise + sigma * np.sqrt(1 - phi ** 2) * shocks[day + 1]
                    log[day] += noise
            out[block * streams.BLOCK:(block + 1) * streams.BLOCK] = (demand.median[:, w, None] * np.exp(log)).T
        yield w, out[:paths]


def simulate_month_totals(demand: Demand, paths: int, seed: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Months of the horizon and their totals (path, month, workload), calendar months, by the formula on top of this file.

    The simulation of scenarios draws from the same process; this is the reference it is held against.
    """
    of_day = demand.dates.astype("datetime64[M]")
    months = np.unique(of_day)
    totals = np.empty((paths, len(months), len(demand.names)))
    starts = np.searchsorted(of_day, months)
    for w, days in simulate_days(demand, paths, seed):
        totals[:, :, w] = np.add.reduceat(days, starts, axis=1)
    return tuple(str(month) for month in months), totals
