"""Tables of the books as files: CSV with exact amounts, and one workbook with a sheet each (docs/method §14.61)."""

from __future__ import annotations

import csv
import io
import re
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

import pandas as pd
import xlsxwriter

from ...documents import no_formula
from ...errors import printable
from ..report.workbook.book import CREATED
from ..report.workbook.cells import Pen, clean

ODD = re.compile(r"[^\t\n -~]+")  # what may be other than plain
WIDE = {"Text": 44, "Note": 44, "AccountName": 26, "InvoiceIssuerName": 22, "Says": 60}
SUMMED = ("Debit", "Credit", "BaseDebit", "BaseCredit")  # with a live sum below


def plain(text: str) -> str:
    """The text of a file without characters that steer a terminal or turn the reading order round; names of a bill may hold them.

    >>> plain("a\\x1b[31m;\\u202eb\\n–")
    'a[31m;b\\n–'
    """
    return ODD.sub(lambda found: printable(found[0]), text)


def cell(value: object) -> str:
    """A cell of a CSV: money digit for digit, nothing where nothing is known.

    >>> cell(Decimal("-1.50")), cell(None), cell("-x")
    ('-1.50', '', "'-x")
    """
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    return no_formula(str(value))


def csv_lines(heading: Iterable[str], rows: Iterable[Iterable]) -> str:
    """The text of a CSV, Unix line ends."""
    text = io.StringIO()
    out = csv.writer(text, lineterminator="\n")
    out.writerow(list(heading))
    for row in rows:
        out.writerow([cell(value) for value in row])
    return plain(text.getvalue())


def csv_of(frame: pd.DataFrame) -> str:
    """A frame as the text of a CSV."""
    return csv_lines(frame.columns, frame.itertuples(index=False))


def workbook(title: str, sheets: Mapping[str, pd.DataFrame], lead: Sequence[str] = ()) -> bytes:
    """The bytes of a workbook: a sheet for each table, after one of words; they depend on nothing else.

    sheets   name (at most 31 characters, ours) -> table; money is Decimal
    """
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "books.xlsx"
        book = xlsxwriter.Workbook(
            str(place),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        book.set_properties({"title": clean(title), "author": "", "created": CREATED})
        book.set_calc_mode("auto")
        pen = Pen(book, "")
        first = pen.sheet("Summary", [110])
        pen.put(first, 0, 0, title, "title")
        for row, text in enumerate(lead, 2):
            pen.put(first, row, 0, text, "wrap")
        for name, frame in sheets.items():
            _sheet(pen, name, frame)
        book.close()
        return place.read_bytes()


def _sheet(pen: Pen, name: str, frame: pd.DataFrame) -> None:
    columns = list(frame.columns)
    money = [
        len(frame) > 0 and all(isinstance(value, Decimal) for value in frame[column])
        for column in columns
    ]
    widths = [
        WIDE.get(column, 14 if of_money else min(max(11, len(column) + 1), 20))
        for column, of_money in zip(columns, money, strict=True)
    ]
    sheet = pen.sheet(name, widths, landscape=True)
    for place, (column, of_money) in enumerate(zip(columns, money, strict=True)):
        kind = "head_right" if of_money else "head"
        sheet.write_string(0, place, column, pen.formats[kind])
    sheet.freeze_panes(1, 0)
    for row, values in enumerate(frame.itertuples(index=False), 1):
        for place, (value, of_money) in enumerate(zip(values, money, strict=True)):
            if of_money:
                style = "money" if columns[place] != "Rate" else "quantity"
                pen.put(sheet, row, place, float(value), style)
            else:
                pen.put(sheet, row, place, "" if value is None else value, "text")
    if not len(frame):
        return
    for place, column in enumerate(columns):
        if column in SUMMED:
            letter = chr(ord("A") + place)
            total = float(sum(frame[column], Decimal(0)))
            sheet.write_formula(
                len(frame) + 1,
                place,
                f"=SUM({letter}2:{letter}{len(frame) + 1})",
                pen.formats["total"],
                total,
            )
