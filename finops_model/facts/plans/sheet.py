"""A plan file as text cells: its columns by name, its numbers, days and months, and where each of them stands."""

from __future__ import annotations

import datetime as dt
import os
from decimal import Decimal

from ...errors import InputError, listing, nearest
from ...periods import MONTH
from ..intake import scales
from ..intake.columns import unstored
from ..intake.formats import plain_words, read_moment, read_number
from ..intake.mapping import date_order, decimal_mark
from ..intake.tables import read_table

MAX_CELL = 2000  # characters
MOST = Decimal(10) ** 100  # no money and no count; sums and products of more become infinite


class Sheet:
    """A plan file as text cells, with messages that say file, line and column."""

    def __init__(
        self, path: str | os.PathLike, what: str, also: dict[str, tuple[str, ...]] | None = None
    ):
        """also   {column: other headings that stand for it, squashed}: read where the column itself is not there"""
        self.frame, self.also = read_table(path), also or {}
        self._read_as: dict[
            tuple[str, str], str
        ] = {}  # once a column: to look at all of it for each cell is quadratic
        self.name, self.what = self.frame.attrs["name"], what
        self.lines = self.frame.attrs["lines"]
        for problem in list(self.frame.attrs["broken"].values())[:1]:
            raise InputError(
                f"{self.name}: {problem}. Quote cells that hold the delimiter, and give every line all its cells."
            )
        if not len(self.frame):
            raise InputError(
                f"{self.name}: {what} has a header ({listing(self.frame.columns)}) and no rows."
            )
        self._refuse_long()
        in_units = (
            scales.remarks(self.frame.attrs["above"], self.frame.columns)
            if what in ("a budget file", "an invoice file")
            else []
        )
        if in_units:  # a budget of 100 "in k EUR" is not a budget of 100
            raise InputError(
                f"{self.name}: {in_units[0].where} says '{in_units[0].text[:60]}': {what} is read in whole units of its currency. Multiply its "
                "amounts, and take the remark out."
            )
        self.spelled = {
            plain_words(column).replace(" ", ""): column for column in self.frame.columns
        }

    def _refuse_long(self) -> None:
        """No name or note of a plan is longer than a page; what is would stand whole in every message."""
        for column in self.frame.columns:
            for i, cell in enumerate(self.frame[column]):
                if len(str(cell)) > MAX_CELL:
                    raise InputError(
                        f"{self.at(i, column)}: has {len(cell):,} characters ('{cell[:40]}…'); at most {MAX_CELL:,}. Shorten it."
                    )

    def find(self, name: str) -> str | None:
        """The column as the file spells it, whatever its case and underscores; None where there is none.

        Raises InputError where two other headings could stand for it.
        """
        column = self.spelled.get(plain_words(name).replace(" ", ""))
        if column is not None:
            return column
        others = [self.spelled[word] for word in self.also.get(name, ()) if word in self.spelled]
        if len(others) > 1:
            raise InputError(
                f"{self.name}: '{others[0]}' and '{others[1]}' could both be {name}. Rename the one that is: {name}."
            )
        return others[0] if others else None

    def column(self, name: str) -> str:
        """The column as the file spells it. Raises InputError where there is none."""
        column = self.find(name)
        if column is None:
            near = nearest(name, self.frame.columns)
            hint = f" Did you mean '{near}'?" if near else ""
            raise InputError(
                f"{self.name}: {self.what} needs a column '{name}'.{hint} Columns seen: {listing(self.frame.columns)}. "
                "Name it, or add it."
            )
        return column

    def cells(self, name: str, needed: bool = True) -> list[str]:
        column = self.column(name) if needed else self.find(name)
        if column is None:
            return [""] * len(self.frame)
        if said := unstored(self.frame, [column]):
            raise InputError(f"{self.name}:{said}")
        return [str(cell).strip() for cell in self.frame[column]]

    def mark(self, column: str) -> str:
        """The decimal mark of a column, by all of its cells."""
        if ("mark", column) not in self._read_as:
            cells, typed = self.cells(column), self.frame.attrs["typed"]
            self._read_as["mark", column] = decimal_mark(cells, self.name, column, typed)[0]
        return self._read_as["mark", column]

    def order(self, column: str) -> str:
        """The order of day and month in a column, by all of its cells."""
        if ("order", column) not in self._read_as:
            self._read_as["order", column] = date_order(self.frame, column, self.name)[0]
        return self._read_as["order", column]

    def at(self, i: int, column: str) -> str:
        return f"{self.name}: line {self.lines[i]}: {column}"

    def numbers(self, name: str, negative: bool = True) -> list[Decimal]:
        """A column of numbers, all of them there."""
        cells, column = self.cells(name), self.column(name)
        mark, _ = decimal_mark(cells, self.name, column, self.frame.attrs["typed"])
        return [self.number(i, column, cell, mark, negative) for i, cell in enumerate(cells)]

    def number(
        self, i: int, column: str, cell: str, mark: str = ".", negative: bool = True
    ) -> Decimal:
        written = read_number(cell, mark)
        if written is None and (said := unstored(self.frame, [column])):
            raise InputError(f"{self.name}:{said}")
        if written is None:
            raise InputError(
                f"{self.at(i, column)}: '{cell[:40]}' is not a number."
                if cell
                else f"{self.at(i, column)}: is empty. Write the number; a blank is not zero."
            )
        if abs(written[0]) >= MOST:
            raise InputError(
                f"{self.at(i, column)}: '{cell[:40]}' is more than anything of a bill. Correct it."
            )
        if not negative and written[0] < 0:
            raise InputError(
                f"{self.at(i, column)}: {cell} is negative. Write a number of at least 0."
            )
        return written[0]

    def days(self, name: str) -> list[dt.date]:
        cells, column = self.cells(name), self.column(name)
        order, _ = date_order(self.frame, column, self.name)
        days = []
        for i, cell in enumerate(cells):
            moment = read_moment(cell)
            day = moment.day(order) if moment and moment.second else None
            if day is None:
                raise InputError(
                    f"{self.at(i, column)}: '{cell[:40]}' is not a day. Write it as 2026-01-31."
                )
            days.append(day)
        return days

    def months(self, name: str) -> list[str]:
        column = self.column(name)
        return [self.month(i, column, cell) for i, cell in enumerate(self.cells(name))]

    def month(self, i: int, column: str, cell: str) -> str:
        moment = read_moment(cell)
        if MONTH.fullmatch(cell):
            return cell
        if moment is None or moment.open or moment.second > 1 or not 1 <= moment.first <= 12:
            raise InputError(
                f"{self.at(i, column)}: '{cell[:40]}' is not a month. Write it as 2026-10."
            )
        return f"{moment.year:04d}-{moment.first:02d}"
