"""Daily series from a table people have: CSV or Excel, a column per series, or one row per series and day (docs/method §13.15).

Wide: a date, then one column of numbers per series. Long: a date, a name, a number, and perhaps a class. How dates and numbers are written is
decided once per column, and said where nothing in the table tells; an empty cell is a missing day, never 0.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from .formats import decimal_evidence, plain_words, read_moment, read_number, share
from .mapping import date_order, decimal_mark, line_of, usual_mark
from .tables import read_table

CLASSES = ("class", "cls", "kind", "group", "category")
READS = 0.9  # share of the cells of a column that must be read


class SeriesTable(NamedTuple):
    """Daily series of a table. series {name: Series by day}; classes {name: class} of a long table; notes: what was assumed in reading, in words."""

    series: dict[str, pd.Series]
    classes: dict[str, str]
    notes: tuple[str, ...] = ()


def read_series(
    path: str | os.PathLike,
    date: str | None = None,
    value: str | None = None,
    months: bool = False,
) -> SeriesTable:
    """The daily series in a table.

    date    the column of days; None: the first that holds dates
    value   the one column of numbers; None: all of them
    months  a row is a month: 2026-10 is read as its first day

    Raises InputError for a table without a date, without numbers, with a cell that cannot be read, or with a day that appears twice in a series; it
    names line and column.
    """
    frame = read_table(path)
    name, columns = frame.attrs["name"], list(frame.columns)
    if frame.attrs["broken"]:
        raise InputError(
            f"{name}: {next(iter(frame.attrs['broken'].values()))}. Mend the line: a shifted cell would land in another series."
        )
    for option, column in (("--date-column", date), ("--value-column", value)):
        if column is not None and column not in columns:
            raise InputError(unknown(f"{name}: {option}", "column", column, columns))
    dated = (
        [date]
        if date
        else [
            column
            for column in columns
            if column != value and share(frame[column], read_moment) >= READS
        ]
    )
    if not dated:
        raise InputError(
            f"{name}: no column holds dates. Its first column must be the day, best as 2026-10-31; columns: "
            f"{', '.join(map(str, columns[:8]))}."
        )
    date = dated[0]
    rest = [column for column in columns if column != date and (frame[column] != "").any()]
    numbers = [
        column
        for column in rest
        if share(frame[column], lambda cell: read_number(cell) or read_number(cell, ",")) >= READS
    ]
    words = [column for column in rest if column not in numbers]
    if value is not None:
        numbers, words = [value], [column for column in words if column != value]
    if not numbers:
        raise InputError(
            f"{name}: no column besides '{date}' holds numbers. Give a column per series, or the columns date, series, value."
        )
    notes = list(frame.attrs["notes"])
    days = _days(frame, date, name, notes, months)
    usual = usual_mark(frame, list(frame[date]))
    values = {column: _numbers(frame, column, name, usual, notes) for column in numbers}
    if not words or value is not None and not days.has_duplicates:
        _once(frame, days, np.arange(len(days)), name)
        return SeriesTable(
            {str(column): pd.Series(values[column], days) for column in numbers}, {}, tuple(notes)
        )
    groups = [column for column in words if plain_words(column) in CLASSES]
    named = [column for column in words if column not in groups] or groups
    if len(numbers) > 1 or len(named) > 1:
        raise InputError(
            f"{name}: {', '.join(map(repr, words))} hold words and {', '.join(map(repr, numbers))} numbers. Give a date and a column "
            f"per series, or date, series, value and perhaps class. A bill is read by finops start {name}."
        )
    series = {}
    for key, part in frame.groupby(named[0], sort=False).indices.items():
        _once(frame, days, part, name, str(key))
        series[str(key)] = pd.Series(values[numbers[0]][part], days[part])
    classes = dict(zip(frame[named[0]], frame[groups[0]])) if groups and named != groups else {}
    return SeriesTable(
        series, {str(key): str(group) for key, group in classes.items() if group}, tuple(notes)
    )


def _once(frame, days, rows, name, series: str = "") -> None:
    """Refuse a day that appears twice in a series; rows: positions in the table."""
    part = days[rows]
    twice = part.duplicated()
    if twice.any():
        second = int(twice.argmax())
        first = int((part == part[second]).argmax())
        raise InputError(
            f"{name}: line {line_of(frame, rows[second])}: {part[second].date()} appears twice{f' in {series[:60]!r}' if series else ''}, first "
            f"in line {line_of(frame, rows[first])}. Give one row per day: add up what belongs together, or take one out."
        )


def _days(frame, column, name, notes, months: bool = False) -> pd.DatetimeIndex:
    order, assumed = date_order(frame, column, name)
    read: list = []
    if assumed:  # daily rows stand close together one way, and a month apart the other; rows of months the other way round
        moments = [moment for moment in map(read_moment, frame[column]) if moment]
        spans = {
            way: max(days) - min(days)
            for way in ("day first", "month first")
            if len(days := [day for moment in moments if (day := moment.day(way)) is not None])
            == len(moments)
        }
        wide = {way: -span if months else span for way, span in spans.items()}
        order = min(wide, key=lambda way: (wide[way], way != order), default=order)
        first, seen = next((cell, m) for cell in frame[column] if (m := read_moment(cell)))
        notes.append(
            f"'{first[:40]}' in '{column}' is read {order}, as {seen.day(order)}: no cell tells which it is. Write days as 2026-10-31."
        )
    for i, cell in enumerate(frame[column]):
        moment = read_moment(cell)
        whole = moment if moment and (moment.second or months) else None
        day = whole.day("any" if order == "iso" else order) if whole else None
        if day is None:
            what = "a month. Write it as 2026-10." if months else "a day. Write it as 2026-10-31."
            if not months and moment and not moment.second:
                what += " Rows of months are forecast with --freq M."
            raise InputError(
                f"{name}: line {line_of(frame, i)}, '{column}': '{cell[:40]}' is not {what}"
            )
        read.append(day)
    return pd.DatetimeIndex(read)


def _numbers(frame, column, name, usual, notes):
    cells = list(frame[column])
    mark, assumed = decimal_mark(
        [cell for cell in cells if cell], name, column, frame.attrs.get("typed", False), usual
    )
    numbers = []
    if assumed:
        first = next(cell for cell in cells if decimal_evidence(cell) in ("?.", "?,"))
        notes.append(
            f"'{first[:40]}' in '{column}' is read as {float(read_number(first, mark)[0]):,.6g}: no cell tells thousands from decimals."
        )
    for i, cell in enumerate(cells):
        number = read_number(cell, mark) if cell.strip() else None
        if number is None and cell.strip():
            raise InputError(
                f"{name}: line {line_of(frame, i)}, '{column}': '{cell[:40]}' is not a number. Leave the cell empty where the day "
                "is not known."
            )
        numbers.append(float(number[0]) if number else float("nan"))
    return pd.Series(numbers).to_numpy()
