"""Days, months and fiscal years (docs/method.md §1).

A month is the text 'YYYY-MM'; days are numpy datetime64[D]. Months are calendar months in the billing
time zone. Nothing here reads a clock.
"""

from __future__ import annotations

import re

import numpy as np

from .errors import InputError

MONTH = re.compile(r"^(\d{4})-(0[1-9]|1[0-2])$")


def check_month(text: str, where: str = "month") -> str:
    """`text` if it is a month 'YYYY-MM'; raises InputError otherwise.

    >>> check_month("2026-10")
    '2026-10'
    """
    if not isinstance(text, str) or not MONTH.match(text):
        raise InputError(f"{where}: '{text}' is not a month. Write year and month as YYYY-MM, for example 2026-10.")
    return text


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


def month_index(dates: np.ndarray, months: tuple[str, ...]) -> np.ndarray:
    """For each day, the position of its month in `months`; -1 where it is not there."""
    known = {month: i for i, month in enumerate(months)}
    return np.array([known.get(str(m), -1) for m in dates.astype("datetime64[M]")])


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
    names = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
             "November", "December")
    return f"{names[int(month[5:]) - 1]} {month[:4]}"
