"""Each unit's cost of a budget's period on every path, what is booked included: parts of one company (docs/method §8.70)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...names import COMPANY
from ..actuals import cost_rows
from . import fiscal
from .against import Period, booked_by_month


def paths_by_unit(run, daily: pd.DataFrame, period: Period) -> dict[str, np.ndarray]:
    """{unit: (path,)} in money: months before the run as booked, the others path by path. A workload that several units pay is divided as they pay.

    They add up to the company's landing on every path; for that reason the company's weekdays spread every unit's months over
    their days where the year is weeks.

    daily   DAILY up to any day; what lies after the run's own day is left out
    """
    rows = cost_rows(daily)
    units = sorted({*rows["x_BusinessUnit"], *run.units})
    if period.weeks:
        return {unit: _of_weeks(run, daily, period.weeks, unit) for unit in units}
    ahead = [month for month in run.months if month in period.months]
    found = {}
    for unit in units:
        booked = booked_by_month(daily, run.as_of, unit)
        before = sum(
            value
            for month, value in booked.items()
            if month in period.months and month not in run.months
        )
        own = unit in run.units and ahead
        found[unit] = before + (run.total(unit, ahead) if own else np.zeros(len(run.effective)))
    return found


def paths_by_part(run, daily: pd.DataFrame, period: Period) -> dict[str, dict[str, np.ndarray]]:
    """{month, or period of weeks: {unit: (path,)}} of a budget's period, as `paths_by_unit` has it for all of it (docs/method §9.40)."""
    if period.weeks:
        parts = [Period(each.name, fiscal.months_of((each,)), (each,)) for each in period.weeks]
        return {part.name: paths_by_unit(run, daily, part) for part in parts}
    rows = cost_rows(daily)
    units = sorted({*rows["x_BusinessUnit"], *run.units})
    booked = {unit: booked_by_month(daily, run.as_of, unit) for unit in units}
    nothing = np.zeros(len(run.effective))
    return {
        month: {
            unit: (run.total(unit, [month]) if unit in run.units else nothing)
            if month in run.months
            else nothing + booked[unit].get(month, 0.0)
            for unit in units
        }
        for month in period.months
    }


def _of_weeks(run, daily: pd.DataFrame, own: fiscal.Year, unit: str) -> np.ndarray:
    whole = fiscal.by_day(daily, COMPANY)
    ahead = np.zeros(len(run.effective))
    if unit in run.units and run.months:
        everybody = fiscal.booked_of(whole, own, run.as_of).sum()
        ahead = fiscal.paths_over(run, whole, own, fiscal.to_come(run, unit)) - everybody
    return fiscal.booked_of(fiscal.by_day(daily, unit), own, run.as_of).sum() + ahead
