"""Many business units: which carry most, and the lines of the others in the company's table (docs/method §15.30)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import pandas as pd

from ..names import slug
from ..periods import fiscal_months
from . import actuals
from .actuals import history
from .brief import budget_of, landing
from .brief_types import MoreUnits
from .budget import fiscal
from .budget.parts import FREE, UNIT
from .close import Close

DOZEN = 12  # units with a report of their own, where finops.yaml does not say otherwise
TABLE = (
    24  # units that the company's table shows one by one; where there are more it shows the dozen
)
UNASSIGNED = "(unassigned)"


def by_cost(daily: pd.DataFrame, units: list[str]) -> list[str]:
    """Units by the EffectiveCost of the newest twelve months of DAILY, most first; equal ones by name.

    >>> days = pd.to_datetime(["2026-01-01", "2026-01-01", "2024-01-01"])
    >>> by_cost(pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage", "x_BusinessUnit": ["A", "B", "A"],
    ...                       "EffectiveCost": [1.0, 2.0, 9.0]}), ["A", "B"])
    ['B', 'A']
    """
    rows = actuals.cost_rows(daily)
    rows = rows[rows["ChargeDate"] > daily["ChargeDate"].max() - pd.DateOffset(months=12)]
    cost = rows.groupby("x_BusinessUnit")["EffectiveCost"].sum()
    return sorted(units, key=lambda unit: (-float(cost.get(unit, 0.0)), unit))


def slim(close: Close, unit: str) -> dict:
    """What the company's page needs of a unit's brief, and nothing else of it: unit, slug, actual, budget, landing."""
    booked = history(close.daily, unit, close.known)[1]
    plan = close.budgets.by_month(unit, as_of=close.as_of) if close.budgets is not None else {}
    version = (
        close.budgets.describe(unit, close.month, as_of=close.as_of)
        if close.budgets is not None and plan
        else None
    )
    land = landing(close, close.base, unit, booked, plan)
    return {
        "unit": unit,
        "slug": slug(unit),
        "actual": {"month": booked.get(close.month, 0.0)},
        "landing": land,
        "budget": budget_of(version, close.month, land, plan),
    }


def folded(close: Close, lines: list[dict]) -> MoreUnits | None:
    """The line "290 more units" of a table that would be too long: the lines beyond the dozen added up, their range future by future.

    lines   as `parts.lines` makes them
    {"unit": "290 more units", "units": their names, …}: figures that add up are the sums of the lines. None where the table shows every line.
    """
    own = [
        line["unit"]
        for line in lines
        if line["unit"] in close.base.units and line["unit"] != UNASSIGNED
    ]
    kept = {*by_cost(close.daily, own)[:DOZEN], UNASSIGNED}
    rest = [line for line in lines if line["kind"] != FREE and line["unit"] not in kept]
    if len(lines) <= TABLE or not rest:
        return None
    members = [line["unit"] for line in rest if line["unit"] in close.base.units]
    sums = {
        key: _sum(rest, key) for key in ("actual", "budget", "landing_mean", "year_budget", "over")
    }
    booked: dict[str, float] = {}
    for member in members:
        for month, value in history(close.daily, member, close.known)[1].items():
            booked[month] = booked.get(month, 0.0) + value
    months = fiscal_months(close.month, close.fiscal_year_starts)
    plan = (
        {}
        if sums["year_budget"] is None
        else {month: sums["year_budget"] / len(months) for month in months}
    )  # landing takes the year's sum
    if close.calendar is not None:  # its budget is the lines', not that of twelve months
        weeks = fiscal.year_of(close.calendar, close.month)
        by_day = fiscal.by_day(close.daily, members)
        together = Together(close.base, tuple(members))
        land = fiscal.landing_of(together, by_day, weeks, sums["year_budget"])
    else:
        land = landing(close, Together(close.base, tuple(members)), None, booked, plan)
    line = {
        "unit": f"{len(rest)} more units",
        "units": [line["unit"] for line in rest],
        "kind": UNIT,
        **sums,
        "landing_p10": land["p10"],
        "landing_p50": land["p50"],
        "landing_p90": land["p90"],
        "overrun_probability": land["overrun_probability"],
    }
    return cast(MoreUnits, line)


def _sum(lines: list[dict], key: str) -> float | None:
    """The lines added up; None where none of them has the figure."""
    known = [line[key] for line in lines if line[key] is not None]
    return math.fsum(known) if known else None


@dataclass(frozen=True)
class Together:
    """Several units of a run as one."""

    run: object
    members: tuple[str, ...]

    def __getattr__(self, name):
        return getattr(self.run, name)

    def total(self, unit=None, months=None):
        """(path,) cost of the members together."""
        return sum(self.run.total(unit=member, months=months) for member in self.members)
