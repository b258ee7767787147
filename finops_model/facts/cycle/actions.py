"""The table of actions: what was recommended, who decided, when it was done. People own it; the suite adds rows, never takes one out.

Rules: docs/method §17.50, §17.51. Columns: id, action; perhaps entity, kind, resource, workload, sku, unit, driver, owner, proposed_on,
decision (or status), decided_on, approved_by, starts, done_on (or claimed_on), monthly_saving (or expected_monthly_saving), one_off,
probability, scenario, currency, expires.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ...documents import no_formula, write_atomic
from ...errors import InputError, listing
from ..plans.sheet import Sheet
from .rows import a_day, a_number, a_share, as_given, filled, one_of, own_rows

DECISIONS = ("proposed", "approved", "rejected", "done", "expired", "planned")
COLUMNS = (
    "id",
    "entity",
    "kind",
    "action",
    "resource",
    "workload",
    "sku",
    "unit",
    "driver",
    "owner",
    "proposed_on",
    "decision",
    "decided_on",
    "approved_by",
    "starts",
    "done_on",
    "monthly_saving",
    "one_off",
    "probability",
    "scenario",
    "currency",
    "expires",
)
ALSO = {
    "decision": ("status",),
    "done_on": ("claimedon", "doneon"),
    "monthly_saving": ("expectedmonthlysaving",),
    "unit": ("businessunit",),
    "sku": ("skuid", "skus"),
    "expires": ("expireson",),
}
FORGIVEN = {"accepted": "approved", "declined": "rejected", "open": "proposed"}


@dataclass(frozen=True, kw_only=True)
class Action:
    """A row of the table of actions. Text is '' and anything else None where the row says nothing.

    Parameters
    ----------
    id, kind, action, resource, workload, unit, owner : str
        What it is, of what, and who does it. `workload` may name several, with a semicolon between.
    proposed_on, decided_on, starts, done_on, expires : date, optional
        When it was proposed, decided, takes effect, was done, and until when it may be decided.
    decision : str
        proposed, approved, rejected, done, expired or planned.
    approved_by : str
        Who approved it.
    monthly_saving, one_off : Decimal, optional
        As the owner expects them, in `currency`.
    probability : float, optional
        That it will be done, as the owner says.
    scenario : str
        Its scenario file, relative to the workspace.
    currency : str
        Three letters.
    skus : tuple of str
        Meters that it changes; empty: all of the workload.
    driver : str
        What the workload's volume follows, where the row says so.
    line : int
        Of the file.

    Examples
    --------
    >>> Action(id="A1", action="Switch it off").decision
    'proposed'
    """

    id: str
    action: str
    kind: str = ""
    resource: str = ""
    workload: str = ""
    unit: str = ""
    owner: str = ""
    proposed_on: dt.date | None = None
    decision: str = "proposed"
    decided_on: dt.date | None = None
    approved_by: str = ""
    starts: dt.date | None = None
    done_on: dt.date | None = None
    monthly_saving: Decimal | None = None
    one_off: Decimal | None = None
    probability: float | None = None
    scenario: str = ""
    currency: str = ""
    line: int = 0
    skus: tuple[str, ...] = ()
    driver: str = ""
    expires: dt.date | None = None

    @property
    def workloads(self) -> tuple[str, ...]:
        """The workloads it names."""
        return _split(self.workload)


def read_actions(
    path: str | os.PathLike, currency: str, entity: str = "", entities: Iterable[str] = ()
) -> list[Action]:
    r"""The actions of a file, those of one entity where it has a column `entity`.

    Parameters
    ----------
    path : path
        CSV or Excel.
    currency : str
        Of the ledger: a saving in another one is refused.
    entity : str, optional
        Whose; "": all rows.
    entities : iterable of str, optional
        Every entity of the company: a name that is none of them is refused.

    Returns
    -------
    list of Action
        In the order of the file.

    Raises
    ------
    InputError
        An id twice, an unknown decision, an approval without a name or a day, a day that is none,
        a saving that is negative or in another currency; with file, line and column.

    Source
    ------
    docs/method §17.50.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "actions.csv")
    >>> _ = file.write_text("id,action,status,claimed_on\nA1,Switch it off,done,2026-03-01\n")
    >>> read_actions(file, "EUR")[0].done_on
    datetime.date(2026, 3, 1)
    """
    sheet = Sheet(path, "an actions file", ALSO)
    own = own_rows(sheet, entity, entities)
    texts = {
        name: sheet.cells(name, needed=name in ("id", "action"))
        for name in COLUMNS
        if name != "entity"
    }
    columns = {name: sheet.find(name) for name in COLUMNS}
    actions: list[Action] = []
    lines: dict[str, int] = {}
    for i in own:
        cell = {name: as_given(cells[i]) for name, cells in texts.items()}
        for name in ("id", "action"):
            filled(sheet, i, columns[name] or name, cell[name], f"the {name}")
        if cell["id"].casefold() in lines:
            raise InputError(
                f"{sheet.at(i, columns['id'] or 'id')}: '{cell['id'][:40]}' is in line {lines[cell['id'].casefold()]} already. "
                "Give each action an id of its own."
            )
        lines[cell["id"].casefold()] = sheet.lines[i]
        actions.append(_action(sheet, i, cell, columns, currency))
    return actions


def _action(sheet: Sheet, i: int, cell: dict, columns: dict, currency: str) -> Action:
    """One row, checked."""
    decision, column = cell["decision"], columns["decision"] or "decision"
    if decision:
        decision = FORGIVEN.get(decision.casefold(), decision)
        decision = one_of(sheet, i, column, decision, DECISIONS)
    days = {
        name: a_day(sheet, i, columns[name], cell[name])
        for name in ("proposed_on", "decided_on", "starts", "done_on", "expires")
    }
    if decision == "approved":
        name = filled(
            sheet,
            i,
            columns["approved_by"] or "approved_by",
            cell["approved_by"],
            "who approved it; what nobody approved changes no forecast",
        )
        if not (days["starts"] or days["decided_on"]):
            raise InputError(
                f"{sheet.at(i, columns['starts'] or 'starts')}: is empty. Write the day from which the action that {name[:40]} approved "
                "takes effect."
            )
    if decision == "done" and days["done_on"] is None:
        raise InputError(
            f"{sheet.at(i, columns['done_on'] or 'done_on')}: is empty. Write the day on which it was done, or another decision: "
            f"{listing(word for word in DECISIONS if word != 'done')}."
        )
    if cell["currency"] and cell["currency"].upper() != currency:
        raise InputError(
            f"{sheet.at(i, columns['currency'] or 'currency')}: '{cell['currency'][:20]}' is not {currency}, the currency of the ledger. Write the saving in "
            f"{currency}."
        )
    money = {
        name: a_number(sheet, i, columns[name], cell[name])
        for name in ("monthly_saving", "one_off")
    }
    return Action(
        **{
            name: cell[name]
            for name in (
                "id", "action", "kind", "resource", "workload", "unit", "owner", "approved_by",
                "scenario", "driver",
            )
        },
        proposed_on=days["proposed_on"],
        decided_on=days["decided_on"],
        starts=days["starts"],
        done_on=days["done_on"],
        expires=days["expires"],
        monthly_saving=money["monthly_saving"],
        one_off=money["one_off"],
        decision=decision or "proposed",
        probability=a_share(sheet, i, columns["probability"], cell["probability"]),
        currency=currency,
        skus=_split(cell["sku"]),
        line=sheet.lines[i],
    )  # fmt: skip


def _split(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in cell.split(";") if part.strip())


def add_actions(path: str | os.PathLike, rows: Iterable[Mapping]) -> list[str]:
    r"""Append proposed actions to the table of actions; a row that is there is never changed or removed.

    Parameters
    ----------
    path : path
        CSV; made where there is none. Columns that it lacks are added at the right.
    rows : iterable of mapping
        Keys of COLUMNS (and those alone); `id` and `action` needed. `decision` is proposed.

    Returns
    -------
    list of str
        Ids that were added: an id that stands in the file already, of the same entity, is left alone.

    Raises
    ------
    InputError
        A workbook (rows are added to CSV alone), a file that is no table of actions, an unknown key.

    Source
    ------
    docs/method §17.51.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp(), "actions.csv")
    >>> add_actions(file, [{"id": "A1", "action": "Switch it off"}])
    ['A1']
    >>> add_actions(file, [{"id": "A1", "action": "Switch it on"}])
    []
    """
    path = Path(path)
    if path.suffix.casefold() in (".xlsx", ".xlsm"):
        raise InputError(
            f"{path.name}: rows are added to a CSV alone, so that nothing of a workbook is lost. Save the table as CSV, and name that file "
            "in finops.yaml (actions:)."
        )
    rows = [dict(row) for row in rows]
    for row in rows:
        for key in row:
            if key not in COLUMNS:
                raise InputError(
                    f"{path.name}: an action has no column '{key}'. Known: {listing(COLUMNS, 30)}."
                )
        for key in ("id", "action"):
            if not str(row.get(key) or "").strip():
                raise InputError(f"{path.name}: an action needs its {key}. Write it.")
    raw = path.read_bytes() if path.exists() else b""
    if not raw.strip():
        table, header = _Table(COLUMNS), {name: name for name in COLUMNS}
        there: set[tuple[str, str]] = set()
    else:
        sheet = Sheet(path, "an actions file", ALSO) if _has_rows(raw) else None
        table = _Table.of(path.name, raw, sheet)
        header, there = _spelled(table, sheet)
    added, lines = [], []
    for row in rows:
        key = (_plain(row.get("entity")).casefold(), _plain(row["id"]).casefold())
        if key in there or ("", key[1]) in there:
            continue
        there.add(key)
        added.append(_plain(row["id"]))
        lines.append(_plain_row(row))
    if added:
        needed = [
            name for name in COLUMNS if name not in header and any(line.get(name) for line in lines)
        ]
        header |= {name: name for name in needed}
        write_atomic(path, table.with_rows(needed, header, lines))
    return added


def _plain(value) -> str:
    """A value as a cell says it: one line, days as 2026-01-31."""
    text = "" if value is None else value.isoformat() if isinstance(value, dt.date) else str(value)
    return " ".join(text.split())


def _plain_row(row: Mapping) -> dict[str, str]:
    text = {name: _plain(value) for name, value in row.items()}
    return {name: no_formula(value) for name, value in text.items()} | {
        "decision": "proposed",
        **{name: text[name] for name in ("monthly_saving", "one_off") if text.get(name)},
    }


def _has_rows(raw: bytes) -> bool:
    return len([line for line in raw.splitlines() if line.strip()]) > 1


def _spelled(table: _Table, sheet: Sheet | None) -> tuple[dict[str, str], set]:
    """{our column: as the file spells it}, {(entity, id)} of its rows."""
    if sheet is None:
        return {name: name for name in COLUMNS if name in table.heading}, set()
    header = {name: column for name in COLUMNS if (column := sheet.find(name))}
    ids, whose = sheet.cells("id"), sheet.cells("entity", needed=False)
    return header, {
        (as_given(one).casefold(), as_given(name).casefold())
        for one, name in zip(whose, ids, strict=True)
    }


class _Table:
    """The bytes of a CSV, so that rows can be put below without touching a cell above."""

    def __init__(self, heading, text: str = "", delimiter: str = ",", at: int = 0, newline="\n"):
        """heading   cells of the header; text all of the file; at position of the header among its records"""
        self.heading, self.text = list(heading), text
        self.delimiter, self.at, self.newline = delimiter, at, newline

    @classmethod
    def of(cls, name: str, raw: bytes, sheet: Sheet | None) -> _Table:
        """Raises InputError where the file is not UTF-8."""
        try:
            text = raw.decode("utf-8-sig")
        except UnicodeDecodeError:
            raise InputError(
                f"{name}: is not UTF-8, and a row added to it would spoil its letters. Save it as CSV UTF-8."
            ) from None
        mark = (sheet.frame.attrs["delimiter"] if sheet else None) or _first_mark(text)
        newline = "\r\n" if "\r\n" in text else "\n"
        records = list(_records(text, mark))
        wanted = sheet.frame.attrs["header_row"] if sheet else records[0][0]
        at = next(i for i, (line, _, _) in enumerate(records) if line == wanted)
        table = cls(records[at][1], text, mark, at, newline)
        table.mark = "\ufeff" if raw.startswith(b"\xef\xbb\xbf") else ""
        return table

    mark = ""

    def with_rows(self, needed: list[str], header: dict[str, str], lines: list[dict]) -> str:
        """The file with further columns at the right of its header, and rows below."""
        columns = [*self.heading, *(needed if self.text else ())]
        ours = {spelled: name for name, spelled in header.items()}
        text = self.text
        if not text:
            text = self._line(columns)
        elif needed:
            text = self._widened(needed)
        if not text.endswith(("\n", "\r")):
            text += self.newline
        for line in lines:
            text += self._line(
                [line.get(ours.get(" ".join(column.split()), ""), "") for column in columns]
            )
        return self.mark + text

    def _widened(self, needed: list[str]) -> str:
        """Each record with cells more: their names on the header, empty ones elsewhere; blank lines and remarks above stay."""
        parts = []
        for i, (_, cells, text) in enumerate(_records(self.text, self.delimiter)):
            body = text.rstrip("\r\n")
            if i < self.at or not any(cell.strip() for cell in cells):
                parts.append(text)
            elif i == self.at:
                parts.append(
                    body + self.delimiter + self._line(needed).rstrip("\r\n") + text[len(body) :]
                )
            else:
                parts.append(body + self.delimiter * len(needed) + text[len(body) :])
        return "".join(parts)

    def _line(self, cells) -> str:
        buffer = io.StringIO()
        csv.writer(buffer, delimiter=self.delimiter, lineterminator=self.newline).writerow(cells)
        return buffer.getvalue()


def _records(text: str, delimiter: str):
    """(first line, cells, text with its line ends) of each record of a CSV; blank lines are records without cells."""
    lines = re.findall(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+\Z", text)
    reader = csv.reader(iter(lines), delimiter=delimiter)
    last = 0
    for cells in reader:
        yield last + 1, cells, "".join(lines[last : reader.line_num])
        last = reader.line_num


def _first_mark(text: str) -> str:
    first = text.splitlines()[0]
    return max(";\t|,", key=first.count)


__all__ = ["ALSO", "COLUMNS", "DECISIONS", "Action", "add_actions", "read_actions"]
