"""Lines of a budget version, and the file in which `read_budgets` reads them again (docs/method §9.41)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal

import pandas as pd

from ...documents import csv_of
from ...names import COMPANY
from .budgets import Budgets

CENT = Decimal("0.01")
COLUMNS = (
    "version,approved_on,approved_at,approved_by,author,business_unit,dimension,value,month,currency,"
    "amount,held_back,held_by"
).split(",")


@dataclass(frozen=True, kw_only=True)
class BudgetLine:
    """An amount of a unit, or of a dimension's value, in a month or a period of weeks; money in whole cents."""

    unit: str  # 'Company': all units together; with a dimension: its value
    month: str
    amount: Decimal
    held_back: Decimal = Decimal(0)  # a part of the amount that is not released
    held_by: str = ""
    dimension: str = ""

    @property
    def key(self) -> tuple[str, str, str]:
        """What there is one of in a version."""
        return self.dimension, self.unit, self.month

    def plain(self) -> dict[str, str]:
        """Text by name, as the records keep it."""
        return {name: str(value) for name, value in asdict(self).items() if str(value)}


def from_plain(given: dict) -> BudgetLine:
    """A line as the records have it.

    >>> line = BudgetLine(unit="Search", month="2027-01", amount=Decimal("10.00"))
    >>> from_plain(line.plain()) == line
    True
    """
    money = {
        name: Decimal(given[name]) if name in given else Decimal(0)
        for name in ("amount", "held_back")
    }
    return BudgetLine(**{**given, **money})


def total_of(lines: Iterable[BudgetLine]) -> Decimal:
    """What a version comes to: of each month the company's own line where there is one, else its units; lines of a dimension are beside them.

    >>> total_of([BudgetLine(unit=u, month="2027-01", amount=Decimal(a)) for u, a in (("Search", 3), ("Labs", 4), ("Company", 9))])
    Decimal('9')
    """
    months: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        if not line.dimension:
            months.setdefault(line.month, {})[line.unit] = line.amount
    return sum(
        (own.get(COMPANY, sum(own.values(), Decimal(0))) for own in months.values()), Decimal(0)
    )


def file_text(lines: Iterable[BudgetLine], currency: str, **version: str) -> str:
    """The file of a version: version, author, perhaps approved_on, approved_at, approved_by; without approval it is a draft and counts nowhere.

    >>> print(file_text([BudgetLine(unit="Search", month="2027-01", amount=Decimal("9.00"))], "EUR", version="v1", author="Ann"), end="")
    version,approved_on,approved_by,author,business_unit,month,currency,amount
    v1,,,Ann,Search,2027-01,EUR,9.00
    """
    rows = [
        {
            **dict.fromkeys(COLUMNS, ""),
            **version,
            "business_unit": "" if line.dimension else line.unit,
            "dimension": line.dimension,
            "value": line.unit if line.dimension else "",
            "month": line.month,
            "currency": currency,
            "amount": str(line.amount.quantize(CENT)),
            "held_back": str(line.held_back.quantize(CENT)) if line.held_back else "",
            "held_by": line.held_by if line.held_back else "",
        }
        for line in lines
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS, dtype=object)
    needed = ("approved_on", "approved_by", "business_unit")
    return csv_of(frame[[name for name in COLUMNS if name in needed or (frame[name] != "").any()]])


def drafts_of(budgets: Budgets) -> dict[str, list[BudgetLine]]:
    """{version: lines} of what in a file nobody has approved; of a file that does not say, all of it."""
    versions: dict[str, list[BudgetLine]] = {}
    parts = [("", budgets), *budgets.dimensions.items()]
    for dimension, part in parts:
        for row in part.frame.itertuples():
            if part.stated and not pd.isna(row.approved_on):
                continue
            held = getattr(row, "held_back", Decimal(0)) or Decimal(0)
            versions.setdefault(str(row.version), []).append(
                BudgetLine(
                    unit=row.business_unit,
                    month=row.month,
                    amount=row.amount,
                    held_back=held,
                    held_by=getattr(row, "held_by", "") if held else "",
                    dimension=dimension,
                )
            )
    return versions
