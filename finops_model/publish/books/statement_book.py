"""The workbook of statements: a summary with live sums, and a sheet per bearer (docs/method §14.42)."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path

import xlsxwriter
from xlsxwriter.worksheet import Worksheet

from ...measure.books.statements import KINDS, Statement
from ...wording import statements as words
from ..report.workbook.book import CREATED
from ..report.workbook.cells import Pen, clean
from .bearers import Bearers
from .statement_page import said

MOST = 200  # statements with a sheet of their own; the others stand in the summary and the CSV
LETTERS = 31  # of the name of a sheet, in Excel
FORBIDDEN = str.maketrans(dict.fromkeys("[]:*?/\\", " "))
SUMMARY = "Summary"


def sheet_names(names: Sequence[str], taken: Sequence[str] = (SUMMARY,)) -> list[str]:
    """A sheet name for each: what Excel allows, at most 31 characters, no two alike whatever their case.

    >>> sheet_names(["Search/EU", "search EU", "'History'", "Summary", "x" * 40, ""])
    ['Search EU', 'search EU (2)', 'History (2)', 'Summary (2)', 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'bearer']
    """
    used = {one.casefold() for one in (*taken, "History")}
    found = []
    for name in names:
        bare = " ".join(clean(name).translate(FORBIDDEN).split()).strip("' ") or "bearer"
        own, n = _cut(bare, LETTERS), 2
        while own.casefold() in used:
            own, n = f"{_cut(bare, LETTERS - len(f' ({n})'))} ({n})", n + 1
        used.add(own.casefold())
        found.append(own)
    return found


def _cut(text: str, units: int) -> str:
    """The start of a text of at most so many characters as Excel counts them (UTF-16), never half of one."""
    while len(text.encode("utf-16-le")) // 2 > units:
        text = text[:-1]
    return text.strip("' ") or "bearer"


def workbook(found: Sequence[Bearers], more: Sequence[str] = ()) -> bytes:
    """The bytes of the workbook; they depend on the statements alone.

    more   sentences below the summary
    """
    every = [(one, each) for one in found for each in one.statements]
    shown = every[:MOST]
    several = len(found) > 1
    titles = [
        (words.bearer(each.bearer, each.level) if each.bearer else "Central")
        + (f" {one.entity}" if several else "")
        for one, each in shown
    ]
    names = sheet_names(titles)
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "statements.xlsx"
        book = xlsxwriter.Workbook(
            str(place),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        book.set_properties({"title": "Statements", "author": "", "created": CREATED})
        book.set_calc_mode("auto")
        pen = Pen(book, "")
        summary = pen.sheet(SUMMARY, [34, 16, *[15] * 8], landscape=True)
        where = {
            id(each): (name, _statement(pen, name, one, each))
            for name, (one, each) in zip(names, shown, strict=True)
        }
        row = 0
        for one in found:
            row = _summary(pen, summary, row, one, where) + 2
        for text in more:
            pen.note(summary, row, 9, text)
            row += 1
        if len(every) > MOST:
            rest = len(every) - MOST
            pen.note(
                summary, row, 9, f"{rest} more bearers have no sheet: statements.csv has them."
            )
        book.close()
        return place.read_bytes()


def _statement(pen: Pen, name: str, one: Bearers, each: Statement) -> int:
    """A sheet of a statement; the row of its total, counted from 1."""
    sheet = pen.sheet(name, [24, 60, 18, 18])
    bearer = words.bearer(each.bearer, each.level)
    pen.put(sheet, 0, 0, bearer, "title")
    level = f"{words.LEVEL[each.level]} · {one.entity} · {one.name} · {one.currency}"
    pen.put(sheet, 1, 0, f"{level} · data as of {one.as_of} · {one.mode}")
    pen.head(sheet, 3, ["Line", "Of", one.name, one.before_name], right=2)
    sheet.freeze_panes(4, 0)
    row = 4
    for line in each.lines.itertuples(index=False):
        of = words.line(line.Kind, line.Pool, line.Activity, line.ServiceName, one.rules)
        pen.put(sheet, row, 0, words.KIND[line.Kind])
        pen.put(sheet, row, 1, of, "wrap")
        pen.put(sheet, row, 2, float(line.Amount), "money")
        pen.put(sheet, row, 3, None if line.Before is None else float(line.Before), "money")
        row += 1
    total = row
    pen.put(sheet, total, 0, "Total", "part")
    pen.put(sheet, total, 1, "", "part")
    for column, amount in ((2, each.total), (3, each.before)):
        letter = chr(65 + column)
        if amount is None:
            pen.put(sheet, total, column, None, "money")
        else:
            formula = f"=SUM({letter}5:{letter}{row})"
            sheet.write_formula(total, column, formula, pen.formats["total"], float(amount))
    row += 1
    if each.budget is not None:
        for name, amount in (("Cost before sharing", each.held), ("Budget", each.budget)):
            pen.put(sheet, row, 0, name)
            pen.put(sheet, row, 2, float(amount or 0), "money")
            row += 1
        pen.put(sheet, row, 0, "Over (+), left (−)")
        gap = float(each.over or 0)
        sheet.write_formula(row, 2, f"=C{row - 1}-C{row}", pen.formats["money"], gap)
        row += 1
    for text in said(one):
        row += 1
        pen.note(sheet, row, 3, text)
    return total + 1


def _summary(pen: Pen, sheet: Worksheet, row: int, one: Bearers, where: dict) -> int:
    """The block of an entity: a row per statement, its figures read from its sheet; the row after it."""
    titles = [*(words.KIND[kind] for kind in KINDS), "Total", "Before", "Budget"]
    pen.put(sheet, row, 0, f"{one.entity}, {one.name}, {one.currency}", "title")
    pen.head(sheet, row + 1, [words.LEVEL[one.by], "Sheet", *titles], right=2)
    first = row + 2
    for row, each in enumerate(one.statements, first):
        pen.put(sheet, row, 0, words.bearer(each.bearer, each.level))
        name, total = where.get(id(each), ("", 0))
        pen.put(sheet, row, 1, name or None)
        quoted = "'{}'".format(name.replace("'", "''"))
        money = pen.formats["money"]
        for column, kind in enumerate(KINDS, 2):
            amount = float(each.sum(kind))
            if name:
                ask = f'=SUMIF({quoted}!A5:A{total - 1},"{words.KIND[kind]}",{quoted}!C5:C{total - 1})'
                sheet.write_formula(row, column, ask, money, amount)
            else:
                pen.put(sheet, row, column, amount, "money")
        if name:
            sheet.write_formula(row, 7, f"={quoted}!C{total}", money, float(each.total))
        else:
            pen.put(sheet, row, 7, float(each.total), "money")
        for column, value in ((8, each.before), (9, each.budget)):
            pen.put(sheet, row, column, None if value is None else float(value), "money")
    row = first + len(one.statements)
    pen.put(sheet, row, 0, "All of them", "part")
    pen.put(sheet, row, 1, "", "part")
    for column in range(2, 8):
        letter = chr(65 + column)
        kind = KINDS[column - 2] if column < 7 else ""
        amount = sum(float(each.sum(kind) if kind else each.total) for each in one.statements)
        formula = f"=SUM({letter}{first + 1}:{letter}{row})"
        sheet.write_formula(row, column, formula, pen.formats["total"], amount)
    return row + 1
