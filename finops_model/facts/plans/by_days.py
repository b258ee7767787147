"""Money of months brought to fiscal periods, and the reverse: by days, to the coin, nothing lost (docs/method §1.6)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from ...errors import InputError
from ...periods import Calendar, Period, month_days, month_range
from ..coins import split

PERIOD = re.compile(r"FY[0-9]{4}-P[0-9]{2}")
REST = "~"  # days that no period asked for holds; behind every name, so it never takes a tie


def month_period(month: str) -> Period:
    """A calendar month as a period of its own name."""
    days = month_days(month)
    return Period(month, "", "", 0, days[0], days[-1] + 1)


def shared_days(one: Period, other: Period) -> int:
    """Days that lie in both.

    >>> shared_days(month_period("2026-10"), month_period("2026-10")), shared_days(month_period("2026-10"), month_period("2026-11"))
    (31, 0)
    """
    return max(int((min(one.end, other.end) - max(one.start, other.start)).astype(int)), 0)


def bring(amounts: Mapping[Period, Decimal], to: Iterable[Period]) -> dict[str, Decimal]:
    """Amounts of periods as those of others: each is divided by days in cents, the largest remainder first, ties by name.

    What lies on days of none of `to` is under REST, so that the sum is that of the amounts: one that has more than two decimals
    is divided in units of its last one.

    >>> from finops_model.periods import Calendar
    >>> found = bring({month_period("2026-01"): Decimal(310)}, Calendar("4-4-5").year(2026))
    >>> str(found["FY2026-P01"]), str(found["FY2026-P02"]), str(sum(found.values()))
    ('240.00', '70.00', '310.00')
    """
    targets = list(to)
    found: dict[str, Decimal] = {}
    for own, amount in amounts.items():
        weights = {
            each.name: Decimal(days) for each in targets if (days := shared_days(own, each)) > 0
        }
        if rest := own.days - int(sum(weights.values())):
            weights[REST] = Decimal(rest)
        decimals = max(2, -int(amount.as_tuple().exponent))
        for name, part in split(amount, weights, decimals).items():
            found[name] = found.get(name, Decimal(0)) + part
    return found


def covered(own: Iterable[Period], other: Period) -> bool:
    """Whether every day of a period lies in one of others."""
    return sum(shared_days(each, other) for each in own) == other.days


def period_of(where: str, cell: str, calendar: Calendar | None) -> str | None:
    """The name of a period as a cell of a budget has it; None for what names none. Raises InputError for a period that there is not.

    calendar   of a company whose year is weeks; None: its year is months

    >>> period_of("budgets.csv: line 2: month", "fy2026-p10", Calendar("4-4-5")), period_of("", "2026-10", None)
    ('FY2026-P10', None)
    """
    name = cell.strip().upper()
    if not PERIOD.fullmatch(name):
        return None
    if calendar is None:
        raise InputError(
            f"{where}: '{cell[:40]}' is a fiscal period, and the year of finops.yaml is months. Write a month as 2026-10, or "
            "calendar: into finops.yaml."
        )
    try:
        return calendar.named(name).name
    except InputError as problem:
        raise InputError(f"{where}: {str(problem).removeprefix('period: ')}") from None


def names_between(first: str, last: str, calendar: Calendar | None) -> tuple[str, ...]:
    """All months, or all periods of a calendar, from one name to another, both included.

    >>> names_between("FY2026-P12", "FY2027-P01", Calendar("4-4-5"))
    ('FY2026-P12', 'FY2027-P01')
    """
    if calendar is None or not PERIOD.fullmatch(first):
        return month_range(first, last)
    start, end = calendar.named(first).start, calendar.named(last).end - 1
    return tuple(one.name for one in calendar.periods(start, end))
