"""Cost by each dimension that the company has, beside budgets of its values (docs/method §13.65, §13.66)."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import cast

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from ...facts.daily.allocate import UNTAGGED
from ...facts.plans.budgets import Budgets
from ...names import COMPANY
from ...periods import add_months, fiscal_months, month_days, month_of
from ...settings import Settings, column_of
from ...simulate.hierarchy import Hierarchy, forecast_hierarchy
from ...simulate.run import Run
from .. import actuals
from ..budget import against, fiscal
from ..budget import landing as budgets_of
from ..reach import same_days
from .types import Dimension, Value

EVERY = {"team": "x_Team", "environment": "x_Environment", "model": "x_Model"}  # of every bill
MOST = 200  # values of a dimension one by one; those with a budget always
SUMS = ("actual", "previous_month", "year_to_date", "share")


def columns(settings: Settings) -> dict[str, str]:
    """{dimension: column of daily facts}: the company's own first, then those of every bill."""
    return {name: column_of(name) for name in settings.dimensions} | EVERY


def check_budgets(settings: Settings, plan: Budgets | None) -> None:
    """Every dimension of a budget line is one that the company has. Raises InputError with the nearest."""
    known = columns(settings)
    for name, budgets in (plan.dimensions if plan is not None else {}).items():
        if name not in known:
            do = "Declare it in finops.yaml (dimensions:), or correct the line."
            raise InputError(unknown(f"{budgets.name}: dimension", "dimension", name, known, do))


def tables(
    settings: Settings,
    daily: pd.DataFrame,
    month: str,
    as_of: str,
    plan: Budgets | None = None,
    run: Run | None = None,
    progress=None,
) -> list[Dimension]:
    """A table per dimension: the company's own, those of every bill that it says, and those with budgets.

    daily    DAILY up to as_of;  run: the company's base, whose months and paths those of values are
    """
    rows = actuals.cost_rows(daily)
    found = []
    for name, column in columns(settings).items():
        cells = rows[column].replace("", UNTAGGED)
        budgets = plan.dimensions.get(name) if plan is not None else None
        if name in EVERY and budgets is None and set(cells) <= {UNTAGGED}:
            continue
        own = rows.assign(x_Value=cells)
        weeks = fiscal.year_of(settings.calendar_of(), month) if settings.of_weeks else ()
        values = _values(own, month, as_of, settings.fiscal_year_starts, weeks)
        if budgets is not None:
            nodes = _nodes(settings, daily, name, run, progress) if run is not None else None
            _beside(
                values,
                own,
                budgets,
                nodes,
                run=run,
                month=month,
                as_of=as_of,
                starts=settings.fiscal_year_starts,
                weeks=weeks,
            )
        values, more = _folded(values)
        found.append(
            cast(
                Dimension,
                {
                    "name": name,
                    "own": name in settings.dimensions,
                    "budgeted": budgets is not None,
                    "values": values,
                    "more": more,
                    "budgets_differ": _differ(values, plan, month, as_of, settings)
                    if budgets is not None
                    else None,
                },
            )
        )
    return found


def _values(
    rows: pd.DataFrame, month: str, as_of: str, starts: int, weeks: fiscal.Year = ()
) -> list[Value]:
    """Cost by value; most of the year first, no value last."""
    before = add_months(month, -1)
    beside = same_days(rows, month, as_of)
    year = [m for m in fiscal_months(month, starts) if m <= month]
    in_year = fiscal.rows_of(rows, weeks) if weeks else None
    lines = actuals.by_value(
        rows, beside, "x_Value", month=month, before=before, year=year, in_year=in_year
    )
    return [cast(Value, {"value": value, **sums}) for value, sums in lines]


def _nodes(settings: Settings, daily, name: str, run: Run, progress) -> Hierarchy | None:
    """The base scenario by this dimension, path by path as the company's own run; None where nothing is forecast."""
    if run.nothing or not run.months:
        return None
    begun = run.as_of != str(month_days(month_of(run.as_of))[-1])
    return forecast_hierarchy(
        settings,
        daily,
        name,
        len(run.months) - begun,
        paths=run.paths,
        as_of=run.as_of,
        engine=run.engine,
        progress=progress,
    )[None]


def _beside(
    values: list[Value],
    rows: pd.DataFrame,
    budgets: Budgets,
    nodes: Hierarchy | None,
    *,
    run: Run | None,
    month: str,
    as_of: str,
    starts: int,
    weeks: fiscal.Year = (),
) -> None:
    """Budget, landing and chance of each value; a value with a budget and no cost gets a line."""
    nothing = {"actual": 0.0, "previous_month": None, "year_to_date": 0.0, "share": None}
    named = {one["value"] for one in values}
    at = next((i for i, one in enumerate(values) if not one["value"]), len(values))
    values[at:at] = [
        cast(Value, {"value": one, **nothing}) for one in budgets.units() if one not in named
    ]
    year = against.period_of(None, f"{month}-01", starts)
    for line in values:
        plan = budgets.by_month(line["value"], as_of=as_of) if line["value"] else {}
        inside = [plan[m] for m in year.months if m in plan]
        amount = float(sum(inside)) if len(inside) == len(year.months) else None
        booked = actuals.by_month(rows[rows["x_Value"] == (line["value"] or UNTAGGED)])
        if weeks and run is not None:
            of_year = fiscal.plan_of(budgets, line["value"], weeks, as_of) if plan else {}
            amount = fiscal.year_budget(of_year, weeks)
            land = _landing_of_weeks(line["value"] or UNTAGGED, rows, amount, nodes, run, weeks)
        else:
            land = _landing(line["value"] or UNTAGGED, booked, amount, nodes, run, year)
        line["budget"] = plan.get(month)
        line["year_budget"] = amount
        line["landing_p10"], line["landing_p50"] = land["p10"], land["p50"]
        line["landing_p90"], line["landing_mean"] = land["p90"], land["mean"]
        line["overrun_probability"] = land["overrun_probability"]
        line["over"] = None if amount is None or land["mean"] is None else land["mean"] - amount


def _landing(
    value: str,
    booked: Mapping[str, float],
    amount: float | None,
    nodes: Hierarchy | None,
    run: Run | None,
    year: against.Period,
):
    """Where the year of a value lands, as the company's does (docs/method §9.5)."""
    months = nodes.months if nodes is not None else ()
    before = math.fsum(
        cost for one, cost in booked.items() if one in year.months and one not in months
    )
    if run is None or (missing := against.unreached(year.months, months, run.as_of)):
        why = f"nothing is forecast for {missing[0]}" if run is not None else "nothing is forecast"
        return budgets_of.no_landing(year.name, before, amount, why, year.months[-1])
    ahead = tuple(one for one in months if one in year.months)
    monthly = np.zeros((run.paths if ahead else 1, len(ahead)))
    if nodes is not None and value in nodes.names:
        at = [months.index(one) for one in ahead]
        monthly = nodes.totals[:, at, nodes.names.index(value)] if ahead else monthly
    return budgets_of.landing(year.name, before, monthly, ahead, amount, last=year.months[-1])


def _landing_of_weeks(
    value: str,
    rows: pd.DataFrame,
    amount: float | None,
    nodes: Hierarchy | None,
    run: Run,
    weeks: fiscal.Year,
):
    """`_landing` of a year that is weeks (docs/method §1.7)."""
    mine = rows[rows["x_Value"] == value]
    by_day = mine.groupby("ChargeDate")["EffectiveCost"].sum()
    ahead = np.zeros((run.paths, len(run.months)))
    if nodes is not None and value in nodes.names:
        so_far = actuals.by_month(mine[mine["ChargeDate"] <= pd.Timestamp(run.as_of)])
        at = [nodes.months.index(month) for month in run.months]
        ahead = nodes.totals[:, at, nodes.names.index(value)] - np.array(
            [so_far.get(month, 0.0) for month in run.months]
        )
    return fiscal.landing_on(run, by_day, weeks, amount, ahead)


def _folded(values: list[Value]) -> tuple[list[Value], int]:
    """At most MOST values and those with a budget; the others are one line before the last."""
    named = [one for one in values if one["value"]]
    kept = {id(one) for one in named[:MOST]} | {
        id(one)
        for one in named
        if one.get("year_budget") is not None or one.get("budget") is not None
    }
    rest = [one for one in named if id(one) not in kept]
    if len(rest) < 2:
        return values, 0
    keys: Sequence[str] = [key for key in (*SUMS, "landing_mean") if key in rest[0]]
    line: dict = {"value": f"{len(rest):,} more"}
    for key in keys:
        known = [cast(dict, one)[key] for one in rest if cast(dict, one)[key] is not None]
        line[key] = math.fsum(known) if known else None
    if "budget" in rest[0]:
        blank = ("budget", "landing_p10", "landing_p50", "landing_p90", "year_budget", "over")
        line |= dict.fromkeys((*blank, "overrun_probability"))
    last = [one for one in values if not one["value"]]
    return [*(one for one in named if id(one) in kept), cast(Value, line), *last], len(rest)


def _differ(
    values: list[Value], plan: Budgets | None, month: str, as_of: str, settings: Settings
) -> float | None:
    """The year's budgets of the values less that of the company, where both are known and differ by a cent or more."""
    year = fiscal_months(month, settings.fiscal_year_starts)
    company = plan.year(COMPANY, year, as_of) if plan is not None else None
    if plan is not None and settings.of_weeks:
        weeks = fiscal.year_of(settings.calendar_of(), month)
        of_year = fiscal.plan_of(plan, None, weeks, as_of)
        total = fiscal.year_budget(of_year, weeks)
        company = None if total is None else Decimal(repr(total))
    known = [one["year_budget"] for one in values if one.get("year_budget") is not None]
    if company is None or not known:
        return None
    gap = math.fsum(cast(list[float], known)) - float(company)
    return gap if abs(gap) >= 0.005 else None
