"""History of every workload → a demand process: a median path and a noise calibrated to past misses (docs/method §2.5, §2.6).

Demand of workload w on path p, day t of the horizon (t = 1 is the first day):

    demand = median[t, w] · exp(level[t] + noise[t] − sigma²/2)
    level[t] = level[t−1] + increment_sd[t, w] · (loading·F[t] + sqrt(1 − loading²)·E[t, w])      level[0] = 0
    noise[t] = phi·noise[t−1] + sigma·sqrt(1 − phi²)·Z[t, w]                                      noise[0] ~ N(0, sigma²)

F, E, Z are independent standard normals, F common to all workloads of a path; `level_increment_sd` gives increment_sd.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from ... import streams
from ...errors import ForecastError
from ...progress import Progress, silent
from .. import ensemble
from ..covariates.applied import Covariates, Uncertain, apply_covariates, together
from ..grading import CUTOFFS
from ..history import History
from ..methods._growth import SUPPORT, YEAR
from ..settling import held
from .noise import (
    GRADED,
    LEADS,
    daily_noise,
    first_month,
    growing_to,
    level_spread,
    loadings,
    month_spread,
    variance_at,
)
from .pooled import without_a_past

CALIBRATION_PATHS = 2048


@dataclass(frozen=True, kw_only=True)
class Demand:
    """What the simulation draws from. Axes (day, workload), (lead, workload), (workload,)."""

    names: tuple[str, ...]
    dates: np.ndarray  # (day,) datetime64[D], the future
    median: np.ndarray  # (day, workload), volume per day
    level_sd: (
        np.ndarray
    )  # (lead, workload): sd of the log level at the middle of lead months 1, 2, 3
    extra_variance: (
        np.ndarray
    )  # (workload,): variance added per month beyond the last of them ("extrapolated")
    phi: np.ndarray  # (workload,): AR(1) of the daily log noise
    sigma: np.ndarray  # (workload,): its standard deviation
    loading: np.ndarray  # (workload,): loading of the level on the common factor, 0..0.95
    cap: np.ndarray | None = (
        None  # (day, workload): the most of a day, inf: no limit; None: none has one
    )
    uncertain: tuple[
        tuple[int, Uncertain], ...
    ] = ()  # (workload position, uncertain number of what is known)
    weights: tuple[
        dict[str, float], ...
    ] = ()  # of each workload: method -> share; {}: none is used
    yearly: tuple[
        dict[str, float], ...
    ] = ()  # of each workload: member of its totals of four weeks -> share; {}: it has none (§2.29)


def fit_demand(
    volume,
    names,
    dates,
    horizon_days: int,
    *,
    seed: int = 0,
    methods=None,
    progress: Progress | None = None,
    costly_for: Collection[str] | None = None,
    covariates: Mapping[str, Covariates] | None = None,
) -> Demand:
    """The demand process of every workload for the days after the history.

    Parameters
    ----------
    volume : array (day, workload)
        >= 0, finite; leading zeros: not launched yet. Money of the ledger's currency at constant
        prices.
    names : sequence of str
        Of the workloads.
    dates : array (day,) datetime64[D]
        Consecutive.
    horizon_days : int
        Days ahead.
    seed : int, optional
        Of the paths whose widths are fitted.
    methods : str or list of str, optional
        As in `forecast`.
    progress : callable, optional
        Called with (text, done, total).
    costly_for : collection of str, optional
        Workloads that get costly methods too; None: all.
    covariates : mapping of str to Covariates, optional
        Workload -> what people know of it: taken out of its history, laid over its median.

    Returns
    -------
    Demand
        median (day, workload), level_sd (lead, workload), phi, sigma, loading (workload,).

    Raises
    ------
    ForecastError
        Names the workload and day that cannot be meant.

    Source
    ------
    docs/method §2.5, §2.6, §2.20.

    Examples
    --------
    >>> days = np.arange("2026-01-01", "2026-05-01", dtype="datetime64[D]")
    >>> week = np.resize([5.0, 5, 5, 5, 5, 2, 2], len(days))[:, None]
    >>> demand = fit_demand(week, ("chat",), days, 3, methods=["seasonal_naive"])
    >>> demand.median.shape, str(demand.dates[0])
    ((3, 1), '2026-05-01')
    """
    volume, names, dates = check(volume, names, dates)
    say = progress or silent
    median = np.zeros((horizon_days, len(names)))
    level_sd, extra = np.zeros((LEADS, len(names))), np.zeros(len(names))
    phi, sigma = np.zeros(len(names)), np.zeros(len(names))
    misses = np.full((CUTOFFS, len(names)), np.nan)
    cap, uncertain = np.full(median.shape, np.inf), [()] * len(names)
    weights: list[dict[str, float]] = []
    yearly: list[dict[str, float]] = []

    for w, name in enumerate(names):
        say(f"forecast {name}", w, len(names))
        costly = costly_for is None or name in costly_for
        if covariates and name in covariates:
            applied = _applied(covariates[name], name, volume[:, w], dates, horizon_days)
            fitted = ensemble.fit(
                applied.base,
                max(horizon_days, GRADED) + applied.late,
                methods,
                costly,
                covariates=applied.own,
            )
            median[:, w], uncertain[w] = applied.over(fitted.point)
            cap[:, w] = applied.most
        else:
            fitted = ensemble.fit(
                History(dates, held(volume[:, w])), max(horizon_days, GRADED), methods, costly
            )
            median[:, w] = fitted.point[:horizon_days]

        weights.append(fitted.weights)
        yearly.append({} if fitted.blocks is None else fitted.blocks.shares)
        if fitted.kind in ("empty", "ended"):
            if (
                median[:, w].any()
            ):  # only what is known is used ahead: it is as uncertain as a series without a past
                spread, sigma[w] = without_a_past(LEADS)
                level_sd[:, w], extra[w] = level_spread(spread, phi[w], sigma[w])
            continue
        least = (
            0.0 if fitted.kind == "intermittent" else SUPPORT * float(fitted.values[-YEAR:].mean())
        )
        target = month_spread(ensemble.draw(fitted, CALIBRATION_PATHS, seed, GRADED), least)
        phi[w], sigma[w] = daily_noise(fitted, target[0])
        level_sd[:, w], extra[w] = level_spread(target, phi[w], sigma[w])
        if fitted.blocks is not None:
            extra[w] = growing_to(fitted.blocks.spread, level_sd[-1, w])
        if fitted.errors.shape[1] == GRADED:
            misses[: len(fitted.errors), w] = first_month(fitted.errors)

    say("forecast", len(names), len(names))
    future = dates[-1] + np.arange(1, horizon_days + 1)
    return Demand(
        names=names,
        dates=future,
        median=median,
        level_sd=level_sd,
        extra_variance=extra,
        phi=phi,
        sigma=sigma,
        loading=loadings(misses, level_sd[0] > 0),
        cap=cap if np.isfinite(cap).any() else None,
        uncertain=together(uncertain),
        weights=tuple(weights),
        yearly=tuple(yearly),
    )


def _applied(covariates: Covariates, name: str, values, dates, horizon: int):
    try:
        return apply_covariates(covariates, values, dates, horizon)
    except ForecastError as problem:
        raise ForecastError(f"{name}: {problem}") from None


def check(volume, names, dates) -> tuple[np.ndarray, tuple[str, ...], np.ndarray]:
    """volume, names and dates as arrays that fit together; raises ForecastError where they do not."""
    volume = np.asarray(volume, float)
    dates = np.asarray(dates, "datetime64[D]")
    names = tuple(str(name) for name in names)
    if volume.ndim != 2 or volume.shape != (len(dates), len(names)):
        raise ForecastError(
            f"demand: volume has shape {volume.shape}; {len(dates)} days and {len(names)} workloads "
            f"need ({len(dates)}, {len(names)})."
        )
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise ForecastError(f"demand: workload '{twice}' appears twice. Add its columns up.")
    if len(dates) < 2 or (np.diff(dates) != np.timedelta64(1, "D")).any():
        raise ForecastError(
            "demand: the days must follow one another without a gap, and there must be at least 2."
        )
    wrong = ~(np.isfinite(volume) & (volume >= 0))
    if wrong.any():
        day, workload = np.argwhere(wrong)[0]
        raise ForecastError(
            f"demand: {names[workload]} on {dates[day]} is {volume[day, workload]:g}; "
            "volumes are finite and not negative."
        )
    return volume, names, dates


def level_increment_sd(demand: Demand, dates: np.ndarray | None = None) -> np.ndarray:
    """Standard deviation of each day's independent increment of the log level, (day, workload).

    dates   days of the horizon, None: all of demand.dates; the level is 0 on the day before demand.dates[0]
    """
    dates = demand.dates if dates is None else np.asarray(dates, "datetime64[D]")
    ahead = (dates - demand.dates[0]).astype(int) + 1
    after = variance_at(ahead, demand.level_sd, demand.extra_variance)
    before = variance_at(np.maximum(ahead - 1, 0), demand.level_sd, demand.extra_variance)
    return np.sqrt(np.maximum(after - before, 0.0))


def simulate_days(demand: Demand, paths: int, seed: int):
    """Reference simulation: yields (workload index, demand (path, day)) for one workload after the other, uncertain numbers and caps included."""
    steps = level_increment_sd(demand)
    days, blocks = len(demand.dates), -(-paths // streams.BLOCK)
    common = [
        streams.normals(seed, "demand/common", block, days, np.float64) for block in range(blocks)
    ]
    for w, name in enumerate(demand.names):
        out = np.empty((blocks * streams.BLOCK, days))
        phi, sigma, loading = demand.phi[w], demand.sigma[w], demand.loading[w]
        for block in range(blocks):
            own = streams.normals(seed, f"demand/{name}/level", block, days, np.float64)
            mixed = loading * common[block] + np.sqrt(1 - loading**2) * own
            log = np.cumsum(steps[:, w, None] * mixed, axis=0) - sigma**2 / 2
            if sigma > 0:
                shocks = streams.normals(seed, f"demand/{name}/noise", block, days + 1, np.float64)
                noise = sigma * shocks[0]
                for day in range(days):
                    noise = phi * noise + sigma * np.sqrt(1 - phi**2) * shocks[day + 1]
                    log[day] += noise
            out[block * streams.BLOCK : (block + 1) * streams.BLOCK] = (
                demand.median[:, w, None] * np.exp(log)
            ).T
        for at, one in demand.uncertain:
            if at == w:
                out[:paths] *= (
                    one.timeline(days)
                    .on_paths(lambda stream: streams.uniforms(seed, stream, paths))
                    .T
                )
        yield w, out[:paths] if demand.cap is None else np.minimum(out[:paths], demand.cap[:, w])


def simulate_month_totals(
    demand: Demand, paths: int, seed: int
) -> tuple[tuple[str, ...], np.ndarray]:
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
