"""What of an approved budget is held back: columns `held_back` and `held_by` of a budget file (docs/method §8.73)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import NamedTuple

from ...errors import InputError
from ...names import COMPANY
from ..intake.mapping import decimal_mark
from .budgets import Budgets
from .sheet import Sheet

AMOUNT, OWNER = "held_back", "held_by"


class Held(NamedTuple):
    """Money of a budget that is approved and not released, and who releases it."""

    unit: str
    owner: str
    amount: Decimal


def columns(sheet: Sheet, at: Sequence[int], amounts: Sequence[Decimal], wide: bool) -> dict:
    """Columns of `Budgets.frame`, an entry per budget line; none where the file has no such column.

    at   the row of each line;  wide: months stand as columns

    Raises InputError with file, line, column: more than the amount, no owner, an owner of nothing, months as columns.
    """
    if (name := sheet.find(AMOUNT)) is None:
        return {}
    if wide:
        raise InputError(
            f"{sheet.name}: column '{name}' is of a month, and here months stand as columns. Write a row for each month: "
            f"month, amount, {AMOUNT}, {OWNER}."
        )
    cells, owners = sheet.cells(AMOUNT), sheet.cells(OWNER, needed=False)
    mark, _ = decimal_mark(
        [cell for cell in cells if cell], sheet.name, name, sheet.frame.attrs["typed"]
    )
    held = []
    for i, amount in zip(at, amounts, strict=True):
        value = sheet.number(i, name, cells[i], mark, negative=False) if cells[i] else Decimal(0)
        if value > amount:
            raise InputError(
                f"{sheet.at(i, name)}: {value} is held back of an approved amount of {amount}. It is a part of the amount: write at "
                "most that."
            )
        if value and not owners[i]:
            raise InputError(
                f"{sheet.at(i, OWNER)}: is empty beside {value} held back. Name who may release it."
            )
        held.append(value)
    return {AMOUNT: held, OWNER: [owners[i] for i in at]}


def held_back(
    budgets: Budgets | None, unit: str, shares: Mapping[str, Decimal], as_of=None
) -> list[Held]:
    """What is held back of a unit's budget in force, by unit and owner, the most first.

    unit     'Company': what its own lines hold back; where they hold nothing back, what the units' lines do
    shares   of each month YYYY-MM, or period of a year that is weeks, as the budget file has it, how much counts
    """
    if budgets is None or AMOUNT not in budgets.frame:
        return []
    rows = _of(budgets, unit, shares, as_of)
    if unit == COMPANY and not any(row.unit == COMPANY for row in rows):
        rows = [row for each in budgets.units() for row in _of(budgets, each, shares, as_of)]
    return sorted(rows, key=lambda row: (-row.amount, row.unit != COMPANY, row.unit, row.owner))


def _of(budgets: Budgets, unit: str, shares: Mapping[str, Decimal], as_of) -> list[Held]:
    sums: dict[tuple[str, str], Decimal] = {}
    for name, share in shares.items():
        for line in budgets.lines(unit, name, as_of):
            if line.month == name and line.held_back:
                key = (line.business_unit, line.held_by)
                sums[key] = sums.get(key, Decimal(0)) + share * line.held_back
    return [Held(of, owner, amount) for (of, owner), amount in sums.items()]
