"""A forecast as sample paths: members weighted by rolling origins, spread taken from their own past misses.

Rules, formulas and what was measured: docs/method.md §2.2–§2.4.
"""

from __future__ import annotations

import html
from dataclasses import dataclass, field

import numpy as np

from ..errors import ForecastError, unknown
from . import error_paths
from .forecasters import pick, shelf
from .history import History, clean, kind, since_launch

ORIGINS = 8             # internal rolling origins at most
COSTLY_ORIGINS = 3      # of which costly members are graded on the newest


@dataclass(frozen=True)
class Clock:
    """What a step of a history is, and how far and how often it is graded."""

    step: str               # numpy's unit
    season: int             # steps after which the shape comes again
    graded: int             # longest lead graded
    between: int            # steps between origins at most
    train: int              # steps an origin needs before it, where the history has them
    apart: int              # steps after which two looks are independent

    def least(self, days: int) -> int:
        """The shortest history of a method, in steps."""
        return -(-days * self.season // 7)


DAYS = Clock("D", 7, 92, 31, 60, 30)
HOURS = Clock("h", 24, 96, 24, 96, 24)
GRADED_DAYS, STEP_DAYS = DAYS.graded, DAYS.between
MAX_HORIZON = 3700
CLOCKS = {"D": DAYS, "h": HOURS}
KNOWN = ("cap", "driver", "events", "holidays", "overrides")        # what people know, outlook/known.py
OFFSET = 0.02           # of the recent mean: keeps logs of quiet days finite


@dataclass(frozen=True)
class Fit:
    """Point forecast and graded errors of one history: everything of a forecast but the draws.

    point (day,); errors (origin, day) log(actual ÷ forecast), newest origin first; offset: added inside the log.
    """

    point: np.ndarray
    errors: np.ndarray
    offset: float
    step: int
    weights: dict[str, float]
    kind: str
    values: np.ndarray = field(repr=False)      # the history since launch
    clock: Clock = DAYS


@dataclass(frozen=True)
class Forecast:
    """Sample paths of the days ahead. Quantiles over paths; month totals are sums of paths."""

    dates: np.ndarray                   # (day,) datetime64[D]
    paths: np.ndarray                   # (path, day), unit of the history
    median: np.ndarray                  # (day,) the ensemble's point forecast
    weights: dict[str, float]           # member -> share, adds up to 1
    errors: np.ndarray                  # (origin, day) log error paths, newest origin first
    kind: str = "steady"                # steady, intermittent, ended, empty
    filled: int = 0                     # days of the history that were missing
    overrides: tuple = ()               # month totals set by hand, beside the model's own (outlook/known.py)

    def month_totals(self, actual_so_far: float = 0.0) -> dict[str, np.ndarray]:
        """Total per calendar month, {month: (path,)}; `actual_so_far` is added to the first one."""
        months = self.dates.astype("datetime64[M]")
        totals = {str(month): self.paths[:, months == month].sum(axis=1) for month in np.unique(months)}
        first = str(months[0])
        totals[first] = totals[first] + actual_so_far
        return totals

    def _repr_html_(self) -> str:
        rows = []
        for month, total in self.month_totals().items():
            low, mid, high = np.quantile(total, (0.1, 0.5, 0.9))
            days = int((self.dates.astype("datetime64[M]") == np.datetime64(month)).sum())
            rows.append(f"<tr><th scope='row'>{html.escape(month)}</th><td>{days}</td><td>{low:,.0f}</td>"
                        f"<td>{mid:,.0f}</td><td>{high:,.0f}</td></tr>")
        shares = ", ".join(f"{html.escape(str(name))} {share:.0%}" for name, share in
                           sorted(self.weights.items(), key=lambda item: -item[1]))
        return ("<table><caption>Forecast of month totals, "
                f"{len(self.paths):,} paths</caption><thead><tr><th>Month</th><th>Days</th><th>P10</th><th>P50</th><th>P90</th>"
                f"</tr></thead><tbody>{''.join(rows)}</tbody></table><p>Members: {shares or 'none'}.</p>")


def forecast(history, horizon: int, paths: int = 1000, seed: int = 0, members=None, freq: str = "D", **known) -> Forecast:
    """The days after `history` as sample paths (path, day).

    history   daily Series, frame with ds and y, or History; ≥ 0, at least 2 days
    horizon   days ahead, 1…3700
    members   None or "cheap": the cheap forecasters; "all": Prophet too; or names from the shelf
    freq      "D", or "h": history and horizon are hours (up to a few days ahead; nothing of `known` then)
    known     what people know: events, driver, holidays, cap, overrides (outlook/known.py)

    Same history, seed and members give the same paths; a longer horizon continues them. Forecasts made with one seed
    share their draws (origin and sign), so that totals of several series may be added path by path.
    Raises ForecastError for a history that cannot be meant.

    >>> import pandas as pd
    >>> year = pd.Series(np.tile([5.0, 5, 5, 5, 5, 2, 2], 30), pd.date_range("2026-01-01", periods=210))
    >>> forecast(year, 14, paths=100).paths.shape
    (100, 14)
    """
    if freq not in CLOCKS:
        raise ForecastError(unknown("forecast", "freq", str(freq), CLOCKS))
    clock = CLOCKS[freq]
    history = clean(history, freq=clock.step)
    horizon, paths = _count(horizon, "horizon", MAX_HORIZON), _count(paths, "paths", 1_000_000)
    for name in known:
        if name not in KNOWN:
            raise ForecastError(unknown("forecast", "word", name, KNOWN))
    known = {name: value for name, value in known.items() if value is not None and not (isinstance(value, (tuple, list)) and not value)}
    if known and clock is not DAYS:
        raise ForecastError(f"forecast: {', '.join(known)} can be told to daily forecasts only; add the hours up to days first.")
    if known:
        from .known import forecast_known
        return forecast_known(history, horizon, paths, seed, members, **known)
    fitted = fit(history, horizon, members, clock=clock)
    return Forecast(dates=history.days[-1] + np.arange(1, horizon + 1), paths=draw(fitted, paths, seed),
                    median=fitted.point, weights=fitted.weights, errors=fitted.errors, kind=fitted.kind, filled=history.filled)


def _count(value, name, most):
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or not 1 <= value <= most:
        raise ForecastError(f"{name}: {value!r} must be a whole number from 1 to {most:,}.")
    return int(value)


def fit(history: History, horizon: int, members=None, costly: bool = True, clock: Clock = DAYS) -> Fit:
    """Point, weights and graded errors of one history (docs/method.md §2.2, §2.3).

    costly   False leaves costly members out, whatever `members` says
    """
    values = since_launch(history.values)
    sort = kind(values) if clock is DAYS else "steady" if (values > 0).any() else "empty"
    names = pick(members, clock.season)
    if not costly:
        names = tuple(name for name in names if shelf()[name].COST == "cheap") or pick("cheap", clock.season)
    if sort in ("empty", "ended"):
        return Fit(np.zeros(horizon), np.zeros((0, 1)), 1.0, 1, {}, sort, values, clock)
    if sort == "intermittent":
        return Fit(error_paths.expected_weeks(values, horizon), np.zeros((0, 1)), 1.0, 1, {"weekly_blocks": 1.0}, sort, values)
    days = history.days[-len(values):]
    graded, step, origins = rolling_origins(len(values), clock)
    misses, points = _grade(values, days, graded, origins, names, clock)
    errors = np.empty((len(origins), graded))
    for i, origin in enumerate(origins):
        others = np.arange(len(origins)) != i
        shares = weigh(misses[:, others] if others.any() else np.full((len(names), 1), np.nan))
        usable = ~np.isnan(points[:, i, 0])
        mixed = _mix(shares, points[:, i], usable)
        level = OFFSET * values[max(0, origin - clock.graded):origin].mean() + 1e-300
        errors[i] = np.log((values[origin:origin + graded] + level) / (mixed + level))
    shares = weigh(misses)
    ready = np.array([len(values) >= clock.least(shelf()[name].MIN_DAYS) for name in names])
    shares = np.where(ready, shares, 0.0)
    if not shares.sum() > 0:
        names, shares = ("seasonal_naive",), np.ones(1)
    shares = shares / shares.sum()
    used = {name: float(share) for name, share in zip(names, shares) if share > 0}
    point = sum(share * shelf()[name].point(values, days, horizon, clock.season) for name, share in used.items())
    offset = OFFSET * float(values[-clock.graded:].mean()) + 1e-300
    return Fit(np.maximum(point, 0.0), np.clip(errors, -4.0, 4.0), offset, step, used, sort, values, clock)


def rolling_origins(days: int, clock: Clock = DAYS) -> tuple[int, int, np.ndarray]:
    """Steps graded per origin, steps between origins, and the origins (steps known), newest first.

    Depends on the length of the history only, never on the horizon asked for.

    >>> rolling_origins(760)
    (92, 31, array([668, 637, 606, 575, 544, 513, 482, 451]))
    >>> rolling_origins(20)
    (6, 1, array([14, 13, 12, 11, 10,  9,  8,  7]))
    """
    train = min(clock.train, max(clock.season, days // 3))
    graded = int(min(clock.graded, max(1, (days - train) // 2)))
    room = days - graded - train
    step = int(min(clock.between, max(1, room // (ORIGINS - 1))))
    count = int(min(ORIGINS, max(0, room // step + 1))) if days >= clock.season + 2 else 0
    return graded, step, days - graded - step * np.arange(count)


def _grade(values, days, graded, origins, names, clock):
    """Misses (member, origin): mean |error| ÷ mean actual; points (member, origin, day); NaN where a member cannot."""
    misses = np.full((len(names), len(origins)), np.nan)
    points = np.full((len(names), len(origins), graded), np.nan)
    for m, name in enumerate(names):
        module = shelf()[name]
        seen = origins if module.COST == "cheap" else origins[:COSTLY_ORIGINS]
        for i, origin in enumerate(seen):
            if origin < clock.least(module.MIN_DAYS):
                continue
            points[m, i] = module.point(values[:origin], days[:origin], graded, clock.season)
            actual = values[origin:origin + graded]
            misses[m, i] = np.abs(actual - points[m, i]).mean() / (actual.mean() + OFFSET * values[:origin].mean() + 1e-300)
    usable = ~np.isnan(misses).all(axis=0)
    if not usable.all():        # an origin nobody could forecast: the newest day repeated
        for i in np.flatnonzero(~usable):
            points[0, i] = values[origins[i] - 1]
            misses[0, i] = 1.0
    return misses, points


def weigh(misses: np.ndarray) -> np.ndarray:
    """Weights ∝ 1 ÷ miss² (member,), adding up to 1, from misses (member, origin) with NaN where a member was not graded.

    A member is compared with the others on the origins it was graded on: its miss is the typical miss of all times
    its ratio to them there. A member graded on a single origin of several counts half; one never graded counts nothing.

    >>> weigh(np.array([[0.1, 0.1], [0.2, 0.2]])).round(2).tolist()
    [0.8, 0.2]
    """
    graded = ~np.isnan(misses)
    if not graded.any():
        return np.full(len(misses), 1 / len(misses))
    always = graded.all(axis=1)
    base = misses[always] if always.any() else misses
    reference = np.nanmean(base, axis=0) + 1e-6
    ratio = np.full(len(misses), np.inf)
    for m in np.flatnonzero(graded.any(axis=1)):
        on = graded[m]
        ratio[m] = max(misses[m, on].mean() / reference[on].mean(), 0.02)
    weight = ratio ** -2.0
    if misses.shape[1] > 1:
        weight = np.where(graded.sum(axis=1) == 1, weight / 2, weight)
    return weight / weight.sum()


def _mix(shares, points, usable):
    shares = np.where(usable, shares, 0.0)
    if not shares.sum() > 0:
        shares = usable.astype(float)
    return shares[usable] @ points[usable] / shares.sum()


def draw(fitted: Fit, paths: int, seed: int, days: int | None = None) -> np.ndarray:
    """Sample paths (path, day) of a fit (docs/method.md §2.3); `days` cuts the horizon."""
    point = fitted.point if days is None else fitted.point[:days]
    if fitted.kind in ("empty", "ended"):
        return np.zeros((paths, len(point)))
    if fitted.kind == "intermittent":
        return error_paths.weekly_blocks(fitted.values, len(point), paths, seed)
    logs = error_paths.resample(fitted.errors, fitted.step, len(point), paths, seed, fitted.clock.season, fitted.clock.apart)
    return np.maximum((point + fitted.offset) * np.exp(logs) - fitted.offset, 0.0)
