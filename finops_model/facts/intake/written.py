"""How a column writes its numbers and dates: decided once, from all its cells (docs/method §13.10)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

import pandas as pd

from ...errors import InputError
from .files.cells import EARLIEST, LATEST
from .formats import decimal_evidence, month_end, read_moment

BLANK = {"", "-", "–", "—"}


def cells_of(frame: pd.DataFrame, column: str) -> list[str]:
    """The cells of a column as text, '' where there is none."""
    return [
        "" if value is None or value != value else str(value) for value in frame[column].tolist()
    ]


def plausible(day: date) -> bool:
    """Whether a bill can speak of a day: the years facts/intake/files/cells.py takes.

    >>> plausible(date(2026, 1, 31)), plausible(date(9999, 12, 31))
    (True, False)
    """
    return EARLIEST <= day.year <= LATEST


def usual_mark(frame, dates: list[str]) -> str:
    """The decimal mark where no number tells it: a comma in a file with semicolons or dotted dates, else a point (docs/method §13.10)."""
    dotted = any("." in cell and (moment := read_moment(cell)) and moment.open for cell in dates)
    return "," if frame.attrs.get("delimiter") == ";" or dotted else "."


def decimal_mark(
    cells: list[str], name: str, column, typed: bool = False, default: str = "."
) -> tuple[str, bool]:
    """(decimal mark, assumed) of a column's cells; contradicting cells refuse the table.

    >>> decimal_mark(["1,234.50", "7"], "a.csv", "cost"), decimal_mark(["1.234"], "a.csv", "cost")
    (('.', False), ('.', True))
    """
    said: dict[str, str] = {}
    for cell in cells:
        said.setdefault(decimal_evidence(cell), cell)
    if "." in said and "," in said and not typed:
        where = f"'{column}'" if isinstance(column, str) else "the months"
        raise InputError(
            f"{name}: {where}: '{said['.']}' has a decimal point and '{said[',']}' a decimal comma: one of them would be "
            "wrong by a factor of a thousand or a hundred. Export the table with one way of writing numbers."
        )
    if typed or "." in said:
        return ".", False
    if "," in said:
        return ",", False
    open_ = "?." in said or "?," in said  # '1,234' or '1.234' and nothing else to tell by
    return (default if open_ else "."), open_


def own_mark(cells: Iterable[str]) -> str:
    """The decimal mark that the cells of a column show by themselves; '' where none does, or where they contradict each other.

    >>> own_mark(["1,234.50", "7"]), own_mark(["1.234,5", "1,234"]), own_mark(["1,234", "12"]), own_mark(["1.5", "1,5"])
    ('.', ',', '', '')
    """
    said = {decimal_evidence(cell) for cell in set(cells)} & {".", ","}
    return said.pop() if len(said) == 1 else ""


def open_number(cells) -> str:
    return next(cell for cell in cells if decimal_evidence(cell).startswith("?"))


def date_order(
    frame, column: str, name: str, decimal: str = ".", currency: str = ""
) -> tuple[str, bool]:
    """('iso' | 'day first' | 'month first', assumed). Decided by any cell above 12; cells that contradict refuse the table."""
    first: dict[str, tuple[int, str]] = {}
    for i, cell in enumerate(cells_of(frame, column)):
        moment = read_moment(cell)
        if moment:
            first.setdefault(moment.order, (line_of(frame, i), cell))
    if "day first" in first and "month first" in first:
        (a, day), (b, month) = first["day first"], first["month first"]
        raise InputError(
            f"{name}: '{column}': line {a} '{day}' can only be day first and line {b} '{month}' only month first. "
            "Write all dates one way, best as 2025-01-31."
        )
    for order in ("day first", "month first"):
        if order in first:
            return order, False
    if "open" not in first:
        return "iso", False
    # Nothing tells: dots, a decimal comma, euros and pounds speak for day first, anything else for month first.
    european = "." in first["open"][1] or decimal == "," or currency in ("EUR", "GBP", "CHF")
    return ("day first" if european else "month first"), True


def line_of(frame, i: int) -> int:
    """The line of the file that row i of a table stands in, 1-based."""
    lines = frame.attrs.get("lines")
    return lines[i] if lines else i + 2


def monthly(days: list) -> bool:
    """Whether days are one fixed day (first or last) of two or more months."""
    months = {(day.year, day.month) for day in days}
    return len(months) > 1 and (
        all(day.day == 1 for day in days) or all((month_end(day) - day).days == 1 for day in days)
    )
