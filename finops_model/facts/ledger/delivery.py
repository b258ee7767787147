"""One delivery: read, judge, compare with what is in force, write whole, record last.

What a delivery meets in the ledger is decided scope by scope (facts/ledger/scopes.py): restated scopes are replaced, other scopes
are added, scopes that are not delivered stay. A file known byte for byte is skipped.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...documents import fsync_folder, sha256_of
from ...errors import LedgerError, together, why_not_written
from ..basis import costs_of
from ..intake import importers
from ..intake.files.readers import Source, open_source
from ..intake.formats import refused_amount
from . import doubts, twice
from .doubts import Choice
from .judged import Read, alike, called, keys_of, other_unit, read, same_bytes
from .manifest import SCHEMA, Book, Key, Version, commit, read_book
from .mended import come_again, waiting
from .receipt import Delivered, Money, Receipt, Sources, Warned, add, sources_of
from .versions import Draft, draft, restated, sum_into


def nothing_new(
    root: Path, items: list, format: str | None = None, alone: bool = False
) -> tuple[Receipt | None, list[Source]]:
    """(the receipt of a delivery of known files alone, else None; the files, opened). Needs no lock and writes nothing."""
    sources = _opened(items, alone)
    book = read_book(root)
    if not all(source.sha256 in book.known() for source in sources):
        return None, sources
    reads, skipped, warnings = _read_all(sources, book, Choice(format=format), lambda *_: None)
    return _receipt(reads, skipped, warnings, [], None), sources


def take_in(root: Path, items: list, choice: Choice, progress) -> Receipt:
    """The receipt of a delivery. Called with the lock held."""
    book = read_book(root)
    living = book.in_force()
    items = _opened(items, choice.alone)
    reads, skipped, warnings = _read_all(items, book, choice, progress)
    for one in reads:
        warnings += one.warnings
    warnings += alike(reads, choice.append) + other_unit(root, living, reads)
    number = max((record["delivery"] for record in book.records), default=0) + 1
    keys = sorted({key for one in reads for key in one.keys})
    taking = choice.replace or choice.whole
    twice.refuse_two_views(root, living, reads, taking)
    twice.refuse_two_bases(root, book, living, reads, taking)
    listed = {file.sha256 for file in skipped}
    if choice.append and len(reads) > 1:
        _refuse_mixed(root, book, living, reads, listed, choice)
    there = {
        key: doubts.rows_in_force(root, living[key])
        for key in keys
        if key in living and not choice.append
    }
    meetings = {key: doubts.meet(key, there[key], reads, listed, choice) for key in there}
    if choice.append:
        warnings += [
            warned
            for key in keys
            if key in living
            for warned in doubts.counted_again(key, doubts.rows_in_force(root, living[key]), reads)
        ]
    elif not choice.whole:
        for key, parts, meeting in doubts.without_account(root, living, keys, reads, choice):
            there[key], meetings[key] = parts, meeting
    if not choice.append:
        for key, parts, meeting in list(
            doubts.same_bill(root, book, living, reads, there, meetings, choice)
        ):
            there[key], meetings[key] = parts, meeting
    doubts.settle(meetings, choice)
    warnings += [
        warned
        for key in keys
        if key in meetings
        for warned in doubts.most_left(key, meetings[key], [rows for _, rows in there[key]], reads)
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
    again, stays = come_again(root, book, reads, choice)
    warnings += stays
    if reads:
        progress("writing", len(items), len(items))
        _publish(root, number, reads, drafts, choice, warnings, living, again=again)
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


def _refuse_mixed(
    root: Path,
    book: Book,
    living: dict[Key, Version],
    reads: list[Read],
    listed: set[str],
    choice: Choice,
) -> None:
    """Of several files one `--append` is meant for those that add: raises LedgerError where others would restate, and be counted twice."""
    force = {
        key: doubts.rows_in_force(root, living[key])
        for one in reads
        for key in one.keys & {*living}
    }
    restating = [
        one
        for one in reads
        if any(doubts.again(key, force[key], one) for key in one.keys & {*force})
    ]
    adding = [one for one in reads if all(one is not other for other in restating)]
    if not (restating and adding):
        return
    asked = replace(choice, append=False, ask=None)
    there = {key: parts for key, parts in force.items() if any(key in one.keys for one in adding)}
    try:
        alike(adding)
        meetings = {key: doubts.meet(key, there[key], adding, listed, asked) for key in there}
        keys = sorted({key for one in adding for key in one.keys})
        found = [
            *doubts.without_account(root, living, keys, adding, asked),
            *doubts.same_bill(root, book, living, adding, there, meetings, asked),
        ]
        doubts.settle(meetings | {key: meeting for key, _, meeting in found}, asked)
    except LedgerError:
        raise LedgerError(
            f"--append counts for every file of a delivery: {together(one.source.name for one in adding)} may add to what is there, and "
            f"{together(one.source.name for one in restating)} {'brings' if len(restating) == 1 else 'bring'} charges of it again, which would be counted twice. Nothing was written. Ingest "
            "what adds with --append in a call of its own, and the rest without it; what shall be counted twice, with --append in a call of its own."
        ) from None


def _opened(items: list, alone: bool) -> list[Source]:
    """The files of a delivery, opened, without those that only describe others; a part of an export that is missing refuses them."""
    sources = [item if isinstance(item, Source) else open_source(item) for item in items]
    return sources if alone else importers.complete(sources)


def _read_all(
    sources: list[Source], book: Book, choice: Choice, progress
) -> tuple[list[Read], list[Delivered], list[Warned]]:
    living, known = book.in_force(), book.known()
    asked = {file["name"]: file["sha256"] for _, file in waiting(book)} if choice.replace else {}
    held: dict[str, int] = {}
    for version in living.values():
        for part in version.parts:
            held[part["source"]] = held.get(part["source"], 0) + part["rows"]
    reads, skipped, warnings, seen = [], [], [], dict[str, str]()
    for i, (source, name) in enumerate(zip(sources, called(sources), strict=True)):
        progress(f"reading {name}", i, len(sources))
        if source.sha256 in seen:
            warnings.append(same_bytes(name, seen[source.sha256]))
            continue
        seen[source.sha256] = name
        record = known.get(source.sha256)
        if record is None:
            reads.append(read(source, "new", choice.format, name, choice.basis))
            continue
        if (
            choice.format is not None
        ):  # a known file is not read, and a slip in the format is said all the same
            importers.named(choice.format, source)
        gone = any(
            key in living and source.sha256 not in living[key].sources
            for key in map(tuple, record["keys"])
        )
        replaced = gone or held.get(source.sha256, 0) < record["accepted"]
        other = choice.basis and costs_of(record).alone not in ("", choice.basis)
        mends = asked.get(name, source.sha256) != source.sha256
        if other or mends or (replaced and choice.accept_decrease):
            reads.append(read(source, "new", choice.format, name, choice.basis))
            continue
        if replaced:
            some = "" if gone or not held.get(source.sha256) else " in part"
            warnings.append(
                Warned(
                    name,
                    "",
                    f"was delivered before and has been replaced{some} since: nothing changed. "
                    "--accept-decrease (in Python accept_decrease=True) brings it back",
                )
            )
        skipped.append(
            Delivered(
                name,
                source.sha256,
                record["format"],
                record["rows_in"],
                record["accepted"],
                record["quarantined"],
                "known",
                sources_of(record),
                costs_of(record),
            )
        )
    return reads, skipped, warnings


def _publish(
    root: Path,
    number: int,
    reads: list[Read],
    drafts: list[Draft],
    choice: Choice,
    warnings,
    living,
    *,
    again: list[list],
) -> None:
    """Write parts aside, move them in place, and record the delivery last."""
    try:
        _write_all(root, number, reads, drafts, choice, warnings, living, again=again)
    except OSError as problem:
        why = why_not_written(problem)
        if why is None:
            raise
        raise LedgerError(
            f"{root}: {why}, so the delivery could not be written. Nothing of it is in the ledger, and what was "
            "there is unchanged. Make room or ask for the right to write, then ingest again."
        ) from None


def _write_all(root, number, reads, drafts, choice, warnings, living, *, again) -> None:
    aside = root / f".incoming-{number:06d}"
    shutil.rmtree(aside, ignore_errors=True)
    (root / "manifest").mkdir(exist_ok=True)
    moves = []
    try:
        for part, table in (write for one in drafts for write in one.writes):
            moves.append(_write(aside / part["path"], root / part["path"], table))
            part["sha256"] = sha256_of(aside / part["path"])
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
    warnings += twice.counted(root, {one.version.key: one.version for one in drafts}, living)
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
            "sources": r.sources.as_dict(),
            "costs": r.costs.as_dict(),
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
            "come_again": again,
            "released": [row for one in drafts for row in one.released],
            "changes": [one.change.as_dict() for one in drafts if one.change.version > 1],
        },
    )


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
            amount = refused_amount(row["BilledCost"])
            if amount is None:
                unreadable += 1
            else:
                held = add(held, {row["BillingCurrency"].upper() or "(no currency)": amount})
    totals, effective = Money(), Money()
    for part in reads:
        for table in part.tables.values():
            sums: dict = {}
            sum_into(sums, table)
            totals, effective = (
                add(before, {currency: row[name] for currency, row in sums.items()})
                for before, name in ((totals, "BilledCost"), (effective, "EffectiveCost"))
            )
    files = [
        Delivered(
            r.source.name,
            r.source.sha256,
            r.format,
            r.rows_in,
            r.accepted,
            r.refused.num_rows,
            r.status,
            r.sources,
            r.costs,
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
        sources=sum((r.sources for r in reads), Sources()),
        effective=effective,
    )
