"""The arguments of `fm.forecast` as covariates of one series, and its forecast with them (docs/method §2.9–§2.12).

Events, a driver, days off, a cap and a floor become arrays here (`read`); applied.py takes them out of the history and lays them over every path. A
manual override is kept with the model's own number, never in its place, so that both can be graded.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

import numpy as np
import pandas as pd

from ... import streams
from ...errors import FinOpsError, ForecastError, unknown
from ...periods import check_month
from ...uncertainty.elicit import elicit
from .. import ensemble
from ..history import History, clean
from ..methods import pick, shelf
from .applied import Applied, Covariates, DriverPlan, apply_covariates
from .days_off import day_names, holiday_effects
from .events import Event, read_events


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
    """A number somebody set by hand for a month's total: kept with the model's, with who and why."""

    month: str
    value: float  # total of the month, unit of the history
    by: str
    because: str

    def __post_init__(self):
        check_month(self.month, "override: month")
        if not (
            isinstance(self.value, (int, float))
            and not isinstance(self.value, bool)
            and np.isfinite(self.value)
            and self.value >= 0
        ):
            raise ForecastError(
                f"override of {self.month}: value is {str(self.value)[:40]}; it must be a finite number, 0 or more."
            )
        for key in ("by", "because"):
            if not isinstance(getattr(self, key), str) or not getattr(self, key).strip():
                raise ForecastError(
                    f"override of {self.month}: '{key}' is missing; an override says who set it and why."
                )


def forecast_with_covariates(
    history,
    horizon: int,
    paths: int,
    seed: int,
    methods=None,
    *,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    overrides=(),
    prophet=None,
    settling_days: int = 0,
) -> ensemble.Forecast:
    """`series.forecast` with what people know. See there; here only what is known.

    events     Event or mappings (forecasting/covariates/events.py)
    driver     Series of the driver, past and as far ahead as it is planned; or Driver
    holidays   days off, learned from the history by name: a country as in the holidays package ("DE", "US-CA"), several, a list of days,
               {day: name}, or a frame with ds and holiday
    cap        most that can be used per day: a number, or a daily Series (a quota, a capacity); paths stop there
    floor      least that is used per day (what runs whatever happens), likewise
    overrides  Override or mappings: month totals set by hand, kept with the model's own
    prophet    options of Prophet where it is among the methods (forecasting/methods/prophet.py: options)
    settling_days   newest days that may be unfinished; judged once what is known is divided out, so that a fall that an event explains is none

    The cheap methods see the history with everything known divided out; Prophet takes days off, driver, cap and floor itself.

    >>> year = pd.Series(10.0, pd.date_range("2026-01-01", periods=200))
    >>> forecast_with_covariates(year, 30, 50, 0, events=[{"kind": "price_change", "since": "2026-07-29", "factor": 0.5}]).median[[0, 10, 29]].round(6).tolist()
    [10.0, 5.0, 5.0]
    """
    history = clean(history)
    options = prophet_options(prophet, methods, history)
    covariates, driven = read(
        history,
        horizon,
        paths,
        seed,
        methods,
        events=events,
        driver=driver,
        holidays=holidays,
        cap=cap,
        floor=floor,
        options=options,
    )
    applied = apply_covariates(covariates, history.values, history.days, horizon, settling_days)
    fitted = ensemble.fit(
        applied.base,
        horizon + applied.late,
        methods,
        covariates=applied.own,
    )
    undisturbed = ensemble.sample_paths(applied.base, fitted, paths, seed)
    median, laid = applied.on_paths(undisturbed.median, undisturbed.paths, seed, driven)
    return replace(
        undisturbed,
        dates=applied.ahead,
        paths=laid,
        median=median,
        filled=history.filled,
        overrides=_overrides(overrides, applied.ahead),
        left_out=applied.unsettled,
        missing=np.zeros((paths, len(applied.unsettled))) if applied.unsettled else None,
    )


def take_out(
    history: History,
    horizon: int,
    paths: int = 1,
    seed: int = 0,
    methods=None,
    *,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    options: Mapping | None = None,
    settling_days: int = 0,
) -> Applied:
    """The rest of a cleaned history that the ensemble forecasts; parameters as `forecast_with_covariates` has them, options by method."""
    covariates, _ = read(
        history,
        horizon,
        paths,
        seed,
        methods,
        events=events,
        driver=driver,
        holidays=holidays,
        cap=cap,
        floor=floor,
        options=options,
    )
    return apply_covariates(covariates, history.values, history.days, horizon, settling_days)


def read(
    history: History,
    horizon: int,
    paths: int,
    seed: int,
    methods=None,
    *,
    events=(),
    driver=None,
    holidays=None,
    cap=None,
    floor=None,
    options: Mapping | None = None,
) -> tuple[Covariates, np.ndarray | None]:
    """Words as arrays; and driver ** elasticity on each path (path, day), None without a driver. Raises ForecastError."""
    ahead = history.days[-1] + np.arange(1, horizon + 1)
    plan, driven = _driver(driver, history, ahead, paths, seed, methods)
    most, least = _limit(cap, ahead, "cap"), _limit(floor, ahead, "floor")
    if most is not None and least is not None and (least > most).any():
        raise ForecastError(
            f"floor: {least[least > most][0]:g} is over the cap, {most[least > most][0]:g}, on {ahead[least > most][0]}."
        )
    return (
        Covariates(
            events=read_events(events),
            driver=plan,
            off=None if holidays is None else day_names(holidays, history.days[0], ahead[-1]),
            cap=most,
            floor=least,
            options=options or {},
        ),
        driven,
    )


def prophet_options(asked, methods, history: History) -> dict:
    """Options by method; refused where no method takes them."""
    if asked is None:
        return {}
    if "prophet" not in pick(methods):
        raise ForecastError(
            'prophet: it is not among the methods, so it has no options; say methods="all", or name it.'
        )
    chosen = shelf()["prophet"].options(asked)
    for day in np.array(chosen.get("changepoints", ()), "datetime64[D]"):
        if not history.days[0] < day < history.days[-1]:
            raise ForecastError(
                f"prophet: changepoint {day} is not inside the history, {history.days[0]} to {history.days[-1]}. A change that is "
                "coming is an event: events=[{'kind': 'level_change', 'since': …, 'factor': …}]."
            )
    return {"prophet": chosen}


def _driver(driver, history: History, ahead, paths: int, seed: int, methods):
    """A driver by day, and driver ** elasticity on each path (path, day); (None, None) without one."""
    if driver is None:
        return None, None
    driver = (
        driver
        if isinstance(driver, Driver)
        else Driver(**driver)
        if isinstance(driver, Mapping)
        else Driver(driver)
    )
    known = clean(driver.history, driver.name)
    power = float(driver.elasticity)
    if not (np.isfinite(power) and 0 <= power <= 5):
        raise ForecastError(
            f"{driver.name}: elasticity is {driver.elasticity!r}; it must be a number from 0 to 5 (1: usage grows as the driver does)."
        )
    past = _on(known, history.days)
    if np.isnan(past).mean() > 0.5:
        raise ForecastError(
            f"{driver.name}: it covers {int((~np.isnan(past)).sum())} of the {len(past)} days of the history; give it for at least half "
            "of them."
        )
    planned = _on(known, ahead)
    missing = np.isnan(planned)
    if driver.plan is not None:
        middle_path, each = _plan(driver, ahead, paths, seed)
    elif not missing.any():
        middle_path = each = planned
    else:
        first = int(np.argmax(missing))
        if not missing[first:].all():
            raise ForecastError(
                f"{driver.name}: the plan has a gap after {ahead[first - 1] if first else history.days[-1]}; give every day of it."
            )
        own = ensemble.alone(known, len(ahead) - first, paths, _seed(seed, driver.name), methods)
        middle_path = np.concatenate([planned[:first], own.median])
        each = np.concatenate([np.broadcast_to(planned[:first], (paths, first)), own.paths], axis=1)
    return DriverPlan(driver.name, power, past, middle_path), each**power


def _seed(seed: int, name: str) -> int:
    """A driver's own draws: it does not share the shocks of what follows it."""
    return int(streams.key(seed, f"driver/{name}")[0] >> np.uint64(1))


def _plan(driver: Driver, ahead, paths: int, seed: int):
    """A plan in ranges: middle (day,) and paths (path, day); one uniform per path, so that a good year is good on all days."""
    frame = driver.plan
    if not isinstance(frame, pd.DataFrame) or not {"ds", "p10", "p50", "p90"} <= set(frame.columns):
        raise ForecastError(f"{driver.name}: a plan is a frame with the columns ds, p10, p50, p90.")
    table = (
        frame.assign(ds=pd.to_datetime(frame["ds"]))
        .set_index("ds")[["p10", "p50", "p90"]]
        .reindex(pd.DatetimeIndex(ahead))
    )
    if table.isna().any().any():
        raise ForecastError(
            f"{driver.name}: the plan has no range for {str(table.index[table.isna().any(axis=1)][0])[:10]}; give every day ahead."
        )
    uniform, each, known = (
        streams.uniforms(seed, f"driver/{driver.name}", paths),
        np.empty((paths, len(ahead))),
        {},
    )
    for day, row in enumerate(map(tuple, table.to_numpy(float))):
        if row not in known:
            try:
                known[row] = elicit(
                    *row, f"{driver.name}: plan of {str(table.index[day])[:10]}"
                ).quantile(uniform)
            except FinOpsError as problem:
                raise ForecastError(str(problem)) from None
        each[:, day] = known[row]
    return table["p50"].to_numpy(float), each


def _on(series: History, days: np.ndarray) -> np.ndarray:
    """The series' values on some days, NaN where it has none."""
    at = (days - series.days[0]).astype(int)
    inside = (at >= 0) & (at < len(series.values))
    return np.where(inside, series.values[np.clip(at, 0, len(series.values) - 1)], np.nan)


def _limit(limit, ahead, name: str):
    """The most or the least of each day (day,); None where there is none."""
    if limit is None:
        return None
    if isinstance(limit, (pd.Series, pd.DataFrame, History)):
        each = _on(clean(limit, name), ahead)
        if np.isnan(each).any():
            raise ForecastError(
                f"{name}: it has no value for {ahead[np.isnan(each)][0]}; give every day ahead, or one number."
            )
        return each
    if (
        isinstance(limit, bool)
        or not isinstance(limit, (int, float, np.integer, np.floating))
        or not np.isfinite(limit)
        or limit < 0
    ):
        raise ForecastError(
            f"{name}: {str(limit)[:40]} must be a finite number, 0 or more, or a daily Series."
        )
    return np.full(len(ahead), float(limit))


def _override(one) -> Override:
    """An override as it stands in code. Raises ForecastError for what is no mapping of its fields."""
    known = [field.name for field in fields(Override)]
    if not isinstance(one, Mapping):
        raise ForecastError(
            f"overrides: '{str(one)[:60]}' is no override; write a list of mappings with {', '.join(known)}."
        )
    for key in one:
        if key not in known:
            raise ForecastError(unknown("overrides", "field", str(key), known))
    for key in known:
        if key not in one:
            raise ForecastError(f"overrides: '{key}' is missing; write it.")
    return Override(**one)


def _overrides(overrides, ahead) -> tuple[Override, ...]:
    checked = tuple(one if isinstance(one, Override) else _override(one) for one in overrides)
    months = {str(month) for month in np.unique(ahead.astype("datetime64[M]"))}
    for one in checked:
        if one.month not in months:
            raise ForecastError(
                unknown(
                    "override",
                    "month",
                    one.month,
                    sorted(months),
                    "An override is for a month of the horizon.",
                )
            )
        if sum(other.month == one.month for other in checked) > 1:
            raise ForecastError(f"override: {one.month} is set twice; keep the one that counts.")
    return checked


__all__ = [
    "Driver",
    "Event",
    "Override",
    "day_names",
    "forecast_with_covariates",
    "holiday_effects",
]
