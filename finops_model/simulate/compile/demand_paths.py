"""What moves demand in a plan: levels and growth, launches, campaigns, risks (docs/method §3.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...forecasting.covariates.timeline import Timeline
from ...forecasting.widths.demand import Demand, level_increment_sd
from ...scenario.changes import escape, events_on, timeline
from ...scenario.placed import Placed
from ...uncertainty.curves import MONTH, progress
from ...uncertainty.distributions import Distribution
from ...uncertainty.launch import Launch as LaunchRisk
from ...uncertainty.risks import clock_of
from ..purchases.compiled import growth_of, month_steps, with_purchases
from .risk_plan import Series, series_of


@dataclass(frozen=True)
class Parameter:
    """An uncertain multiplier of demand."""

    kind: str  # level | growth_per_month | growth_per_year
    values: Timeline
    power: np.ndarray  # (workload,): elasticity; 0 where it does not act
    pace: np.ndarray | None = None  # (day,) how much of a growth is added on each day; None: evenly


def risk_series(resolved, dates, names) -> list[Series]:
    """The series of all risks, then those of launches of which the day is not sure."""
    facts = resolved.facts
    services = {sku.id: sku.service for sku in facts.meta.skus}
    skus = {
        sku: services.get(sku) or facts.catalog.prices[sku][-1].service
        for sku in resolved.tree["prices"]
    }
    series = [
        one
        for placed in resolved.risks
        for one in series_of(placed, dates, skus, names, facts.replay)
    ]
    for name, terms in resolved.launches.items():
        if isinstance(terms["delay"], Distribution):
            risk = LaunchRisk(
                workloads=name,
                since=terms["since"],
                months=terms["ramp_months"],
                curve=terms["curve"],
                delay_months=terms["delay"],
            )
            clock = clock_of(dates)
            series.append(
                Series(
                    Placed(name, terms["where"], risk),
                    f"workloads/{escape(name)}",
                    clock,
                    risk.profile(clock),
                    (),
                    (names.index(name),),
                )
            )
    return series


def with_launches(resolved, demand: Demand, dates, campaigns: int = 0) -> dict:
    """Demand arrays with a column for every launch (its ramp, uncertainty of a like workload or the median of all), purchase and campaign (nothing)."""
    step = level_increment_sd(demand, dates)
    arrays = {
        "median": demand.median[: len(dates)],
        "step": step,
        "phi": demand.phi,
        "sigma": demand.sigma,
        "loading": demand.loading,
    }
    if demand.cap is not None:
        arrays["cap"] = demand.cap[: len(dates)]
    for terms in resolved.launches.values():
        start = np.datetime64(terms["since"] or dates[0], "D")
        age, delay = (dates - start).astype(int) + 1, terms["delay"]
        ramp = (
            np.ones(len(dates))
            if isinstance(delay, Distribution)
            else progress(age - delay * MONTH, terms["ramp_months"], terms["curve"])
        )
        cost = terms["cost"] if isinstance(terms["cost"], float) else 1.0
        like = demand.names.index(terms["like"]) if terms["like"] else None
        column = {"median": cost * 12 / 365.25 * ramp}
        for key in ("step", "phi", "sigma", "loading"):
            own = arrays[key][..., : len(demand.names)]
            column[key] = own[..., like] if like is not None else np.median(own, axis=-1)
        column["cap"] = np.full(len(dates), np.inf)
        arrays = {
            key: np.concatenate([value, np.asarray(column[key])[..., None]], axis=-1)
            for key, value in arrays.items()
        }
    arrays = with_purchases(resolved, demand, dates, arrays)
    if campaigns:
        arrays = {
            key: np.concatenate(
                [value, np.full((*value.shape[:-1], campaigns), np.inf if key == "cap" else 0.0)],
                axis=-1,
            )
            for key, value in arrays.items()
        }
    return arrays


def multipliers(resolved, names, dates):
    """Certain multiplier of demand (day, workload), and the uncertain parameters."""
    multiplier, parameters = np.ones((len(dates), len(names))), []
    tree = resolved.tree

    def act(kind, path, base, power):
        values = timeline(np.full(len(dates), float(base)), events_on(resolved, path), dates)
        if not values.certain:
            parameters.append(Parameter(kind, values, power))
        elif (values.number != (1.0 if kind == "level" else 0.0)).any():
            growth = factor(kind, values.number[:, None])
            multiplier[:] *= np.where(power == 0, 1.0, growth**power)

    for name, driver in tree["drivers"].items():
        power = np.array(
            [
                w["elasticity"] if (w := tree["workloads"].get(n)) and w["driver"] == name else 0.0
                for n in names
            ]
        )
        for kind in ("level", "growth_per_year"):
            act(kind, f"drivers/{escape(name)}/{kind}", driver[kind], power)
    for i, name in enumerate(names):
        if name not in tree["workloads"]:  # campaigns have no settings of their own
            continue
        for kind in ("level", "growth_per_month"):
            act(
                kind,
                f"workloads/{escape(name)}/demand/{kind}",
                tree["workloads"][name]["demand"][kind],
                np.eye(len(names))[i],
            )
        cost = resolved.launches.get(name, {}).get("cost")
        if cost is not None and not isinstance(cost, float):
            path = f"workloads/{escape(name)}/cost_per_month"
            parameters.append(
                Parameter(
                    "level",
                    Timeline(np.ones(len(dates)), np.zeros(len(dates), int), (((path, cost),),)),
                    np.eye(len(names))[i],
                )
            )
    for name, purchase in resolved.purchases.items():
        growth = growth_of(resolved, purchase, dates)
        if growth is not None:
            parameters.append(
                Parameter(
                    "growth_per_month",
                    growth,
                    np.eye(len(names))[names.index(name)],
                    month_steps(purchase, dates),
                )
            )
    return multiplier, parameters


def driver_factor(resolved, name: str, dates) -> np.ndarray | None:
    """What the changes of a scenario do to the count of a driver by day, (day,); None where a number of them is not certain."""
    driver, whole = resolved.tree["drivers"].get(name), np.ones(len(dates))
    for kind in ("level", "growth_per_year") if driver is not None else ():
        base = np.full(len(dates), float(driver[kind]))
        values = timeline(base, events_on(resolved, f"drivers/{escape(name)}/{kind}"), dates)
        if not values.certain:
            return None
        whole = whole * factor(kind, values.number)
    return whole


def factor(kind: str, values: np.ndarray) -> np.ndarray:
    """What a level or growth does to demand by day: values (day, …) -> multiplier, same shape."""
    if kind == "level":
        return values
    return np.exp(
        np.cumsum(np.log1p(values) * (12 if kind == "growth_per_month" else 1) / 365.25, axis=0)
    )


def certain_part(parameter) -> np.ndarray:
    """Log multiplier by day of what is certain in a parameter: the number of a level, growth on certain days."""
    values = parameter.values
    if parameter.kind == "level":
        with np.errstate(divide="ignore"):
            return np.maximum(np.log(values.number), -200.0)
    grown = np.where(values.which < 0, np.log1p(values.number), 0.0)
    if parameter.pace is not None:
        return np.cumsum(grown * parameter.pace)
    return np.cumsum(grown) * pace(parameter.kind)


def pace(kind: str) -> float:
    """How much of a growth is added on each day."""
    return (12 if kind == "growth_per_month" else 1) / 365.25


def steady_demand(median: np.ndarray, parameters, series, base: dict) -> dict[int, np.ndarray]:
    """Workload -> its demand by day, of those that are the same on every path: no level, noise, uncertain value or risk moves them."""
    steady = {}
    still = ~(base["step"].any(axis=0) | (np.asarray(base["sigma"]) > 0))
    for w in np.flatnonzero(still):
        own = [one for one in parameters if one.power[w]]
        if all(one.values.certain for one in own) and not any(w in one.workloads for one in series):
            logs = sum((certain_part(one) * one.power[w] for one in own), np.zeros(len(median)))
            steady[int(w)] = median[:, w] * np.exp(logs)
    return steady
