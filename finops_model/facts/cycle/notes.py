"""Notes on a date: what people know of a day or some days, kept in one file, read by charts, forecast and bridge (docs/method §12.20)."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ...errors import InputError, nearest, unknown
from ...names import slug
from ..plans.sheet import Sheet
from .rows import a_day, a_number, as_given

WHAT = "a file of dated notes"
LONGEST = 300  # letters of a note: it stands on charts
ONCE = "once"  # days that will not come again; how much they cost is measured
SIZES = ("factor", "amount", "share")


@dataclass(frozen=True, kw_only=True)
class Note:
    """One note. `day` and `until` are its first and last day, YYYY-MM-DD; without `until` it is of one day.

    kind     "" for a note that is only shown; "once" for days that will not come again; else a kind of event of a forecast
    number   factor, amount a day or share of that event, by its name
    """

    day: str
    until: str
    text: str
    workload: str = ""  # "": the whole company
    author: str = ""
    kind: str = ""
    number: tuple[str, float] | None = None
    where: str = ""  # file and line, for those who look it up

    @property
    def span(self) -> str:
        """Its days in words."""
        return self.day if self.until == self.day else f"{self.day} to {self.until}"

    def plain(self) -> dict:
        """As a brief keeps it."""
        return {
            "date": self.day,
            "until": self.until,
            "note": self.text,
            "workload": self.workload,
            "author": self.author,
            "kind": self.kind,
        }


def read_notes(
    path: str | os.PathLike,
    *,
    entity: str = "",
    entities: Iterable[str] = (),
    workloads: Iterable[str] | None = None,
    kinds: Iterable[str] = (),
) -> tuple[Note, ...]:
    r"""The notes of a file, oldest first: date, note; perhaps until, workload, author, entity, kind and a factor, amount or share.

    Parameters
    ----------
    path : path
        CSV or Excel.
    entity : str, optional
        Rows of other entities are left out; a row without one is of all.
    entities : iterable of str, optional
        All that the company has.
    workloads : iterable of str, optional
        Those of the bill; a note on another one is refused. None: not looked at.
    kinds : iterable of str, optional
        Kinds of event that a forecast knows, besides "once".

    Returns
    -------
    tuple of Note
        Sorted by day, then as written.

    Raises
    ------
    InputError
        File, line and column: no date, no words, a last day before the first, a workload or kind that nobody knows.

    Source
    ------
    docs/method §12.20.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "notes.csv"
    >>> _ = file.write_text("date,note,until\n2026-08-18,Sweep by mistake,2026-08-20\n")
    >>> [(note.span, note.text) for note in read_notes(file)]
    [('2026-08-18 to 2026-08-20', 'Sweep by mistake')]
    """
    sheet = Sheet(path, WHAT)
    texts = sheet.cells("note")
    days = sheet.days("date")
    cells = {
        name: sheet.cells(name, needed=False)
        for name in ("until", "workload", "author", "entity", "kind", *SIZES)
    }
    last = sheet.find("until")
    ends = [
        a_day(sheet, i, last, cell) or first
        for i, (cell, first) in enumerate(zip(cells["until"], days, strict=True))
    ]
    whose = {slug(name): name for name in (*entities, entity) if name}
    known = None if workloads is None else sorted(workloads)
    allowed = (ONCE, *kinds)
    notes = []
    for i, text in enumerate(texts):
        if not text:
            raise InputError(f"{sheet.at(i, 'note')}: is empty. Say what happened on {days[i]}.")
        if len(text) > LONGEST:
            raise InputError(
                f"{sheet.at(i, 'note')}: has {len(text)} characters, at most {LONGEST}: it stands on charts. Shorten it."
            )
        if ends[i] < days[i]:
            raise InputError(
                f"{sheet.at(i, 'until')}: {ends[i]} is before {days[i]}, the first day of the note. Exchange or correct them."
            )
        if entity and (owner := cells["entity"][i]):
            if slug(owner) not in whose:
                raise InputError(unknown(sheet.at(i, "entity"), "entity", owner, whose.values()))
            if slug(owner) != slug(entity):
                continue
        workload, kind = cells["workload"][i], cells["kind"][i].casefold().replace(" ", "_")
        if workload and known is not None and workload not in known:
            raise InputError(unknown(sheet.at(i, "workload"), "workload", workload, known))
        if kind and kind not in allowed:
            raise InputError(unknown(sheet.at(i, "kind"), "kind of note", kind, allowed))
        notes.append(
            Note(
                day=str(days[i]),
                until=str(ends[i]),
                text=as_given(" ".join(text.split())),
                workload=workload,
                author=cells["author"][i],
                kind=kind,
                number=_number(sheet, i, kind, cells),
                where=f"{sheet.name}: line {sheet.lines[i]}",
            )
        )
    return tuple(sorted(notes, key=lambda note: note.day))


def _number(
    sheet: Sheet, i: int, kind: str, cells: dict[str, list[str]]
) -> tuple[str, float] | None:
    """The one number of an event that a row gives."""
    given = [name for name in SIZES if cells[name][i]]
    if not given:
        return None
    where = sheet.at(i, given[0])
    if len(given) > 1:
        raise InputError(f"{where}: is given beside {given[1]}. Write one of them.")
    if not kind or kind == ONCE:
        near = nearest(kind, (ONCE,)) if kind else None
        raise InputError(
            f"{where}: a number belongs to a note with a kind (level_change, price_change, campaign …), and this row "
            f"{'has none' if not kind else 'is once: how much those days cost is measured'}. Write a kind, or take the number out."
            + (f" Did you mean '{near}'?" if near and near != kind else "")
        )
    value = a_number(
        sheet, i, sheet.column(given[0]), cells[given[0]][i], negative=given[0] == "share"
    )
    assert value is not None
    if value > Decimal(10) ** 15:
        raise InputError(
            f"{where}: {cells[given[0]][i]} is more than anything of a bill. Correct it."
        )
    return given[0], float(value)
