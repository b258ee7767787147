"""A forecast told what people know: events, a business driver, holidays, a cap, a manual override (docs/method.md §2.9–§2.12).

What is known is divided out of the history, the ensemble forecasts the rest, and what is known about the days ahead is laid over every
path. A manual override is kept beside the model's own number, never in its place, so that both can be graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from .. import streams
from ..errors import FinOpsError, ForecastError, unknown
from ..periods import check_month
from . import ensemble
from .elicit import elicit
from .events import Event, drawn, effect, middle, read_events, undisturbed
from .history import History, clean, fill

FEWEST = 1e-9           # a driver below it carries no intensity
HOLIDAY_WEEKS = 3       # weeks before and after a holiday that tell what the day would have been
HOLIDAY_PRIOR = 1.0     # holidays seen so often count half: their effect is drawn towards 1


@dataclass(frozen=True)
class Driver:
    """What demand follows: usage = intensity × driver ** elasticity.

    history    daily Series or frame ds, y; days after the usage's last day are the plan
    plan       frame ds, p10, p50, p90 of the days ahead, or None; one draw per path for all days
    """

    history: object
    plan: object = None
    elasticity: float = 1.0
    name: str = "driver"


@dataclass(frozen=True)
class Override:
    """A number somebody set by hand for a month's total: kept beside the model's, with who and why."""

    month: str
    value: float                    # total of the month, unit of the history
    by: str
    because: str

    def __post_init__(self):
        check_month(self.month, "override: month")
        if not (isinstance(self.value, (int, float)) and not isinstance(self.value, bool) and np.isfinite(self.value) and self.value >= 0):
            raise ForecastError(f"override of {self.month}: value is {str(self.value)[:40]}; it must be a finite number, 0 or more.")
        for key in ("by", "because"):
            if not isinstance(getattr(self, key), str) or not getattr(self, key).strip():
                raise ForecastError(f"override of {self.month}: '{key}' is missing; an override says who set it and why.")


def forecast_known(history, horizon: int, paths: int, seed: int, members=None, *, events=(), driver=None, holidays=None, cap=None,
                   overrides=()) -> ensemble.Forecast:
    """`ensemble.forecast` with what people know. See there; here only what is known.

    events     Event or mappings (outlook/events.py)
    driver     Series of the driver, past and as far ahead as it is planned; or Driver
    holidays   country as in the holidays package, "DE" or "US-CA": days off are learned from the history by name
    cap        most that can be used per day: a number, or a daily Series (a quota, a capacity); paths stop there
    overrides  Override or mappings: month totals set by hand, kept beside the model's own

    >>> year = pd.Series(10.0, pd.date_range("2026-01-01", periods=200))
    >>> forecast_known(year, 30, 50, 0, events=[{"kind": "price_change", "since": "2026-07-29", "factor": 0.5}]).median[[0, 10, 29]].round(6).tolist()
    [10.0, 5.0, 5.0]
    """
    history, events = clean(history), read_events(events)
    ahead = history.days[-1] + np.arange(1, horizon + 1)
    values = undisturbed(history.values, history.days, events)
    driven, past_driver = _driver(driver, history, ahead, paths, seed, members)
    values = values / past_driver
    off, past_off = _holidays(holidays, history.days, values, ahead)
    values = values / past_off
    base, late = _base(history, values)
    made = ensemble.forecast(base, horizon + late, paths, seed, members)
    known = {"middle": {event.label: middle(event) for event in events}, "paths": {event.label: drawn(event, paths, seed) for event in events}}
    results = {}
    for which, part in (("middle", made.median[late:]), ("paths", made.paths[:, late:])):
        factor, added = effect(events, ahead, known[which])
        results[which] = np.minimum(np.maximum(part * driven[which] * off * factor + added, 0.0), _cap(cap, ahead))
    return replace(made, dates=ahead, paths=results["paths"], median=results["middle"], filled=history.filled,
                   overrides=_overrides(overrides, ahead))


def _base(history: History, values: np.ndarray) -> tuple[History, int]:
    """The undisturbed history, and how many of its newest days say nothing (they are forecast too)."""
    told = np.flatnonzero(np.isfinite(values))
    if len(told) < 2:
        raise ForecastError("events: they leave fewer than two days of the history that tell anything; take some of them out.")
    first, last = told[0], told[-1]
    return History(history.days[first:last + 1], fill(values[first:last + 1]), history.filled), len(values) - 1 - last


def _driver(driver, history: History, ahead, paths: int, seed: int, members):
    """Factors of the driver ahead {"middle": (day,), "paths": (path, day)}, and of the history (day,); 1 without a driver."""
    if driver is None:
        return {"middle": 1.0, "paths": 1.0}, 1.0
    driver = driver if isinstance(driver, Driver) else Driver(**driver) if isinstance(driver, Mapping) else Driver(driver)
    known = clean(driver.history, driver.name)
    power = float(driver.elasticity)
    if not (np.isfinite(power) and 0 <= power <= 5):
        raise ForecastError(f"{driver.name}: elasticity is {driver.elasticity!r}; it must be a number from 0 to 5 (1: usage grows as the driver does).")
    past = _on(known, history.days)
    if np.isnan(past).mean() > 0.5:
        raise ForecastError(f"{driver.name}: it covers {int((~np.isnan(past)).sum())} of the {len(past)} days of the history; give it for at least half "
                            "of them.")
    past = np.where(past > FEWEST, past, np.nan) ** power
    planned = _on(known, ahead)
    if driver.plan is not None:
        middle_path, each = _plan(driver, ahead, paths, seed)
        return {"middle": middle_path ** power, "paths": each ** power}, past
    missing = np.isnan(planned)
    if not missing.any():
        return {"middle": planned ** power, "paths": planned ** power}, past
    first = int(np.argmax(missing))
    if not missing[first:].all():
        raise ForecastError(f"{driver.name}: the plan has a gap after {ahead[first - 1] if first else history.days[-1]}; give every day of it.")
    own = ensemble.forecast(known, len(ahead) - first, paths, _seed(seed, driver.name), members)
    return {"middle": np.concatenate([planned[:first], own.median]) ** power,
            "paths": np.concatenate([np.broadcast_to(planned[:first], (paths, first)), own.paths], axis=1) ** power}, past


def _seed(seed: int, name: str) -> int:
    """A driver's own draws: it does not share the shocks of what follows it."""
    return int(streams.key(seed, f"driver/{name}")[0] >> np.uint64(1))


def _plan(driver: Driver, ahead, paths: int, seed: int):
    """A plan in ranges: middle (day,) and paths (path, day); one uniform per path, so that a good year is good on all days."""
    frame = driver.plan
    if not isinstance(frame, pd.DataFrame) or not {"ds", "p10", "p50", "p90"} <= set(frame.columns):
        raise ForecastError(f"{driver.name}: a plan is a frame with the columns ds, p10, p50, p90.")
    table = frame.assign(ds=pd.to_datetime(frame["ds"])).set_index("ds")[["p10", "p50", "p90"]].reindex(pd.DatetimeIndex(ahead))
    if table.isna().any().any():
        raise ForecastError(f"{driver.name}: the plan has no range for {str(table.index[table.isna().any(axis=1)][0])[:10]}; give every day ahead.")
    uniform, each, known = streams.uniforms(seed, f"driver/{driver.name}", paths), np.empty((paths, len(ahead))), {}
    for day, row in enumerate(map(tuple, table.to_numpy(float))):
        if row not in known:
            try:
                known[row] = elicit(*row, f"{driver.name}: plan of {str(table.index[day])[:10]}").quantile(uniform)
            except FinOpsError as problem:
                raise ForecastError(str(problem)) from None
        each[:, day] = known[row]
    return table["p50"].to_numpy(float), each


def _on(series: History, days: np.ndarray) -> np.ndarray:
    """The series' values on some days, NaN where it has none."""
    at = (days - series.days[0]).astype(int)
    inside = (at >= 0) & (at < len(series.values))
    return np.where(inside, series.values[np.clip(at, 0, len(series.values) - 1)], np.nan)


def _holidays(country, days, values, ahead):
    """Factors of days off ahead (day,) and in the history (day,); 1 without a country."""
    if country is None:
        return 1.0, 1.0
    names = day_names(country, days[0], ahead[-1])
    effects = holiday_effects(values, days, names)
    factor = lambda which: np.array([effects.get(names.get(day), 1.0) for day in which.astype(object)])      # noqa: E731
    return factor(ahead), factor(days)


def day_names(country: str, first, last) -> dict:
    """Names of the days off of a country {date: name}, "US" or "US-CA". Raises ForecastError with the nearest known country."""
    import holidays as package

    known = package.list_supported_countries()
    name, _, part = str(country).partition("-")
    if name not in known or (part and part not in known[name]):
        raise ForecastError(unknown("holidays", "country", str(country), [f"{name}-{p}" for p in known[name]] if name in known else known,
                                    "Write a country as US, a part of it as US-CA."))
    years = range(int(str(first)[:4]), int(str(last)[:4]) + 1)
    return {day: label.replace(" (observed)", "") for day, label in package.country_holidays(name, subdiv=part or None, years=years).items()}


def holiday_effects(values: np.ndarray, days: np.ndarray, names: Mapping) -> dict[str, float]:
    """What each day off did to the day, by name: usage ÷ mean of the same weekday in the weeks around, days off left out.

    The mean log ratio, drawn towards 0 as if one more holiday had done nothing (HOLIDAY_PRIOR).
    """
    off = np.array([day in names for day in days.astype(object)])
    ratios: dict[str, list[float]] = {}
    for at in np.flatnonzero(off):
        around = [at + 7 * week for week in range(-HOLIDAY_WEEKS, HOLIDAY_WEEKS + 1) if week]
        around = [i for i in around if 0 <= i < len(values) and not off[i] and np.isfinite(values[i])]
        if len(around) >= 2 and np.isfinite(values[at]) and np.mean(values[around]) > 0:
            floor = 0.02 * np.mean(values[around])
            ratios.setdefault(names[days[at].astype(object)], []).append(np.log((values[at] + floor) / (np.mean(values[around]) + floor)))
    return {name: float(np.exp(np.sum(logs) / (len(logs) + HOLIDAY_PRIOR))) for name, logs in ratios.items()}


def _cap(cap, ahead):
    """The most of each day (day,)."""
    if cap is None:
        return np.inf
    if isinstance(cap, (pd.Series, pd.DataFrame, History)):
        most = _on(clean(cap, "cap"), ahead)
        if np.isnan(most).any():
            raise ForecastError(f"cap: it has no value for {ahead[np.isnan(most)][0]}; give every day ahead, or one number.")
        return most
    if isinstance(cap, bool) or not isinstance(cap, (int, float, np.integer, np.floating)) or not np.isfinite(cap) or cap < 0:
        raise ForecastError(f"cap: {str(cap)[:40]} must be a finite number, 0 or more, or a daily Series.")
    return float(cap)


def _overrides(overrides, ahead) -> tuple[Override, ...]:
    made = tuple(one if isinstance(one, Override) else Override(**one) for one in overrides)
    months = {str(month) for month in np.unique(ahead.astype("datetime64[M]"))}
    for one in made:
        if one.month not in months:
            raise ForecastError(unknown("override", "month", one.month, sorted(months), "An override is for a month of the horizon."))
        if sum(other.month == one.month for other in made) > 1:
            raise ForecastError(f"override: {one.month} is set twice; keep the one that counts.")
    return made


__all__ = ["Driver", "Event", "Override", "day_names", "forecast_known", "holiday_effects"]
