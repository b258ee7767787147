"""Daily series from a table people have: CSV or Excel, a column per series, or one row per series and day (docs/method.md §13).

Wide: a date, then one column of numbers per series. Long: a date, a name, a number, and perhaps a class. How dates and numbers are written is
decided once per column; an empty cell is a missing day, never 0.
"""

from __future__ import annotations

import os

import pandas as pd

from ..errors import InputError
from .formats import plain_words, read_moment, read_number, share
from .mapping import date_order, decimal_mark
from .tables import read_table

CLASSES = ("class", "cls", "kind", "group", "category")
READS = 0.9             # share of the cells of a column that must be read


def read_series(path: str | os.PathLike) -> tuple[dict[str, pd.Series], dict[str, str]]:
    """The daily series in a table, {name: Series by day}, and {name: class} where a long table has a class.

    Raises InputError for a table without a date, without numbers, or with a cell that cannot be read; it names line and column.
    """
    frame = read_table(path)
    name, columns = frame.attrs["name"], list(frame.columns)
    if frame.attrs["broken"]:
        raise InputError(f"{name}: {next(iter(frame.attrs['broken'].values()))}. Mend the line: a shifted cell would land in another series.")
    dated = [column for column in columns if share(frame[column], read_moment) >= READS]
    if not dated:
        raise InputError(f"{name}: no column holds dates. Its first column must be the day, best as 2026-10-31; columns: "
                         f"{', '.join(map(str, columns[:8]))}.")
    date = dated[0]
    rest = [column for column in columns if column != date and (frame[column] != "").any()]
    numbers = [column for column in rest if share(frame[column], lambda cell: read_number(cell) or read_number(cell, ",")) >= READS]
    words = [column for column in rest if column not in numbers]
    if not numbers:
        raise InputError(f"{name}: no column beside '{date}' holds numbers. Give a column per series, or the columns date, series, value.")
    days = _days(frame, date, name)
    values = {column: _numbers(frame, column, name) for column in numbers}
    if not words:
        return {str(column): pd.Series(values[column], days) for column in numbers}, {}
    groups = [column for column in words if plain_words(column) in CLASSES]
    named = [column for column in words if column not in groups] or groups
    if len(numbers) > 1 or len(named) > 1:
        raise InputError(f"{name}: {', '.join(map(repr, words))} hold words and {', '.join(map(repr, numbers))} numbers. Give a date and a column "
                         "per series, or date, series, value and perhaps class.")
    found = {str(key): pd.Series(values[numbers[0]][part], days[part]) for key, part in frame.groupby(named[0], sort=False).indices.items()}
    classes = dict(zip(frame[named[0]], frame[groups[0]])) if groups and named != groups else {}
    return found, {str(key): str(value) for key, value in classes.items() if value}


def _line(frame, i: int) -> int:
    return frame.attrs["lines"][i] if frame.attrs.get("lines") else i + 2


def _days(frame, column, name) -> pd.DatetimeIndex:
    order, found = date_order(frame, column, name)[0], []
    for i, cell in enumerate(frame[column]):
        moment = read_moment(cell)
        day = moment.day("any" if order == "iso" else order) if moment and moment.second else None
        if day is None:
            raise InputError(f"{name}: line {_line(frame, i)}, '{column}': '{cell[:40]}' is not a day. Write it as 2026-10-31.")
        found.append(day)
    return pd.DatetimeIndex(found)


def _numbers(frame, column, name):
    cells = list(frame[column])
    mark, found = decimal_mark([cell for cell in cells if cell], name, column, frame.attrs.get("typed", False))[0], []
    for i, cell in enumerate(cells):
        number = read_number(cell, mark) if cell.strip() else None
        if number is None and cell.strip():
            raise InputError(f"{name}: line {_line(frame, i)}, '{column}': '{cell[:40]}' is not a number. Leave the cell empty where the day "
                             "is not known.")
        found.append(float(number[0]) if number else float("nan"))
    return pd.Series(found).to_numpy()
