"""Days, months and windows of contracts: texts in, datetime64[D] out (docs/method §5.40). Ends are exclusive."""

from __future__ import annotations

import re
from datetime import date

import numpy as np

from ...errors import PriceError

DAY, MONTH = re.compile(r"^\d{4}-\d{2}-\d{2}$"), re.compile(r"^\d{4}-\d{2}$")
D, M = "datetime64[D]", "datetime64[M]"


def day(value, what: str) -> np.datetime64:
    """A day YYYY-MM-DD (text, date or datetime64); raises PriceError otherwise.

    >>> day("2026-02-28", "start")
    np.datetime64('2026-02-28')
    """
    try:
        if isinstance(value, np.datetime64):
            parsed = value.astype(D)
        else:
            text = str(value)[:10] if isinstance(value, date) else str(value)
            parsed = np.datetime64(text, "D") if DAY.match(text) else np.datetime64("NaT")
    except ValueError:
        parsed = np.datetime64("NaT")
    if np.isnat(parsed):
        raise PriceError(
            f"{what} is '{str(value)[:40]}'; it must be a day YYYY-MM-DD, for example 2027-01-01."
        )
    return parsed


def month(value, what: str) -> np.datetime64:
    """A month YYYY-MM as datetime64[M]; raises PriceError otherwise."""
    try:
        parsed = np.datetime64(str(value), "M") if MONTH.match(str(value)) else np.datetime64("NaT")
    except ValueError:
        parsed = np.datetime64("NaT")
    if np.isnat(parsed):
        raise PriceError(
            f"{what} is '{str(value)[:40]}'; it must be a month YYYY-MM, for example 2027-01."
        )
    return parsed


def months(values, what: str = "months") -> np.ndarray:
    """Several months, datetime64[M] (month,)."""
    return np.array([month(value, what) for value in values], dtype=M)


def bound(value, what: str, end: bool = False) -> np.datetime64:
    """A start or an exclusive end that may be written as a day or as a whole month: the end of 2026-12 is 2027-01-01.

    >>> bound("2026-12", "expires", end=True), bound("2026-12", "start")
    (np.datetime64('2027-01-01'), np.datetime64('2026-12-01'))
    """
    if MONTH.match(str(value)):
        return (month(value, what) + int(end)).astype(D)
    return day(value, what)


def windows(periods, what: str = "periods") -> tuple[np.ndarray, np.ndarray]:
    """First day and day after the last one of each period, datetime64[D] (period,): months YYYY-MM or days YYYY-MM-DD.

    Raises PriceError where they do not run forward without overlap.
    """
    starts = np.array([bound(value, what) for value in periods], dtype=D)
    ends = np.array(
        [
            bound(value, what, end=True) if MONTH.match(str(value)) else day(value, what) + 1
            for value in periods
        ],
        dtype=D,
    )
    late = np.flatnonzero(starts[1:] < ends[:-1])
    if late.size:
        at = int(late[0])
        raise PriceError(
            f"{what}: '{list(periods)[at + 1]}' comes after '{list(periods)[at]}'; "
            "each one must be later than the one before, and none may appear twice."
        )
    return starts, ends


def later(start: np.datetime64, by: int) -> np.datetime64:
    """The day `by` months later; the last of the month where that day does not exist.

    >>> later(np.datetime64("2026-01-31"), 1)
    np.datetime64('2026-02-28')
    """
    first = start.astype(M)
    last = ((first + by + 1).astype(D) - (first + by).astype(D)).astype(int)
    return (first + by).astype(D) + min(int((start - first.astype(D)).astype(int)), int(last) - 1)


def term(start, end, name: str) -> tuple[np.datetime64, np.datetime64]:
    """Start and exclusive end of a term, checked: the end comes after the start."""
    first, last = day(start, f"{name}: start"), day(end, f"{name}: end")
    if last <= first:
        raise PriceError(
            f"{name}: the term ends on {last}, not after its start on {first}; the end is the day after the last one."
        )
    return first, last
