"""Cells of the workbook: formats, headings, numbers as numbers, text from outside as text and never as a formula or a link."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from ....errors import ReportError

MAX_TEXT = 32_000  # characters a cell may hold in Excel, less a margin


def clean(text: object) -> str:
    """Text a cell can hold: no control characters (XML forbids them), not too long."""
    bare = "".join(c for c in str(text) if c >= " " or c in "\n\t")
    return "".join(c for c in bare if not 0xD800 <= ord(c) <= 0xDFFF and c not in "\ufffe\uffff")[
        :MAX_TEXT
    ]


class Pen:
    """Formats, and a cursor that writes rows with the right kind of cell."""

    def __init__(self, book: Workbook, currency: str):
        self.book, self.currency = book, currency
        base: dict[str, Any] = {"font_name": "Calibri", "font_size": 10, "valign": "top"}
        number = "#,##0.00;[Red]-#,##0.00"
        styles: dict[str, dict[str, Any]] = {
            "text": {},
            "wrap": {"text_wrap": True},
            "beside": {"text_wrap": True, "indent": 1},  # words right of a number
            "title": {"bold": True, "font_size": 14},
            "lead": {"text_wrap": True, "font_size": 11},
            "head": {"bold": True, "bottom": 1, "text_wrap": True, "bg_color": "#E8EEF4"},
            "head_right": {
                "bold": True,
                "bottom": 1,
                "text_wrap": True,
                "bg_color": "#E8EEF4",
                "align": "right",
            },
            "strong": {"bold": True},
            "part": {"bold": True, "top": 1},
            "money": {"num_format": number},
            "total": {"num_format": number, "bold": True, "top": 1},
            "price": {"num_format": "#,##0.00########"},
            "quantity": {"num_format": "#,##0.######"},
            "share": {"num_format": "0.0%"},
            "none": {"align": "right"},
            "muted": {"font_color": "#666666", "text_wrap": True},
            "good": {"font_color": "#1B6E3C"},
            "attention": {"font_color": "#8A5A00", "bold": True},
            "bad": {"font_color": "#B3261E", "bold": True},
        }
        self.widths: dict[str, Sequence[float]] = {}
        self.lines: dict[
            tuple[str, int], int
        ] = {}  # of a row of a sheet that is more than one high
        self.formats = {name: book.add_format({**base, **extra}) for name, extra in styles.items()}

    def sheet(self, name: str, widths: Sequence[float], landscape: bool = False) -> Worksheet:
        """A new sheet for paper: A4, one page wide; widths of its columns in letters."""
        sheet = self.book.add_worksheet(name)
        for i, width in enumerate(widths):
            sheet.set_column(i, i, width)
        self.widths[name] = widths
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        sheet.hide_gridlines(2)
        sheet.set_margins(0.5, 0.5, 0.6, 0.6)
        sheet.set_footer("&L&A&RPage &P of &N")
        if landscape:
            sheet.set_landscape()
        return sheet

    def head(self, sheet: Worksheet, row: int, names: Sequence[str], right: int = 99) -> None:
        """A heading row; columns from `right` on hold numbers."""
        for i, name in enumerate(names):
            self._high_enough(sheet, row, i, name)
            sheet.write_string(
                row, i, clean(name), self.formats["head_right" if i >= right else "head"]
            )

    def put(
        self, sheet: Worksheet, row: int, column: int, value: object, kind: str = "text"
    ) -> None:
        """A number as a number, nothing as '–', everything else as text."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            number = kind in ("money", "price", "quantity", "share")
            words = "–" if value is None else clean(value)
            if kind in ("wrap", "beside", "muted") or number:
                self._high_enough(sheet, row, column, words)
            style = "wrap" if number and value is not None else "none" if number else kind
            sheet.write_string(row, column, words, self.formats[style])
        elif not math.isfinite(value):
            raise ReportError(
                f"the brief holds a number that is not finite ({sheet.get_name()}, row {row + 1}). Nothing was written."
            )
        else:
            sheet.write_number(
                row, column, value, self.formats[kind if kind in self.formats else "money"]
            )

    def _high_enough(self, sheet: Worksheet, row: int, column: int, text: str) -> None:
        """A row as high as its longest cell: not every program that opens a workbook finds that out by itself."""
        widths = self.widths.get(sheet.get_name(), ())
        wide = max(int(1.1 * widths[column]), 1) if column < len(widths) else 80
        lines = sum(len(textwrap.wrap(part, wide)) or 1 for part in text.split("\n"))
        place = (sheet.get_name(), row)
        if lines > self.lines.get(place, 1):
            self.lines[place] = lines
            sheet.set_row(row, 13.5 * lines + 1.5)

    def along(
        self, sheet: Worksheet, row: int, column: int, values: Iterable[object], kind: str = "text"
    ) -> None:
        """Values beside each other, the first one at `column`."""
        for place, value in enumerate(values, column):
            self.put(sheet, row, place, value, kind)

    def note(self, sheet: Worksheet, row: int, last: int, text: str, kind: str = "muted") -> None:
        """Words over the columns 0 to `last`."""
        sheet.merge_range(row, 0, row, last, "", self.formats[kind])
        sheet.write_string(row, 0, clean(text), self.formats[kind])
