"""Purchases of a scenario as columns of demand and meters of the kernel (docs/method §3.42).

The demand of a purchase is a share of its use: 1 ÷ days of the month on each day, with its ramp, its growth and the uncertainty it
borrows; meters multiply it by units a month. So one level moves all meters of a purchase, and a range of one moves that one alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...forecasting.covariates.timeline import Timeline
from ...periods import month_index
from ...scenario.changes import events_on, timeline, unescape
from ...scenario.purchases.changes import asked_from, starts
from ...scenario.purchases.terms import Purchase
from ...scenario.ways import Months
from ...uncertainty.curves import progress
from ...uncertainty.distributions import Distribution

Draws = tuple[tuple[str, Distribution], ...]


@dataclass(frozen=True, kw_only=True)
class Meter:
    """Use of one meter of a purchase, of days on which its number is multiplied by the same draws."""

    name: str
    workload: int
    rate: np.ndarray  # (day,) units per unit of demand
    draws: Draws  # one uniform per path and name
    steady: np.ndarray | None = (
        None  # (month,) its units where no path differs: float64, to the cent
    )


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A purchase of a plan."""

    purchase: Purchase
    workload: int  # whose money it is
    months: Months
    meters: tuple[Meter, ...]
    fields: Mapping[str, Timeline]  # by month: of the way, where a value is uncertain or changes

    @property
    def name(self) -> str:
        return self.purchase.name


def with_purchases(resolved, demand, dates, arrays: dict) -> dict:
    """Demand arrays with a column for every purchase: the share of its use of a day, and the uncertainty it borrows."""
    whole = _days_of_month(dates)
    for purchase in resolved.purchases.values():
        common = purchase.common
        on = dates >= np.datetime64(starts(purchase, dates[0]))
        if purchase.until:
            on &= dates < np.datetime64(purchase.until)
        age = (dates - np.datetime64(asked_from(purchase, dates[0]), "D")).astype(int) + 1
        ramp = progress(np.maximum(age, 0), common.ramp_months, common.curve)
        column = {
            "median": np.where(on, ramp / whole, 0.0),
            "cap": np.full(len(dates), np.inf),
        }
        like = demand.names.index(common.like) if common.like else None
        for key in ("step", "phi", "sigma", "loading"):
            own = arrays[key][..., : len(demand.names)]
            if common.exactly:
                column[key] = np.zeros(own.shape[:-1])
            else:
                column[key] = own[..., like] if like is not None else np.median(own, axis=-1)
        arrays = {
            key: np.concatenate([value, np.asarray(column[key])[..., None]], axis=-1)
            for key, value in arrays.items()
        }
    return arrays


def month_steps(purchase: Purchase, dates: np.ndarray) -> np.ndarray:
    """(day,): how many months of growth are added on each day: all that have passed on the first one, then one on each first of a month."""
    first = np.datetime64(asked_from(purchase, dates[0]), "M")
    months = np.maximum((dates.astype("datetime64[M]") - first).astype(int), 0)
    return np.diff(months, prepend=0).astype(float)


def growth_of(resolved, purchase: Purchase, dates: np.ndarray) -> Timeline | None:
    """Growth a month by day; None where there is none."""
    path = f"{purchase.path}/growth_per_month"
    if not purchase.meters():
        return None
    values = timeline(
        np.full(len(dates), float(resolved.tree["purchases"][purchase.name]["growth_per_month"])),
        events_on(resolved, path),
        dates,
    )
    return None if values.certain and not values.number.any() else values


def compile_purchases(
    resolved, dates: np.ndarray, months, names, steady: Mapping[int, np.ndarray]
) -> tuple[Bought, ...]:
    """Every purchase of a scenario on the days and months of a plan.

    names    workloads in the order of the plan
    steady   workload -> demand by day, of those that are the same on every path
    """
    of_day = month_index(dates, months)
    inside = of_day >= 0
    firsts = np.array([f"{month}-01" for month in months], "datetime64[D]")
    bought = []
    for name, purchase in resolved.purchases.items():
        w, meters = names.index(name), []
        for meter, path in purchase.meters().items():
            use = timeline(_base(resolved, path, len(dates)), events_on(resolved, path), dates)
            for which in np.unique(use.which):
                here = np.where(use.which == which, use.number, 0.0)
                draws = use.mixtures[which] if which >= 0 else ()
                units = None
                if w in steady:
                    units = np.bincount(
                        of_day[inside], (steady[w] * here)[inside], minlength=len(months)
                    )
                meters.append(Meter(name=meter, workload=w, rate=here, draws=draws, steady=units))
        moved = {}
        for path in purchase.values():
            key = path.split("/", 2)[2]
            if key.startswith("use") or key == "growth_per_month":
                continue
            moved[key] = timeline(
                _base(resolved, path, len(months)), events_on(resolved, path), firsts
            )
        bought.append(
            Bought(
                purchase=purchase,
                workload=w,
                months=Months.between(months, starts(purchase, dates[0]), purchase.until),
                meters=tuple(meters),
                fields=moved,
            )
        )
    return tuple(bought)


def _base(resolved, path: str, count: int) -> np.ndarray:
    value = resolved.tree
    for part in path.split("/"):
        value = value[unescape(part)]
    return np.full(count, float(value))


def _days_of_month(dates: np.ndarray) -> np.ndarray:
    months = dates.astype("datetime64[M]")
    return ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(int)
