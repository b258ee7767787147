"""Approved budgets by unit and month; the newest approval counts, month by month (docs/method §9)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from ...errors import InputError
from ...names import COMPANY
from ...periods import Calendar, Period, check_month, month_of, month_range
from .by_days import PERIOD, bring, covered, month_period, names_between, shared_days


@dataclass(frozen=True)
class Budgets:
    """The lines of a budget file. `frame`: version, approved_on, approved_by, author, business_unit, month, amount, line.

    Of a company whose year is weeks, `month` may be a period of its calendar; months and periods are brought to each other by days
    (docs/method §1.6). A unit has one of the two.
    """

    frame: pd.DataFrame
    name: str
    currency: str
    stated: bool = True  # False: the file does not say who approved it, nor when
    dimensions: dict[str, Budgets] = field(
        default_factory=dict, compare=False
    )  # its values as units
    calendar: Calendar | None = field(default=None, compare=False)  # of a year that is weeks
    _lines: dict = field(default_factory=dict, init=False, compare=False, repr=False)

    def __post_init__(self):
        seen: dict = {}
        approvals: dict = {}
        for row in self.frame.itertuples():
            key = (row.version, row.business_unit, row.month)
            if key in seen:
                raise InputError(
                    f"{self.name}: line {row.line}: {row.business_unit} {row.month} appears twice in version '{row.version}', "
                    f"first in line {seen[key]}. Keep one of them."
                )
            seen[key] = row.line
            if row.approved_on is None or pd.isna(row.approved_on):
                continue
            day = approvals.setdefault((row.business_unit, row.month), {}).setdefault(
                row.approved_on, row
            )
            if day is not row and _earlier(day, row):
                approvals[row.business_unit, row.month][row.approved_on] = row
            elif day is not row and not _earlier(row, day):
                raise InputError(
                    f"{self.name}: line {row.line}: versions '{day.version}' and '{row.version}' of {row.business_unit} "
                    f"{row.month} were both approved on {row.approved_on}: which one counts? Correct approved_on."
                )
        for unit in dict.fromkeys(unit for unit, _ in approvals):
            months = sorted(month for own, month in approvals if own == unit)
            self._one_kind(unit, months)
            for month in names_between(months[0], months[-1], self.calendar):
                if month not in months:
                    raise InputError(
                        f"{self.name}: {unit} has no budget for {month}, between {months[0]} and {months[-1]}. "
                        "Write the amount, or 0 where nothing is approved."
                    )
        self._lines.update(approvals)

    def _one_kind(self, unit: str, names: list[str]) -> None:
        """Raises InputError where a unit has budgets of months and of periods: days would have two."""
        kinds = {bool(PERIOD.fullmatch(name)): name for name in names}
        if len(kinds) == 2:
            raise InputError(
                f"{self.name}: {unit} has a budget for the month {kinds[False]} and one for the period {kinds[True]}. "
                "State all of a unit's budgets by month, or all by period."
            )

    def _line(self, unit: str, month: str, as_of=None):
        """The line in force: the last one approved on or before as_of."""
        limit = dt.date.fromisoformat(str(as_of)[:10]) if as_of else dt.date.max
        days = [day for day in self._lines.get((unit, month), {}) if day <= limit]
        return self._lines[unit, month][max(days)] if days else None

    def units(self) -> list[str]:
        """Business units with an approved line, without the company itself."""
        return sorted({unit for unit, _ in self._lines} - {COMPANY})

    def _period(self, name: str) -> Period:
        """A month or a period of the calendar, by its name."""
        if self.calendar is None or not PERIOD.fullmatch(name):
            return month_period(name)
        return self.calendar.named(name)

    def _brought(self, unit: str, own: list[str], name: str, as_of) -> tuple[list, Decimal] | None:
        """Lines and amount of a month or period of which a unit, or a line of the company, has none of that name but others of the same days.

        own   names of the lines; None where a day of it has no budget
        """
        asked = self._period(name)
        lines = {
            period: line
            for each in own
            if shared_days(period := self._period(each), asked)
            and (line := self._line(unit, each, as_of)) is not None
        }
        if not covered(lines, asked):
            return None
        found = Decimal(0)
        for period, line in lines.items():  # each to all that it meets, so that nothing is lost
            near = (
                [
                    month_period(m)
                    for m in month_range(month_of(period.start), month_of(period.end - 1))
                ]
                if PERIOD.fullmatch(line.month) or self.calendar is None
                else self.calendar.periods(period.start, period.end - 1)
            )
            found += bring({period: line.amount}, near).get(name, Decimal(0))
        return list(lines.values()), found

    def _stated(self, unit: str, name: str, as_of) -> tuple[list, Decimal] | None:
        """Lines and amount of a unit's own month or period; None where it has none."""
        line = self._line(unit, name, as_of)
        if line is not None:
            return [line], line.amount
        if self.calendar is None:
            return None
        own = [each for key, each in self._lines if key == unit]
        same = own and bool(PERIOD.fullmatch(own[0])) == bool(PERIOD.fullmatch(name))
        return None if same or not own else self._brought(unit, own, name, as_of)

    def _needed(self, month: str, as_of) -> list[str]:
        """Units that have a budget in the calendar year of a month: a sum without one of them is no company budget."""
        return [
            unit
            for unit in self.units()
            if any(
                own == unit and self._one_year(m, month) and self._line(own, m, as_of) is not None
                for own, m in self._lines
            )
        ]

    def _one_year(self, one: str, other: str) -> bool:
        """Whether two months, or periods, have days of one calendar year."""
        if self.calendar is None:
            return one[:4] == other[:4]
        years = [
            {str(each.start)[:4], str(each.end - 1)[:4]} for each in map(self._period, (one, other))
        ]
        return bool(years[0] & years[1])

    def _parts(self, unit: str, month: str, as_of=None) -> list[tuple[list, Decimal]]:
        """Lines and amounts that a unit's budget of a month or period is made of."""
        own = self._stated(unit, month, as_of)
        if own is not None or unit != COMPANY:
            return [] if own is None else [own]
        parts = [self._stated(each, month, as_of) for each in self._needed(month, as_of)]
        known = [part for part in parts if part is not None]
        return known if len(known) == len(parts) else []

    def lines(self, unit: str, month: str, as_of=None) -> list:
        """The lines a unit's budget of a month is made of; for the company its own line, else one per unit; empty: no budget."""
        return [line for lines, _ in self._parts(unit, month, as_of) for line in lines]

    def month(self, unit: str, month: str, as_of=None) -> Decimal | None:
        """The approved budget of a unit ('Company': its own line, else the sum of the units) in a month; None without one.

        month   of a year of weeks also a period, FY2026-P10
        """
        name = month if self.calendar and PERIOD.fullmatch(month) else check_month(month)
        parts = self._parts(unit, name, as_of)
        return sum((amount for _, amount in parts), Decimal(0)) if parts else None

    def by_period(self, unit: str, periods: Iterable[Period], as_of=None) -> dict[str, float]:
        """{period: budget} of a unit; periods of which a day has no budget are not there."""
        return {
            each.name: float(amount)
            for each in periods
            if (amount := self.month(unit, each.name, as_of)) is not None
        }

    def by_month(self, unit: str, as_of=None) -> dict[str, float]:
        """{month: budget} of a unit, in order; months without a budget are not there."""
        return {
            month: float(amount)
            for month in self._months()
            if (amount := self.month(unit, month, as_of)) is not None
        }

    def _months(self) -> list[str]:
        """The months that a line is of, or has days of."""
        names = {month for _, month in self._lines}
        whole = {name for name in names if not PERIOD.fullmatch(name)}
        for name in names - whole:
            period = self._period(name)
            whole |= {*month_range(month_of(period.start), month_of(period.end - 1))}
        return sorted(whole)

    def year(self, unit: str, months, as_of=None) -> Decimal | None:
        """The budget of several months together; None where one of them has none."""
        parts = [self.month(unit, month, as_of) for month in months]
        known = [part for part in parts if part is not None]
        return sum(known, Decimal(0)) if known and len(known) == len(parts) else None

    def version(self, as_of=None) -> str | None:
        """The newest version approved on or before as_of; None without one."""
        limit = dt.date.fromisoformat(str(as_of)[:10]) if as_of else dt.date.max
        known = [
            (day, row.line, row.version)
            for days in self._lines.values()
            for day, row in days.items()
            if day <= limit
        ]
        return max(known)[2] if known else None

    def describe(self, unit: str, month: str, as_of=None) -> dict | None:
        """version, approved_by, approved_on of the budget a unit has in a month (else in its last month); None without any."""
        months = [m for m in self._months() if self.lines(unit, m, as_of)]
        if not months:
            return None
        parts = self.lines(unit, month if month in months else months[-1], as_of)
        latest = max(part.approved_on for part in parts)
        return {
            "version": _names(part.version for part in parts),
            "approved_by": _names(part.approved_by for part in parts) or "not stated",
            "approved_on": str(latest) if self.stated else "not stated",
        }


def _earlier(one, other) -> bool:
    """Whether a line was approved before another of its day: both say at what time (`approved_at`, docs/method §9.42)."""
    at = [str(getattr(row, "approved_at", "") or "") for row in (one, other)]
    return all(at) and at[0] < at[1]


def _names(words) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
