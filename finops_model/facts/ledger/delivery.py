"""One delivery: read, judge, compare with what is in force, write whole, record last.

What a delivery meets in the ledger is decided scope by scope (facts/ledger/scopes.py): restated scopes are replaced, other scopes
are added, scopes that are not delivered stay. A file known byte for byte is skipped.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...documents import fsync_folder
from ...errors import LedgerError
from ..intake.files.readers import Source, open_source
from . import checks, proof, scopes, twice
from .judged import Read, alike, keys_of, read
from .manifest import SCHEMA, Book, Key, Version, commit, read_book
from .receipt import Delivered, Money, Receipt, Warned, add, plain
from .scopes import Meeting, Rows
from .versions import Draft, draft, restated, scope_of, sum_into, words

FULL = {
    28: "the disk is full",
    122: "the quota of the disk is used up",
    30: "the file system can only be read",
    13: "permission denied",
}


@dataclass(frozen=True)
class Choice:
    """What whoever delivers has said."""

    append: bool = False  # everything is added
    replace: bool = False  # delivered scopes replace what is there, whatever they have in common
    whole: bool = (
        False  # the delivery is the whole of its billing periods: scopes it does not hold go
    )
    accept_decrease: bool = False
    ask: Callable[[str], str | None] | None = None  # asked in doubt: 'append', 'replace' or None
    format: str | None = (
        None  # the importer that reads every file; None: the one that recognises it
    )


def nothing_new(root: Path, items: list) -> tuple[Receipt | None, list[Source]]:
    """(the receipt of a delivery of known files alone, else None; the files, opened). Needs no lock and writes nothing."""
    sources = [open_source(item) for item in items]
    book = read_book(root)
    if not all(source.sha256 in book.known() for source in sources):
        return None, sources
    reads, skipped, warnings = _read_all(sources, book, Choice(), lambda *_: None)
    return _receipt(reads, skipped, warnings, [], None), sources


def take_in(root: Path, items: list, choice: Choice, progress) -> Receipt:
    """The receipt of a delivery. Called with the lock held."""
    book = read_book(root)
    living = book.in_force()
    reads, skipped, warnings = _read_all(items, book, choice, progress)
    for one in reads:
        warnings += one.warnings
    warnings += alike(reads)
    number = max((record["delivery"] for record in book.records), default=0) + 1
    keys = sorted({key for one in reads for key in one.keys})
    listed = {file.sha256 for file in skipped}
    there = {
        key: _rows_in_force(root, living[key])
        for key in keys
        if key in living and not choice.append
    }
    meetings = {key: _meet(key, there[key], reads, listed, choice) for key in there}
    if choice.append:
        warnings += [
            warned
            for key in keys
            if key in living
            for warned in _again(key, _rows_in_force(root, living[key]), reads)
        ]
    elif not choice.whole:
        for key, parts, meeting in _without_account(root, living, keys, reads, choice):
            there[key], meetings[key] = parts, meeting
    _settle(meetings, choice)
    warnings += [
        warned
        for key in keys
        if key in meetings
        for warned in _left(key, meetings[key], [rows for _, rows in there[key]], reads)
    ]
    keys += sorted(key for key in set(meetings) - set(keys) if meetings[key].gone)
    drafts = [
        draft(
            root,
            book,
            key=key,
            old=living.get(key),
            reads=reads,
            number=number,
            choice=choice,
            meeting=meetings.get(key),
            there=there.get(key, []),
            listed=listed,
        )
        for key in keys
    ]
    warnings += [Warned("restated", "", text) for text in restated([one.change for one in drafts])]
    if reads:
        progress("writing", len(items), len(items))
        _publish(root, number, reads, drafts, choice, warnings, living)
    touched = set(keys)
    skipped = [
        file
        if not touched & {tuple(key) for key in book.known()[file.sha256]["keys"]} or choice.append
        else file.staying()
        for file in skipped
    ]
    return _receipt(
        reads, skipped, warnings, [one.change for one in drafts], number if reads else None
    )


def _read_all(
    items, book: Book, choice: Choice, progress
) -> tuple[list[Read], list[Delivered], list[Warned]]:
    living, known = book.in_force(), book.known()
    held: dict[str, int] = {}
    for version in living.values():
        for part in version.parts:
            held[part["source"]] = held.get(part["source"], 0) + part["rows"]
    reads, skipped, warnings, seen = [], [], [], dict[str, str]()
    for i, item in enumerate(items):
        source = item if isinstance(item, Source) else open_source(item)
        progress(f"reading {source.name}", i, len(items))
        if source.sha256 in seen:
            warnings.append(
                Warned(source.name, "", f"the same bytes as {seen[source.sha256]}: counted once")
            )
            continue
        seen[source.sha256] = source.name
        record = known.get(source.sha256)
        if record is None:
            reads.append(read(source, "new", choice.format))
            continue
        gone = any(
            key in living and source.sha256 not in living[key].sources
            for key in map(tuple, record["keys"])
        )
        replaced = gone or held.get(source.sha256, 0) < record["accepted"]
        if replaced and choice.accept_decrease:
            reads.append(read(source, "new", choice.format))
            continue
        if replaced:
            some = "" if gone or not held.get(source.sha256) else " in part"
            warnings.append(
                Warned(
                    source.name,
                    "",
                    f"was delivered before and has been replaced{some} since: nothing changed. "
                    "--accept-decrease (in Python accept_decrease=True) brings it back",
                )
            )
        skipped.append(
            Delivered(
                source.name,
                source.sha256,
                record["format"],
                record["rows_in"],
                record["accepted"],
                record["quarantined"],
                "known",
            )
        )
    return reads, skipped, warnings


def _rows_in_force(root: Path, version: Version) -> list[tuple[dict, Rows]]:
    """The parts of a version, held against their record, with what tells their rows apart."""
    proof.prove(root, [version])
    found = []
    for part in version.parts:
        with (root / part["path"]).open("rb") as file:
            names = set(pq.read_schema(file).names)
            table = pq.read_table(file, columns=[name for name in scopes.COLUMNS if name in names])
        found.append((part, scopes.rows_of(part["source"], table)))
    return found


def _meet(
    key: Key, there: list[tuple[dict, Rows]], reads: list[Read], listed: set[str], choice: Choice
) -> Meeting:
    mine = [one for one in reads if key in one.keys]
    new = [scopes.rows_of(one.source.sha256, one.tables[key]) for one in mine if key in one.tables]
    delivered = {scope for rows in new for scope in rows.places}
    delivered |= {scope for one in mine for scope in _refused_scopes(one.refused, key)}
    return scopes.meet(
        words(key),
        [rows for _, rows in there],
        new,
        delivered,
        listed,
        replace=choice.replace,
        whole=choice.whole,
        accept_decrease=choice.accept_decrease,
    )


def _left(key: Key, meeting: Meeting, there: list[Rows], reads: list[Read]) -> list[Warned]:
    """Restated scopes most of whose money lies on charges that do not come again: perhaps a further part was taken for a restatement."""
    found = []
    new = [scopes.rows_of(one.source.sha256, one.tables[key]) for one in reads if key in one.tables]
    for scope in sorted(meeting.restated & set(meeting.gone)):
        old = [rows for rows in there if rows.source in meeting.gone[scope]]
        held, left = (
            pa.concat_tables([rows.money_of(at) for rows, at in picked])
            for picked in (
                [(rows, rows.of(scope)) for rows in old],
                [(rows, scopes.unshared(rows, new, scope)) for rows in old],
            )
        )
        before = scopes.money(held, size=True)
        if any(
            2 * amount > before[currency]
            for currency, amount in scopes.money(left, size=True).items()
        ):
            at = f"{words(key)} · sub-account {scope}" if scope else words(key)
            found.append(
                Warned(
                    "restated",
                    "",
                    f"{at}: {left.num_rows:,} of the {scopes.counted(held.num_rows)} replaced ({plain(scopes.money(left))} of "
                    f"{plain(scopes.money(held))}) are of charges that this delivery does not hold. If it was a further part, deliver what was "
                    "replaced again with --append --accept-decrease",
                )
            )
    return found


def _again(key: Key, there: list[tuple[dict, Rows]], reads: list[Read]) -> list[Warned]:
    """What is appended and stands in the ledger already: perhaps it was meant once."""
    found = []
    for one in (one for one in reads if key in one.tables):
        new = scopes.rows_of(one.source.sha256, one.tables[key])
        same = sum(scopes.shared(new, [rows for _, rows in there], scope) for scope in new.places)
        if same:
            found.append(
                Warned(
                    one.source.name,
                    "",
                    f"{same:,} of {len(new.scopes):,} rows appended to {words(key)} are of charges (charge period, SKU, resource, "
                    "category, tags) that the ledger holds already; both are counted. If this file takes their place, deliver it with --replace",
                )
            )
    return found


def _without_account(
    root: Path, living: dict[Key, Version], keys: list[Key], reads: list[Read], choice: Choice
):
    """(key, its parts, what becomes of it) of periods that hold delivered charges without an account that has one now, or the other way round."""
    for key in keys:
        new = [
            scopes.rows_of(one.source.sha256, one.tables[key]) for one in reads if key in one.tables
        ]
        for other in living:
            if (
                (other[0], other[2]) != (key[0], key[2])
                or bool(other[1]) == bool(key[1])
                or other in keys
            ):
                continue
            parts = _rows_in_force(root, living[other])
            rows = [rows for _, rows in parts]
            if not any(scopes.shared(one, rows, scope) for one in new for scope in one.places):
                continue
            names = {scope for part in rows for scope in part.places}
            meeting = Meeting(
                {scope: {part.source for part in rows} for scope in names}, replaced=set(names)
            )
            if not choice.replace:
                held = pa.concat_tables([part.table for part in rows])
                meeting.doubts.append(
                    scopes.Doubt(
                        words(key),
                        "",
                        f"{scopes.counted(held.num_rows)} ({plain(scopes.money(held))}) "
                        f"{'under account ' + other[1] if other[1] else 'without a billing account'}",
                        f"this delivery brings charges of them again {'with' if key[1] else 'without'} one",
                        tuple(names),
                    )
                )
            yield other, parts, meeting


def _refused_scopes(refused: pa.Table, key: Key) -> set[str]:
    return {
        scope
        for raw, own in zip(refused.column("x_Raw").to_pylist(), keys_of(refused), strict=True)
        if own == key and (scope := scope_of(raw)) is not None
    }


def _settle(meetings: dict[Key, Meeting], choice: Choice) -> None:
    """Every doubt is settled by whoever delivers, or the delivery is refused."""
    doubts = [doubt for meeting in meetings.values() for doubt in meeting.doubts]
    if not doubts:
        return
    more = f" And {len(doubts) - 1} more of this kind." if len(doubts) > 1 else ""
    answer = choice.ask(f"{doubts[0]}{more}") if choice.ask else None
    if answer not in ("append", "replace"):
        raise LedgerError(
            f"{doubts[0]}{more} Nothing was written. If it is a further part, ingest it with --append; if it takes the place of "
            "what is there, with --replace (in Python append=True or replace=True)."
        )
    for meeting in meetings.values():
        for doubt in meeting.doubts:
            if answer == "append":
                for scope in (doubt.scope, *doubt.goes):
                    meeting.gone.pop(scope, None)
                meeting.restated.discard(doubt.scope)
                meeting.replaced.discard(doubt.scope)
                meeting.appended |= {doubt.scope} - meeting.added
            elif doubt.goes:
                meeting.added.discard(doubt.scope)
                meeting.replaced |= {doubt.scope, *doubt.goes}


def _publish(
    root: Path,
    number: int,
    reads: list[Read],
    drafts: list[Draft],
    choice: Choice,
    warnings,
    living,
) -> None:
    """Write parts aside, move them in place, and record the delivery last."""
    try:
        _write_all(root, number, reads, drafts, choice, warnings, living)
    except OSError as problem:
        if problem.errno not in FULL:
            raise
        raise LedgerError(
            f"{root}: {FULL[problem.errno]}, so the delivery could not be written. Nothing of it is in the ledger, and what was "
            "there is unchanged. Make room or ask for the right to write, then ingest again."
        ) from None


def _write_all(root, number, reads, drafts, choice, warnings, living) -> None:
    aside = root / f".incoming-{number:06d}"
    shutil.rmtree(aside, ignore_errors=True)
    (root / "manifest").mkdir(exist_ok=True)
    moves = []
    try:
        for part, table in (write for one in drafts for write in one.writes):
            moves.append(_write(aside / part["path"], root / part["path"], table))
            part["sha256"] = proof.sha256_of(aside / part["path"])
        refused = pa.concat_tables([one.refused for one in reads])
        place = f"quarantine/{number:06d}.parquet"
        if refused.num_rows:
            moves.append(_write(aside / place, root / place, refused))
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)
        folders = {
            folder
            for _, target in moves
            for folder in target.parents
            if folder == root or root in folder.parents
        }
        for folder in sorted(folders, reverse=True):
            fsync_folder(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    warnings += _counted_twice(root, drafts, living)
    files = [
        {
            "name": r.source.name,
            "sha256": r.source.sha256,
            "bytes": r.source.size,
            "format": r.format,
            "rows_in": r.rows_in,
            "accepted": r.accepted,
            "quarantined": r.refused.num_rows,
            "notes": r.notes,
            "loose": any(not key[2] for key in keys_of(r.refused)),
            "keys": sorted(map(list, r.keys)),
        }
        for r in reads
    ]
    commit(
        root,
        {
            "schema": SCHEMA,
            "delivery": number,
            "delivered_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            "append": choice.append,
            "files": files,
            "versions": [one.version.record() for one in drafts],
            "quarantine": place if refused.num_rows else None,
            "warnings": [str(warning) for warning in warnings],
            "released": [row for one in drafts for row in one.released],
            "changes": [one.change.as_dict() for one in drafts if one.change.version > 1],
        },
    )


def _counted_twice(root: Path, drafts: list[Draft], living: dict[Key, Version]) -> list[Warned]:
    """Commitments of the delivered periods that the ledger, with this delivery in it, counts twice (docs/method §13.23)."""
    new = {one.version.key: one.version for one in drafts}
    mine = {key[:2] for key in new}
    parts = [
        part
        for key, version in {**living, **new}.items()
        if key[:2] in mine
        for part in version.parts
    ]
    found = twice.found(twice.tables_of(root / part["path"] for part in parts))
    return [Warned(file, "", text) for file, text in twice.warnings(found, set(new))]


def _write(path: Path, target: Path, table: pa.Table) -> tuple[Path, Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    return path, target


def _receipt(reads, skipped, warnings, changes, number) -> Receipt:
    reasons: dict[str, int] = {}
    held, unreadable = Money(), 0
    for part in reads:
        for row in part.refused.select(
            ["x_Column", "x_Kind", "BilledCost", "BillingCurrency"]
        ).to_pylist():
            reason = ": ".join(word for word in (row["x_Column"], row["x_Kind"]) if word)
            reasons[reason] = reasons.get(reason, 0) + 1
            amount = checks.plain_amount(row["BilledCost"])
            if amount is None:
                unreadable += 1
            else:
                held = add(held, {row["BillingCurrency"].upper() or "(no currency)": amount})
    totals: Money = {}
    for part in reads:
        for table in part.tables.values():
            sums: dict = {}
            sum_into(sums, table)
            totals = add(totals, {currency: row["BilledCost"] for currency, row in sums.items()})
    files = [
        Delivered(
            r.source.name,
            r.source.sha256,
            r.format,
            r.rows_in,
            r.accepted,
            r.refused.num_rows,
            r.status,
        )
        for r in reads
    ] + skipped
    return Receipt(
        rows_in=sum(r.rows_in for r in reads),
        accepted=sum(r.accepted for r in reads),
        quarantined=sum(r.refused.num_rows for r in reads),
        totals=totals,
        quarantined_totals=held,
        unreadable=unreadable,
        reasons=dict(sorted(reasons.items())),
        warnings=tuple(warnings),
        files=tuple(files),
        changes=tuple(changes),
        delivery=number,
    )
