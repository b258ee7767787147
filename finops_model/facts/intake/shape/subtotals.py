"""Lines of subtotals inside a table: known by word and by arithmetic, left out once they agree to the cent (docs/method §13.81).

A line is a candidate where a cell says total (in five languages), or where it names less than the lines around it (no date, no team).
It is left out where each of its amounts is the sum of the lines above it, of its group or month, or of those below it; else it stays.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import NamedTuple

from ..columns import amount_like, bare, currency_of
from ..formats import (
    decimal_evidence,
    is_month,
    plain_words,
    read_moment,
    read_number,
    share,
    without_year,
)
from ..left_money import NO_AMOUNT
from .heading_words import RANK

TOTAL = re.compile(
    r"\b((grand |sub ?|overall |net )?totals?|totaux|sum|summe|gesamt(summe|betrag)?|(zwischen|end)summe|insgesamt|(sous )?total (general|geral)|somme|suma)\b"
)
QUICK = re.compile(
    r"tot|sum|som|gesamt", re.I
)  # in every word of TOTAL: a long table is searched fast
LATEST = 64  # earlier subtotals from which on a sum may begin
Row = tuple[int, list[str]]


class Subtotal(NamedTuple):
    """A line that is left out, or asked about.

    line, label   where it stands and what it is called
    amount        its money: of its months, or of its first column of money
    of            what it is the sum of, '' where of nothing
    """

    line: int
    label: str
    amount: Decimal
    of: str

    @property
    def key(self) -> str:
        """How a mapping names this line in `leave` and `count`: with its amount, so that next month's is asked about again."""
        return f"{self.label[:60]} = {self.amount:f}"

    @property
    def doubt(self) -> str:
        """What is asked of a line that stays."""
        why = f"it is the sum of {self.of}" if self.of else "no lines of the table sum to it"
        return (
            f"line {self.line} '{self.label[:60]}' ({self.amount:,f}) looks like a total, and {why}: it is counted. Write leave: ['{self.key}'] or "
            f"count: ['{self.key}']"
        )


class Found(NamedTuple):
    """body: the lines that stay; left: subtotals that agree; open_: place in the body -> a line that may be a total, and stays."""

    body: list[Row]
    left: list[Subtotal]
    open_: dict[int, Subtotal]


class _Money(NamedTuple):
    """places and decimal marks of the columns of money; counted: which of them make the amount of a line; usual, dates: places that lines fill."""

    places: list[int]
    marks: list[str]
    counted: list[int]
    usual: list[int]
    dates: list[int]


def find(names: Sequence[str], body: list[Row], typed: bool = False) -> Found:
    """The subtotals of a table's lines; typed: its numbers are numbers (Excel)."""
    if len(body) < 2:
        return Found(body, [], {})
    words = [_word(cells) for _, cells in body]
    if not any(words) and all(len(cells) >= len(names) and all(cells) for _, cells in body):
        return Found(body, [], {})  # no line says total, and none lacks a cell: most long tables
    plain = [line for line, word in zip(body, words) if not word] or body
    money = _columns(names, plain, typed)
    if not money.places:
        return Found(body, [], {})
    asked = [
        bool(word or any(not _at(cells, place) for place in money.usual))
        for word, (_, cells) in zip(words, body)
    ]
    if not any(asked):
        return Found(body, [], {})
    grid = [
        [_number(cells, place, mark) for place, mark in zip(money.places, money.marks)]
        for _, cells in body
    ]
    asked = [yes and any(value is not None for value in row) for yes, row in zip(asked, grid)]
    return _judged(body, grid, asked, words, money) if any(asked) else Found(body, [], {})


def said(left: Sequence[Subtotal]) -> list[str]:
    """What was left out, in one sentence for up to three lines and in one for any number.

    >>> said([Subtotal(4, "Sum ads", Decimal("3.50"), "the 2 lines above it")])
    ["line 4 'Sum ads' (3.50) is left out: the sum of the 2 lines above it"]
    """
    shown = [
        f"line {one.line} '{one.label[:40]}' ({one.amount:,f}) is left out: the sum of {one.of}"
        for one in left[:3]
    ]
    if len(left) > 3:
        shown.append(
            f"{len(left) - 3:,} more lines of subtotals are left out, each the sum of its lines to the cent"
        )
    return shown


def _judged(body, grid, asked, words, money: _Money) -> Found:
    """Line by line: a candidate against the sums that it may be."""
    kept: list[Row] = []
    left: list[Subtotal] = []
    open_: dict[int, Subtotal] = {}
    running = [Decimal(0)] * len(money.places)  # of the lines that stay, so far
    starts = [(0, list(running))]  # (lines that stay, their sum) after each subtotal
    groups: dict[str, list] = {}  # word of a cell, or month -> [lines, sums]
    any_word = any(words)
    for i, (line, cells) in enumerate(body):
        row = grid[i]
        if asked[i]:
            count, of = _agrees(row, running, len(kept), starts, groups, words[i])
            if not count and words[i]:
                count, of = _below(i, grid, asked)
            amount = sum((row[k] or Decimal(0) for k in money.counted), Decimal(0))
            one = Subtotal(line, words[i] or next((cell for cell in cells if cell), ""), amount, of)
            if count and _sure(cells, words[i], count, money):
                left.append(one)
                starts = [*starts, (len(kept), list(running))][-LATEST:]
                continue
            if _doubtful(cells, words[i], count, sum(bool(value) for value in row), money):
                open_[len(kept)] = one
        kept.append((line, cells))
        for k, value in enumerate(row):
            running[k] += value or 0
        if any_word:
            _into_groups(groups, cells, row)
    return Found(kept, left, open_)


def _missing(cells, word: str, money: _Money) -> list[int]:
    """Places that other lines fill and this one does not; a word where others have a date is no date."""
    return [
        place
        for place in money.usual
        if not _at(cells, place) or word and place in money.dates and _at(cells, place) == word
    ]


def _sure(cells, word: str, count: int, money: _Money) -> bool:
    """Whether a line that agrees is a subtotal: it says so, or it has neither a date nor a name and is no charge that could be booked."""
    missing = _missing(cells, word, money)
    if word:
        return bool(missing) or count > 1
    return len(missing) == len(money.usual) or any(place in money.dates for place in missing)


def _doubtful(cells, word: str, count: int, filled: int, money: _Money) -> bool:
    """Whether a line that stays is asked about: it says total, or it names less and is a sum of two columns or more."""
    if word:
        whole = TOTAL.fullmatch(plain_words(word)) is not None
        return whole or count > 0 or bool(_missing(cells, word, money))
    return count > 1 and filled > 1


def _agrees(row, running, lines: int, starts, groups, word: str) -> tuple[int, str]:
    """(lines, what they are) whose sum the amounts of a candidate are; (0, '') for none."""
    for seen, before in reversed(starts):
        if lines > seen and _same(row, [now - then for now, then in zip(running, before)]):
            return lines - seen, f"the {_lines(lines - seen)} above it"
    for key in _keys_of(word):
        count, sums = groups.get(key, (0, []))
        if count and _same(row, sums):
            return count, f"the {_lines(count)} of '{key}'"
    return 0, ""


def _below(at: int, grid, asked) -> tuple[int, str]:
    """The same for a subtotal that stands above its lines."""
    sums, count = [Decimal(0)] * len(grid[at]), 0
    for k in range(at + 1, len(grid)):
        if asked[k]:
            break
        sums = [total + (value or 0) for total, value in zip(sums, grid[k])]
        count += 1
    agrees = count > 0 and _same(grid[at], sums)
    return (count, f"the {_lines(count)} below it") if agrees else (0, "")


def _lines(count: int) -> str:
    return f"{count:,} {'line' if count == 1 else 'lines'}"


def _keys_of(word: str) -> list[str]:
    """What a label such as 'Summe 01/2026' or 'ads total' may be the sum of."""
    words = TOTAL.sub(" ", plain_words(word)).split()[:8]
    moment = read_moment(" ".join(words))
    month = [f"{moment.year} {moment.first:02d}"] if moment and not moment.open else []
    runs = [" ".join(words[i:k]) for k in range(len(words), 0, -1) for i in range(k)]
    return month + runs


def _same(row: Sequence[Decimal | None], sums: Sequence[Decimal]) -> bool:
    """Whether each amount that a line holds is the sum, to half a unit of its last digit and at most half a cent."""
    return all(
        abs(value - total) <= _half(value) for value, total in zip(row, sums) if value is not None
    )


def _half(value: Decimal) -> Decimal:
    digits = value.as_tuple().exponent
    fine = Decimal(1).scaleb(digits) / 2 if isinstance(digits, int) else Decimal(0)
    return min(Decimal("0.005"), max(fine, Decimal("1e-6")))  # Excel keeps 15 digits


def _into_groups(groups: dict[str, list], cells: Sequence[str], row) -> None:
    keys = {
        word for cell in cells if 0 < len(word := plain_words(cell)) < 80 and not word.isdigit()
    }
    for cell in cells:
        if (moment := read_moment(cell)) and not moment.open:
            keys.add(f"{moment.year} {moment.first:02d}")
    if len(groups) > 20_000:  # names that are nearly all different are no groups
        keys &= set(groups)
    for key in keys:
        entry = groups.setdefault(key, [0, [Decimal(0)] * len(row)])
        entry[0] += 1
        entry[1] = [total + (value or 0) for total, value in zip(entry[1], row)]


def _columns(names: Sequence[str], body: list[Row], typed: bool) -> _Money:
    """The columns of money: those whose heading says so, or months; else all columns of numbers but counts and prices."""
    numeric = []
    for place, name in enumerate(names):
        cells = [cell for _, row in body[:5000] if (cell := _at(row, place))]
        good = [cell for cell in cells if read_number(cell) or read_number(cell, ",")]
        if cells and len(good) >= 0.6 * len(cells):
            said = Counter(map(decimal_evidence, good))
            numeric.append((place, "," if not typed and said[","] > said["."] else ".", name))
    money = [
        one for one in numeric if is_month(one[2]) or amount_like(one[2]) or currency_of(one[2])
    ] or [
        one
        for one in numeric
        if not set(plain_words(one[2]).split()) & NO_AMOUNT and bare(one[2]) not in RANK["quantity"]
    ]
    months = [k for k, (*_, name) in enumerate(money) if is_month(name) or without_year(name)]
    places = [place for place, *_ in money]
    usual = _usual(body, [place for place, *_ in numeric])
    dates = [
        place
        for place in usual
        if share((_at(cells, place) for _, cells in body[:5000]), read_moment) >= 0.6
    ]
    return _Money(places, [mark for _, mark, _ in money], months or [0], usual, dates)


def _usual(body: list[Row], places: Sequence[int]) -> list[int]:
    """Places beside the amounts that nearly every line fills: the date, the team."""
    filled: Counter = Counter(
        place
        for _, cells in body
        for place, cell in enumerate(cells)
        if cell and place not in places
    )
    return [place for place, count in filled.items() if count > 0.6 * len(body)]


def _word(cells: Iterable[str]) -> str:
    """The cell that says total, '' for none; an amount, a date and a long text say nothing."""
    return next(
        (
            cell
            for cell in cells
            if 2 < len(cell) < 80 and QUICK.search(cell) and TOTAL.search(plain_words(cell))
        ),
        "",
    )


def _number(cells: Sequence[str], place: int, mark: str) -> Decimal | None:
    cell = _at(cells, place)
    read = (
        (read_number(cell, mark) or read_number(cell, "," if mark == "." else "."))
        if cell
        else None
    )
    return read[0] if read and (not read[0] or read[0].adjusted() < 18) else None


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""
