"""Fiscal years of weeks: money by day, a run's months brought to periods path by path, the landing of the year (docs/method §1.6, §1.7).

A run holds totals of months by path. What of a month is still to come is given to its days by the weight of their weekday, the
same shares on every path; a period is the sum of its days. Years of months need none of this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pandas as pd

from ...facts.plans.budgets import Budgets
from ...names import COMPANY
from ...periods import Calendar, Period, month_days, month_of, month_range
from ..actuals import cost_rows
from ..anomalies.limits import weekday_weights
from ..brief_types import Landing
from . import landing as budgets
from .types import Fiscal, FiscalPeriod

Year = tuple[Period, ...]  # all periods of one fiscal year
SAID = (
    "Actuals are counted by day. The forecast is simulated by month; what of a month is still to come is given to its days by "
    "the weight of their weekday in the newest eight weeks, on every path. Budgets by month are divided by days. Ranges of "
    "periods do not add up to the range of the year."
)


def year_of(calendar: Calendar, month: str) -> Year:
    """The fiscal year of a report of a month: the one in which its 15th lies.

    >>> year_of(Calendar("4-4-5"), "2026-12")[0].year
    'FY2026'
    """
    return calendar.year(calendar.year_of(f"{month}-15"))


def months_of(year: Year) -> tuple[str, ...]:
    """The calendar months that have a day in the year.

    >>> months = months_of(year_of(Calendar("4-4-5"), "2026-12"))
    >>> months[0], months[-1], len(months)
    ('2025-12', '2026-12', 13)
    """
    return month_range(month_of(year[0].start), month_of(year[-1].end - 1))


def by_day(daily: pd.DataFrame, unit: str | Sequence[str] | None) -> pd.Series:
    """Cost by day of a unit, of several together, or of the company."""
    rows = cost_rows(daily, unit if isinstance(unit, str) else None)
    if unit is not None and not isinstance(unit, str):
        rows = rows[rows["x_BusinessUnit"].isin(list(unit))]
    return rows.groupby("ChargeDate")["EffectiveCost"].sum()


def rows_of(rows: pd.DataFrame, year: Year) -> pd.DataFrame:
    """DAILY rows of the days of a year."""
    start, end = pd.Timestamp(year[0].start), pd.Timestamp(year[-1].end)
    return rows[(rows["ChargeDate"] >= start) & (rows["ChargeDate"] < end)]


def daily_shares(run, by_day: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Days still to come, the place of their month in `run.months`, and their share of what of it is to come: (day,) each.

    by_day   cost by day, of the same unit
    """
    weights, as_of = weekday_weights(by_day), np.datetime64(run.as_of, "D")
    dates, places, shares = [], [], []
    for i, month in enumerate(run.months):
        ahead = month_days(month)
        ahead = ahead[ahead > as_of]
        own = weights[pd.DatetimeIndex(ahead).dayofweek]
        own = own if own.sum() > 0 else np.ones(len(ahead))
        dates.append(ahead)
        places.append(np.full(len(ahead), i))
        shares.append(own / own.sum() if len(ahead) else own)
    if not dates:
        return np.array([], dtype="datetime64[D]"), np.array([], dtype=int), np.array([])
    return np.concatenate(dates), np.concatenate(places), np.concatenate(shares)


def to_come(run, unit: str | None) -> np.ndarray:
    """What of each month is still to come, (path, month)."""
    totals = np.stack([run.total(unit=unit, months=[month]) for month in run.months], axis=1)
    members = getattr(run, "members", None)
    at: Any = slice(None) if unit is None else [run.units.index(unit)]
    if members is not None:
        at = [run.units.index(member) for member in members]
    return totals - np.array([run.so_far[i][at].sum() for i in range(len(run.months))])


def _weights(year: Year, dates: np.ndarray, places: np.ndarray, shares, months: int) -> np.ndarray:
    """The share of each month that each period takes, (month, period)."""
    found = np.zeros((months, len(year)))
    at = Calendar().index(dates, year)
    inside = at >= 0
    np.add.at(found, (places[inside], at[inside]), shares[inside])
    return found


def ahead_of(run, by_day: pd.Series, year: Year, unit: str | None = None) -> np.ndarray:
    """What is still to come of each period of a year, months or weeks, (path, period)."""
    if not run.months:
        return np.zeros((1, len(year)))
    return to_come(run, unit) @ _weights(year, *daily_shares(run, by_day), len(run.months))


def paths_over(run, by_day: pd.Series, own: Year, ahead: np.ndarray) -> np.ndarray:
    """Each path's total over periods, (path,): days booked, and what of `ahead` (path, month) their days to come take."""
    weights = _weights(own, *daily_shares(run, by_day), len(run.months))
    return booked_of(by_day, own, run.as_of).sum() + (ahead @ weights).sum(axis=1)


def booked_of(by_day: pd.Series, year: Year, as_of: str) -> np.ndarray:
    """Cost booked up to a day, of each period, (period,)."""
    own = by_day[by_day.index <= pd.Timestamp(as_of)]
    at = Calendar().index(own.index.to_numpy().astype("datetime64[D]"), year)
    found = np.zeros(len(year))
    np.add.at(found, at[at >= 0], own.to_numpy(float)[at >= 0])
    return found


def unreached(year: Year, run) -> str | None:
    """The first day of a year that is neither booked nor simulated; None where there is none."""
    after = np.datetime64(run.as_of, "D") + 1
    start = max(year[0].start, after)
    if year[-1].end <= start:
        return None
    last = month_days(run.months[-1])[-1] if run.months else after - 1
    return None if year[-1].end - 1 <= last else str(max(start, last + 1))


def landing_of(
    run,
    by_day: pd.Series,
    year: Year,
    budget: float | None,
    unit: str | None = None,
    name: str | None = None,
) -> Landing:
    """Where a fiscal year lands: days booked are fixed, the others path by path; the brief's `landing`.

    by_day   cost by day, of the unit; budget: of the whole year
    year     or some periods of it, which `name` is the name of
    """
    ahead = to_come(run, unit) if run.months else np.zeros((1, 0))
    return landing_on(run, by_day, year, budget, ahead, name)


def landing_on(
    run,
    by_day: pd.Series,
    year: Year,
    budget: float | None,
    ahead: np.ndarray,
    name: str | None = None,
) -> Landing:
    """`landing_of` on what is to come of each month of a run, (path, month): of a unit, or of a value of a dimension."""
    booked, last = float(booked_of(by_day, year, run.as_of).sum()), month_of(year[-1].end - 1)
    name = name or year[0].year
    if missing := unreached(year, run):
        why = run.nothing[0] if run.nothing else f"the simulation does not reach {missing}"
        return budgets.no_landing(name, booked, budget, why, last)
    weights = np.zeros((0, len(year)))
    if run.months:
        weights = _weights(year, *daily_shares(run, by_day), len(run.months))
    inside = [i for i in range(len(run.months)) if weights[i].any()]
    monthly = (ahead * weights.sum(axis=1))[:, inside] if inside else np.zeros((1, 0))
    months = tuple(run.months[i] for i in inside)
    land = budgets.landing(name, booked, monthly, months, budget, last=last)
    return {**land, "booked_so_far": booked}


def fiscal(
    run,
    by_day: pd.Series,
    calendar: Calendar,
    year: Year,
    plan: dict[str, float],
    unit: str | None = None,
) -> Fiscal:
    """The brief's `fiscal`: actual, budget and forecast by period of a year, the days of each, partial ones marked.

    plan   {period: budget} of the unit
    """
    as_of = np.datetime64(run.as_of, "D")
    booked = booked_of(by_day, year, run.as_of)
    first = by_day.index.min().to_datetime64().astype("datetime64[D]") if len(by_day) else as_of + 1
    paths = None
    if run.months:
        weights = _weights(year, *daily_shares(run, by_day), len(run.months))
        paths = to_come(run, unit) @ weights + booked
    horizon = month_days(run.months[-1])[-1] if run.months else as_of
    periods = [
        _line(each, booked[i], None if paths is None else paths[:, i], (first, as_of, horizon))
        for i, each in enumerate(year)
    ]
    for line in periods:
        line["budget"] = plan.get(line["name"])
    return {
        "year": year[0].year,
        "kind": calendar.kind,
        "start": str(year[0].start),
        "last": str(year[-1].end - 1),
        "weeks": sum(each.days for each in year) // 7,
        "periods": periods,
        "actual": float(booked.sum()),
        "said": SAID,
    }


def _line(each: Period, booked: float, totals: np.ndarray | None, days: tuple) -> FiscalPeriod:
    """A period: what is booked of it, and its range where the forecast reaches its end."""
    first, as_of, horizon = days
    begun, over = each.start <= as_of, each.end - 1 <= as_of
    known = totals is not None and not over and each.end - 1 <= horizon
    spread = budgets.spread(totals) if known and totals is not None else None
    whole_bill = first <= each.start
    line: dict[str, Any] = {
        "name": each.name,
        "quarter": each.quarter,
        "start": str(each.start),
        "last": str(each.end - 1),
        "days": each.days,
        "booked_days": max(int((min(as_of + 1, each.end) - max(each.start, first)).astype(int)), 0),
        "partial": bool(begun and not (over and whole_bill)),
        "state": "actual" if over else "under way" if begun else "forecast",
        "actual": float(booked) if begun and first < each.end else None,
        "budget": None,
        **{
            key: None if spread is None else cast(dict, spread)[key]
            for key in ("p10", "p50", "p90", "mean")
        },
    }
    return cast(FiscalPeriod, line)


def plan_of(plan: Budgets | None, unit: str | None, year: Year, as_of: str) -> dict[str, float]:
    """{period: budget} of a unit (None: the company), of budgets by month or by period, to the cent."""
    return {} if plan is None else plan.by_period(unit or COMPANY, year, as_of=as_of)


def year_budget(plan: dict[str, float], year: Year) -> float | None:
    """The budget of a year; None where a period has none."""
    return float(sum(plan.values())) if year and all(one.name in plan for one in year) else None
