"""Cells of the workbook: formats, headings, numbers as numbers, text from outside as text and never as a formula or a link."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from xlsxwriter import Workbook
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from ....errors import ReportError
from ....prices.settle.cents import DIGITS

MAX_TEXT = 32_000  # characters a cell may hold in Excel, less a margin
INPUT = "#0000FF"  # what analysts give a number that is typed in, and not computed
NUMBERS = {
    "money",
    "total",
    "input",
    "simulated",
    "variance",
    "variance_total",
    "price",
    "blue_price",
    "blue_variance",
    "quantity",
    "blue_quantity",
    "share",
    "share_input",
    "percent",
}
AGREES, DIFFERS = "agrees", "DIFFERS"


@dataclass
class Listed:
    """A sheet as the contents list it: what it holds, and its cells that say whether it agrees with the report."""

    name: str
    holds: str
    checks: list[tuple[str, str]] = field(default_factory=list)  # cell, what it says


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
        base: dict[str, Any] = {"font_name": "Calibri", "font_size": 10, "valign": "vcenter"}
        self.places = places = DIGITS.get(currency, 2)
        amount = "#,##0" + ("." + "0" * places if places else "")
        number, signed = f"{amount};[Red]-{amount}", f"+{amount};-{amount};{amount}"
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
            "head_word": {  # right of numbers
                "bold": True,
                "bottom": 1,
                "text_wrap": True,
                "bg_color": "#E8EEF4",
                "indent": 1,
            },
            "strong": {"bold": True},
            "sentence": {"bold": True, "text_wrap": True},
            "part": {"bold": True, "top": 1},
            "money": {"num_format": number},
            "total": {"num_format": number, "bold": True, "top": 1},
            "input": {"num_format": number, "font_color": INPUT},  # taken over, sums stand on it
            "simulated": {
                "num_format": number,
                "italic": True,
            },  # of the futures: adds up to nothing
            "variance": {"num_format": signed},
            "variance_total": {"num_format": signed, "bold": True, "top": 1},
            "share_input": {"num_format": "0.0###%", "font_color": INPUT},
            "percent": {"num_format": "+0.0%;-0.0%;0.0%"},
            "blue": {"text_wrap": True, "font_color": INPUT, "align": "right"},
            "word": {"bold": True, "indent": 1},  # right of a number
            "notable": {"font_color": "#8A5A00", "bold": True, "indent": 1},
            "link": {"font_color": INPUT, "underline": 1},
            "price": {"num_format": "#,##0.00########"},
            "quantity": {"num_format": "#,##0.######"},
            "blue_variance": {"num_format": signed, "font_color": INPUT},
            "blue_price": {"num_format": "#,##0.00########", "font_color": INPUT},
            "blue_quantity": {"num_format": "#,##0.######", "font_color": INPUT},
            "share": {"num_format": "0.0%"},
            "none": {"align": "right"},
            "muted": {"font_color": "#666666", "text_wrap": True},
            "good": {"font_color": "#1B6E3C"},
            "attention": {"font_color": "#8A5A00", "bold": True},
            "bad": {"font_color": "#B3261E", "bold": True},
        }
        self.widths: dict[str, Sequence[float]] = {}
        self.listed: list[Listed] = []
        self.months: dict[str, tuple[int, float]] = {}  # of the sheet Months: row and cost of each
        self.lines: dict[
            tuple[str, int], int
        ] = {}  # of a row of a sheet that is more than one high
        self.formats = {name: book.add_format({**base, **extra}) for name, extra in styles.items()}

    def sheet(
        self,
        name: str,
        widths: Sequence[float],
        landscape: bool = False,
        holds: str = "",
        titles: int | None = None,
    ) -> Worksheet:
        """A new sheet for paper: A4, one page wide; widths of its columns in letters.

        holds   what the contents say of it
        titles  its heading row, which every printed page repeats
        """
        self.listed.append(Listed(name, holds))
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
        if titles is not None:
            sheet.repeat_rows(titles)
        return sheet

    def head(self, sheet: Worksheet, row: int, names: Sequence[str], right: int = 99) -> None:
        """A heading row; columns from `right` on hold numbers."""
        for i, name in enumerate(names):
            self._high_enough(sheet, row, i, name, bold=True)
            sheet.write_string(
                row, i, clean(name), self.formats["head_right" if i >= right else "head"]
            )

    def put(
        self, sheet: Worksheet, row: int, column: int, value: object, kind: str = "text"
    ) -> None:
        """A number as a number, nothing as '–', everything else as text."""
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            number = kind in NUMBERS
            words = "–" if value is None else clean(value)
            if kind in ("wrap", "beside", "muted", "lead") or number:
                self._high_enough(sheet, row, column, words)
            style = "wrap" if number and value is not None else "none" if number else kind
            sheet.write_string(row, column, words, self.formats[style])
        elif not math.isfinite(value):
            raise ReportError(
                f"the brief holds a number that is not finite ({sheet.get_name()}, row {row + 1}). Nothing was written."
            )
        else:
            if "variance" in kind and abs(value) < 0.5 * 10**-self.places:
                value = 0.0  # noise of the last bits has no sign
            sheet.write_number(
                row, column, value, self.formats[kind if kind in self.formats else "money"]
            )

    def formula(
        self, sheet: Worksheet, row: int, column: int, text: str, value: Any, kind: str = "money"
    ) -> None:
        """A live cell, with the value that it has now."""
        sheet.write_formula(row, column, text, self.formats[kind], value)

    def check(
        self,
        sheet: Worksheet,
        row: int,
        column: int,
        what: str,
        cell: str,
        sums: float,
        said: float,
    ) -> None:
        """A row of `what`, the report's own figure and whether `cell` above agrees with it to the coin.

        column  of the figure; the verdict is right of it
        sums    what `cell` comes to; said: what the brief says
        """
        if column > 1:
            self.span(sheet, row, 0, column - 1, what, "muted")
        else:
            self.put(sheet, row, 0, what, "muted")
        self.against(sheet, row, column, cell, sums, said)

    def against(
        self, sheet: Worksheet, row: int, column: int, cell: str, sums: float, said: float
    ) -> None:
        """The report's own figure, and right of it whether `cell` agrees with it to the coin; `check` without its words."""
        places = self.places
        own = f"{xl_col_to_name(column)}{row + 1}"
        verdict = AGREES if round(sums - said, places) == 0 else DIFFERS
        text = f'=IF(ROUND({cell}-{own},{places})=0,"{AGREES}","{DIFFERS}")'
        self.put(sheet, row, column, said, "input")
        self.formula(sheet, row, column + 1, text, verdict, "word")
        self.checked(sheet, f"{xl_col_to_name(column + 1)}{row + 1}", verdict)

    def checked(self, sheet: Worksheet, cell: str, verdict: str) -> None:
        """Tell the contents of a cell that says whether its sheet agrees."""
        listed = next(one for one in self.listed if one.name == sheet.get_name())
        listed.checks.append((cell, verdict))

    def _high_enough(
        self, sheet: Worksheet, row: int, column: int, text: str, letters: float = 0, bold=False
    ) -> None:
        """A row as high as its longest cell: not every program that opens a workbook finds that out by itself."""
        widths = self.widths.get(sheet.get_name(), ())
        wide = letters or (widths[column] if column < len(widths) else 73)
        wide = max(int((1.0 if bold else 1.1) * wide), 1)
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
        """Words over the columns 0 to `last`, the row as high as they need."""
        self.span(sheet, row, 0, last, text, kind)

    def span(
        self, sheet: Worksheet, row: int, first: int, last: int, text: str, kind: str = "wrap"
    ) -> None:
        """Words over the columns `first` to `last`, the row as high as they need."""
        letters = sum(self.widths.get(sheet.get_name(), ())[first : last + 1])
        self._high_enough(sheet, row, first, clean(text), letters, bold=kind == "lead")
        sheet.merge_range(row, first, row, last, "", self.formats[kind])
        sheet.write_string(row, first, clean(text), self.formats[kind])
