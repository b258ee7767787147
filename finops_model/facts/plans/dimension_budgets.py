"""Budget lines of a dimension's value: columns `dimension` and `value` of a budget file (docs/method §13.66).

Each dimension has budgets of its own, beside those of units: a charge has one value of a dimension, so no amount counts under two
budgets of one.
"""

from __future__ import annotations

import pandas as pd

from ...documents import written
from ...errors import InputError
from ...names import COMPANY
from ...periods import Calendar
from .budgets import Budgets
from .sheet import Sheet

DIMENSION, VALUE = "dimension", "value"


def cells(sheet: Sheet) -> list[tuple[str, str]]:
    """(dimension, value) of each row, ('', '') of a unit's. Raises InputError for half of it, or a unit beside it."""
    if sheet.find(DIMENSION) is None:
        return [("", "")] * len(sheet.frame)
    names, values = sheet.cells(DIMENSION), sheet.cells(VALUE, needed=any(sheet.cells(DIMENSION)))
    column = "business_unit" if sheet.find("business_unit") else "unit"
    units = sheet.cells(column, needed=False)
    for i, (name, value) in enumerate(zip(names, values, strict=True)):
        if bool(name) != bool(value):
            gone, there = (VALUE, name) if name else (DIMENSION, value)
            raise InputError(
                f"{sheet.at(i, gone)}: is empty beside '{there[:40]}'. Write both for the budget of a dimension's "
                "value, none for a unit's."
            )
        if name and units[i] not in ("", COMPANY):
            raise InputError(
                f"{sheet.at(i, column)}: '{units[i][:40]}' and {name} '{value[:40]}': a line is the budget of a "
                "unit or of a dimension's value. Take one of them out."
            )
    return [(name, written(value)) for name, value in zip(names, values, strict=True)]


def divided(
    table: pd.DataFrame,
    of: list[tuple[str, str]],
    name: str,
    currency: str,
    stated: bool,
    calendar: Calendar | None = None,
) -> Budgets:
    """Budgets of units, with those of each dimension beside them.

    table   as Budgets.frame, a row each;  of: (dimension, value) of each row
    """
    dimensions = pd.Series([one for one, _ in of], index=table.index, dtype="str")
    values = pd.Series([value for _, value in of], index=table.index, dtype="str")
    each = {
        one: Budgets(
            table[dimensions == one]
            .assign(business_unit=values[dimensions == one])
            .reset_index(drop=True),
            name,
            currency,
            stated,
            calendar=calendar,
        )
        for one in sorted(set(dimensions) - {""})
    }
    own = table[dimensions == ""].reset_index(drop=True) if each else table
    return Budgets(own, name, currency, stated, each, calendar)
