"""A forecast as sample paths: methods weighted by rolling cutoffs, spread taken from their own past misses.

Rules, formulas and what was measured: docs/method §2.2–§2.4.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from . import sparse, years
from .grading import DAYS, HOURS, OFFSET, Clock, grade
from .history import History, kind, since_launch
from .methods import _growth, _week, ask, pick, shelf
from .settling import SETTLING_DAYS, Late, left_out
from .widths import error_paths, hours, pooled

GRADED_DAYS, STEP_DAYS = DAYS.graded, DAYS.between
HIGHEST = (
    3.0  # no path's level lies so many times above the highest that history and point have shown
)
YEAR = _growth.YEAR
MONTHS_SHOWN = 12  # rows of the table in a notebook; `month_totals` has them all
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
    further: np.ndarray = field(
        default_factory=lambda: np.zeros(0), repr=False
    )  # days after `point`, to whole blocks
    blocks: years.Blocks | None = None  # what totals of four weeks say (docs/method §2.29)
    level_ratio: float = (
        1.0  # of an on-and-off workload: its level ÷ that of its newest weeks (§2.17)
    )


def mean_shares(weights: Iterable[Mapping[str, float]], sizes: Iterable[float]) -> dict[str, float]:
    """The shares of methods over several series, each counting by its size; adds up to 1, {} where no series has a method.

    >>> mean_shares([{"theta": 1.0}, {"theta": 0.5, "last_year": 0.5}, {}], [3.0, 1.0, 9.0])
    {'last_year': 0.125, 'theta': 0.875}
    """
    sums: dict[str, float] = {}
    for shares, size in zip(weights, sizes):
        for name, share in shares.items():
            sums[name] = sums.get(name, 0.0) + share * size
    whole = sum(sums.values())
    return {name: amount / whole for name, amount in sorted(sums.items())} if whole > 0 else {}


def share_words(weights: Mapping[str, float]) -> str:
    """Methods and their shares, the largest first, in words.

    >>> share_words({"theta": 0.3, "weekday_mean": 0.7}), share_words({})
    ('weekday_mean 70%, theta 30%', 'none')
    """
    ordered = sorted(weights.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{name} {share:.0%}" for name, share in ordered) or "none"


@dataclass(frozen=True, repr=False)
class Forecast:
    """Sample paths of the days ahead. Quantiles over paths; month totals are sums of paths.

    >>> days = np.arange("2026-11-01", "2026-11-04", dtype="datetime64[D]")
    >>> paths = np.array([[1.0, 2, 3], [2, 3, 4], [3, 4, 5]])
    >>> Forecast(days, paths, paths[1], {"theta": 0.3, "weekday_mean": 0.7}, np.zeros((0, 1)))
    Forecast of 2026-11-01 to 2026-11-03 (3 days), 3 paths: total P50 9.00, 80 % range 6.60 to 11.4; methods: weekday_mean 70%, theta 30%
    """

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
    yearly: dict[str, float] = field(default_factory=dict)  # of its totals of four weeks (§2.29)

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

    def __repr__(self) -> str:
        low, mid, high = (
            f"{value:,.0f}"
            if abs(value) >= 100
            else f"{value:,.2f}"
            if abs(value) < 10
            else f"{value:,.1f}"
            for value in np.quantile(self.paths.sum(axis=1), (0.1, 0.5, 0.9))
        )
        count = len(self.dates)
        step = "hour" if self.dates.dtype == np.dtype("datetime64[h]") else "day"
        why = "" if self.kind == "steady" else f" ({self.kind})"
        return (
            f"Forecast of {self.dates[0]} to {self.dates[-1]} ({count:,} {step}{'s' * (count != 1)}), {len(self.paths):,} paths: "
            f"total P50 {mid}, 80 % range {low} to {high}; methods: {share_words(self.weights)}{why}"
        )

    def _repr_html_(self) -> str:
        rows, months = [], self.month_totals()
        for month, total in list(months.items())[:MONTHS_SHOWN]:
            low, mid, high = np.quantile(total, (0.1, 0.5, 0.9))
            days = int((self.dates.astype("datetime64[M]") == np.datetime64(month)).sum())
            rows.append(
                f"<tr><th scope='row'>{html.escape(month)}</th><td>{days}</td><td>{low:,.0f}</td>"
                f"<td>{mid:,.0f}</td><td>{high:,.0f}</td></tr>"
            )
        more = len(months) - MONTHS_SHOWN
        rest = f"<p>{more} months more: month_totals().</p>" if more > 0 else ""
        return (
            "<table><caption>Forecast of month totals, "
            f"{len(self.paths):,} paths</caption><thead><tr><th>Month</th><th>Days</th><th>P10</th><th>P50</th><th>P90</th>"
            f"</tr></thead><tbody>{''.join(rows)}</tbody></table>{rest}<p>Methods: {html.escape(share_words(self.weights))}.</p>"
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
        yearly={} if fitted.blocks is None else fitted.blocks.shares,
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
    names = tuple(sorted(names))  # sums of floats: the order of a caller's list moves nothing
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
    span = years.BLOCK * min(errors.shape[1] // years.BLOCK, years.SHARED)
    missed = np.empty((len(errors), span // years.BLOCK))
    for i, cutoff in enumerate(grades.cutoffs):
        points, could = grades.points[:, i], ~np.isnan(grades.points[:, i, 0])
        if could.any():
            shares = grades.shares(could, errors.shape[1], without=i)
            mixed = (shares * np.nan_to_num(points)).sum(axis=0)
        else:  # a cutoff no method could forecast: the newest day repeated
            mixed = np.full(errors.shape[1], values[cutoff - 1])
        level = OFFSET * values[max(0, cutoff - clock.graded) : cutoff].mean() + 1e-300
        errors[i] = np.clip(np.log((grades.actual[i] + level) / (mixed + level)), -4.0, 4.0)
        missed[i] = np.log(
            years.blocks_of(grades.actual[i][:span] + level) / years.blocks_of(mixed[:span] + level)
        )
    blocks, asked = None, horizon
    if clock is DAYS and (methods is None or methods in ("cheap", "all")):
        asked = years.days_asked(horizon)
        blocks = years.ahead(years.blocks_of(values), max(asked // years.BLOCK, years.LEADS))
        asked = horizon if blocks is None else max(asked, horizon)
    ready = np.array([len(values) >= clock.least(shelf()[name].MIN_DAYS) for name in names])
    usable = ready & ~np.isnan(grades.misses[0]).all(axis=1) if len(grades.cutoffs) else ready
    if not usable.any():  # none could be graded: those that can forecast count alike
        usable = ready
    if not usable.any():
        names, shares = ("seasonal_naive",), np.ones((1, max(asked, clock.independent_after)))
    else:
        shares = grades.shares(usable, max(asked, clock.independent_after))
    point = sum(
        share[:asked] * ask(name, values, days, asked, clock.season, covariates)
        for name, share in zip(names, shares)
        if share.any()
    )
    used = {
        name: float(share[: clock.independent_after].mean())
        for name, share in zip(names, shares)
        if share.any()
    }
    offset = OFFSET * float(values[-clock.graded :].mean()) + 1e-300
    if blocks is not None:
        shares = years.share_of_blocks(missed[whole], blocks)
        point = years.brought_to(np.maximum(point, 0.0), blocks, shares, offset)
    changed = hours.day_change if clock.step == HOURS.step else pooled.season_change
    change = changed(values, offset, clock.season, pooled.widths(clock.step).change)
    point = np.maximum(point, 0.0)
    return Fit(
        point=point[:horizon],
        further=point[horizon:],
        errors=errors[whole],
        offset=offset,
        step=step,
        weights=used,
        kind=sort,
        values=values,
        clock=clock,
        newer=errors[~whole],
        change=change,
        blocks=blocks,
    )


def draw(
    fitted: Fit, paths: int, seed: int, days: int | None = None, prior: pooled.Widths | None = None
) -> np.ndarray:
    """Sample paths (path, day) of a fit (docs/method §2.3); `days` cuts the horizon; prior: other pooled widths than the stored ones."""
    count = len(fitted.point) if days is None else min(days, len(fitted.point))
    point = fitted.point[:count]
    if fitted.kind in ("empty", "ended"):
        return np.zeros((paths, len(point)))
    if fitted.kind == "intermittent":
        return fitted.level_ratio * error_paths.weekly_blocks(
            fitted.values, len(point), paths, seed
        )
    if (
        fitted.blocks is not None
    ):  # whole blocks, whatever is asked for: a longer horizon moves no day
        point = np.concatenate([fitted.point, fitted.further])[: years.days_asked(count)]
    clock, prior = fitted.clock, prior or pooled.widths(fitted.clock.step)
    most, highest = ceiling(fitted, point, prior)
    if clock.step == HOURS.step:
        logs = hours.resample(fitted, graded(fitted), len(point), paths, seed, prior, most)
        return np.clip((point + fitted.offset) * np.exp(logs) - fitted.offset, 0.0, highest)
    drawn_paths = paths if fitted.blocks is None else max(paths, years.MEASURED_ON)
    logs = error_paths.resample(
        graded(fitted),
        fitted.step,
        len(point),
        drawn_paths,
        seed,
        clock.season,
        clock.independent_after,
        change=fitted.change,
        known=len(fitted.values),
        prior=prior,
        most=most,
    )
    if fitted.blocks is None:
        return np.clip((point + fitted.offset) * np.exp(logs) - fitted.offset, 0.0, highest)
    logs = np.minimum(years.stretched(logs, fitted.blocks.spread), most + 4 * prior.noise)
    drawn = years.centred((point + fitted.offset) * np.exp(logs), point + fitted.offset)
    return np.clip(drawn - fitted.offset, 0.0, highest)[:paths, :count]


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
