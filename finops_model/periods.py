"""Days, months and fiscal years (docs/method §1).

A month is the text 'YYYY-MM'; days are numpy datetime64[D]. Months are calendar months in the billing
time zone. `Calendar` says what the periods, quarters and years of a company are. Nothing here reads a clock.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .errors import InputError, unknown

if TYPE_CHECKING:
    import pandas as pd

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEKS = {"4-4-5": (4, 4, 5) * 4, "4-5-4": (4, 5, 4) * 4, "5-4-4": (5, 4, 4) * 4, "13x4": (4,) * 13}
MONTH = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


def check_month(text: str, where: str = "month") -> str:
    """`text` if it is a month 'YYYY-MM'; raises InputError otherwise.

    >>> check_month("2026-10")
    '2026-10'
    """
    if not isinstance(text, str) or not MONTH.fullmatch(text):
        raise InputError(
            f"{where}: '{text}' is not a month. Write year and month as YYYY-MM, for example 2026-10."
        )
    return text


def is_date(text) -> bool:
    """Whether `text` is a month YYYY-MM or a day YYYY-MM-DD that the calendar has.

    >>> is_date("2027-02"), is_date("2028-02-29"), is_date("2027-02-29"), is_date(202702)
    (True, True, False, False)
    """
    if not isinstance(text, str) or not re.fullmatch(r"\d{4}-\d{2}(-\d{2})?", text):
        return False
    try:
        np.datetime64(text)
    except ValueError:
        return False
    return True


def month_of(day) -> str:
    """The month a day lies in.

    >>> month_of("2026-10-31")
    '2026-10'
    """
    return str(np.datetime64(day, "M"))


def add_months(month: str, n: int) -> str:
    """The month n later (or earlier).

    >>> add_months("2026-11", 3)
    '2027-02'
    """
    return str(np.datetime64(month, "M") + n)


def month_range(first: str, last: str) -> tuple[str, ...]:
    """All months from first to last, both included.

    >>> month_range("2026-11", "2027-01")
    ('2026-11', '2026-12', '2027-01')
    """
    return tuple(str(m) for m in np.arange(np.datetime64(first, "M"), np.datetime64(last, "M") + 1))


def month_days(month: str) -> np.ndarray:
    """The days of a month, datetime64[D].

    >>> len(month_days("2028-02"))
    29
    """
    start = np.datetime64(month, "M")
    return np.arange(start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]"))


def days(first, last) -> np.ndarray:
    """All days from first to last, both included, datetime64[D]."""
    return np.arange(np.datetime64(first, "D"), np.datetime64(last, "D") + 1)


def days_between(first, last) -> int:
    """Days from first to last, the last not counted; below 0 where it lies before.

    >>> days_between("2026-02-27", "2026-03-01")
    2
    """
    return int(np.datetime64(last, "D").astype(int) - np.datetime64(first, "D").astype(int))


def months_between(first, last) -> int:
    """Months from first to last, texts YYYY-MM or days; below 0 where it lies before.

    >>> months_between("2025-11", "2026-02")
    3
    """
    return int(np.datetime64(last, "M").astype(int) - np.datetime64(first, "M").astype(int))


def month_index(dates: np.ndarray, months: tuple[str, ...]) -> np.ndarray:
    """For each day, the position of its month in `months`; -1 where it is not there."""
    known = {month: i for i, month in enumerate(months)}
    return np.array([known.get(str(m), -1) for m in dates.astype("datetime64[M]")], int)


def fiscal_year(month: str, starts: int = 1) -> str:
    """The fiscal year a month belongs to, named after the calendar year it ends in.

    starts   calendar month (1-12) in which the fiscal year starts

    >>> fiscal_year("2026-10"), fiscal_year("2026-10", starts=7)
    ('FY2026', 'FY2027')
    """
    year, number = int(month[:4]), int(month[5:])
    return f"FY{year + (1 if starts > 1 and number >= starts else 0)}"


def fiscal_months(month: str, starts: int = 1) -> tuple[str, ...]:
    """The twelve months of the fiscal year that `month` belongs to.

    >>> fiscal_months("2026-10", starts=7)[0], fiscal_months("2026-10", starts=7)[-1]
    ('2026-07', '2027-06')
    """
    back = (int(month[5:]) - starts) % 12
    first = add_months(month, -back)
    return month_range(first, add_months(first, 11))


def month_name(month: str) -> str:
    """A month for readers.

    >>> month_name("2026-10")
    'October 2026'
    """
    names = (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    )
    return f"{names[int(month[5:]) - 1]} {month[:4]}"


@dataclass(frozen=True)
class Period:
    """One period of a fiscal calendar; `end` is exclusive."""

    name: str  # 2026-10 in a calendar of months, FY2026-P09 in one of weeks
    year: str  # FY2026
    quarter: str  # FY2026-Q3
    number: int  # 1 … 12 or 13 within the year
    start: np.datetime64  # first day
    end: np.datetime64  # the day after the last one
    partial: bool = False  # not all of its days lie in the range asked for

    @property
    def days(self) -> int:
        """Length in days."""
        return int((self.end - self.start).astype(int))


@dataclass(frozen=True)
class Calendar:
    """What periods, quarters and years are: months, or weeks in a 52/53-week year.

    Parameters
    ----------
    kind : str, optional
        months, 4-4-5, 4-5-4, 5-4-4, or 13x4 (thirteen periods of four weeks).
    starts : int, optional
        Months: the calendar month in which the year starts.
    month : int, optional
        Weeks: the calendar month whose end the year's end is tied to.
    ends : str, optional
        Weeks: on the "last" weekday of that month, or on the one "nearest" to its last day.
    weekday : str, optional
        Weeks: the last day of every week.
    named_after : str, optional
        The year is called after the calendar year it "end"s or "start"s in.
    extra_week : int, optional
        Weeks: number of the period that gets week 53; 0: the last one.
    quarters : tuple of int, optional
        13x4: periods of each quarter; () is 3, 3, 3, 4.

    Raises
    ------
    InputError
        A field that makes no sense, in one sentence.

    Source
    ------
    docs/method §1.3; National Retail Federation, 4-5-4 calendar; annual reports of Apple and Cisco.

    Examples
    --------
    >>> retail = Calendar("4-5-4", month=1, ends="nearest", named_after="start")  # the NRF's
    >>> retail.weeks(2022), retail.weeks(2023), str(retail.year_start(2023))
    (52, 53, '2023-01-29')
    >>> retail.period_of("2024-02-03").name, Calendar(starts=7).period_of("2026-10-31").year
    ('FY2023-P12', 'FY2027')
    """

    kind: str = "months"
    starts: int = 1
    month: int = 12
    ends: str = "last"
    weekday: str = "Saturday"
    named_after: str = "end"
    extra_week: int = 0
    quarters: tuple[int, ...] = ()

    def __post_init__(self):
        for what, value, allowed in (
            ("kind of calendar", self.kind, ("months", *WEEKS)),
            ("end of the year", self.ends, ("last", "nearest")),
            ("weekday", self.weekday, WEEKDAYS),
            ("name of the year", self.named_after, ("end", "start")),
        ):
            if value not in allowed:
                raise InputError(unknown("calendar", what, str(value), allowed))
        for what in ("starts", "month"):
            value = getattr(self, what)
            if (
                isinstance(value, bool)
                or not isinstance(value, (int, np.integer))
                or not 1 <= value <= 12
            ):
                raise InputError(
                    f"calendar: {what} is {value}; it must be the number of a month, 1 to 12."
                )
        count = 12 if self.kind == "months" else len(WEEKS[self.kind])
        if (
            isinstance(self.extra_week, bool)
            or not isinstance(self.extra_week, (int, np.integer))
            or not 0 <= self.extra_week <= count
        ):
            raise InputError(
                f"calendar: extra_week is {self.extra_week}; it must be the number of a period, 1 to {count}, "
                "or 0 for the last one."
            )
        quarters = tuple(self.quarters) or ((3, 3, 3, 4) if self.kind == "13x4" else (3, 3, 3, 3))
        if len(quarters) != 4 or sum(quarters) != count or min(quarters) < 1:
            raise InputError(
                f"calendar: quarters is {list(quarters)}; it must be four counts of periods that add up to {count}."
            )
        object.__setattr__(self, "quarters", quarters)

    def year_start(self, year: int) -> np.datetime64:
        """First day of the fiscal year called `year`. Raises InputError for what is no year."""
        if (
            isinstance(year, bool)
            or not isinstance(year, (int, np.integer))
            or not 1000 < year < 9999
        ):
            raise InputError(
                f"calendar: '{year}' is not a year. Write it as a number, for example 2026."
            )
        anchor = int(year) + (
            self.named_after == "start"
            and (self.starts if self.kind == "months" else self.month % 12 + 1) > 1
        )
        if self.kind == "months":  # `anchor` is the calendar year the fiscal year ends in
            return np.datetime64(f"{anchor - (self.starts > 1):04d}-{self.starts:02d}-01", "D")
        return self._week_end(anchor - 1) + 1

    def _week_end(self, anchor: int) -> np.datetime64:
        """Last day of the 52/53-week year that is tied to the end of `month` in calendar year `anchor`."""
        last = (np.datetime64(f"{anchor:04d}-{self.month:02d}", "M") + 1).astype(
            "datetime64[D]"
        ) - 1
        back = (
            int((last - np.datetime64("1970-01-05")).astype(int)) - WEEKDAYS.index(self.weekday)
        ) % 7
        return last - back + (7 if self.ends == "nearest" and back > 3 else 0)

    def weeks(self, year: int) -> int:
        """Weeks of a 52/53-week year; whole weeks of any other."""
        return int((self.year_start(year + 1) - self.year_start(year)).astype(int)) // 7

    def year_of(self, day) -> int:
        """The fiscal year a day lies in."""
        day = _day(day)
        year = int(str(day)[:4]) + 2
        while self.year_start(year) > day:
            year -= 1
        return year

    def year(self, year: int) -> tuple[Period, ...]:
        """All periods of one fiscal year: they partition its days."""
        start, label = self.year_start(year), f"FY{int(year)}"
        if self.kind == "months":
            first = start.astype("datetime64[M]")
            bounds = [(first + i).astype("datetime64[D]") for i in range(13)]
        else:
            lengths = list(WEEKS[self.kind])
            lengths[(self.extra_week or len(lengths)) - 1] += self.weeks(year) - 52
            bounds = [start, *(start + 7 * np.cumsum(lengths))]
        found, ends = [], np.cumsum(self.quarters)
        for i, (one, other) in enumerate(zip(bounds, bounds[1:])):
            name = str(one)[:7] if self.kind == "months" else f"{label}-P{i + 1:02d}"
            found.append(
                Period(
                    name,
                    label,
                    f"{label}-Q{int(np.searchsorted(ends, i + 1)) + 1}",
                    i + 1,
                    one,
                    other,
                )
            )
        return tuple(found)

    def period_of(self, day) -> Period:
        """The period a day lies in."""
        day = _day(day)
        periods = self.year(self.year_of(day))
        return periods[bisect_right([period.start for period in periods], day) - 1]

    def named(self, name: str) -> Period:
        """The period called `name`: FY2026-P10 of a calendar of weeks, or a month 2026-10 of any calendar.

        Raises InputError for a name that is none, and for a number that the year does not have.

        >>> str(Calendar("4-4-5").named("FY2026-P02").start), Calendar(starts=7).named("2026-10").year
        ('2026-01-25', 'FY2027')
        """
        if MONTH.fullmatch(str(name)):
            if self.kind == "months":
                return self.period_of(f"{name}-01")
            month = month_days(name)
            year = f"FY{self.year_of(month[-1])}"
            return Period(name, year, year, 0, month[0], month[-1] + 1)
        found = re.fullmatch(r"FY([0-9]{4})-P([0-9]{2})", str(name))
        if self.kind == "months" or not found:
            weeks = "" if self.kind == "months" else ", or FY2026-P10 for a period of the calendar"
            raise InputError(
                f"period: '{str(name)[:40]}' is none. Write a month as 2026-10{weeks}."
            )
        of_year, number = self.year(int(found[1])), int(found[2])
        if not 1 <= number <= len(of_year):
            raise InputError(
                f"period: '{name}' is none: FY{found[1]} has the periods P01 to P{len(of_year):02d}."
            )
        return of_year[number - 1]

    def periods(self, first_day, last_day) -> tuple[Period, ...]:
        """Periods that have a day from first to last, both included, in time order; those cut by either end are `partial`.

        Raises InputError where the last day comes before the first.
        """
        first, last = _day(first_day), _day(last_day)
        if last < first:
            raise InputError(f"calendar: the last day {last} comes before the first day {first}.")
        found = [
            period
            for year in range(self.year_of(first), self.year_of(last) + 1)
            for period in self.year(year)
            if period.start <= last and period.end > first
        ]
        return tuple(
            period
            if first <= period.start and period.end <= last + 1
            else Period(
                period.name,
                period.year,
                period.quarter,
                period.number,
                period.start,
                period.end,
                True,
            )
            for period in found
        )

    def index(self, dates: np.ndarray, periods: tuple[Period, ...]) -> np.ndarray:
        """For each day (any shape), the position of its period in `periods`; -1 where it is not there."""
        dates = np.asarray(dates, dtype="datetime64[D]")
        starts = np.array([period.start for period in periods], dtype="datetime64[D]")
        ends = np.array([period.end for period in periods], dtype="datetime64[D]")
        at = np.searchsorted(starts, dates, side="right") - 1
        return (
            np.where((at >= 0) & (dates < ends[np.maximum(at, 0)]), at, -1)
            if len(starts)
            else np.full(dates.shape, -1)
        )


def _day(day) -> np.datetime64:
    try:
        found = np.datetime64(day, "D")
    except (TypeError, ValueError):
        found = np.datetime64("NaT")
    if np.isnat(found) or not "1000" < str(found)[:4] < "9990":
        raise InputError(f"calendar: '{day}' is not a day. Write it as YYYY-MM-DD.")
    return found


def month_column(rows: pd.DataFrame) -> pd.Series:
    """The month 'YYYY-MM' of each row."""
    return rows["ChargeDate"].dt.strftime("%Y-%m")


def check_day(text: str, name: str) -> str:
    """`text` if it is a day YYYY-MM-DD; raises InputError otherwise."""
    try:
        if not re.fullmatch(r"\d{4}-\d\d-\d\d", str(text)):
            raise ValueError
        np.datetime64(text, "D")
    except ValueError:
        raise InputError(
            f"{name}: '{str(text)[:40]}' is not a day. Write it as 2026-01-31."
        ) from None
    return text
