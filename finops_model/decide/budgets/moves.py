"""Money moved between approved budget lines: transfers, releases of what is held back, what rolls over; nothing is made or lost (docs/method §9.45)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_FLOOR, Decimal
from typing import NamedTuple

from ...errors import InputError, unknown
from ...facts.coins import split
from ...facts.plans.budget_lines import CENT, BudgetLine
from ...facts.plans.budgets import Budgets
from ...names import COMPANY

ZERO = Decimal("0.00")


class Purse(NamedTuple):
    """Whose budget a line is: of a unit, or of a dimension's value."""

    unit: str
    dimension: str = ""

    def __str__(self) -> str:
        return f"{self.dimension} {self.unit}" if self.dimension else self.unit


def purse(text: str, budgets: Budgets, option: str) -> Purse:
    """A purse as people write it: a unit's name, Company, or environment=production. Raises InputError with the nearest name."""
    names = [*budgets.units(), COMPANY]
    if text in names:
        return Purse(text)
    dimension, mark, value = text.partition("=")
    if mark and dimension in budgets.dimensions:
        known = budgets.dimensions[dimension].units()
        if value in known:
            return Purse(value, dimension)
        raise InputError(unknown(option, f"{dimension} with a budget", value, known))
    values = [f"{name}={one}" for name, own in budgets.dimensions.items() for one in own.units()]
    raise InputError(unknown(option, "unit with an approved budget", text, [*names, *values]))


def line_of(budgets: Budgets, of: Purse, month: str) -> BudgetLine | None:
    """The line of its own that a purse has in force in a month or period; None without one."""
    own = budgets.dimensions[of.dimension] if of.dimension else budgets
    rows = [row for row in own.lines(of.unit, month) if row.business_unit == of.unit]
    if not rows or rows[0].month != month:
        return None
    row = rows[0]
    held = getattr(row, "held_back", ZERO) or ZERO
    return BudgetLine(
        unit=of.unit,
        month=month,
        amount=row.amount,
        held_back=held,
        held_by=getattr(row, "held_by", "") if held else "",
        dimension=of.dimension,
    )


def transfer(
    budgets: Budgets, source: Purse, target: Purse, amount: Decimal, months: Sequence[str]
) -> list[BudgetLine]:
    """The lines of both purses after `amount` went from what is free of one to the other, in each month by what is free in it.

    target   Company: given back into the reserve that the company's own line holds

    Raises InputError: more than there is, a month without a budget, the same purse, a unit and a dimension's value.
    """
    if source.unit == COMPANY:
        raise InputError(
            "--from: the company's own line is what its units have and its reserve. What it holds back is given out by a release: "
            "finops budget release --to UNIT --amount AMOUNT."
        )
    before = _pairs(budgets, source, target, months)
    free = {month: one.amount - one.held_back for month, (one, _) in before.items()}
    parts = _parts(amount, free, source, "free (approved, and not held back)")
    return [
        line
        for month, part in parts.items()
        if part
        for line in (_taken(before[month][0], part), _given(before[month][1], part))
    ]


def release(
    budgets: Budgets,
    source: Purse,
    target: Purse | None,
    amount: Decimal,
    months: Sequence[str],
) -> list[BudgetLine]:
    """The lines after `amount` of what is held back of a purse was released: for its own use, or to another purse.

    Raises InputError as `transfer` does.
    """
    if target is None or target == source:
        held = {month: _needed(budgets, source, month) for month in months}
        parts = _parts(amount, {m: one.held_back for m, one in held.items()}, source, "held back")
        return [_freed(held[month], part) for month, part in parts.items() if part]
    before = _pairs(budgets, source, target, months)
    back = {month: one.held_back for month, (one, _) in before.items()}
    parts = _parts(amount, back, source, "held back")
    lines = []
    for month, part in parts.items():
        if not part:
            continue
        one, other = before[month]
        freed = _freed(one, part)
        lines += [freed if one.unit == COMPANY else _taken(freed, part), _given(other, part)]
    return lines


def rollover(
    budgets: Budgets,
    unspent: Mapping[str, Decimal],
    share: Decimal,
    month: str,
) -> list[BudgetLine]:
    """Lines of the first month of the next year with what rolls over: of each unit that is under its year's budget, a share of that.

    unspent   unit -> budget − cost of the year that ends; below 0: overspent, of which nothing rolls

    Raises InputError where a unit has no budget in that month yet.
    """
    rolled = {
        unit: (left * share).quantize(CENT, ROUND_FLOOR)
        for unit, left in unspent.items()
        if left > 0
    }
    rolled = {unit: part for unit, part in rolled.items() if part}
    lines = [_given(_needed(budgets, Purse(unit), month), part) for unit, part in rolled.items()]
    own = line_of(budgets, Purse(COMPANY), month)
    if own is not None and rolled and COMPANY not in rolled:
        lines.append(_given(own, sum(rolled.values(), ZERO), to_use=True))
    return lines


def _pairs(
    budgets: Budgets, source: Purse, target: Purse, months: Sequence[str]
) -> dict[str, tuple[BudgetLine, BudgetLine]]:
    if source == target:
        raise InputError(f"--to: {target} is where the money comes from. Name another.")
    if source.dimension != target.dimension:
        raise InputError(
            f"--to: {target} and {source} are budgets of two kinds, which stand beside each other: moving between them would change both "
            "sums. Name two units, or two values of one dimension."
        )
    return {
        month: (_needed(budgets, source, month), _needed(budgets, target, month))
        for month in months
    }


def _needed(budgets: Budgets, of: Purse, month: str) -> BudgetLine:
    line = line_of(budgets, of, month)
    if line is None and of.unit == COMPANY:
        raise InputError(
            f"the company has no budget line of its own in {month}: its budget is what its units have together. Name a unit (--from, --to)."
        )
    if line is None:
        raise InputError(
            f"{of} has no approved budget in {month}. Name months that it has (--months), or propose a budget first."
        )
    return line


def _parts(
    amount: Decimal,
    there: Mapping[str, Decimal],
    source: Purse,
    what: str,
) -> dict[str, Decimal]:
    """The amount by month, by what there is in each. Raises InputError where there is not enough."""
    if amount <= 0 or amount != amount.quantize(CENT):
        raise InputError(f"--amount {amount:f}: write an amount above 0 in whole cents.")
    whole = sum(there.values(), ZERO)
    months = list(there)
    span = months[0] if len(months) == 1 else f"{months[0]} to {months[-1]}"
    if amount > whole:
        raise InputError(
            f"--amount {amount:,.2f}: {source} has {whole:,.2f} {what} in {span}. Take at most that, or more months."
        )
    return split(amount, there)


def _taken(line: BudgetLine, part: Decimal) -> BudgetLine:
    return _with(line, line.amount - part, line.held_back)


def _freed(line: BudgetLine, part: Decimal) -> BudgetLine:
    return _with(line, line.amount, line.held_back - part)


def _given(line: BudgetLine, part: Decimal, to_use: bool = False) -> BudgetLine:
    """A line with more: a unit may use it; the company holds it back, and its amount is as before."""
    if line.unit == COMPANY and not to_use:
        if not line.held_by:
            raise InputError(
                f"--to: nobody is named who may release what the company holds back in {line.month} (held_by). Name a unit."
            )
        return _with(line, line.amount, line.held_back + part)
    return _with(line, line.amount + part, line.held_back)


def _with(line: BudgetLine, amount: Decimal, held: Decimal) -> BudgetLine:
    return BudgetLine(
        unit=line.unit,
        month=line.month,
        amount=amount.quantize(CENT),
        held_back=held.quantize(CENT),
        held_by=line.held_by if held else "",
        dimension=line.dimension,
    )
