"""`finops compare BOOK.xlsx`: all its what-ifs on common draws, and a book of results beside it (docs/method §3.87)."""

from __future__ import annotations

import io
from pathlib import Path

import xlsxwriter

from ...decide.questions.answer import Answer
from ...documents import write_atomic
from ...errors import InputError, listing
from ...scenario.document import below
from ...scenario.files import words, writing
from ...scenario.files.words import named
from ..workbench import Workbench
from . import layout as at
from .reading import Sheet, read_book
from .writing import formats, sheet_name

ALONE = 12  # changes of a what-if whose effect alone is worth a run each


def compare_book(path, bench: Workbench, unit: str | None = None) -> tuple[Answer, Path]:
    """Run every what-if of a book beside the base and write BOOK.results.xlsx; the book itself stays as it is.

    Parameters
    ----------
    path : path
        A book as `finops scenario book` writes it, filled in.
    bench : Workbench
        Of the workspace; gets the what-ifs of the book.
    unit : str, optional
        Whose total; None: the company.

    Returns
    -------
    Answer, Path
        Side by side, as `finops compare` of files; and the book of results.

    Raises
    ------
    InputError, ScenarioError
        A cell that cannot be meant, by sheet and cell; a path that is not there, by sheet and row.

    Source
    ------
    docs/method §3.87.
    """
    path = Path(path)
    sheets = [sheet for sheet in read_book(path) if sheet.changes or sheet.head["builds_on"]]
    if not sheets:
        raise InputError(
            f"{path.name}: no yellow cell is filled in, so there is nothing to compare. Write a value and how it is meant, for example 'times' and 1.2."
        )
    for sheet in sheets:
        bench.put(scenario_of_sheet(path, sheet, bench))
    answer = bench.compare(unit=unit)
    left = [s.title for s in read_book(path) if not s.changes and not s.head["builds_on"]]
    target = path.with_name(path.name[: -len(path.suffix)] + at.RESULTS)
    alone = {
        sheet.title: bench.waterfall(sheet.head["name"], unit=unit)
        for sheet in sheets
        if 1 < len(sheet.changes) <= ALONE
    }
    write_atomic(target, _written(path, sheets, answer, alone, left, bench))
    return answer, target


def scenario_of_sheet(path: Path, sheet: Sheet, bench: Workbench):
    """A sheet as a scenario on the base, or on the file it builds on; its places are rows of the sheet."""
    base = bench.base_file
    if sheet.head["builds_on"]:
        where = f"{path.name}: sheet '{sheet.title}', cell B{at.HEAD['builds_on']}"
        base = below(sheet.head["builds_on"], writing.folder_of(bench.settings), where, "Builds on")
    document = writing.document_of(
        sheet.head["name"],
        sheet.changes,
        question=sheet.head["question"],
        owner=sheet.head["owner"],
        decide_by=sheet.head["decide_by"],
    )
    places = [f"{path.name}: sheet '{sheet.title}', row {row}" for row in sheet.rows]
    return writing.scenario_of(document, base, places)


def _written(path, sheets, answer: Answer, alone: dict, left: list[str], bench) -> bytes:
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(
        buffer, {"strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    ) as book:
        forms, taken = formats(book), {"Results", "Months"}
        page = book.add_worksheet("Results")
        page.set_column(0, 0, 40)
        page.set_column(1, 12, 14)
        page.write_string(0, 0, answer.sentence, forms["bold"])
        line = _table(page, forms, answer, 2)
        for text in [
            *answer.said(),
            *_left(left),
            f"Inputs: {path.name}, as it was read for this run.",
        ]:
            page.write_string(line + 1, 0, text)
            line += 1
        months = answer.tables["Months"]
        page = book.add_worksheet("Months")
        page.set_column(0, 0, 40)
        for place, name in enumerate(months):
            page.write_string(0, place, name, forms["title"])
        for row, values in enumerate(months.itertuples(index=False, name=None), 1):
            _cells(page, forms, row, values, ["text", "text", "money", "money", "money"])
        for sheet in sheets:
            _inputs(book, forms, sheet_name(sheet.title, taken), sheet, answer, alone, bench)
    return buffer.getvalue()


def _left(left: list[str]) -> list[str]:
    return [f"Without a value, so not run: {listing(left)}."] if left else []


def _table(page, forms, answer: Answer, line: int) -> int:
    """The table of an answer from a line on; the line behind it."""
    kinds = [answer.forms.get(name, "text") for name in answer.table]
    for place, name in enumerate(answer.table):
        page.write_string(line, place, name, forms["title"])
    for values in answer.table.itertuples(index=False, name=None):
        line += 1
        _cells(page, forms, line, values, kinds)
    return line + 1


def _cells(page, forms, line: int, values, kinds) -> None:
    for place, (value, kind) in enumerate(zip(values, kinds, strict=True)):
        if value is None:
            page.write_string(line, place, "–")
        elif kind in ("money", "share"):
            page.write_number(line, place, float(value), forms[kind])
        else:
            page.write_string(line, place, str(value))


def _inputs(book, forms, title: str, sheet: Sheet, answer: Answer, alone: dict, bench) -> None:
    """The inputs of a what-if as they were read, with what each does alone, and the result of all beside them."""
    page = book.add_worksheet(title)
    page.set_column(0, 0, 34)
    page.set_column(1, 1, 40)
    page.set_column(2, 11, 13)
    page.write_string(0, 0, sheet.head["name"], forms["bold"])
    page.write_string(1, 0, sheet.head["question"])
    line = 3
    row = answer.table[answer.table["scenario"] == sheet.head["name"]].iloc[0]
    for name in answer.table.columns[1:]:
        page.write_string(line, 0, name)
        _cells(page, forms, line, ["", row[name]], ["text", answer.forms.get(name, "text")])
        page.write_string(line, 0, name)
        line += 1
    line += 1
    titles = [
        "What",
        "Path",
        "Before",
        "After",
        "How",
        "P10",
        "P50",
        "P90",
        "From",
        "Because",
        "Owner",
    ]
    for place, name in enumerate(titles):
        page.write_string(line, place, name, forms["title"])
    told = words.rows(bench.resolved(bench.what_ifs[sheet.head["name"]]))
    for i, (change, cell) in enumerate(zip(sheet.changes, sheet.cells, strict=True)):
        line += 1
        page.write_string(line, 0, named(change["path"]))
        page.write_string(line, 1, change["path"])
        page.write_string(line, 2, told[i]["before"])
        page.write_string(line, 3, told[i]["after"])
        for place, what in enumerate(("how", "p10", "p50", "p90", "since", "because", "owner"), 4):
            value = cell[what]
            if isinstance(value, float):
                page.write_number(line, place, value, forms["yellow number"])
            else:
                page.write_string(line, place, value or "", forms["yellow"])
    parts = alone.get(sheet.title)
    if parts is not None:
        page.write_string(line + 2, 0, parts.sentence, forms["bold"])
        _table(page, forms, parts, line + 3)
