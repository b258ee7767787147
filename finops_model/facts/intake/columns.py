"""Which column is what: by its name in English, German, French or Spanish, and by what stands in it."""

from __future__ import annotations

import re

import pandas as pd

from ...errors import InputError, listing
from .files.excel import FORMULA
from .formats import (
    CODES,
    MONEY,
    SYMBOLS,
    is_month,
    longer_than_a_month,
    plain_words,
    read_moment,
    read_number,
    share,
    without_year,
)
from .shape.heading_words import (
    BUDGET_WORDS,
    CHARGES,
    COUNTED,
    FULL,
    IDS,
    NAMED,
    NEED,
    NOT_COST,
    RANK,
    ROLES,
    WEAK,
)
from .shape.months import of_columns


def currency_of(heading: str) -> str:
    """The currency a heading names, or ''.

    >>> currency_of("Cost (EUR)"), currency_of("Betrag €"), currency_of("Cost")
    ('EUR', 'EUR', '')
    """
    codes = {
        SYMBOLS.get(mark.upper(), mark.upper())
        for mark in MONEY.findall(str(heading).replace("_", " "))
    }
    return codes.pop() if len(codes) == 1 else ""


def bare(column: str) -> str:
    """A heading's words without a currency code."""
    words = [word for word in plain_words(column).split() if word.upper() not in CODES]
    return " ".join(words)


def _cells(frame, column) -> list[str]:
    """Distinct non-empty cells: what decides what a column holds."""
    return [cell for cell in dict.fromkeys(str(v) for v in frame[column].tolist()) if cell.strip()][
        :5000
    ]


def charge_word(cell: str) -> str:
    """The charge category a word means, '' for one that is not known.

    >>> charge_word("Recurring fee"), charge_word("MwSt."), charge_word("GPU")
    ('Purchase', 'Tax', '')
    """
    words = plain_words(cell)
    return CHARGES.get(words) or CHARGES.get(words.replace(" ", ""), "")


def _number(cell: str):
    return read_number(cell) or read_number(cell, ",")


class Alike(InputError):
    """Several columns could be the amount alike: `columns`."""

    def __init__(self, text: str, columns: list[str]):
        super().__init__(text)
        self.columns = columns


def find_columns(
    frame: pd.DataFrame, name: str, chosen: dict[str, str] | None = None
) -> tuple[dict, dict, list[str]]:
    """({role: column or None}, {column: month} of a wide table, notes). Raises InputError where date or amount is missing.

    chosen    date and amount where somebody has said which column it is
    Full columns win over sparse ones, names over ids; an empty column never wins (docs/method §13.35).
    """
    columns, cells = (
        list(frame.columns),
        {column: _cells(frame, column) for column in frame.columns},
    )
    filled = {
        column: sum(bool(str(v).strip()) for v in frame[column].tolist()) / max(len(frame), 1)
        for column in columns
    }
    # A name that says date or cost needs a single cell that fits; the rest of its cells goes to quarantine, not away.
    dates = [
        c
        for c in columns
        if share(cells[c], read_moment) >= (0.6 if rank_of(c, "date") is None else 0.01)
        and share(cells[c], _decimal_only) < 0.5
    ]
    numbers = [
        c
        for c in columns
        if share(cells[c], _number) >= (0.6 if rank_of(c, "amount") is None else 0.01)
        and c not in dates
    ]
    candidates = [c for c in columns if c in numbers or is_month(c)]
    months, said = (
        of_columns(candidates, frame.attrs.get("above", ()), name)
        if _wide(candidates, numbers)
        else ({}, [])
    )
    roles: dict = dict.fromkeys(ROLES)
    if months:
        extra = [c for c in numbers if c not in months and not _dimension(c)]
        _by_name(
            roles,
            [c for c in columns if c not in months and c not in extra],
            ("date", "month", "amount", "quantity"),
            filled,
            cells,
        )
        return roles, months, said
    seen, chosen = f"{name}: columns seen: {listing(columns)}.", chosen or {}
    roles["date"] = chosen.get("date") or _best(dates, "date", filled)
    monthly = [
        c
        for c in dates
        if all((m := read_moment(cell)) is None or m.second == 0 for cell in cells[c])
    ]
    roles["month"] = (
        None
        if roles["date"]
        else _best([c for c in dates if rank_of(c, "month") is not None], "month", filled)
    )
    if not roles["date"] and not roles["month"] and dates:
        roles["month" if dates[0] in monthly else "date"] = dates[0]
    amount, notes = (
        (chosen["amount"], list[str]())
        if "amount" in chosen
        else _amount(frame, name, numbers, cells, filled)
    )
    if not (roles["date"] or roles["month"]) and amount is None:
        raise InputError(
            f"{seen} None holds dates and none holds amounts.{unstored(frame, columns)} {NEED}"
        )
    if not (roles["date"] or roles["month"]):
        for column in columns:
            if share(cells[column], lambda cell: longer_than_a_month(cell) or None) > 0.6:
                raise InputError(
                    f"{name}: '{column}' says '{cells[column][0][:40]}': a {longer_than_a_month(cells[column][0]) or 'quarter'} is no month, and "
                    "nobody knows how its cost lies over its months. Give the table by month or by day."
                )
        raise InputError(f"{seen} None holds dates or months.{unstored(frame, columns)} {NEED}")
    if amount is None:
        raise InputError(f"{seen} None holds amounts.{_no_number(frame, columns, dates)} {NEED}")
    roles["amount"] = amount
    if roles["date"] in monthly and not roles["month"]:
        roles["month"], roles["date"] = roles["date"], None
    rest = [c for c in columns if c not in (roles["date"], roles["month"], amount)]
    _by_name(roles, rest, ("date", "month", "amount"), filled, cells, numbers)
    return roles, {}, notes


def _wide(columns: list[str], numbers: list[str]) -> bool:
    """Whether two or more columns of numbers are months, or longer times."""
    return (
        sum(
            c in numbers and bool(is_month(c) or without_year(c) or longer_than_a_month(c))
            for c in columns
        )
        > 1
    )


def _dimension(column: str) -> bool:
    """Whether a heading is the very word of a role that is no money: a cost centre 4711 is a number, and no amount."""
    return any(bare(column) in RANK[role] for role in (*NAMED, "account", "sku", "unit"))


def amount_like(column: str) -> bool:
    """Whether a heading names an amount, and nothing else.

    >>> amount_like("Total Cost"), amount_like("Cost Centre"), amount_like("List Price")
    (True, False, False)
    """
    return (
        rank_of(column, "amount") is not None
        and not _dimension(column)
        and bare(column) not in RANK["quantity"]
    )


def _decimal_only(cell: str):
    """12.50 is no date, though 01.2025 is one."""
    return True if re.fullmatch(r"-?\d{1,3}\.\d{1,2}|-?\d+[.,]\d{3,}", cell.strip()) else None


def rank_of(column: str, role: str) -> int | None:
    """Place of a heading among a role's words (0 is best); behind all of them where it only ends or begins with one."""
    words, ranks = bare(column), RANK[role]
    if words in ranks:
        return ranks[words]
    parts = words.split()
    if set(parts) & NOT_COST and role == "amount":
        return None
    hits = [
        ranks[word]
        for word in ranks
        if len(word) > 2
        and (words.endswith(" " + word) or words.startswith(word + " ") and word not in COUNTED)
    ]
    return (
        100 + min(hits)
        if hits and not (role != "amount" and parts[-1] in ("cost", "amount"))
        else None
    )


def _best(columns: list[str], role: str, filled: dict[str, float]) -> str | None:
    """The column that fits a role best: no weak word, full, a name, then by its words and its place."""
    ranked = []
    for i, column in enumerate(columns):
        rank, words = rank_of(column, role), bare(column).split()
        if rank is not None and filled[column] > 0:
            ident = role in NAMED and words[-1] in IDS
            ranked.append((bool(WEAK & set(words)), filled[column] < FULL, ident, rank, i, column))
    return min(ranked)[-1] if ranked else None


def unstored(frame, columns) -> str:
    """Of these columns the first that has a formula whose value was never stored, with what to do, in a sentence; '' where none has."""
    for column in columns:
        for line, cell in zip(frame.attrs.get("lines", ()), frame[column], strict=False):
            if str(cell).startswith(FORMULA):
                return (
                    f" '{column}' is a formula without a stored value (line {line}): open the file in Excel and save it, "
                    "then give it again."
                )
    return ""


def _no_number(frame, columns, dates) -> str:
    """The first cell of a column that is named as an amount and holds none: '1.5k', '12 %', '1,2 Mio.'."""
    named = [c for c in columns if c not in dates and rank_of(c, "amount") is not None]
    for column in named:
        for line, cell in zip(frame.attrs.get("lines", ()), frame[column], strict=False):
            if (text := str(cell).strip()).startswith(FORMULA):
                return unstored(frame, [column])
            if text and _number(text) is None:
                return (
                    f" '{column}' says '{text[:40]}' (line {line}), which is no plain number: "
                    "write it out, as 1500.00."
                )
    return ""


def _amount(frame, name, numbers, cells, filled) -> tuple[str | None, list[str]]:
    """(the amount column, notes on other columns that look like one). Two that are alike are refused."""
    named = sorted(
        (filled[c] < FULL, rank, i, c)
        for i, c in enumerate(numbers)
        if (rank := rank_of(c, "amount")) is not None and amount_like(c)
    )
    if named:
        chosen = named[0][-1]
        twins = [c for *_, c in named[1:] if bare(c) == bare(chosen)]
        if twins:
            raise Alike(
                f"{name}: '{chosen}' and '{twins[0]}' could both be the amount. Take one out, or write a mapping "
                f"with amount: '{chosen}'.",
                [chosen, *twins],
            )
        return chosen, []
    taken = [
        c
        for c in numbers
        if any(rank_of(c, role) is not None for role in ROLES) or set(bare(c).split()) & NOT_COST
    ]
    free = [c for c in numbers if c not in taken]
    money = [c for c in free if any(MONEY.search(cell) for cell in cells[c])] or free
    if len(money) > 1:
        raise Alike(
            f"{name}: {listing(repr(c) for c in money)} all hold numbers, and no name says which is the amount. "
            "Call it cost, or write a mapping.",
            money,
        )
    if money and all(cell.strip().isdigit() for cell in cells[money[0]]):
        raise InputError(
            f"{name}: '{money[0]}' holds counts, and its name says nothing of money: it looks like a driver. Call it cost if it is "
            "money, or write a mapping."
        )
    return (
        (money[0], [f"'{money[0]}' is taken as the amount: it is the only column of numbers"])
        if money
        else (None, [])
    )


def _by_name(roles, columns, given, filled, cells, numbers=()) -> None:
    """Fill the other roles by the columns' names; each column is used once."""
    free = list(columns)
    for role in ROLES:
        if role in given or roles.get(role):
            continue
        fits = [c for c in free if (c in numbers) or role != "quantity"]
        if (
            role == "category"
        ):  # half of its words must be words of charges: "cost type" may also be GPU, storage
            fits = [
                c
                for c in fits
                if cells[c]
                and 2 * sum(bool(charge_word(cell)) for cell in cells[c]) >= len(cells[c])
            ]
        best = _best(fits, role, filled)
        if best is not None:
            roles[role] = best
            free.remove(best)


def kind_of(frame: pd.DataFrame) -> str:
    """bill, budget or driver: what a table looks like.

    A budget has months, amounts and the word budget, plan or approved; a driver has days and counts and no word of money.
    """
    columns = list(frame.columns)
    words = {word for column in columns for word in plain_words(column).split()}
    if words & BUDGET_WORDS:
        return "budget"
    cells = {column: _cells(frame, column) for column in columns}
    dates = [
        c
        for c in columns
        if share(cells[c], read_moment) >= 0.6 and share(cells[c], _decimal_only) < 0.5
    ]
    numbers = [c for c in columns if c not in dates and share(cells[c], _number) >= 0.6]
    money = any(
        rank_of(c, "amount") is not None or currency_of(c) or rank_of(c, "currency") == 0
        for c in columns
    ) or any(MONEY.search(cell) for c in numbers for cell in cells[c][:50])
    long_form = {"date", "name", "value"} <= {plain_words(c) for c in columns}
    return "driver" if dates and numbers and (long_form or not money) else "bill"
