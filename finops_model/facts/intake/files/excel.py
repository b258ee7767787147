"""Excel workbooks as grids of text cells: formulas as their stored values, dates as ISO text, bombs refused."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
import zlib
from bisect import bisect_right
from decimal import Decimal
from pathlib import Path

from ....errors import InputError, listing, several, unknown
from ..formats import MONEY, SYMBOLS, read_number
from . import room

FORMULA = "formula without a stored value:"  # stands where a formula has no value; read as no amount and no name
HEADS = 60  # rows whose merged headings are looked at: a preamble and a header
MERGED = re.compile(rb'<mergeCell\s+ref="([A-Z]{1,3})(\d{1,7}):([A-Z]{1,3})(\d{1,7})"')
ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
HIDDEN = re.compile(rb"""\bhidden=["'](?:1|true)["']""")
ATTRIBUTE = rb"""\b%s=["'](\d{1,7})["']"""
Hidden = tuple[set[int], set[int]]  # rows from 1, places of columns from 0
Grid = list[tuple[int, list[str]]]
Spans = dict[int, list[tuple[int, int]]]
BUILT_IN = 164  # formats of a workbook's own are numbered from here
MAX_BYTES, FREE, MAX_RATIO, MAX_ROWS, MAX_COLUMNS = 1 << 30, 64 << 20, 200, 1_048_576, 16_384


def read_sheets(
    path: Path, sheet: str | None = None
) -> tuple[dict[str, Grid], dict[str, Spans], dict[str, Hidden], list[str]]:
    """({sheet: [(row, cells)]}, {sheet: merged headings}, {sheet: what is hidden}, notes) of the visible sheets, or of the one asked for.

    Empty rows are left out. Merged headings: row -> (first, last) place, of the first HEADS rows; nothing is expanded. A name
    that is merged over several rows stands in each of them that holds anything; a number stays where it is, once.

    Raises InputError for a file that is no workbook, a bomb, or a sheet that is not there.
    """
    with_formulas = _inspect(path)
    try:
        import openpyxl  # most files are no workbooks

        book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
        try:
            names = book.sheetnames
            if sheet is not None and sheet not in names:
                raise InputError(
                    unknown(
                        path.name,
                        "sheet",
                        sheet,
                        names,
                        "Nothing was read. Name one of them (sheet: in a mapping), or none: then the visible one that looks most like data is read.",
                    )
                )
            shown = [
                ws
                for ws in book.worksheets
                if (ws.title == sheet if sheet is not None else ws.sheet_state == "visible")
            ]
            grids = {ws.title: grid for ws in shown if (grid := _grid(path, ws))}
            parts = {ws.title: _part(path, ws) for ws in shown if ws.title in grids}
            spans = {title: _merged(part, grids[title]) for title, part in parts.items()}
            hidden = {title: _hidden(part) for title, part in parts.items()}
            unseen = [ws.title for ws in book.worksheets if ws.sheet_state != "visible"]
        finally:
            book.close()
        notes = _stored(path, grids) if with_formulas else []
        if unseen and sheet is None:
            notes.append(
                f"not read: what is hidden in the workbook: {several(len(unseen), 'sheet')} ({listing(map(repr, unseen))})"
            )
    except (InputError, MemoryError):
        raise
    except Exception as problem:  # noqa: BLE001 - openpyxl raises whatever a damaged workbook makes it stumble over
        raise InputError(
            f"{path.name}: the workbook is damaged or protected: {type(problem).__name__}. "
            "Open it in Excel, save it again without a password, or export CSV."
        ) from None
    return grids, spans, hidden, notes


def _inspect(path: Path) -> bool:
    """Whether any sheet holds formulas. Refuses what is no workbook or unpacks too far, before anything is parsed."""
    try:
        with zipfile.ZipFile(path) as archive:
            parts = archive.infolist()
            size = sum(part.file_size for part in parts)
            if size > min(MAX_BYTES, max(FREE, MAX_RATIO * path.stat().st_size)):
                raise InputError(
                    f"{path.name}: unpacks to {size:,} bytes from {path.stat().st_size:,}: refused as a bomb. "
                    "Export the sheet as CSV."
                )
            room.refuse_too_large(path.name, path.stat().st_size, size * room.BOOK)
            if not any(part.filename == "xl/workbook.xml" for part in parts):
                raise InputError(
                    f"{path.name}: is no Excel workbook. Save it as .xlsx or export CSV."
                )
            sheets = [part for part in parts if part.filename.startswith("xl/worksheets/")]
            return any(b"<f>" in data or b"<f " in data for data in map(archive.read, sheets))
    except (zlib.error, EOFError, NotImplementedError, RuntimeError, OSError) as problem:
        raise InputError(
            f"{path.name}: the workbook is damaged or protected: {type(problem).__name__}. "
            "Open it in Excel, save it again without a password, or export CSV."
        ) from None
    except zipfile.BadZipFile:
        raise InputError(
            f"{path.name}: is no Excel workbook (or is protected by a password). Save it as .xlsx without a "
            "password, or export CSV."
        ) from None


def _grid(path, ws) -> list[tuple[int, list[str]]]:
    ws.reset_dimensions()
    grid = []
    for number, values in enumerate(ws.iter_rows(values_only=True), 1):
        cells = [cell_text(value) for value in values]
        while cells and not cells[-1]:
            cells.pop()
        if cells:
            grid.append((number, cells))
        if number > MAX_ROWS:
            raise InputError(
                f"{path.name}: sheet '{ws.title}' has more than {MAX_ROWS:,} rows. Export it as CSV."
            )
    return grid


def _part(path: Path, ws) -> bytes:
    """A sheet as the workbook writes it, in XML; b'' where it is not found."""
    part = str(getattr(ws, "_worksheet_path", "")).lstrip("/")
    with zipfile.ZipFile(path) as archive:
        return archive.read(part) if part in archive.namelist() else b""


def _hidden(data: bytes) -> Hidden:
    """Rows and columns that somebody hid, or a filter: they are read like the others.

    >>> _hidden(b'<cols><col hidden="1" min="3" max="4"/></cols><row r="1"><row hidden="1"></row><row r="9" hidden="true"/>')
    ({9, 2}, {2, 3})
    """
    rows, places, number = set[int](), set[int](), 0
    if not HIDDEN.search(data):
        return rows, places
    for match in ROW.finditer(data):
        number = _number(match[1], b"r") or number + 1
        if HIDDEN.search(match[1]):
            rows.add(number)
    for match in COLUMN.finditer(data[: data.find(b"<sheetData")]):
        if HIDDEN.search(match[1]):
            first, last = _number(match[1], b"min"), _number(match[1], b"max")
            places.update(range(max(first, 1) - 1, min(last, MAX_COLUMNS)))
    return rows, places


def _number(attributes: bytes, name: bytes) -> int:
    """An attribute that is a number; 0 where it is not there."""
    match = re.search(ATTRIBUTE % name, attributes)
    return int(match[1]) if match else 0


def _merged(data: bytes, grid: Grid) -> Spans:
    """Merged headings of a sheet; names merged downwards are written into the rows below (a cell once: work is that of the grid)."""
    spans: Spans = {}
    rows = dict(grid)
    lines = [number for number, _ in grid]
    reached: dict[int, int] = {}  # column -> last row that a range has filled
    for match in sorted(map(_range, MERGED.finditer(data[data.rfind(b"<mergeCells") :]))):
        top, left, bottom, right = match
        if top == bottom and right > left and top <= HEADS:
            spans.setdefault(top, []).append((left, right))
        elif bottom > top and right == left and top > reached.get(left, 0):
            reached[left] = bottom
            _fill_down(rows, lines, match)
    return spans


def _fill_down(
    rows: dict[int, list[str]], lines: list[int], place: tuple[int, int, int, int]
) -> None:
    top, left, bottom, _ = place
    cells = rows.get(top, [])
    word = cells[left] if left < len(cells) else ""
    if not word or read_number(word) is not None:
        return
    for number in lines[bisect_right(lines, top) : bisect_right(lines, bottom)]:
        below = rows[number]
        below += [""] * (left + 1 - len(below))
        below[left] = below[left] or word


def _range(match: re.Match) -> tuple[int, int, int, int]:
    """(row, place, row, place) of the corners of a merged range; rows from 1, places from 0."""
    (left, top), (right, bottom) = match.group(1, 2), match.group(3, 4)
    return int(top), _place(left), int(bottom), _place(right)


def _place(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number - 1


def money_formats(path: Path, sheet: str) -> dict[int, dict[str, int]]:
    """{place of a column: {currency: first row}} that the number formats of a sheet's numbers show.

    Only formats that the workbook spells out: the built-in ones show the currency of whoever opens it.
    """
    import openpyxl  # most files are no workbooks

    book = openpyxl.load_workbook(path, read_only=True, data_only=True, keep_links=False)
    found: dict[int, dict[str, int]] = {}
    try:
        texts = getattr(book, "_number_formats", ())
        shown = {i: code for i, text in enumerate(texts, BUILT_IN) if (code := shown_money(text))}
        rows = book[sheet].iter_rows() if shown else ()
        numbers = (
            (number, place, getattr(cell, "style_array").numFmtId)  # noqa: B009 - the stubs know no cell that is read only
            for number, row in enumerate(rows, 1)
            for place, cell in enumerate(row)
            if isinstance(cell.value, int | float) and not isinstance(cell.value, bool)
        )
        for number, place, style in numbers:
            if shows := shown.get(style):
                found.setdefault(place, {}).setdefault(shows, number)
    finally:
        book.close()
    return found


def shown_money(text: str) -> str:
    """The currency that a number format shows, or ''; a dollar of another country than the United States is none that is known.

    >>> shown_money('#,##0.00 [$€-407]'), shown_money('_-* #,##0.00\\\\ "€"_-'), shown_money('[$$-409]#,##0'), shown_money('[$$-C09]#,##0')
    ('EUR', 'EUR', 'USD', '')
    >>> shown_money('#,##0 "CHF"'), shown_money('[$-407]dd.mm.yyyy'), shown_money('0.00%')
    ('CHF', '', '')
    """
    first = text.split(";")[0]
    if re.search(r"\[\$\$-(?!409|0409|en-US)", first):
        return ""
    plain = re.sub(r"\[\$([^\]-]*)[^\]]*\]", r" \1 ", first).replace('"', " ").replace("\\", " ")
    codes = {SYMBOLS.get(mark.upper(), mark.upper()) for mark in MONEY.findall(plain)}
    return codes.pop() if len(codes) == 1 else ""


def _stored(path: Path, grids: dict) -> list[str]:
    """Formulas whose value was never stored would read as empty cells: they are written as text, so they are refused later."""
    import openpyxl  # most files are no workbooks

    book = openpyxl.load_workbook(path, read_only=True, data_only=False, keep_links=False)
    missing = []
    try:
        for title, grid in grids.items():
            rows = dict(grid)
            ws = book[title]
            ws.reset_dimensions()
            for number, values in enumerate(ws.iter_rows(values_only=True), 1):
                for i, value in enumerate(values):
                    if not (isinstance(value, str) and value.startswith("=") and len(value) > 1):
                        continue
                    cells = rows.setdefault(number, [])
                    if i >= len(cells) or not cells[i]:
                        cells += [""] * (i + 1 - len(cells))
                        cells[i] = f"{FORMULA} {value[:60]}"
                        missing.append(f"{title}!row {number}")
            grids[title] = sorted(rows.items())
    finally:
        book.close()
    first = (
        f"{len(missing)} formulas have no stored value (first: {missing[0]}): open the file in Excel and save it"
        if missing
        else ""
    )
    return [first] if first else []


def cell_text(value) -> str:
    """A cell as text: ISO dates, plain numbers with the 15 digits Excel keeps, '' for nothing.

    >>> cell_text(0.1 + 0.2), cell_text(1e-07), cell_text(dt.datetime(2025, 1, 31)), cell_text(True), cell_text(12.0)
    ('0.3', '0.0000001', '2025-01-31', 'TRUE', '12')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float):
        text = format(Decimal(format(value, ".15g")), "f")
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, dt.datetime):
        return (
            value.strftime("%Y-%m-%d")
            if value.time() == dt.time()
            else value.strftime("%Y-%m-%dT%H:%M:%S")
        )
    if isinstance(value, dt.date):
        return value.isoformat()
    return " ".join(str(value).split())
