"""A bridge as a file: CSV or Excel, a row per name and one for the total, amounts exact (docs/method §10.8)."""

from __future__ import annotations

import csv
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import xlsxwriter

from ...documents import no_formula, write_atomic
from ...errors import InputError, printable
from ...measure.bridge.steps import PARTS, Bridge
from ...wording import bridge as words
from ..report.workbook.book import CREATED

NAMES = {part: words.column(part) for part in PARTS}


def check(path: Path) -> str:
    """The ending of a file that a bridge can be written to, in lower case. Raises InputError for another."""
    ending = Path(path).suffix.lower()
    if ending not in (".csv", ".xlsx"):
        raise InputError(
            f"--to-file: {path}: a bridge is written as .csv or .xlsx. Give the file one of these endings."
        )
    return ending


def write(made: Bridge, path: Path) -> None:
    """Write a bridge to a .csv or .xlsx, whole or not at all."""
    write_atomic(Path(path), _csv(made) if check(path) == ".csv" else _xlsx(made))


def _table(made: Bridge) -> list[tuple[str, list[Decimal]]]:
    rows = [
        (str(name), [row["then"], *(row[part] for part in PARTS), row["now"]])
        for name, row in made.rows.iterrows()
    ]
    total = [made.then.total, *made.parts.values(), made.now.total]
    return [*rows, ("Total", total)]


def _csv(made: Bridge) -> str:
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow([made.by, "currency", "from", *PARTS, "to"])
    for name, amounts in _table(made):
        rows.writerow([_text(name), made.now.currency, *(f"{one:f}" for one in amounts)])
    return text.getvalue()


def _xlsx(made: Bridge) -> bytes:
    """The same with the names of readers; ends and totals are live sums."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bridge.xlsx"
        book = xlsxwriter.Workbook(
            str(place), {"strings_to_formulas": False, "strings_to_urls": False}
        )
        book.set_properties({"title": "Bridge", "created": CREATED})
        bold = book.add_format({"bold": True, "text_wrap": True})
        money = book.add_format({"num_format": "#,##0.00;[Red]-#,##0.00"})
        sheet = book.add_worksheet("Bridge")
        sheet.set_column(0, 0, 40)
        sheet.set_column(1, len(PARTS) + 2, 16)
        sheet.freeze_panes(1, 1)
        head = [
            made.by.capitalize(),
            f"{made.then.name}, {made.now.currency}",
            *(NAMES[part] for part in PARTS),
            made.now.name,
        ]
        for column, title in enumerate(head):
            sheet.write_string(0, column, title[:1].upper() + title[1:], bold)
        table, last = _table(made), len(PARTS) + 2
        for row, (name, amounts) in enumerate(table, 1):
            sheet.write_string(row, 0, name[:32000])
            end = row == len(table)
            for column, amount in enumerate(amounts, 1):
                letter = xlsxwriter.utility.xl_col_to_name(column)
                before = xlsxwriter.utility.xl_col_to_name(last - 1)
                if column == last:
                    formula = f"=SUM(B{row + 1}:{before}{row + 1})"
                    sheet.write_formula(row, column, formula, money, float(amount))
                elif end:
                    formula = f"=SUM({letter}2:{letter}{row})"
                    sheet.write_formula(row, column, formula, money, float(amount))
                else:
                    sheet.write_number(row, column, float(amount), money)
        book.close()
        return place.read_bytes()


def _text(name: str) -> str:
    """A name that no spreadsheet takes for a formula, and that steers no terminal."""
    return no_formula(printable(name))
