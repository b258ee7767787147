"""Columns of a table that hold money and are not counted: named, with their sums, and never passed over (docs/method §13.34)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import NamedTuple

import pandas as pd

from ...errors import listing, nearest
from .columns import amount_like, bare, currency_of
from .formats import MONEY, longer_than_a_month, plain_words, read_number
from .shape.heading_words import RANK
from .written import cells_of, own_mark

CHARGE = set(
    "credit credits discount discounts refund refunds rebate rebates reduction reductions deduction deductions promotion promotions tax taxes vat "
    "gst mwst ust fee fees surcharge surcharges adjustment adjustments correction corrections rounding gross net markup support gutschrift "
    "gutschriften rabatt rabatte nachlass skonto steuer steuern umsatzsteuer mehrwertsteuer gebuhr gebuehr gebuhren gebuehren zuschlag brutto netto "
    "remise remises avoir taxe tva frais credito creditos descuento descuentos reembolso impuesto impuestos iva comision recargo".split()
)
CHARGE |= set(
    "promo promos voucher vouchers coupon coupons waiver waivers negation gutschein".split()
)
DEBIT, CREDIT = (
    set("dr d debit soll s +".split()),
    set("cr c credit haben h -".split()),
)  # what bookkeeping writes beside an amount without a sign
GROSS = {"gross", "net", "brutto", "netto"}
NO_AMOUNT = set(
    "list price prices rate rates percent pct id number nr no code per unit average avg hourly budget budgets plan planned approved forecast "
    "previous prior limit quota balance cumulative running ytd kumuliert change variance saving savings count quantity hours".split()
)
INSIDE = re.compile(
    r"amount['\"]?\s*[:=]\s*['\"]?(-?\d+(?:\.\d+)?)", re.I
)  # credits of Google: [{'name': …, 'amount': -30.0}]
CATEGORY = {
    "Tax": "tax taxes vat gst mwst ust steuer steuern umsatzsteuer mehrwertsteuer taxe tva impuesto impuestos iva",
    "Purchase": "fee fees gebuhr gebuhren gebuehr gebuehren frais comision support",
    "Adjustment": "adjustment adjustments correction corrections rounding surcharge surcharges zuschlag recargo markup",
}


class Left(NamedTuple):
    """Columns with money that nothing counts: doubts (each with what to write), notes, the columns of the doubts.

    instead   those of them that could be the amount in place of the one that is
    """

    doubts: list[str]
    notes: list[str]
    columns: list[str]
    instead: list[str]


def left_out(
    frame: pd.DataFrame,
    used: Iterable[str],
    amount: str | None,
    months: Iterable[str],
    mark: str,
    marks: Mapping[str, str] | None = None,
) -> Left:
    """What of a table's money is not counted.

    used     columns that the mapping names anywhere
    amount   the amount column of a long table; months the columns of a wide one
    mark     decimal mark of these; marks of columns that are known to write theirs another way
    """
    used, months, left = set(used), list(months), Left([], [], [], [])
    marks = _Marks(frame, mark, {**(marks or {}), **dict.fromkeys([*months, amount or ""], mark)})
    inside = _parts(frame, used, amount, marks, left) if amount and not months else set()
    for column in frame.columns:
        if column not in used and column not in months and column not in inside:
            _judge(frame, column, amount, months, marks, left)
    return left


class _Marks(dict):
    """The decimal mark of each column: as it is known, else as its own cells show, else as the amounts are written (docs/method §13.10)."""

    def __init__(self, frame: pd.DataFrame, usual: str, known: dict[str, str]):
        super().__init__(known)
        self.frame, self.usual = frame, usual

    def __missing__(self, column: str) -> str:
        self[column] = own_mark(cells_of(self.frame, column)) or self.usual
        return self[column]


def _parts(frame, used: set[str], amount: str, marks: _Marks, left: Left) -> set[str]:
    """Columns whose sum the amount is on every row (services as columns): they are not counted again, and tax among them is asked about."""
    rows = [number(cell, marks[amount]) for cell in cells_of(frame, amount)]
    parts: dict[str, list] = {}
    for column in frame.columns:
        words = set(plain_words(column).split())
        if column == amount or words & (NO_AMOUNT | GROSS) or bare(column) in RANK["quantity"]:
            continue
        values = [number(cell, marks[column]) for cell in cells_of(frame, column)]
        if any(values) and all(
            value is not None or not cell.strip()
            for value, cell in zip(values, cells_of(frame, column), strict=True)
        ):
            parts[column] = values
    if len(parts) < 2 or not any(rows):
        return set()
    for i, total in enumerate(rows):
        summed = sum((values[i] or Decimal(0) for values in parts.values()), Decimal(0))
        if abs((total or Decimal(0)) - summed) > Decimal("0.005"):
            return set()
    charges = [column for column in parts if set(plain_words(column).split()) & CHARGE]
    if len(charges) == len(parts) or len(parts) - len(charges) < 2 and charges:
        return set()  # net and tax: which of them counts is asked
    names = listing(map(repr, parts), most=6)
    left.notes.append(f"'{amount}' is the sum of {names} on every row: they are not counted again")
    for column in (column for column in charges if column not in used):
        total = sum((value for value in parts[column] if value), Decimal(0))
        left.doubts.append(
            f"'{column}' (sum {total:,f}) is inside '{amount}' and counts as Usage. Write ignore: ['{column}'] to leave it so, or give a row per service"
        )
        left.columns.append(column)
    return set(parts)


def _judge(frame, column, amount, months, marks: _Marks, left: Left) -> None:
    cells = cells_of(frame, column)
    if amount and (doubt := _sign_beside(cells, cells_of(frame, amount), column, marks[amount])):
        left.doubts.append(doubt)
        left.columns.append(column)
        return
    numbers = [number(cell, marks[column]) for cell in cells]
    words, some = (
        {*plain_words(column).split(), plain_words(column).replace(" ", "")},
        [value for value in numbers if value],
    )
    says = bool(words & CHARGE) and not words & NO_AMOUNT and "%" not in column
    if (
        says
        and (inside := [Decimal(amount) for cell in cells for amount in INSIDE.findall(cell)])
        and any(inside)
    ):
        left.doubts.append(
            f"'{column}' holds amounts inside its text ({len(inside):,}, sum {sum(inside):,f}) and is not counted. Write ignore: ['{column}'], "
            "or bring them as a column of numbers"
        )
        left.columns.append(column)
        return
    filled = sum(bool(cell.strip()) for cell in cells)
    if not some or sum(value is not None for value in numbers) < (0.01 if says else 0.6) * filled:
        return
    total = (
        f"{len(some):,} {'amount' if len(some) == 1 else 'amounts'}, sum {sum(some, Decimal(0)):,f}"
    )
    if months:
        run = _sum_of_months(frame, numbers, months, marks.usual)
        if run:
            left.notes.append(
                f"'{column}' is the sum of '{run[0]}' … '{run[1]}' on every row and is not counted again"
            )
        elif (
            says
            or amount_like(column)
            or currency_of(column)
            or plain_words(column) in ("total", "sum")
            or longer_than_a_month(column)
        ):
            left.doubts.append(
                f"'{column}' holds money that is not in the months ({total}), is not their sum, and is not counted. Write ignore: ['{column}'], or give "
                "its months"
            )
            left.columns.append(column)
        return
    marked = bool(currency_of(column)) or any(MONEY.search(cell) for cell in cells[:200])
    if says and words & GROSS:
        left.doubts.append(
            f"'{column}' holds money too ({total}); '{amount}' is counted. Write amount: '{column}', or ignore: ['{column}']"
        )
        left.columns.append(column)
        left.instead.append(column)
    elif says:
        _doubt(left, column, f"'{column}' holds money ({total}) and is not counted", words)
    elif not words & NO_AMOUNT and (
        amount_like(column) or nearest(bare(column), RANK["amount"], 0.82)
    ):
        if amount and numbers == [number(c, marks[amount]) for c in cells_of(frame, amount)]:
            left.notes.append(f"'{column}' says the same as '{amount}' on every row")
            return
        left.notes.append(f"'{column}' looks like an amount too and is not counted")
        left.doubts.append(
            f"'{column}' looks like an amount too ({total}); '{amount}' is counted. Write amount: '{column}', or ignore: ['{column}']"
        )
        left.columns.append(column)
        left.instead.append(column)
    elif marked and not words & NO_AMOUNT:
        _doubt(left, column, f"'{column}' holds money ({total}) and is not counted", words)
    elif marked or words & {"list", "budget", "forecast", "saving", "savings", "previous"}:
        left.notes.append(f"'{column}' ({total}) is no charge by its name and is not counted")


def _sign_beside(cells, amounts, column: str, mark: str) -> str:
    """A column that tells debit from credit beside amounts without a sign: what to write; "" where it is none, or signs are there."""
    said = [cell.strip().casefold() for cell in cells]
    if not set(said) & DEBIT or not set(said) & CREDIT or not set(said) <= DEBIT | CREDIT | {""}:
        return ""
    plus = [
        value
        for word, cell in zip(said, amounts, strict=True)
        if word in CREDIT and (value := number(cell, mark)) and value > 0
    ]
    if not plus:
        return ""
    word = next(cell.strip() for cell in cells if cell.strip().casefold() in CREDIT)
    return (
        f"'{column}' says '{word}' of {len(plus):,} {'amount' if len(plus) == 1 else 'amounts'} (sum {sum(plus, Decimal(0)):,f}), counted as written, so "
        f"credits are added. Give them a minus sign, or write ignore: ['{column}']"
    )


def _doubt(left: Left, column: str, what: str, words: set[str]) -> None:
    kind = next(
        (name for name, said in CATEGORY.items() if words & set(said.split())),
        "Credit" if words & CHARGE else "Usage",
    )
    left.doubts.append(
        f"{what}. Write add: {{'{column}': {kind}}} (added as written), subtract: {{'{column}': {kind}}}, or ignore: ['{column}']"
    )
    left.columns.append(column)


def number(cell: str, mark: str) -> Decimal | None:
    """A cell's number as the table writes them, or as another column of it may; None for none, or for one beyond all bounds."""
    read = read_number(cell, mark) or read_number(cell, "," if mark == "." else ".")
    return read[0] if read and (not read[0] or read[0].adjusted() < 18) else None


def _sum_of_months(frame, numbers, months, mark) -> tuple[str, str] | None:
    """The first and last of the months whose sum a column is on every row, or None."""
    grid = [
        [number(cell, mark) or Decimal(0) for cell in cells_of(frame, month)] for month in months
    ]
    rows = [i for i, value in enumerate(numbers) if value is not None]
    for first in range(len(months)):
        for last in range(first + 1, len(months)):
            if all(
                abs(sum((grid[k][i] for k in range(first, last + 1)), -numbers[i]))
                <= Decimal("0.05")
                for i in rows
            ):
                return months[first], months[last]  # all() stops at the first row that differs
    return None
