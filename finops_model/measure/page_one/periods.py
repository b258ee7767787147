"""Quarters and years of this fiscal year and the next, against budget, last forecast and last year; the year to date (docs/method §9.25)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from ...names import COMPANY
from ...periods import Calendar, add_months, month_days
from ...uncertainty import chances
from ...wording import periods as words
from ..brief_types import Landing
from ..budget import fiscal
from .last import Last, last_of
from .material import is_material
from .spans import Money, Span, budget_over, calendar_of, money_of, spans, spent
from .types import PeriodLine, Periods, YearToDate

if TYPE_CHECKING:
    from ..close import Close

WEEK = 7  # days a bill may begin after the year: bills begin on a first working day


@dataclass(frozen=True)
class _Unit:
    """What is known of a unit."""

    calendar: Calendar
    by_day: pd.Series
    plan: Mapping[str, float]  # period -> budget
    known: np.datetime64  # the newest day that the forecast stands on
    first: np.datetime64  # of the ledger
    limits: Mapping  # Materiality

    def held(self, span: Span) -> bool:
        """Whether the ledger begins before a quarter or year is a week old."""
        return bool((self.first - span.start).astype(int) < WEEK)

    def whole(self, start: np.datetime64, last: np.datetime64) -> float | None:
        """Cost of days of which the bill has every one; None elsewhere."""
        if self.first > start or last > self.known:
            return None
        return spent(self.by_day, start, last)


def periods(
    close: Close,
    unit: str,
    land: Landing,
    booked: Mapping[str, float],
    by_day: pd.Series,
    limits: Mapping,
) -> Periods:
    """The table by quarter and year of a unit.

    Parameters
    ----------
    close : Close
        Everything known at the close.
    unit : str
        A business unit, or "Company".
    land : Landing
        Of the brief: its figures are those of the year's line.
    booked : dict of str to float
        YYYY-MM -> cost of the unit.
    by_day : Series
        The same by day.
    limits : Materiality
        Of the brief.

    Returns
    -------
    Periods
        Quarters add up to their year, to a millionth of the currency.

    Source
    ------
    docs/method §9.25.
    """
    calendar = calendar_of(close)
    number = calendar.year_of(f"{close.month}-15")
    past, this, following = (spans(calendar, number + i) for i in (-1, 0, 1))
    every = (*this[-1].parts, *following[-1].parts)
    money = money_of(
        close.base,
        None if unit == COMPANY else unit,
        every,
        booked,
        by_day,
        close.calendar is not None,
    )
    own = _Unit(
        calendar,
        by_day,
        _plan(close, unit, every),
        np.datetime64(close.known, "D"),
        np.datetime64(close.daily["ChargeDate"].min().date(), "D"),
        limits,
    )
    before = last_of(close, unit, [*this, *following], booked, by_day)
    pairs = [*zip(this, past, strict=True), *zip(following, this, strict=True)]
    lines = [
        _line(own, span, earlier, money, before, land if span is this[-1] else None)
        for span, earlier in pairs
        if span in this or money.totals(span) is not None
    ]
    result: Periods = {
        "lines": lines,
        "year_to_date": _to_date(own, this[-1], past[-1]),
        "last_report": before.month,
        "last_source": before.source,
        "sentence": "",
    }
    begins = None if own.held(this[-1]) else str(own.first)
    return {**result, "sentence": words.lead(result, close.currency, begins)}


def _plan(close: Close, unit: str, every: tuple) -> dict[str, float]:
    """{period: budget in force} of a unit."""
    if close.budgets is None:
        return {}
    if close.calendar is not None:
        return fiscal.plan_of(close.budgets, unit, every, close.as_of)
    return close.budgets.by_month(unit, as_of=close.as_of)


def _line(
    own: _Unit, span: Span, earlier: Span, money: Money, before: Last, land: Landing | None
) -> PeriodLine:
    """A quarter or a year. land: of the year under way, whose figures these are."""
    over, begun = span.last <= own.known, span.start <= own.known
    totals = money.totals(span) if span.last >= own.first else None
    value = None if totals is None else float(totals.mean())
    p10 = p90 = None
    if totals is not None and not over and not chances.without_width(totals):
        p10, p90 = (float(q) for q in np.quantile(totals, (0.1, 0.9)))
    budget = budget_over(own.plan, span.parts)
    if land is not None:  # the same figures as the landing, to the last bit
        value, budget = land["mean"], land["budget"]
        p10, p90 = (None, None) if p10 is None else (land["p10"], land["p90"])
    variance = None
    if value is not None and budget is not None and own.held(span):
        variance = value - budget
    then, year = before.values.get(span.name), own.whole(earlier.start, earlier.last)
    return {
        "period": span.name,
        "kind": span.kind,
        "state": "actual" if over else "part" if begun else "forecast",
        "booked": sum(bool(own.first < one.end and one.end - 1 <= own.known) for one in span.parts),
        "months": len(span.parts),
        "value": value,
        "p10": p10,
        "p90": p90,
        "budget": budget,
        "variance": variance,
        "material": is_material(variance, budget, own.limits),
        "last_forecast": then,
        "since_last": None if value is None or then is None else value - then,
        "last_year": year,
        "growth": value / year - 1 if value is not None and year and year > 0 else None,
    }


def _to_date(own: _Unit, year: Span, past: Span) -> YearToDate:
    """The year so far: both sides stop at the newest day that every source has reached."""
    until = min(own.known, year.last)
    value = spent(own.by_day, year.start, until)
    budget = _budget_to(own.plan, year, until) if until >= year.start else None
    variance = value - budget if budget is not None and own.held(year) else None
    return {
        "period": year.name,
        "until": str(until),
        "value": value,
        "budget": budget,
        "variance": variance,
        "material": is_material(variance, budget, own.limits),
        "last_year": own.whole(past.start, _year_before(own.calendar, year, past, until))
        if until >= year.start
        else None,
    }


def _budget_to(plan: Mapping[str, float], year: Span, until: np.datetime64) -> float | None:
    """The budget of a year up to a day; of a period under way so many days of it. None where a period has none."""
    total = 0.0
    for part in year.parts:
        if part.start > until:
            break
        if part.name not in plan:
            return None
        days = min(int((until - part.start).astype(int)) + 1, part.days)
        total += plan[part.name] * days / part.days
    return total


def _year_before(calendar: Calendar, year: Span, past: Span, until: np.datetime64) -> np.datetime64:
    """The same day a year before: of months the same date, or the month's end where it is one; of weeks as many days into the year."""
    if calendar.kind != "months":
        return min(past.start + (until - year.start), past.last)
    month = str(until)[:7]
    ends = month_days(add_months(month, -12))
    day = len(ends) if until == month_days(month)[-1] else min(int(str(until)[8:]), len(ends))
    return ends[day - 1]
