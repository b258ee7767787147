"""Any table with a date and an amount: CSV in any delimiter and encoding, or Excel, as text cells (docs/method §13).

    frame = read_table("costs.xlsx")       # text cells; .attrs say file, sheet, header row, delimiter, what was left out
    mapping = guess_mapping(frame)         # which column is what; print(mapping.describe()), mapping.save("mapping.yaml")
    rows = apply_mapping(frame, mapping)   # FOCUS rows of text cells for Ledger.ingest

Nothing leaves silently: rows left out (totals and footnotes at the bottom) stand in .attrs, broken lines stay rows.
"""

from __future__ import annotations

import csv
import io
import json
import os
import re
import shlex
from collections import Counter
from collections.abc import Collection
from pathlib import Path

import pandas as pd

from ...errors import InputError, listing, several
from . import vendors
from .columns import kind_of
from .files import room
from .files.readers import open_source, refuse_no_file
from .files.text import decode, shown, stray
from .files.textcells import refuse_odd_names
from .formats import plain_words, read_moment, read_number
from .guess import guess_mapping
from .mapped_rows import apply_mapping
from .mapping import Mapping, load_mapping
from .shape import header as shape
from .shape.header import is_value
from .shape.records import of_lines as stream_of
from .shape.subtotals import find as totals_inside
from .shape.subtotals import said as subtotals_said

__all__ = [
    "Mapping",
    "apply_mapping",
    "guess_mapping",
    "hidden_in",
    "kind_of",
    "load_mapping",
    "read_table",
    "table_of",
]

MAX_COLUMNS, MAX_ROWS = 2000, 2_000_000
TOTAL = re.compile(
    r"(grand |sub ?|overall |net )?totals?|sum|summe|(gesamt|end|zwischen)(summe|betrag)?|insgesamt|somme|totaux|"
    r"total (general|geral|cost|costs|amount)|suma|sous total",
    re.I,
)
EXCEL = {".xlsx", ".xlsm"}


class Lines(list):
    """Lines of a file: pandas copies `.attrs` with every column that is taken, and these are never changed after reading."""

    def __deepcopy__(self, memo) -> Lines:
        return self


def read_table(path: str | os.PathLike, sheet: str | None = None) -> pd.DataFrame:
    r"""The data table of a CSV, TSV or Excel file: a row per data line, every cell text.

    Parameters
    ----------
    path : path
        The file.
    sheet : str, optional
        Excel: the sheet to read; default: the visible sheet that looks most like data.

    Returns
    -------
    frame
        '' where a cell is empty. `.attrs`: name, file, sheet, header_row (1-based line), delimiter,
        lines (the line of each row), totals and footnotes (what was left out at the bottom), broken
        (row position -> what is wrong with the line), notes, typed (Excel).

    Raises
    ------
    InputError
        The file is no table; says what was seen and what to do.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "bill.csv")
    >>> _ = file.write_text("Day;Cost\n2026-01-01;3,50\n2026-01-02;4,00\n")
    >>> table = read_table(file)
    >>> table["Cost"].tolist(), table.attrs["delimiter"]
    (['3,50', '4,00'], ';')
    """
    path = Path(path)
    refuse_no_file(path)
    if path.suffix.casefold() in EXCEL:
        from .files.excel import money_formats, read_sheets

        grids, merged, hidden, notes = read_sheets(path, sheet)
        known = vendors.of_heads(
            one
            for grid in grids.values()
            for one in vendors.of_rows([cells for _, cells in grid[: vendors.TOP]])
        )
        name, grid, others = _best_sheet(path, grids, sheet)
        if others:
            notes.append(
                f"not read: the sheets {listing(others)}, which hold data too; give the sheet's name to read one"
            )
        delimiter, typed, spans = None, True, merged.get(name, {})
    else:
        if sheet is not None:
            raise InputError(
                f"{path.name}: is no Excel workbook and has no sheet '{sheet}'. Leave the sheet out."
            )
        source = open_source(path)
        if source.kind == "csv":
            room.refuse_table(path.name, source.data or b"")
        known, name, typed, spans = vendors.recognise(source), None, False, {}
        if source.kind != "csv" and (
            known or source.kind == "json" and not isinstance(source.document, list)
        ):
            raise InputError(vendors.sentence(path.name, known) if known else _no_table(source))

        try:
            grid, delimiter = (
                _records(source) if source.kind != "csv" else _grid(path.name, decode(source))
            )
        except InputError:
            if known:
                raise InputError(vendors.sentence(path.name, known)) from None
            raise
        notes = list(source.notes)
        if delimiter and (stream := stream_of(grid, delimiter)):
            grid = stream
            notes.append(
                f"a label and a value per line: {len(grid) - 1:,} charges of {listing(grid[0][1])}"
            )
    try:
        frame = _frame(path, grid, spans)
    except InputError:
        if known:
            raise InputError(vendors.sentence(path.name, known)) from None
        raise

    if not typed and source.broken:
        _keep_broken(frame, source.broken)
    if typed:
        shown = money_formats(path, name)
        places = frame.attrs["places"]
        frame.attrs["formats"] = {c: shown[i] for c, i in places.items() if i in shown}
        if said := _hidden(frame, *hidden.get(name, ((), ()))):
            frame.attrs["hidden"] = said
            notes.append(said)
        if sheet is None and (alike := _alike(grids, name, frame.attrs["header_row"], others)):
            frame.attrs["doubts"] = [
                f"{'sheet' if len(alike) == 1 else 'sheets'} {listing(map(repr, alike))} {'has' if len(alike) == 1 else 'have'} the columns of "
                f"'{name}' and {'is' if len(alike) == 1 else 'are'} not counted. Save each sheet that counts as a file of its own, or write "
                f"sheet: '{alike[0]}' to read it instead"
            ]
    frame.attrs |= {
        "sheet": name,
        "delimiter": delimiter,
        "typed": typed,
        "vendor": vendors.sentence(path.name, known) if known else "",
    }
    frame.attrs["notes"] = notes + frame.attrs["notes"]
    return frame


def _hidden(frame: pd.DataFrame, rows: Collection[int], places: Collection[int]) -> str:
    """What of a table a person or a filter hid in the workbook, in a sentence; '' where nothing is."""
    lines = [line for line in frame.attrs["lines"] if line in rows]
    columns = [repr(name) for name, place in frame.attrs["places"].items() if place in places]
    what = [f"{several(len(lines), 'row')} (first: line {lines[0]})"] if lines else []
    what += [f"{several(len(columns), 'column')} ({listing(columns)})"] if columns else []
    if not what:
        return ""
    one = len(lines) + len(columns) == 1
    return (
        f"hidden in the workbook, by a person or a filter, and {'counts' if one else 'count'} like any other: {' and '.join(what)}. "
        "Delete what shall not count"
    )


def hidden_in(path: Path) -> str:
    """What of a file of plans is hidden and counts all the same, in a sentence; '' where nothing is, and of what is no workbook."""
    return read_table(path).attrs.get("hidden", "") if path.suffix.casefold() in EXCEL else ""


def table_of(path: str | os.PathLike, mapping: Mapping) -> pd.DataFrame:
    """The table that a mapping given by hand is for: of a workbook the sheet that it names, else the one that looks most like data.

    Raises InputError as `read_table`, also where the workbook has no sheet of that name: another one would be read unsaid.
    """
    excel = Path(path).suffix.casefold() in EXCEL
    return read_table(path, sheet=mapping.sheet if excel else None)


def _no_table(source) -> str:
    """Why a source that is no text table cannot be read as one, with what to do: what `finops ingest` says of it."""
    from . import importers

    try:
        importers.read(source)
    except InputError as problem:
        return f"{problem}{_lists_inside(source)}"
    return f"{source.name}: is {source.kind}, an export that needs no mapping: finops ingest {source.name}."


def _lists_inside(source) -> str:
    """That a JSON document holds lists of records, one of which can be read as a table once it is a file of its own; '' where none is."""
    document = source.document if isinstance(source.document, dict) else {}
    lists = [
        key
        for key, value in document.items()
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value)
    ]
    if not lists:
        return ""
    words = ["jq", f".[{json.dumps(lists[0])}]", source.name]
    return (
        f" Or, where one of its lists of records ({listing(lists)}) holds the charges and no further page follows, save that list alone as a "
        f"file and start it: {shlex.join(words)} > {shlex.quote(f'{Path(source.name).stem}-records.json')}"
    )


def _records(source) -> tuple[list[tuple[int, list[str]]], None]:
    """Flat records of JSON, JSON lines or Parquet as a grid: their names, then their rows, numbered as in the file."""
    names = [name for name in source.header if name != "x_Row"]
    grid: list[tuple[int, list[str]]] = []
    for table in source.batches():
        if len(grid) + table.num_rows > MAX_ROWS:
            raise InputError(
                f"{source.name}: more than {MAX_ROWS:,} rows. Deliver a FOCUS export in Parquet: finops ingest FILE."
            )
        columns = [table.column(name).to_pylist() for name in names]
        grid += [
            (number, [" ".join((column[i] or "").split()) for column in columns])
            for i, number in enumerate(table.column("x_Row").to_pylist())
        ]
    if not names:
        raise InputError(f"{source.name}: the file holds no rows. Export it again.")
    return [(0, names), *grid], None


def _keep_broken(frame: pd.DataFrame, broken) -> None:
    """Records that never became rows are rows of nothing, so that they are refused with their place."""
    for one in broken:
        frame.attrs["broken"][len(frame)] = f"record {one.row} {one.reason}: {one.raw[:200]}"
        frame.attrs["lines"].append(one.row)
        frame.loc[len(frame)] = [""] * frame.shape[1]


def _best_sheet(path, grids, sheet):
    """(name, grid, other sheets with data) of a workbook."""
    if not grids:
        raise InputError(f"{path.name}: no sheet holds any cell. Export the workbook again.")
    scored = {}
    for name, grid in grids.items():
        body = [row for _, row in grid[:200]]
        dates = sum(any(read_moment(cell) for cell in row) for row in body)
        numbers = sum(any(read_number(cell) is not None for cell in row) for row in body)
        scored[name] = min(numbers, max(dates, 1)) * 10_000_000 + len(grid) if len(grid) > 1 else 0
    best = sheet if sheet is not None else max(scored, key=lambda name: scored[name])
    return (
        best,
        grids[best],
        [name for name in grids if name != best and scored[name] >= 20_000_000],
    )


def _alike(grids: dict, name: str, header: int, others: list[str]) -> list[str]:
    """Other sheets with data that have the header of the one that is read: months of one table, perhaps."""
    own = dict(grids[name])[header]
    return [
        other for other in others if any(cells == own for _, cells in grids[other][: vendors.TOP])
    ]


def _grid(name: str, text: str) -> tuple[list[tuple[int, list[str]]], str]:
    """[(line, cells)] of delimited text, its delimiter; a quote that never closes refuses the file (it eats rows)."""
    if "\x00" in text:
        raise InputError(
            f"{name}: line {text[: text.index(chr(0))].count(chr(10)) + 1} holds a NUL character: not a table "
            "of text. Export it again."
        )
    delimiter = None
    first, _, rest = text.partition("\n")
    if match := re.fullmatch(r"\ufeff?sep=(.)\s*", first):
        delimiter, text = match[1], "\n" + rest
    delimiter = delimiter or _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    grid, last = [], 0
    try:
        for cells in reader:
            cells = [" ".join(cell.split()) if len(cell) < 4096 else cell for cell in cells]
            if any(cells):
                grid.append((last + 1, cells))
            last = reader.line_num
            if len(grid) > MAX_ROWS:
                raise InputError(
                    f"{name}: more than {MAX_ROWS:,} rows. Deliver a FOCUS export in Parquet: finops ingest FILE."
                )
    except csv.Error as problem:
        raise InputError(
            f"{name}: line {last + 1}: the quotes of this line do not close ({problem}); everything behind it would "
            "be swallowed. Correct the line, or export the file again."
        ) from None
    if not grid:
        raise InputError(f"{name}: the file holds no rows. Export it again.")
    return grid, delimiter


def _delimiter(text: str) -> str:
    """The mark that splits the lines most evenly; ; tab and | win over , where both do.

    A mark inside the names of a table is none: the heading has commas and does not have it.

    >>> _delimiter("date,team,cost\\n2026-10-01,a | b,5\\n2026-10-02,a | b,5"), _delimiter("date;cost\\n2026-10-01;5,1\\n2026-10-02;5,2")
    (',', ';')
    """
    lines = [re.sub(r'"[^"]*"', "", line) for line in text.splitlines()[:200] if line.strip()][:60]

    def score(mark):
        counts = Counter(line.count(mark) for line in lines if mark in line)
        if not counts:
            return (0.0, 0)
        count, lines_with = max(counts.items(), key=lambda item: (item[1], item[0]))
        return (round(lines_with / len(lines), 1), mark != ",", count)

    def first(mark):
        return next((at for at, line in enumerate(lines) if line.count(mark) == score(mark)[-1]), 0)

    best = max(";\t|,", key=lambda mark: score(mark) if score(mark)[0] else (0.0, False, 0))
    inside = score(",")[0] >= score(best)[0] and score(",")[-1] > score(best)[-1]
    return "," if inside and first(",") < first(best) else best


def _frame(path: Path, grid: list, spans: dict | None = None) -> pd.DataFrame:
    """The table inside a grid of cells: header below title rows, data, what was left out at the bottom."""
    found = shape.find(path.name, grid, spans)
    at, header, header_line = found.last, found.names, grid[found.last][0]
    if problem := stray(" ".join(header)):
        raise InputError(
            f"{path.name}: the header {problem}. Export the file again, all of it as UTF-8."
        )
    notes = _header_notes(grid, found)
    body, totals, footnotes = _without_bottom(grid[at + 1 :])
    excel = path.suffix.casefold() in EXCEL
    if excel:  # cells without a heading are a column of their own; in a CSV they are a broken line
        header = header + [""] * (
            max([len(header), *(len(cells) for _, cells in body)]) - len(header)
        )
    names = _names(path.name, header)
    body, subtotals, open_totals = totals_inside(header, body, excel)
    rows, broken = [], {}
    for i, (line, cells) in enumerate(body):
        if any(cells[len(names) :]) or (len(cells) < len(names) and not excel):
            broken[i] = shown(
                f"line {line} has {several(len(cells), 'cell')} where the header has {len(names)}: {' | '.join(cells)[:200]}"
            )
        elif problem := stray("\n".join(cells)):
            broken[i] = f"line {line} {problem}"
        cells = [shown(cell) for cell in cells] if i in broken else cells
        rows.append((cells + [""] * len(names))[: len(names)])
    kept = [i for i in range(len(names)) if header[i] or any(row[i] for row in rows)]
    frame = pd.DataFrame(
        [[row[i] for i in kept] for row in rows], columns=[names[i] for i in kept], dtype="object"
    )
    notes += [
        f"line {line} '{_first(cells)}' is left out: a total at the bottom, not a charge"
        for line, cells in totals
    ]
    notes += subtotals_said(subtotals)
    notes += [
        f"line {line} is left out, a remark below the table: {_first(cells)[:80]}"
        for line, cells in footnotes
    ]
    notes += [f"{text}" for text in list(broken.values())[:3]]
    above = [(line, " ".join(filter(None, cells))) for line, cells in grid[: found.first]]
    frame.attrs = {
        "above": above,
        "name": path.name,
        "file": str(path),
        "header_row": header_line,
        "lines": Lines(line for line, _ in body),
        "places": {names[i]: i for i in kept},
        "notes": notes,
        "footnotes": [line for line, _ in footnotes],
        "below": [(line, _first(cells)) for line, cells in footnotes],
        "broken": broken,
        "subtotals": subtotals,
        "open_totals": open_totals,
        "totals": [
            {"line": line, "label": _first(cells), "cells": dict(zip(names, cells))}
            for line, cells in totals
        ],
    }
    return frame


def _header_notes(grid: list, found: shape.Header) -> list[str]:
    """Where the header stands, unless it is the first line."""
    first, last = grid[found.first][0], grid[found.last][0]
    where = f"line {last}" if first == last else f"lines {first} to {last}, joined by /"
    if found.first:
        above = listing(_first(cells) for _, cells in grid[: found.first])
        return [f"the header is in {where}; above it: {above}"]
    return [f"the header is in {where}"] if found.last else []


def _first(cells: list[str]) -> str:
    return next((cell for cell in cells if cell), "")


def _names(name: str, header: list[str]) -> list[str]:
    """Column names; twice the same name is refused, a nameless column with cells is called by its place."""
    if len(header) > MAX_COLUMNS:
        raise InputError(f"{name}: {len(header):,} columns; at most {MAX_COLUMNS:,}.")
    refuse_odd_names(name, header)
    names: list[str] = []
    seen: dict[str, int] = {}  # name without case -> its place
    for i, cell in enumerate(header, 1):
        column = cell.strip().lstrip("\ufeff") or f"column {i}"
        if column.casefold() in seen:
            raise InputError(
                f"{name}: column '{column}' appears twice in the header, at places {seen[column.casefold()]} and {i}: "
                "which one counts? Rename one or take it out."
            )
        seen[column.casefold()] = i
        names.append(column)
    return names


def _without_bottom(body: list) -> tuple[list, list, list]:
    """(rows, totals, footnotes): trailing rows that say Total, and trailing remarks of one cell without a number."""
    totals: list = []
    footnotes: list = []
    wide = max((sum(map(bool, cells)) for _, cells in body), default=0)
    while body:
        line, cells = body[-1]
        words = [cell for cell in cells if cell]
        label = plain_words(words[0]) if words else ""
        if (
            TOTAL.fullmatch(label)
            and any(read_number(c) or read_number(c, ",") for c in words[1:])
            and not any(read_moment(c) and read_number(c) is None for c in words)
        ):
            totals.insert(0, body.pop())
        elif len(words) == 1 and wide > 1 and not is_value(words[0]) and len(words[0]) > 2:
            footnotes.insert(0, body.pop())
        else:
            break
    return body, totals, footnotes
