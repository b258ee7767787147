"""A book of what-ifs is read: with suspicion, yellow cells only, every problem with its sheet and cell (docs/method §3.86)."""

from __future__ import annotations

import datetime as dt
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

from ...checks import NUMBER
from ...errors import InputError, nearest
from ...facts.intake.files import excel
from ...periods import is_date
from ...scenario.changes import escape
from ...scenario.files.words import is_share
from . import layout as at

CARRIED = {  # parts of a workbook that are no cells -> what they are
    "vbaproject": "macros",
    "externallinks/": "links to other files",
    "embeddings/": "embedded files",
    "activex/": "controls",
    "connections.xml": "connections to data",
    "querytables/": "connections to data",
    "customdata/": "data of add-ins",
}
SAID = 20  # problems that are told at once
FARTHEST = 10.0  # of `change by`: more than ten times is a percent without its sign
ERRORS = "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!"


@dataclass(frozen=True)
class Sheet:
    """One what-if of a book: the head, and a change for each row that says how."""

    title: str
    head: dict[str, str]
    changes: tuple[dict, ...]  # as in a scenario file
    rows: tuple[int, ...]  # where each stands, from 1
    cells: tuple[dict, ...]  # the yellow cells of each, as written, for the book of results


def read_book(path) -> list[Sheet]:
    """The what-ifs of a book, in the order of its sheets; empty ones too.

    Parameters
    ----------
    path : path
        As `write_book` wrote it and somebody filled it in.

    Returns
    -------
    list of Sheet
        Changes as a scenario file has them.

    Raises
    ------
    InputError
        No workbook, a bomb, macros or links in it, no sheet of ours; or all cells that cannot be
        meant, each with its sheet, its cell, what it holds and what is allowed.

    Source
    ------
    docs/method §3.86.
    """
    path = Path(path)
    _refuse_what_runs(path)
    import openpyxl

    try:
        book = openpyxl.load_workbook(path, read_only=False, data_only=False, keep_links=False)
    except Exception as problem:  # noqa: BLE001 - openpyxl raises whatever a damaged workbook makes it stumble over
        raise InputError(
            f"{path.name}: the workbook is damaged or protected: {type(problem).__name__}. "
            "Open it in Excel, save it again without a password."
        ) from None
    problems: list[str] = []
    sheets = [
        _sheet(path.name, page, problems)
        for page in book.worksheets
        if page.sheet_state == "visible" and page["A1"].value == at.MARK
    ]
    for page in book.worksheets:
        place = _shifted(page) if page.sheet_state == "visible" else ""
        if place:
            problems.append(
                f"{path.name}: sheet '{page.title}', cell {place}: rows or columns were put in or taken out before the table, so its cells "
                f"are not where they are read. Undo that; '{at.MARK}' stands in A1."
            )
    if not sheets and not problems:
        raise InputError(
            f"{path.name}: holds no what-if: no sheet begins with '{at.MARK}' in A1. Write a book first: finops scenario book {path.name}."
        )
    if len(sheets) > at.SHEETS:
        raise InputError(f"{path.name}: {len(sheets)} what-ifs; a book may have {at.SHEETS}.")
    seen: dict[str, str] = {}
    for sheet in sheets:
        name = sheet.head["name"]
        if sheet.changes and name in seen:
            problems.append(
                f"{path.name}: sheet '{sheet.title}', cell B{at.HEAD['name']}: '{name}' is the name of sheet '{seen[name]}' too. Give it another one."
            )
        if sheet.changes:
            seen[name] = sheet.title
    if problems:
        more = [f"and {len(problems) - SAID} more."] if len(problems) > SAID else []
        raise InputError("\n".join([*problems[:SAID], *more]))
    return sheets


def _shifted(page) -> str:
    """Where the titles of a what-if stand on a sheet that would be left out, or read beside its cells; "" where they are in their place."""
    for row in page.iter_rows(max_row=at.TITLES + 20, max_col=20):
        words = [cell.value for cell in row]
        if at.WORDS["path"] in words and at.WORDS["today"] in words and at.WORDS["p50"] in words:
            cell = row[words.index(at.WORDS["path"])]
            right = cell.coordinate == f"{at.COLUMNS['path']}{at.TITLES}"
            return "" if right and page["A1"].value == at.MARK else cell.coordinate
    return ""


def _refuse_what_runs(path: Path) -> None:
    """Refuse what is no workbook or unpacks too far (as the intake does), and what carries more than cells."""
    if path.suffix.casefold() == ".xlsm":
        raise InputError(f"{path.name}: a book with macros is not opened. Save it as .xlsx.")
    if not path.is_file():
        near = (
            nearest(path.name, [one.name for one in path.parent.glob("*.xlsx")])
            if path.parent.is_dir()
            else None
        )
        hint = f" Did you mean '{near}'?" if near else ""
        raise InputError(
            f"{path}: there is no such file.{hint} Write a book of what-ifs: finops scenario book {path.name}."
        )
    if path.name.casefold().endswith(at.RESULTS):
        raise InputError(
            f"{path.name}: holds results. Change the yellow cells of the book itself and compare that."
        )
    excel.read_sheets(path)  # refuses bombs and what is damaged before a cell is looked at
    with zipfile.ZipFile(path) as archive:
        names = [name.casefold() for name in archive.namelist()]
    for mark, what in CARRIED.items():
        carried = next((name for name in names if mark in name), None)
        if carried:
            raise InputError(
                f"{path.name}: holds {what} ({carried}); nothing of it was opened. Copy your yellow cells into a new book: finops scenario book NEW.xlsx."
            )


class _Cells:
    """The cells of a sheet; what cannot be meant is put on a list, and None given instead."""

    def __init__(self, file: str, page, problems: list[str]):
        self.file, self.page, self.problems = file, page, problems

    def refuse(self, place: str, text: str) -> None:
        self.problems.append(f"{self.file}: sheet '{self.page.title}', cell {place}: {text}")

    def value(self, place: str, allowed: str):
        """What a cell holds, None of one that is empty; a formula or an error is refused."""
        cell = self.page[place]
        value = cell.value
        if value is None or (isinstance(value, str) and not value.strip()):
            return None
        if cell.data_type == "f" or not isinstance(value, (str, int, float, dt.date)):
            shown = str(getattr(value, "text", value))[:40]
            self.refuse(
                place,
                f"holds the formula {shown}; formulas are not run. Write {allowed} (in Excel: copy, paste values).",
            )
            return None
        if cell.data_type == "e" or value in ERRORS:
            self.refuse(place, f"holds the error {value}. Write {allowed}, or empty the cell.")
            return None
        return value

    def number(self, place: str) -> float | None:
        allowed = "a number, for example 1.2 or 20 %"
        value = self.value(place, allowed)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            kind = "a date" if isinstance(value, dt.date) else "the text"
            shown = f" '{value[:40]}'" if isinstance(value, str) else ""
            what = "TRUE or FALSE" if isinstance(value, bool) else f"{kind}{shown}"
            hint = (
                " It is a number written as text: give the cell the format General and type it again."
                if isinstance(value, str) and NUMBER.match(value.strip())
                else ""
            )
            self.refuse(place, f"holds {what}; write {allowed}.{hint}")
            return None
        if not math.isfinite(value):
            self.refuse(place, f"holds no finite number; write {allowed}.")
            return None
        return float(value)

    def text(self, place: str, allowed: str = "a text") -> str:
        value = self.value(place, allowed)
        if value is None:
            return ""
        if isinstance(value, dt.date):
            return f"{value:%Y-%m-%d}"
        if isinstance(value, bool) or not isinstance(value, str):
            return f"{value:g}" if not isinstance(value, bool) else str(value).upper()
        if not value.isprintable():
            self.refuse(place, f"holds a character that is none of a text. Write {allowed} anew.")
            return ""
        return value.strip()

    def day(self, place: str) -> str:
        """A month or a day; a date on the first of a month is the month."""
        allowed = "a month 2027-01, or a day"
        value = self.value(place, allowed)
        if value is None:
            return ""
        if isinstance(value, dt.date):
            return f"{value:%Y-%m}" if value.day == 1 else f"{value:%Y-%m-%d}"
        if not isinstance(value, str) or not is_date(value.strip()):
            shown = f"'{value}'" if isinstance(value, str) else f"{value:g}"
            self.refuse(place, f"holds {shown[:40]}, which is no date. Write {allowed}.")
            return ""
        return value.strip()


def _sheet(file: str, page, problems: list[str]) -> Sheet:
    cells = _Cells(file, page, problems)
    head = {
        key: cells.day(f"B{row}") if key == "decide_by" else cells.text(f"B{row}")
        for key, row in at.HEAD.items()
    }
    head["name"] = head["name"] or page.title
    if head["decide_by"] and len(head["decide_by"]) == len("2027-01"):
        head["decide_by"] += "-01"
    if page.max_row > at.ROWS:
        cells.refuse(
            f"A{page.max_row}", f"the sheet has more than {at.ROWS:,} rows. Empty the rest."
        )
        return Sheet(page.title, head, (), (), ())
    changes, rows, written = [], [], []
    for row in range(at.TITLES + 1, page.max_row + 1):
        if all(page[f"{at.COLUMNS[what]}{row}"].value is None for what in at.YELLOW):
            continue
        before = len(problems)
        change, cell = _change(cells, row, head)
        if change and len(problems) == before:
            changes.append(change)
            rows.append(row)
            written.append(cell)
    return Sheet(page.title, head, tuple(changes), tuple(rows), tuple(written))


def _change(cells: _Cells, row: int, head: dict) -> tuple[dict, dict]:
    """The change of a row, and its yellow cells as they are; {} where it is refused or says nothing."""
    place = {what: f"{letter}{row}" for what, letter in at.COLUMNS.items()}
    how = cells.text(place["how"], "one of: " + ", ".join(at.HOWS)).casefold()
    numbers = {what: cells.number(place[what]) for what in at.NUMBERS}
    cell = {
        "how": how,
        **numbers,
        "since": cells.day(place["since"]),
        "because": cells.text(place["because"]),
        "owner": cells.text(place["owner"]),
    }
    path = cells.text(place["path"], "a path of a value")
    cell["path"] = path
    given = [value for value in numbers.values() if value is not None]
    if not how and not given:
        return {}, cell
    if not how:
        cells.refuse(
            place["how"],
            f"is empty, and {place['p50']} holds a value. Write how: {', '.join(at.HOWS)}.",
        )
        return {}, cell
    how = {"set": at.SET, "scale": at.TIMES, "×": at.TIMES, "x": at.TIMES, "launch": at.LAUNCH}.get(
        how, how
    )
    if how not in at.HOWS:
        near = nearest(how, at.HOWS)
        hint = f" Did you mean '{near}'?" if near else ""
        cells.refuse(place["how"], f"holds '{how[:40]}'.{hint} Write one of: {', '.join(at.HOWS)}.")
        return {}, cell
    if not path:
        cells.refuse(
            place["path"],
            "is empty, and the row says what changes. Write the path of a value, or the name of a new workload.",
        )
        return {}, cell
    if numbers["p50"] is None:
        if not cells.page[place["p50"]].value:
            cells.refuse(
                place["p50"], f"is empty, and {place['how']} says '{how}'. Write a number."
            )
        return {}, cell
    if (numbers["p10"] is None) != (numbers["p90"] is None):
        empty = "p10" if numbers["p10"] is None else "p90"
        cells.refuse(
            place[empty], "is empty; a range has P10 and P90. Fill in both, or empty the other."
        )
        return {}, cell
    if len(given) == 3 and not given[0] < given[1] < given[2]:
        cells.refuse(
            place["p50"],
            f"P10 {numbers['p10']:g}, P50 {numbers['p50']:g}, P90 {numbers['p90']:g} must rise. Write them in that order, or one value alone.",
        )
        return {}, cell
    if how == at.BY and max(map(abs, given)) > FARTHEST:
        most = max(given, key=abs)
        cells.refuse(
            place["p50"],
            f"'{at.BY}' {most:g} is {100 * most:,.0f} %. For {most:g} % write {most:g}% or {most / 100:g}.",
        )
        return {}, cell
    if how == at.SET and is_share(path) and "/routing/" in path and max(given) > 1:
        most = max(given)
        cells.refuse(
            place["p50"],
            f"a share is {most:g}, which is {100 * most:,.0f} %. For {most:g} % write {most:g}% or {most / 100:g}.",
        )
        return {}, cell
    because = cell["because"] or head["because"]
    if not because:
        cells.refuse(
            place["because"],
            f"is empty. Write why, here or once for the whole sheet in B{at.HEAD['because']}.",
        )
        return {}, cell
    one = {key: (1 + v if how == at.BY else v) for key, v in numbers.items() if v is not None}
    value = one if len(one) == 3 else one["p50"]
    if how == at.LAUNCH and not path.startswith("workloads/"):
        path = f"workloads/{escape(path)}"
    return {
        "path": path,
        "op": {at.SET: "set", at.LAUNCH: "add"}.get(how, "scale"),
        "value": {"cost_per_month": value} if how == at.LAUNCH else value,
        **({"since": cell["since"]} if cell["since"] else {}),
        "because": because,
        **({"owner": cell["owner"]} if cell["owner"] else {}),
    }, cell
