"""The header inside a grid of cells: below a preamble, in one to three lines, with headings that span columns (docs/method §13.80)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from ....errors import InputError
from .. import scales
from ..files.cells import is_missing
from ..formats import is_month, read_moment, read_number

TOP, DEPTH, LOOK = (
    60,
    3,
    40,
)  # lines that may stand above a table, lines of a header, rows looked at
YEAR = re.compile(r"(?:(?:FY|GJ|CY)\s?)?(?:19|20)\d{2}", re.I)
Grid = list[tuple[int, list[str]]]


class Header(NamedTuple):
    """first, last: positions of its lines in the grid; names: one heading per column, '' where there is none."""

    first: int
    last: int
    names: list[str]


def is_value(cell: str) -> bool:
    """Whether a cell is a number or a date rather than a name.

    >>> is_value("12.50"), is_value("Cost"), is_value("2025-01-31")
    (True, False, True)
    """
    return (
        read_number(cell) is not None
        or read_number(cell, ",") is not None
        or read_moment(cell) is not None
    )


def find(name: str, grid: Grid, spans: dict[int, list[tuple[int, int]]] | None = None) -> Header:
    """The header: the first lines nearly as wide as the table whose cells are names (or months, two or more).

    spans    line -> (first, last) place of each heading that is merged over several columns (Excel)
    Raises InputError where no line is a header; says what the first line is.
    """
    spans = spans or {}
    counts = sorted((sum(map(bool, cells)) for _, cells in grid[:2000]), reverse=True)
    wide = counts[
        min(2, len(counts) - 1)
    ]  # two lines that broke do not decide how wide the table is
    for first in range(min(TOP, len(grid))):
        for last in range(first, min(first + DEPTH, len(grid))):
            if last > first and not _stacked(grid, last - 1, last, spans):
                break
            names = _joined(grid[first : last + 1], spans)
            below = grid[last + 1 : last + 1 + LOOK]
            plain = len(grid) < TOP or (first == 0 and _of_words(names, wide, below))
            if _is_header(names, wide, below, plain):
                while last - first + 1 < DEPTH and _goes_on(grid, names, last + 1, spans):
                    last += 1
                    names = _joined(grid[first : last + 1], spans)
                return Header(first, last, names)
    seen = " | ".join(grid[0][1])[:120]
    if wide == 1:
        raise InputError(
            f"{name}: one column: line {grid[0][0]} is '{seen}'. A bill needs a date (or month) and an amount in each line, for example "
            "date,team,service,cost,currency."
        )
    raise InputError(
        f"{name}: no header row was found: line {grid[0][0]} is '{seen}'. Write the column names into the first line, for "
        "example date,team,service,cost,currency."
    )


def _of_words(names: Sequence[str], wide: int, below: Grid) -> bool:
    """Whether a first line stands over a table of words alone: as wide as all of it, each name once, and the lines below full from the start.

    A preamble is narrower than its table; so a long table of ids and texts begins with its header.
    """
    words = [cell.casefold() for cell in names if cell]
    full = all(sum(map(bool, row)) >= 0.6 * wide for _, row in below[:3])
    return len(words) >= wide and len(set(words)) == len(words) and full


def _is_header(names: Sequence[str], wide: int, below: Grid, short: bool) -> bool:
    words = [cell for cell in names if cell]
    months = [cell for cell in words if is_month(cell)]
    years = [cell for cell in words if YEAR.fullmatch(cell)]
    free = years if len(months) > 1 or len(years) > 1 else []  # the sum of a year beside its months
    if (
        len(words) < max(2, 0.6 * wide)
        or any(is_value(cell) for cell in words if cell not in months and cell not in free)
        or len({*months, *free}) == len(set(words))
        or len(months) == 1
    ):
        return False
    return not below or any(is_value(cell) for _, row in below for cell in row) or short


def _stacked(grid: Grid, upper: int, lower: int, spans) -> bool:
    """Whether a line is the upper part of a header: names, years or months that stand above those of the line below."""
    (line, above), (next_line, below) = grid[upper], grid[lower]
    words, under = [cell for cell in above if cell], [cell for cell in below if cell]
    if next_line != line + 1 or len(under) < 2 or not words:
        return False
    if not all(map(_heading, words)) or not all(map(_heading, under)) or any(map(_remark, words)):
        return False
    width = max(len(above), len(below))
    if any(0 < last - first + 1 < width for first, last in spans.get(line, ())):
        return True
    holes = any(cell and not _at(above, i) for i, cell in enumerate(below))
    if not above[0]:
        return len(words) > 1 or bool(YEAR.fullmatch(words[0])) or len(set(under)) < len(under)
    return len(words) > 1 and not below[0] and holes


def _goes_on(grid: Grid, names: list[str], at: int, spans) -> bool:
    """Whether the line below a header belongs to it: names alone that fill its holes or stand below it all, while the rows below hold values."""
    if at >= len(grid) or grid[at][0] != grid[at - 1][0] + 1:
        return False
    below, rest = grid[at][1], grid[at + 1 : at + 1 + LOOK]
    under = [cell for cell in below if cell]
    if len(under) < 2 or not rest or not all(map(_heading, under)) or any(map(is_missing, under)):
        return False
    if 2 * sum(any(is_value(cell) for cell in row) for _, row in rest) < len(rest):
        return False
    holes = any(cell and not _at(names, i) for i, cell in enumerate(below))
    spanned = any(last > first for first, last in spans.get(grid[at - 1][0], ()))
    units = all(scales.scale_of(cell) != 1 or scales.currencies([(1, cell)]) for cell in under)
    return holes or spanned or units


def _heading(cell: str) -> bool:
    return not is_value(cell) or is_month(cell) or bool(YEAR.fullmatch(cell))


def _remark(cell: str) -> bool:
    """Whether a cell says the unit of a table ("in k EUR") rather than the name of a group."""
    return scales.scale_of(cell) != 1 or bool(
        re.match(r"(?i)(all )?(amounts|figures|values|in)\b", cell)
    )


def _at(cells: Sequence[str], place: int) -> str:
    return cells[place] if place < len(cells) else ""


def _joined(lines: Grid, spans) -> list[str]:
    """Headings of several lines as one, '2026 / Jan'; a heading above holes stands above each of the names below it."""
    width = max(len(cells) for _, cells in lines)
    rows = []
    for depth, (line, cells) in enumerate(lines):
        row = [_at(cells, i) for i in range(width)]
        if depth < len(lines) - 1:
            row = _spread(row, [cells for _, cells in lines[depth + 1 :]], spans.get(line, ()))
        rows.append(row)
    return [" / ".join(dict.fromkeys(part for part in parts if part)) for parts in zip(*rows)]


def _spread(row: list[str], below: list[list[str]], spans) -> list[str]:
    if spans:
        for first, last in spans:
            if first < len(row):  # merged cells may lie behind the last that holds anything
                row[first : last + 1] = [row[first]] * (min(last, len(row) - 1) - first + 1)
        return row
    carried = ""
    for i, cell in enumerate(row):
        under = any(_at(cells, i) for cells in below)
        carried = (cell if under else "") if cell else carried
        row[i] = cell or (carried if under else "")
    return row
