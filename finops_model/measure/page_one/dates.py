"""Rows of a month and of a fiscal year, and how much of each simulated month lies in a fiscal year (docs/method §9.31)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...names import COMPANY
from ...periods import Calendar, add_months, fiscal_months
from ..budget import against, fiscal
from ..close import Close


def in_month(rows: pd.DataFrame, month: str) -> pd.DataFrame:
    """DAILY rows of a month."""
    start, end = pd.Timestamp(f"{month}-01"), pd.Timestamp(f"{add_months(month, 1)}-01")
    return rows[(rows["ChargeDate"] >= start) & (rows["ChargeDate"] < end)]


def in_year(close: Close, rows: pd.DataFrame) -> pd.DataFrame:
    """DAILY rows of the fiscal year of the close, those known by its month's end."""
    if close.calendar is not None:
        return fiscal.rows_of(rows, fiscal.year_of(close.calendar, close.month))
    start = pd.Timestamp(f"{fiscal_months(close.month, close.fiscal_year_starts)[0]}-01")
    end = pd.Timestamp(f"{add_months(close.month, 1)}-01")
    return rows[(rows["ChargeDate"] >= start) & (rows["ChargeDate"] < end)]


def months_in_year(close: Close, ahead: int) -> tuple[str, np.ndarray] | None:
    """(name, share of what is to come of each month of the run that lies in it, (month,)) of a fiscal year; None where it is not reached.

    ahead   0: the year of the close, 1: the next
    """
    run = close.base
    calendar = close.calendar or Calendar(starts=close.fiscal_year_starts)
    year = calendar.year(calendar.year_of(f"{close.month}-15") + ahead)
    if not run.months:
        return None
    if close.calendar is None:
        names = tuple(each.name for each in year)
        if against.unreached(names, run.months, run.as_of):
            return None
        return year[0].year, np.isin(run.months, names).astype(float)
    if fiscal.unreached(year, run):
        return None
    by_day = fiscal.by_day(close.daily, COMPANY)
    each = fiscal.paths_over(run, by_day, year, np.eye(len(run.months)))
    return year[0].year, each - fiscal.booked_of(by_day, year, run.as_of).sum()
