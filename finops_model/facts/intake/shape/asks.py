"""What a person is asked where several columns could have one role: which are they, and what stands in each (docs/method §13.51)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

import pandas as pd

from ..columns import bare, rank_of
from ..formats import read_moment, share
from ..left_money import number
from ..written import cells_of, own_mark, usual_mark
from .heading_words import FULL, WEAK

FIRST = 3  # cells of a column that are shown


@dataclass(frozen=True)
class Candidate:
    """A column that could have the role, and what stands in it, in words."""

    column: str
    seen: str


@dataclass(frozen=True)
class Question:
    """One question: which of these columns is it?

    role    amount or date
    """

    file: str
    role: str
    candidates: tuple[Candidate, ...]

    def __str__(self) -> str:
        what = "the cost" if self.role == "amount" else "the day of the charge"
        lines = [f"  {i}  '{one.column}'  {one.seen}" for i, one in enumerate(self.candidates, 1)]
        head = f"{self.file}: {len(self.candidates)} columns could be {what}. Which one counts?"
        return "\n".join([head, *lines])


def question(frame: pd.DataFrame, role: str, columns: Iterable[str]) -> Question:
    """The question which of the columns has the role."""
    seen = _money if role == "amount" else _days
    name = frame.attrs.get("name", "table")
    return Question(name, role, tuple(Candidate(c, seen(frame, c)) for c in columns))


def _money(frame: pd.DataFrame, column: str) -> str:
    cells = cells_of(frame, column)
    mark = own_mark(cells) or usual_mark(frame, [])
    values = [value for cell in cells if (value := number(cell, mark)) is not None]
    word = "amount" if len(values) == 1 else "amounts"
    return f"{len(values):,} {word}, sum {sum(values, Decimal(0)):,f}; first {_first(cells)}"


def _days(frame: pd.DataFrame, column: str) -> str:
    cells = cells_of(frame, column)
    return f"{len(set(cells)):,} different of {len(cells):,}; first {_first(cells)}"


def _first(cells: list[str]) -> str:
    return ", ".join(cell[:30] for cell in cells[:FIRST])


def other_days(frame: pd.DataFrame, taken: str | None) -> list[str]:
    """Columns beside the one that is taken that could be the day of a charge too: full, named so, no weak word, another day on some row."""
    if not taken:
        return []
    days, others = [read_moment(cell) for cell in cells_of(frame, taken)], []
    for column in frame.columns:
        if column == taken or rank_of(column, "date") is None or WEAK & set(bare(column).split()):
            continue
        cells = cells_of(frame, column)
        full = sum(bool(cell.strip()) for cell in cells) >= FULL * len(cells)
        if full and share(cells, read_moment) >= FULL and [read_moment(c) for c in cells] != days:
            others.append(column)
    return others
