"""The close of a period, step by step: open → preliminary → final → closed, each with its files and its row in the records (docs/method §14.60).

Nothing is written before everything is computed. Files of a period that is closed never change; one that was opened again
gets a folder of its own beside them.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from ....errors import RecordsError, listing
from ....measure.books import journal as journals
from ....periods import Calendar, Period
from ....progress import Progress
from ....records import states
from ....records.rows import Record
from ....records.store import Records
from ....settings import Settings
from . import bridges, charged, files, gather, ground, kept, periods
from .gather import NO_ACCOUNTS, EntityBooks

COMPANY = kept.COMPANY
OPEN, PRELIMINARY, FINAL, CLOSED = states.STATES


@dataclass(frozen=True, kw_only=True)
class Close:
    """Where a period is after a step, and what was written.

    folder    of its files, None where none were written;  files: their names
    reasons   why it is not final;  head: chain head of the records after it
    kept      where what lay in the folder and was none of the records' is kept
    """

    period: Period
    state: str
    folder: Path | None = None
    files: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    said: tuple[str, ...] = ()
    head: str = ""
    kept: Path | None = None
    figures: list[dict] = field(default_factory=list)

    def as_dict(self) -> dict:
        """Plain data, money as text."""
        return {
            "period": self.period.name,
            "first_day": str(self.period.start),
            "last_day": str(self.period.end - 1),
            "state": self.state,
            "folder": None if self.folder is None else str(self.folder),
            "files": list(self.files),
            "open": list(self.reasons),
            "said": list(self.said),
            "head": self.head,
            "kept": None if self.kept is None else str(self.kept),
            "entities": self.figures,
        }


def walk(
    settings: Settings,
    month: str | None = None,
    *,
    accept: str = "",
    author: str | None = None,
    progress: Progress | None = None,
) -> Close:
    r"""Bring a period as far as it goes without an approval: preliminary, or final where every invoice ties out.

    Parameters
    ----------
    settings : Settings
        Of the whole company; every entity is closed with it.
    month : str, optional
        YYYY-MM, or the name of a period of the company's calendar; None: the newest whole one.
    accept : str, optional
        Why the period is final although not every invoice ties out; what is missing is accrued.
    author : str, optional
        Who does it; None: the account of the operating system.
    progress : callable, optional
        Called with (text, done, total).

    Returns
    -------
    Close
        open: the period is under way, and nothing was written; closed: so is the newest whole one, which no
        `month` asked for (a job of every morning has nothing to do then).

    Raises
    ------
    FinOpsError
        One sentence, and nothing was written: a period that is closed or not the next one, an account or
        a rate that is missing.

    Source
    ------
    docs/method §14.60.
    """
    calendar, accept = settings.calendar_of(), ground.reason(accept, "--accept")
    with Records(settings.path(settings.records), author=author) as records:
        period = _period(settings, calendar, month)
        _check_whole(records, settings, calendar)
        if month is None and not accept and (done := _closed(settings, records, period)):
            return done
        states.check_open(records, COMPANY, period)
        _in_order(records, calendar, period)
        books = gather.of_company(settings, period, records, progress)
        reach = [one.complete for one in books]
        if periods.under_way(period, reach) and not (accept and periods.begun(period, reach)):
            last = min(str(one.newest) for one in reach)
            return Close(
                period=period,
                state=OPEN,
                reasons=(f"{period.name} is under way: the bills reach to {last}",),
            )
        reasons = [
            f"{one.name}: {text}" if one.name else text for one in books for text in one.open_items
        ]
        state = FINAL if not reasons or accept else PRELIMINARY
        folder = _books(settings) / place(records, period)
        head = records.head
        sharing = charged.of_period(settings, period, books, records, gather.accounts_of(settings))
        made = files.of_period(
            settings,
            books,
            sharing,
            bridges.of_period(books, period, progress),
            period,
            state=state,
            reasons=reasons,
            accepted=accept if reasons else "",
            head=head,
        )
        with records.transaction():
            states.check_open(records, COMPANY, period)
            _in_order(records, calendar, period)
            hashes = {name: kept.sha(data) for name, data in sorted(made.files.items())}
            body = {
                "folder": folder.name,
                "files": hashes,
                "ledger": {one.name: one.fingerprint for one in books},
                "entries": made.entries,
                **({"reason": "; ".join(reasons)} if reasons else {}),
                **({"accepted": accept} if accept and reasons else {}),
            }
            if _same(states.standing(records, COMPANY, period).row, state, body, folder):
                return _result(records, period, state, folder, made, reasons)
            before = kept.publish(records, folder, made.files)
            states.reach(records, COMPANY, period, state, body=body)
        return replace(_result(records, period, state, folder, made, reasons), kept=before)


def _result(records, period, state, folder, made, reasons) -> Close:
    return Close(
        period=period,
        state=state,
        folder=folder,
        files=tuple(sorted(made.files)),
        reasons=tuple(reasons),
        said=tuple(made.said),
        head=records.head,
        figures=made.figures,
    )


def _same(row: Record | None, state: str, body: Mapping, folder: Path) -> bool:
    """Whether the last row says the same and its files lie there: then nothing is written again.

    What a chain head is printed into differs with every row, so that pages are compared by what they are made of.
    """
    if row is None or row.body.get("state") != state:
        return False
    keys = ("ledger", "entries", "reason", "accepted")
    if any(row.body.get(key) != body.get(key) for key in keys):
        return False
    plain = [name for name in body["files"] if name.endswith(".csv")]
    if any(row.body["files"].get(name) != body["files"][name] for name in plain):
        return False
    return not kept.altered(row, folder)


def approve(
    settings: Settings,
    month: str | None = None,
    *,
    note: str = "",
    author: str | None = None,
    attended: bool = True,
    progress: Progress | None = None,
) -> Close:
    """Close a final period, or open a closed one whose reopening was asked for; by a second person.

    The books are made again first: what is approved is what was looked at.

    Raises RecordsError: nothing waits, the approver is the author, bills or files have changed since, an earlier
    period is open, there is no journal.
    """
    calendar = settings.calendar_of()
    with Records(settings.path(settings.records), author=author) as records:
        _check_whole(records, settings, calendar)
        period = _waiting(records, calendar, settings, month)
        now = states.standing(records, COMPANY, period)
        folder = _books(settings) / str((now.row.body if now.row else {}).get("folder"))
        sign = partial(
            states.approve,
            records,
            COMPANY,
            period,
            author=author,
            four_eyes=settings.four_eyes,
            attended=attended,
            note=ground.reason(note, "--note"),
        )
        if now.reopen is not None or now.state != FINAL or now.row is None:
            row = sign()
            return Close(period=period, state=str(row.body["state"]), head=records.head)
        _in_order(records, calendar, period)
        books = gather.of_company(settings, period, records, progress)
        if any(one.journal is None for one in books):
            raise RecordsError(NO_ACCOUNTS)
        sharing = charged.of_period(settings, period, books, records, gather.accounts_of(settings))
        _as_looked_at(now.row, folder, books, files.entries_of(books, sharing))
        with records.transaction():
            _check_same(records, period, now.row)
            row = sign()
            _book(records, period, books, sharing, now.row)
        kept.mark_closed(records, _books(settings))
        return Close(
            period=period,
            state=str(row.body["state"]),
            folder=folder,
            files=tuple(sorted(now.row.body["files"])),
            head=records.head,
        )


def reopen(settings: Settings, month: str, reason: str, *, author: str | None = None) -> Close:
    """Ask that a closed period is opened again: the newest closed one, as later journals stand on it.

    Raises RecordsError: it is not closed, another was closed after it, no reason.
    """
    calendar = settings.calendar_of()
    with Records(settings.path(settings.records), author=author) as records:
        period, why = periods.named(calendar, month), ground.reason(reason, "--reopen")
        _check_whole(records, settings, calendar)
        last = _last_booked(records, calendar)
        if (
            last is not None
            and last.start > period.start
            and states.state_of(records, COMPANY, period) == CLOSED
        ):
            raise RecordsError(
                f"{period.name}: {last.name} was closed after it and stands on it, so that only {last.name} can be opened "
                f"again. What changed of {period.name} is booked in the period that is open."
            )
        states.request_reopen(records, COMPANY, period, why)
        return Close(period=period, state=CLOSED, head=records.head)


def status(settings: Settings, month: str | None = None) -> list[dict]:
    """Every period that has a state, oldest first: period, state, by, at, folder, and what of its files has changed since."""
    calendar = settings.calendar_of()
    with Records(settings.path(settings.records)) as records:
        kept.check_whole(records, _books(settings))
        ground.check_calendar(records, calendar)
        names = list(dict.fromkeys(row.period for row in records.read("state", COMPANY)))
        wanted = [name for name in names if month in (None, name)]
        out = []
        for name in sorted(wanted, key=lambda one: periods.named(calendar, one).start):
            now = states.standing(records, COMPANY, name)
            row = _with_files(records, name)
            folder = _books(settings) / str(row.body["folder"]) if row else None
            out.append(
                {
                    "period": name,
                    "state": now.state,
                    "by": now.row.author if now.row else "",
                    "at": now.row.at if now.row else "",
                    "folder": None if folder is None else str(folder),
                    "waits": "an approval to open it again" if now.reopen else "",
                    "changed": kept.altered(row, folder) if row and folder else [],
                }
            )
        return out


def _check_whole(records: Records, settings: Settings, calendar: Calendar) -> None:
    """Raises RecordsError where nothing can be built on the records; marks what was closed and has no mark yet."""
    books = _books(settings)
    kept.check_whole(records, books)
    ground.check(settings, records, calendar)
    kept.mark_closed(records, books)


def _check_same(records: Records, period: Period, looked_at: Record) -> None:
    """Raises RecordsError where somebody has made the final state anew since it was looked at."""
    row = states.standing(records, COMPANY, period).row
    if row is not None and row.id != looked_at.id and row.body.get("state") == FINAL:
        raise RecordsError(
            f"{period.name}: {row.author} has made it anew while it was being approved. Look at it again: "
            f"finops close --month {period.name} --approve."
        )


def _books(settings: Settings) -> Path:
    """The folder of the company's closes, as people write it."""
    return Path(os.path.normpath(settings.path(settings.books)))


def _closed(settings: Settings, records: Records, period: Period) -> Close | None:
    """A closed period as it stands; None where it is another state's."""
    row = _with_files(records, period.name)
    if row is None or states.state_of(records, COMPANY, period) != CLOSED:
        return None
    return Close(
        period=period,
        state=CLOSED,
        folder=_books(settings) / str(row.body["folder"]),
        files=tuple(sorted(row.body["files"])),
        head=records.head,
    )


def _period(settings: Settings, calendar: Calendar, month: str | None) -> Period:
    if month is not None:
        return periods.named(calendar, month)
    from ... import close

    reach = [close.books(one).complete(one.time_zone) for one in settings.parts()]
    return periods.newest(calendar, reach)


def _waiting(records: Records, calendar: Calendar, settings: Settings, month: str | None) -> Period:
    """The period asked for, else the one that waits for an approval. Raises RecordsError where none or several do."""
    if month is not None:
        return periods.named(calendar, month)
    waiting = [
        name
        for (entity, name), state in states.every(records).items()
        if entity == COMPANY
        and (state == FINAL or states.standing(records, COMPANY, name).reopen is not None)
    ]
    if len(waiting) != 1:
        what = f"{listing(waiting)} wait" if waiting else "no period waits"
        raise RecordsError(
            f"{what} for an approval. Name one: finops close --month MONTH --approve."
        )
    return periods.named(calendar, waiting[0])


def _last_booked(records: Records, calendar: Calendar) -> Period | None:
    booked = {row.period for row in records.read("journal")}
    every = [periods.named(calendar, name) for name in booked]
    return max(every, key=lambda one: one.start, default=None)


def _in_order(records: Records, calendar: Calendar, period: Period) -> None:
    """Raises RecordsError for a period that others come before: what was booked before it must be known."""
    last = _last_booked(records, calendar)
    if last is not None:
        after = calendar.period_of(last.end)
        if period.start > after.start:
            state = states.state_of(records, COMPANY, after)
            raise RecordsError(
                f"{period.name}: {after.name} comes first and is {state}: {last.name} is the newest closed period. "
                f"Close it: finops close --month {after.name}{' --approve' if state == FINAL else ''}."
            )
        state = states.state_of(records, COMPANY, last)
        if period.start > last.start and state != CLOSED:
            raise RecordsError(
                f"{period.name}: {last.name} was opened again and is {state}. Close it first: finops close --month {last.name}."
            )
        return
    earlier = [
        (name, state)
        for (entity, name), state in states.every(records).items()
        if entity == COMPANY and periods.named(calendar, name).start < period.start
    ]
    if earlier:
        name, state = max(earlier, key=lambda one: periods.named(calendar, one[0]).start)
        raise RecordsError(
            f"{period.name}: {name} comes first and is {state}. Close it: finops close --month {name}"
            f"{' --approve' if state == FINAL else ''}."
        )


def _as_looked_at(
    row: Record, folder: Path, books: Sequence[EntityBooks], entries: Mapping
) -> None:
    """Raises RecordsError where files or bills are not those of the final state."""
    if wrong := kept.altered(row, folder):
        raise RecordsError(
            f"{folder}: {listing(wrong)} {'is' if len(wrong) == 1 else 'are'} not as written. Make the files again and look at "
            f"them: finops close --month {row.period}."
        )
    if entries != row.body["entries"]:
        moved = [one.title for one in books if one.fingerprint != row.body["ledger"].get(one.name)]
        what = f"the bills of {listing(moved)} have" if moved else "what the books are made of has"
        raise RecordsError(
            f"{row.period}: {what} changed since {row.author} made it final on {row.at[:10]}, and the journal is another "
            f"now. Make it again and look at it: finops close --month {row.period}."
        )


def _book(
    records: Records,
    period: Period,
    books: Sequence[EntityBooks],
    sharing: charged.Charged,
    final: Record,
) -> None:
    """A row a journal. Raises RecordsError for an entry that is booked already."""
    known = {
        entry: row.period
        for row in records.read("journal")
        for entry in row.body.get("entries", [])
    }
    for one in books:
        assert one.journal is not None
        entries = [*one.journal.ids, *sharing.ids(one.name)]
        twice = [entry for entry in entries if entry in known]
        if twice:
            raise RecordsError(
                f"{period.name}: entry {twice[0]} is booked already, with {known[twice[0]]}. Nothing was booked twice."
            )
        body = {
            "entries": entries,
            "totals": journals.totals(one.journal),
            "files": {
                name: sha for name, sha in final.body["files"].items() if name.endswith(".csv")
            },
            "currency": one.currency,
            "base": one.settings.base_currency,
            **sharing.changes(one.name),
        }
        records.append("journal", body, one.name, period.name)


def place(records: Records, period: Period) -> str:
    """The folder of a period's files: its name, with a number where it was closed before."""
    times = sum(
        row.body.get("state") == CLOSED for row in records.read("state", COMPANY, period.name)
    )
    return period.name if not times else f"{period.name}-{times + 1}"


def _with_files(records: Records, name: str) -> Record | None:
    rows = [row for row in records.read("state", COMPANY, name) if row.body.get("files")]
    return rows[-1] if rows else None
