"""The shape of a table of AWS Cost Explorer: which cells are periods, columns of money, totals; turned back where periods are its columns."""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass
from itertools import islice

from ....errors import InputError
from ..files.cells import CURRENCIES, parse_time
from ..files.readers import Source, head_text
from ..files.text import decode
from ..files.textcells import find_delimiter
from ..formats import SYMBOLS, read_moment
from ..vendors import squash

HEADING = re.compile(r"(?P<name>.*?)\s*\((?P<unit>[^()]*)\)\s*", re.S)
UNTOLD = ("¥", "￥")  # yen and yuan write it alike
GROUPS = (
    "service linkedaccount region availabilityzone usagetype usagetypegroup instancetype apioperation "
    "chargetype purchaseoption platform"
).split()
TOTALS = ("totalcosts", "totalcost")
SUMS = ("total", "totals", "grandtotal")  # what people call the same in a table they turned round
HEAD = 50  # lines looked at to know a file


@dataclass(frozen=True)
class Sheet:
    """A download as its periods and its columns.

    group     what the first heading says the columns are: Service
    columns   (name, account id or '', place) of each column of money
    periods   (what the file says, place in the grid) of each period
    """

    group: str
    columns: list[tuple[str, str, int]]
    periods: list[tuple[str, int]]
    left: list[tuple[str, int]]  # lines of totals: (what the file says, place)
    total: list[int]  # columns of totals
    usage: list[str]  # columns that hold no money
    units: list[str]
    grid: list[list[str]]
    turned: bool
    rows: list[int]  # source row of each line of the file that is as wide as its header

    def row(self, period: int, column: int) -> int:
        """The source row of a cell: in a table turned round, that of its column."""
        return self.rows[column if self.turned else period]


def lines_of(source: Source, whole: bool) -> list[list[str]]:
    """The lines of a download as cells, blank ones left out; [] where it is no text of cells."""
    if source.kind == "frame":
        rows = [list(map(str, source.frame.columns))]
        cells = source.frame if whole else source.frame.head(HEAD)
        return rows + [
            ["" if v is None or v != v else str(v) for v in row] for row in cells.values.tolist()
        ]
    text = (decode(source) if whole else head_text(source)).lstrip("\ufeff")
    first = next((line for line in text.splitlines() if line.strip()), "")
    mark = first[4] if re.fullmatch(r"sep=.\s*", first) else find_delimiter(first)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mark, strict=whole)
    try:
        rows = list(reader) if whole else list(islice(reader, HEAD))
    except csv.Error as problem:
        if whole:
            raise InputError(
                f"{source.name}: line {reader.line_num}: {problem}. Download it again."
            ) from None
        return []
    if not whole and len(rows) < HEAD and len(source.data or b"") > 65_536:
        rows = rows[:-1]  # the last line of a part of a text may be cut off
    rows = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    return rows[1:] if rows and re.fullmatch(r"sep=.?", mark.join(rows[0])) else rows


def split(heading: str) -> tuple[str, str]:
    """(name, currency sign or code in brackets at its end, or '').

    >>> split("Support (Developer)($)"), split("team$search ($)"), split("Box (Hrs)")
    (('Support (Developer)', '$'), ('team$search', '$'), ('Box (Hrs)', ''))
    """
    match = HEADING.fullmatch(heading)
    money = match and (
        match["unit"] in SYMBOLS or match["unit"] in UNTOLD or match["unit"] in CURRENCIES
    )
    return (match["name"], match["unit"]) if match and money else (heading, "")


def _period(text: str) -> bool:
    return read_moment(text) is not None or bool(
        re.match(r"\d{4}-\d\d-\d\dT", text) and parse_time(text)[0]
    )


def above(lines: list[list[str]]) -> int:
    """How many lines stand above the names of the columns: the ids of accounts, or none."""
    both = len(lines) > 2 and (squash(lines[0][0]), squash(lines[1][0]))
    return 1 if both == ("linkedaccount", "linkedaccountname") else 0


def sheet_of(lines: list[list[str]]) -> Sheet | None:
    """The download behind lines of cells, turned back where periods are its columns; None where it is none."""
    if len(lines) < 2 or len(lines[0]) < 2:
        return None
    first = above(lines)
    wide = len(lines[first])
    rows = [i for i in range(first, len(lines)) if len(lines[i]) == wide]
    grid, rows = [lines[i] for i in rows], [i - first for i in rows]
    ids = lines[0] if first else []
    if wide < 2:
        return None
    return _shaped(grid, ids, rows, False) or _shaped(
        [list(row) for row in zip(*grid, strict=True)], [], rows, True
    )


def _shaped(grid: list[list[str]], ids: list[str], rows: list[int], turned: bool) -> Sheet | None:
    """A sheet of a grid whose rows are periods."""
    group, top, side = (
        grid[0][0],
        [split(cell) for cell in grid[0]],
        [split(line[0]) for line in grid],
    )
    labels = {
        squash(group) + "total",
        squash(group.removesuffix(" name")) + "total",
        *TOTALS,
        *SUMS,
    }
    units = [unit for _, unit in (*top[1:], *side[1:]) if unit]
    total = [i for i, (name, _) in enumerate(top) if i and squash(name) in labels]
    left = [(name, i) for i, (name, _) in enumerate(side) if i and squash(name) in labels]
    periods = [(name, i) for i, (name, _) in enumerate(side) if i and squash(name) not in labels]
    money = any(unit for i, (_, unit) in enumerate(top) if i and i not in total)
    columns = [
        (name, ids[i] if i < len(ids) else "", i)
        for i, (name, unit) in enumerate(top)
        if i and i not in total and (unit or not money)
    ]
    usage = [
        name for i, (name, unit) in enumerate(top) if i and i not in total and money and not unit
    ]
    named = [squash(name) for name, _ in (*top[1:], *side[1:])]
    own = (  # a table of one's own that happens to have a column of totals has no line 'Service total'
        squash(group.removesuffix(" name")) + "total" in named
        or squash(group) in GROUPS
        or any("$" in name for name, _, _ in columns)
    )
    days = [_period(text) for text, _ in periods]
    dated = 2 * sum(days) > len(days)  # a line that names no day is refused by itself
    if not (
        group and units and columns and dated and own and any(word in named for word in TOTALS)
    ) or any(_period(name) for name, _, _ in columns):
        return None
    return Sheet(group, columns, periods, left, total, usage, units, grid, turned, rows)
