"""A forecast as sample paths: methods weighted by rolling cutoffs, spread taken from their own past misses.

Rules, formulas and what was measured: docs/method §2.2–§2.4.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field, replace

import numpy as np

from . import sparse
from .grading import DAYS, HOURS, OFFSET, Clock, grade
from .history import History, kind, since_launch
from .methods import _growth, _week, ask, pick, shelf
from .settling import SETTLING_DAYS, Late, left_out
from .widths import error_paths, pooled

GRADED_DAYS, STEP_DAYS = DAYS.graded, DAYS.between
HIGHEST = (
    3.0  # no path's level lies so many times above the highest that history and point have shown
)
YEAR = _growth.YEAR
CLOCKS = {"D": DAYS, "h": HOURS}


@dataclass(frozen=True, kw_only=True)
class Fit:
    """Point forecast and graded errors of one history: everything of a forecast but the draws.

    point (day,); errors (cutoff, day) log(actual ÷ forecast), newest cutoff first; offset: added inside the log.
    """

    point: np.ndarray
    errors: np.ndarray
    offset: float
    step: int
    weights: dict[str, float]
    kind: str
    values: np.ndarray = field(repr=False)  # the history since launch
    clock: Clock = DAYS
    newer: np.ndarray = field(
        default_factory=lambda: np.zeros((0, 1)), repr=False
    )  # (cutoff, day) of cutoffs after these, NaN after the last day
    change: float = 0.0  # of the log value over a season (docs/method §2.15)
    level_ratio: float = (
        1.0  # of an on-and-off workload: its level ÷ that of its newest weeks (§2.17)
    )


@dataclass(frozen=True)
class Forecast:
    """Sample paths of the days ahead. Quantiles over paths; month totals are sums of paths."""

    dates: np.ndarray  # (day,) datetime64[D]
    paths: np.ndarray  # (path, day), unit of the history
    median: np.ndarray  # (day,) the ensemble's point forecast
    weights: dict[str, float]  # method -> share, adds up to 1
    errors: np.ndarray  # (cutoff, day) log error paths, newest cutoff first
    kind: str = "steady"  # steady, intermittent, ended, empty
    filled: int = 0  # days of the history that were missing
    overrides: tuple = ()  # month totals set by hand, shown with the model's own (forecasting/covariates/series.py)
    left_out: tuple[
        Late, ...
    ] = ()  # newest days of the history that are probably unfinished (§2.24): not learned from
    missing: np.ndarray | None = None  # (path, day left out): what is still to come of them, ≥ 0

    def month_totals(self, actual_so_far: float = 0.0) -> dict[str, np.ndarray]:
        """Total per calendar month, {month: (path,)}; `actual_so_far` is added to the first one, and with it what is still to come of its
        unfinished days."""
        months = self.dates.astype("datetime64[M]")
        totals = {
            str(month): self.paths[:, months == month].sum(axis=1) for month in np.unique(months)
        }
        first = str(months[0])
        totals[first] = totals[first] + actual_so_far
        if actual_so_far and self.left_out:
            totals[first] = totals[first] + self.missing[
                :, [one.day[:7] == first for one in self.left_out]
            ].sum(axis=1)
        return totals

    def _repr_html_(self) -> str:
        rows = []
        for month, total in self.month_totals().items():
            low, mid, high = np.quantile(total, (0.1, 0.5, 0.9))
            days = int((self.dates.astype("datetime64[M]") == np.datetime64(month)).sum())
            rows.append(
                f"<tr><th scope='row'>{html.escape(month)}</th><td>{days}</td><td>{low:,.0f}</td>"
                f"<td>{mid:,.0f}</td><td>{high:,.0f}</td></tr>"
            )
        shares = ", ".join(
            f"{html.escape(str(name))} {share:.0%}"
            for name, share in sorted(self.weights.items(), key=lambda item: -item[1])
        )
        return (
            "<table><caption>Forecast of month totals, "
            f"{len(self.paths):,} paths</caption><thead><tr><th>Month</th><th>Days</th><th>P10</th><th>P50</th><th>P90</th>"
            f"</tr></thead><tbody>{''.join(rows)}</tbody></table><p>Methods: {shares or 'none'}.</p>"
        )


def alone(
    history: History,
    horizon: int,
    paths: int,
    seed: int,
    methods=None,
    *,
    clock: Clock = DAYS,
    settling_days: int = SETTLING_DAYS,
) -> Forecast:
    """The forecast of a cleaned history by itself: `series.forecast` without covariates."""
    late = left_out(history.days, history.values, settling_days, clock.season)
    kept = len(history.days) - len(late)
    learned = History(history.days[:kept], history.values[:kept], history.filled)
    fitted = fit(learned, horizon + len(late), methods, clock=clock)
    return later(sample_paths(learned, fitted, paths, seed), late)


def later(forecast: Forecast, late: tuple[Late, ...]) -> Forecast:
    """A forecast that begins with unfinished days, from the day after them on; what is still to come of them is kept in `missing`."""
    count = len(late)
    if not count:
        return forecast
    missing = np.maximum(forecast.paths[:, :count] - [one.written for one in late], 0.0)
    return replace(
        forecast,
        dates=forecast.dates[count:],
        paths=forecast.paths[:, count:],
        median=forecast.median[count:],
        left_out=late,
        missing=missing,
    )


def sample_paths(history: History, fitted: Fit, paths: int, seed: int) -> Forecast:
    """The forecast of a fit."""
    return Forecast(
        dates=history.days[-1] + np.arange(1, len(fitted.point) + 1),
        paths=draw(fitted, paths, seed),
        median=fitted.point,
        weights=fitted.weights,
        errors=fitted.errors,
        kind=fitted.kind,
        filled=history.filled,
    )


def fit(
    history: History,
    horizon: int,
    methods=None,
    costly: bool = True,
    clock: Clock = DAYS,
    covariates=None,
) -> Fit:
    """Point, weights and graded errors of one history (docs/method §2.2, §2.3).

    costly   False leaves costly methods out, whatever `methods` says
    covariates   for methods that take them (forecasting/covariates/for_methods.py); the others see `history` only
    """
    values = since_launch(history.values)
    sort = kind(values) if clock is DAYS else "steady" if (values > 0).any() else "empty"
    names = pick(methods, clock.season)
    if not costly:
        names = tuple(name for name in names if shelf()[name].COST == "cheap") or pick(
            "cheap", clock.season
        )
    if sort in ("empty", "ended"):
        return Fit(
            point=np.zeros(horizon),
            errors=np.zeros((0, 1)),
            offset=1.0,
            step=1,
            weights={},
            kind=sort,
            values=values,
            clock=clock,
        )
    if sort == "intermittent":
        level_ratio, whose = sparse.level(values, methods)
        return Fit(
            point=level_ratio * error_paths.expected_weeks(values, horizon),
            errors=np.zeros((0, 1)),
            offset=1.0,
            step=1,
            weights={whose: 1.0},
            kind=sort,
            values=values,
            level_ratio=level_ratio,
        )
    days = history.days[-len(values) :]
    grades, step = grade(values, days, names, clock, covariates)
    whole = grades.shares_known == 1
    errors = np.empty(grades.actual.shape)
    for i, cutoff in enumerate(grades.cutoffs):
        points = grades.points[:, i]
        mixed = (
            grades.shares(~np.isnan(points[:, 0]), errors.shape[1], without=i)
            * np.nan_to_num(points)
        ).sum(axis=0)
        level = OFFSET * values[max(0, cutoff - clock.graded) : cutoff].mean() + 1e-300
        errors[i] = np.clip(np.log((grades.actual[i] + level) / (mixed + level)), -4.0, 4.0)
    ready = np.array([len(values) >= clock.least(shelf()[name].MIN_DAYS) for name in names])
    usable = ready & ~np.isnan(grades.misses[0]).all(axis=1) if len(grades.cutoffs) else ready
    if not usable.any():
        names, shares = ("seasonal_naive",), np.ones((1, max(horizon, clock.independent_after)))
    else:
        shares = grades.shares(usable, max(horizon, clock.independent_after))
    point = sum(
        share[:horizon] * ask(name, values, days, horizon, clock.season, covariates)
        for name, share in zip(names, shares)
        if share.any()
    )
    used = {
        name: float(share[: clock.independent_after].mean())
        for name, share in zip(names, shares)
        if share.any()
    }
    offset = OFFSET * float(values[-clock.graded :].mean()) + 1e-300
    change = pooled.season_change(values, offset, clock.season, pooled.widths(clock.step).change)
    return Fit(
        point=np.maximum(point, 0.0),
        errors=errors[whole],
        offset=offset,
        step=step,
        weights=used,
        kind=sort,
        values=values,
        clock=clock,
        newer=errors[~whole],
        change=change,
    )


def draw(
    fitted: Fit, paths: int, seed: int, days: int | None = None, prior: pooled.Widths | None = None
) -> np.ndarray:
    """Sample paths (path, day) of a fit (docs/method §2.3); `days` cuts the horizon; prior: other pooled widths than the stored ones."""
    point = fitted.point if days is None else fitted.point[:days]
    if fitted.kind in ("empty", "ended"):
        return np.zeros((paths, len(point)))
    if fitted.kind == "intermittent":
        return fitted.level_ratio * error_paths.weekly_blocks(
            fitted.values, len(point), paths, seed
        )
    clock, prior = fitted.clock, prior or pooled.widths(fitted.clock.step)
    most, highest = ceiling(fitted, point, prior)
    logs = error_paths.resample(
        graded(fitted),
        fitted.step,
        len(point),
        paths,
        seed,
        clock.season,
        clock.independent_after,
        change=fitted.change,
        known=len(fitted.values),
        prior=prior,
        most=most,
    )
    return np.clip((point + fitted.offset) * np.exp(logs) - fitted.offset, 0.0, highest)


def ceiling(fitted: Fit, point: np.ndarray, prior: pooled.Widths) -> tuple[np.ndarray, np.ndarray]:
    """The highest log level of a path and its highest value, (day,) each: HIGHEST times the highest mean of a season, and the highest day,
    that history and point have shown (docs/method §2.23).

    A history of over a year raises both by its own growth; a shorter one has not shown its highest yet: there at least the P90 of the pooled
    widths.
    """
    values, season = fitted.values, fitted.clock.season
    recent = values[-2 * YEAR :]
    added = np.cumsum(np.concatenate(([0.0], np.resize(values[-season:], season), point)))
    level = (
        np.maximum(added[season + 1 :] - added[1:-season], 0.0) / season
    )  # mean of the season that ends with a day
    if fitted.clock is DAYS and len(values) >= YEAR + _growth.MONTH:
        twice = min(len(values) - YEAR, YEAR)  # days that are known a year before too
        grown = max(_growth.year_on_year(values, YEAR, twice), 1.0) ** (twice / YEAR)
        times = HIGHEST * grown ** (_growth.going_on(len(point), YEAR) / YEAR)
    else:
        times = np.maximum(
            HIGHEST,
            np.exp(
                1.2816 * prior.level_sd(fitted.change, len(values), np.arange(1, len(point) + 1))
            ),
        )
    most = np.log(
        (times * np.maximum(_week.smooth(recent, season).max(), level) + fitted.offset)
        / (level + fitted.offset)
    )
    return most, times * np.maximum(recent.max(), point)


def graded(fitted: Fit) -> np.ndarray:
    """Error paths of all cutoffs (cutoff, day), newest first; those that end early carried on."""
    if not len(fitted.newer):
        return fitted.errors
    return np.concatenate(
        [error_paths.finished(fitted.newer, fitted.errors, fitted.clock.season), fitted.errors]
    )
