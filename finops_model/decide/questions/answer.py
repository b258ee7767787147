"""What every question is answered with: a sentence, a table, a range, the reason, the next best, and one picture (docs/decide)."""

from __future__ import annotations

import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ...documents import write_atomic
from ...errors import InputError, nearest, printable
from ...wording import chance, money
from ...wording.pictures import Picture, svg
from ...wording.terms import TERMS, term_of

FILES = (".csv", ".html", ".json", ".xlsx")
FORMS = ("money", "cents", "share", "chance", "units", "count", "text")  # what a column holds


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A question's answer; the same on the terminal, in a notebook, as JSON and as a file.

    Parameters
    ----------
    question : str
        Its command: options, solve, reserve, recover, commit, compare.
    sentence : str
        The answer in one sentence that stands alone, its amount in it.
    table : DataFrame
        A row for each alternative or part, what is best first or in the order of time. Cells are
        numbers or text, never arrays; a number that there is none of is None.
    forms : mapping of str to str
        Column -> money, cents, share, chance, units, count or text; a column that is not named is text.
    range : str
        How sure it is: P10 to P90, or the standard error, in a sentence; why there is none.
    reason : str
        What decides it.
    next_best : str
        The next best alternative and what it costs more; or that there is none.
    currency : str
        Of every money column.
    notes : tuple of str
        Assumptions, and what was left out. A cost input that is 0 is told here.
    figures : mapping
        Plain values by name for `--json`: not rounded, None where there is none.
    tables : mapping of str to DataFrame
        Further sheets of the export, by name.
    picture : dict or None
        Vega-Lite (`finops_model.wording.pictures`).
    page : str
        A whole HTML document, where the answer has a page of its own; "": one is made of the rest.

    Source
    ------
    docs/decide.

    Examples
    --------
    >>> answer = Answer(
    ...     question="options", sentence="One year is cheapest.",
    ...     table=pd.DataFrame({"option": ["one year", "on demand"], "cost": [9.0, 12.0]}),
    ...     forms={"cost": "money"}, range="$8 to $10 in 8 of 10 futures.", reason="Use is steady.",
    ...     next_best="On demand costs $3 more.", currency="USD",
    ... )
    >>> print(answer)
    One year is cheapest.
    <BLANKLINE>
    option       cost
    one year    $9.00
    on demand  $12.00
    <BLANKLINE>
    Range: $8 to $10 in 8 of 10 futures.
    Reason: Use is steady.
    Next best: On demand costs $3 more.
    """

    question: str
    sentence: str
    table: pd.DataFrame
    range: str
    reason: str
    next_best: str
    currency: str
    forms: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    figures: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    picture: Picture | None = None
    page: str = ""

    def form(self, column: str, name: str | None = None) -> str:
        """What a column of the table holds, or one of the further table `name`: numbers there that are not named are units."""
        known = self.forms.get(column)
        if known is None and name is not None:
            return "units" if pd.api.types.is_numeric_dtype(self.tables[name][column]) else "text"
        return known or "text"

    def shown(self, name: str | None = None) -> pd.DataFrame:
        """The table (or the further one of that name) in words of a page: every cell text, in the order of the table."""
        frame = self.table if name is None else self.tables[name]
        return pd.DataFrame(
            {
                str(column): [
                    cell(value, self.form(str(column), name), self.currency)
                    for value in frame[column]
                ]
                for column in frame
            },
            dtype=object,
        )

    def said(self) -> list[str]:
        """What stands below the table: range, reason, next best, then the notes."""
        parts = (("Range", self.range), ("Reason", self.reason), ("Next best", self.next_best))
        return [f"{name}: {text}" for name, text in parts if text] + list(self.notes)

    def plain(self) -> dict[str, Any]:
        """Everything as plain values: what `--json` prints."""
        return {
            "question": self.question,
            "sentence": self.sentence,
            "currency": self.currency,
            "table": records(self.table),
            "range": self.range,
            "reason": self.reason,
            "next_best": self.next_best,
            "notes": list(self.notes),
            "figures": plain(self.figures),
            "tables": {name: records(frame) for name, frame in self.tables.items()},
        }

    def export(self, path: str | os.PathLike) -> Path:
        """Write the answer as .csv (the table), .xlsx, .json or .html, whole or not at all; a file of that name is replaced.

        Raises
        ------
        InputError
            Another kind of file, or a place that cannot be written.
        """
        file = Path(path)
        kind = file.suffix.casefold()
        if kind not in FILES:
            near = nearest(kind, FILES)
            raise InputError(
                f"--export: '{file.name}' is no kind of file that an answer is written as."
                f"{f' Did you mean {near!r}?' if near else ''} Name it with one of: {', '.join(FILES)}."
            )
        try:
            return write_atomic(file, self._as(kind))
        except OSError as problem:
            raise InputError(
                f"--export: {file} cannot be written: {problem.strerror}. Name a file in a folder that this account may write."
            ) from None

    def _as(self, kind: str) -> bytes | str:
        if kind == ".csv":
            return (
                self.table.map(guarded)
                .rename(columns=guarded)
                .to_csv(index=False, lineterminator="\n")
            )
        if kind == ".json":
            return json.dumps(self.plain(), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
        if kind == ".html" and self.page:
            return self.page
        if kind == ".html":
            title = escape(printable(self.sentence))
            return f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>{STYLE}<main>{self._repr_html_()}</main></html>\n'
        return self._book()

    def _book(self) -> bytes:
        buffer = io.BytesIO()
        with pd.ExcelWriter(
            buffer,
            engine="xlsxwriter",
            engine_kwargs={"options": {"strings_to_formulas": False, "strings_to_urls": False}},
        ) as book:
            words = pd.DataFrame({"Answer": [self.sentence, *self.said()]})
            words.to_excel(book, sheet_name="Answer", index=False)
            book.sheets["Answer"].set_column(0, 0, 110)
            for name, frame in {"Table": self.table, **self.tables}.items():
                sheet = "".join(c for c in name if c not in "[]:*?/\\")[:31] or "Sheet"
                frame.to_excel(book, sheet_name=sheet, index=False)
                book.sheets[sheet].freeze_panes(1, 1)
                money_form = book.book.add_format({"num_format": "#,##0.00"})
                share_form = book.book.add_format({"num_format": "0.0%"})
                for i, column in enumerate(frame):
                    form = {
                        "money": money_form,
                        "cents": money_form,
                        "share": share_form,
                        "chance": share_form,
                    }.get(self.forms.get(str(column), ""))
                    book.sheets[sheet].set_column(
                        i, i, max(12, min(len(str(column)) + 2, 40)), form
                    )
        return buffer.getvalue()

    def lines(self, name: str | None = None) -> str:
        """The table (or the further one of that name) as aligned text, every cell whole."""
        return "\n".join(_aligned(self, name))

    def __str__(self) -> str:
        return "\n".join([self.sentence, "", *_aligned(self), "", *self.said()])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        """For notebooks: sentence, picture, table and what stands below; every word of outside escaped."""
        drawn = (
            f'<figure role="img" aria-label="{_safe(self.picture.get("description", ""))}">{svg(self.picture)}</figure>'
            if self.picture
            else ""
        )
        below = "".join(f"<p>{_safe(text)}</p>" for text in self.said())
        further = "".join(
            f"<details><summary>{_safe(name)}</summary>{self._table(name)}</details>"
            for name, frame in self.tables.items()
            if 0 < len(frame) <= MOST_ROWS
        )
        return f'<section class="finops-answer"><p><strong>{_safe(self.sentence)}</strong></p>{drawn}{self._table()}{below}{further}</section>'

    def _table(self, name: str | None = None) -> str:
        shown = self.shown(name)
        right = [self.form(column, name) != "text" for column in shown]
        kinds = [_width(shown[column]) for column in shown]
        cells = "".join(
            "<tr>"
            + "".join(
                f'<td{kind} style="text-align:{_side(r)}">{_days(_safe(v))}</td>'
                for v, r, kind in zip(row, right, kinds, strict=True)
            )
            + "</tr>"
            for row in shown.itertuples(index=False, name=None)
        )
        head = "".join(
            f'<th style="text-align:{"right" if r else "left"}">{_defined(column)}</th>'
            for column, r in zip(shown, right, strict=True)
        )
        return f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{cells}</tbody></table></div>'


MOST_ROWS = 80  # of a further table on a page; files have all
STYLE = (
    "<style>body{font:15px/1.5 system-ui,sans-serif;color:#17212b;background:#fff;margin:0}main{max-width:1080px;margin:0 auto;padding:24px}"
    "table{border-collapse:collapse;font-variant-numeric:tabular-nums}.scroll{overflow-x:auto}th,td{padding:5px 12px;border-bottom:1px solid #e3e8ec;vertical-align:top}th{vertical-align:bottom}td.long{min-width:13em}td.short,.day{white-space:nowrap}"
    "th{font-weight:500;color:#5b6b7a}figure{margin:12px 0}svg{max-width:100%;height:auto}strong{font-size:19px}summary{cursor:pointer;color:#5b6b7a;margin:10px 0}</style>"
)


def cell(value, form: str, currency: str) -> str:
    """A number of a table in words: money, money in whole cents, a share in percent, units with four digits, a whole count; "–" where there is none.

    A chance is a share that simulated futures give: never said to be 0 % or 100 %.

    >>> [cell(v, f, "USD") for v, f in ((-1e-9, "money"), (1234.5, "money"), (0.125, "share"), (7.65, "units"), (3.0, "count"), (None, "money"))]
    ['$0.00', '$1.23k', '12.5 %', '7.65', '3', '–']
    """
    if (
        value is None
        or value is pd.NA
        or (isinstance(value, (float, np.floating)) and not np.isfinite(value))
    ):
        return "–"
    if form == "money":
        amount = float(value)
        return money(0.0 if abs(amount) < 0.005 else amount, currency)  # −0.00 is no amount
    if form == "cents":  # whole, so that a column of them adds up to what stands below it
        return f"{value:,.2f}".replace("-", "−")
    if form == "chance":
        return chance(float(value))
    if form == "share":
        return f"{100 * float(value):.1f}".removesuffix(".0").replace("-", "−") + " %"
    if form == "units":
        return units(float(value)) if abs(float(value)) < 10_000 else f"{float(value):,.0f}"
    if form == "count":
        return f"{round(float(value)):,}"
    return printable(str(value))


def units(value: float) -> str:
    """A number with four digits that count, never as a power of ten.

    >>> units(0.00004657), units(1234.5), units(-0.5), units(0.0)
    ('0.00004657', '1,234', '-0.5', '0')
    """
    if 0 < abs(value) < 1e-4:
        return np.format_float_positional(value, precision=4, fractional=False, trim="-")
    return f"{value:,.4g}"


def guarded(value):
    """Text that a spreadsheet would run as a formula, with an apostrophe before it.

    >>> guarded("=1+1"), guarded("-x"), guarded(-1.0), guarded("a")
    ("'=1+1", "'-x", -1.0, 'a')
    """
    return (
        f"'{value}"
        if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r")
        else value
    )


def plain(value):
    """Numbers of numpy, sequences and mappings as plain JSON values; what is not finite is None.

    >>> plain({"a": np.float64(2), "b": (np.nan, np.int64(1)), "c": np.array([1.0])})
    {'a': 2.0, 'b': [None, 1], 'c': [1.0]}
    """
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return [plain(one) for one in value.tolist()] if value.ndim else plain(value.item())
    if isinstance(value, np.generic):
        return plain(value.item())
    if value is pd.NA or (isinstance(value, float) and not np.isfinite(value)):
        return None
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)


def records(frame: pd.DataFrame) -> list[dict]:
    """The rows of a table as plain mappings."""
    return [
        plain(dict(zip(map(str, frame), row, strict=True)))
        for row in frame.itertuples(index=False, name=None)
    ]


def _aligned(answer: Answer, name: str | None = None) -> list[str]:
    shown = answer.shown(name)
    columns = [[column, *shown[column]] for column in shown]
    widths = [max(map(len, column)) for column in columns]
    left = [answer.form(column, name) == "text" for column in shown]
    return [
        "  ".join(
            text.ljust(width) if to_left else text.rjust(width)
            for text, width, to_left in zip(row, widths, left, strict=True)
        ).rstrip()
        for row in zip(*columns, strict=True)
    ]


def _width(column: pd.Series) -> str:
    """The class of a column's cells: sentences have room, days and ids are not broken; numbers and names need none.

    >>> _width(pd.Series(["2026-10-31", ""])), _width(pd.Series(["a"])), _width(pd.Series(["word " * 9]))
    (' class="short"', '', ' class="long"')
    """
    texts = [str(value) for value in column]
    if max(map(len, texts), default=0) > 40:
        return ' class="long"'
    one = all(
        re.fullmatch(r"[\d-]{7,10}|[0-9a-f]{8,12}|[$€£–−+\d.,]+[km]?|", text) for text in texts
    )
    return ' class="short"' if one else ""


def _days(text: str) -> str:
    """A page's text with its days kept on one line.

    >>> _days("on 2026-10-31")
    'on <span class="day">2026-10-31</span>'
    """
    return re.sub(r"(?<![\w-])(\d{4}-\d\d-\d\d)(?![\w-])", r'<span class="day">\1</span>', text)


def _safe(text) -> str:
    return escape(printable(str(text)))


def _defined(text) -> str:
    """A heading; of a term of the glossary with its line, for whoever points at it."""
    term = term_of(str(text))
    if term is None:
        return _safe(text)
    return f'<abbr title="{_safe(TERMS[term])}">{_safe(text)}</abbr>'


def _side(right: bool) -> str:
    return "right;white-space:nowrap" if right else "left"


__all__ = ["FILES", "FORMS", "Answer", "cell", "guarded", "plain", "records"]
