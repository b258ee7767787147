"""Which period a close is of: a calendar month, or a period of the company's calendar (docs/method §14.60)."""

from __future__ import annotations

import numpy as np

from ....errors import InputError
from ....facts.daily.complete import Complete
from ....periods import MONTH, Calendar, Period, check_month


def named(calendar: Calendar, name: str, where: str = "--month") -> Period:
    """The period of a calendar by its name. Raises InputError for one that it does not have.

    >>> named(Calendar(), "2026-10").days, str(named(Calendar("4-4-5"), "FY2026-P10").start)
    (31, '2026-09-27')
    """
    if calendar.kind == "months":
        return calendar.period_of(f"{check_month(name, where)}-01")
    if MONTH.fullmatch(name):
        periods = calendar.periods(*_month(name))
        listed = " and ".join(f"{one.name} ({one.start} to {one.end - 1})" for one in periods)
        raise InputError(
            f"{where}: '{name}' is a calendar month, and the company's periods are {calendar.kind} weeks: "
            f"{listed}. Give one of them."
        )
    try:
        return calendar.named(name)
    except InputError:
        last = len(calendar.year(2026))
        raise InputError(
            f"{where}: '{name[:40]}' is no period of the company's calendar ({calendar.kind}). Write year and "
            f"period, such as FY2026-P01 to FY2026-P{last:02d}."
        ) from None


def newest(calendar: Calendar, reach: list[Complete]) -> Period:
    """The newest period whose last day every source has reached; the first one where none has."""
    last = min(np.datetime64(one.last_day, "D") for one in reach)
    first = max(np.datetime64(one.first_day, "D") for one in reach)
    over = [one for one in calendar.periods(first, max(first, last)) if one.end <= last + 1]
    return over[-1] if over else calendar.period_of(first)


def under_way(period: Period, reach: list[Complete]) -> bool:
    """Whether no source of an entity has come to the period's last day yet."""
    return any(np.datetime64(one.newest, "D") + 1 < period.end for one in reach)


def begun(period: Period, reach: list[Complete]) -> bool:
    """Whether the bills have come to the day before a period, so that what is missing of it can be estimated."""
    return all(np.datetime64(one.newest, "D") + 1 >= period.start for one in reach)


def months_ended(period: Period) -> tuple[str, ...]:
    """Calendar months whose last day lies in a period: those whose invoices tie out with it.

    >>> months_ended(named(Calendar("4-4-5"), "FY2026-P10")), months_ended(named(Calendar(), "2026-10"))
    (('2026-09',), ('2026-10',))
    """
    months = np.arange(
        period.start.astype("datetime64[M]"), (period.end - 1).astype("datetime64[M]") + 1
    )
    ends = (months + 1).astype("datetime64[D]")
    return tuple(
        str(month)
        for month, end in zip(months, ends, strict=True)
        if period.start < end <= period.end
    )


def _month(name: str) -> tuple[np.datetime64, np.datetime64]:
    month = np.datetime64(name, "M")
    return month.astype("datetime64[D]"), (month + 1).astype("datetime64[D]") - 1
