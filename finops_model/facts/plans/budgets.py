"""Approved budgets by unit and month; the newest approval counts, month by month (docs/method §9)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal

import pandas as pd

from ...errors import InputError
from ...names import COMPANY
from ...periods import check_month, month_range


@dataclass(frozen=True)
class Budgets:
    """The lines of a budget file. `frame`: version, approved_on, approved_by, author, business_unit, month, amount, line."""

    frame: pd.DataFrame
    name: str
    currency: str
    stated: bool = True  # False: the file does not say who approved it, nor when
    dimensions: dict[str, Budgets] = field(
        default_factory=dict, compare=False
    )  # its values as units
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
            if day is not row:
                raise InputError(
                    f"{self.name}: line {row.line}: versions '{day.version}' and '{row.version}' of {row.business_unit} "
                    f"{row.month} were both approved on {row.approved_on}: which one counts? Correct approved_on."
                )
        for unit in dict.fromkeys(unit for unit, _ in approvals):
            months = sorted(month for own, month in approvals if own == unit)
            for month in month_range(months[0], months[-1]):
                if month not in months:
                    raise InputError(
                        f"{self.name}: {unit} has no budget for {month}, between {months[0]} and {months[-1]}. "
                        "Write the amount, or 0 where nothing is approved."
                    )
        self._lines.update(approvals)

    def _line(self, unit: str, month: str, as_of=None):
        """The line in force: the last one approved on or before as_of."""
        limit = dt.date.fromisoformat(str(as_of)[:10]) if as_of else dt.date.max
        days = [day for day in self._lines.get((unit, month), {}) if day <= limit]
        return self._lines[unit, month][max(days)] if days else None

    def units(self) -> list[str]:
        """Business units with an approved line, without the company itself."""
        return sorted({unit for unit, _ in self._lines} - {COMPANY})

    def _needed(self, month: str, as_of) -> list[str]:
        """Units that have a budget in the calendar year of a month: a sum without one of them is no company budget."""
        return [
            unit
            for unit in self.units()
            if any(
                own == unit and m[:4] == month[:4] and self._line(own, m, as_of) is not None
                for own, m in self._lines
            )
        ]

    def lines(self, unit: str, month: str, as_of=None) -> list:
        """The lines a unit's budget of a month is made of; for the company its own line, else one per unit; empty: no budget."""
        own = self._line(unit, month, as_of)
        if own is not None or unit != COMPANY:
            return [] if own is None else [own]
        parts = [self._line(each, month, as_of) for each in self._needed(month, as_of)]
        return [] if any(part is None for part in parts) else parts

    def month(self, unit: str, month: str, as_of=None) -> Decimal | None:
        """The approved budget of a unit ('Company': its own line, else the sum of the units) in a month; None without one."""
        parts = self.lines(unit, check_month(month), as_of)
        return sum((part.amount for part in parts), Decimal(0)) if parts else None

    def by_month(self, unit: str, as_of=None) -> dict[str, float]:
        """{month: budget} of a unit, in order; months without a budget are not there."""
        months = sorted({month for _, month in self._lines})
        return {
            month: float(amount)
            for month in months
            if (amount := self.month(unit, month, as_of)) is not None
        }

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
        months = [m for m in sorted({m for _, m in self._lines}) if self.lines(unit, m, as_of)]
        if not months:
            return None
        parts = self.lines(unit, month if month in months else months[-1], as_of)
        latest = max(part.approved_on for part in parts)
        return {
            "version": _names(part.version for part in parts),
            "approved_by": _names(part.approved_by for part in parts) or "not stated",
            "approved_on": str(latest) if self.stated else "not stated",
        }


def _names(words) -> str:
    return ", ".join(dict.fromkeys(word for word in words if word))
