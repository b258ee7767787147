"""One delivery: read, judge, compare with what is in force, write whole, record last.

A delivery replaces a (issuer, account, billing period) whole. A file known byte for byte is skipped, unless a new file
of the same delivery brings rows of its period: then it belongs to the new version too.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import re
import shutil
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import LedgerError
from . import checks, importers
from .checks import COSTS, Finding
from .manifest import Key, Version, commit, read_book
from .readers import Source, open_source
from .receipt import Change, Delivered, Receipt, Warned, add

MAY_FALL = Decimal("0.05")


@dataclass
class Read:
    """A file after judging."""

    source: Source
    status: str
    format: str
    rows_in: int
    tables: dict[Key, pa.Table]          # accepted rows by key
    refused: pa.Table                    # with the key columns filled in where they can be known
    warnings: list[Warned]
    hashes: np.ndarray
    notes: list[str] = field(default_factory=list)

    @property
    def accepted(self) -> int:
        return sum(table.num_rows for table in self.tables.values())

    @property
    def keys(self) -> set[Key]:
        return set(self.tables) | {key for key in _keys(self.refused) if key[2]}


def take_in(root: Path, items: list, append: bool, accept_decrease: bool, progress) -> Receipt:
    """The receipt of a delivery. Called with the lock held."""
    book = read_book(root)
    living, known = book.in_force(), book.known()
    reads, skipped, warnings = _read_all(items, known, living, append, accept_decrease, progress)
    for read in reads:
        warnings += read.warnings
    warnings += _alike(reads)
    number = max((record["delivery"] for record in book.records), default=0) + 1
    versions, changes = [], []
    for key in sorted({key for read in reads for key in read.keys}):
        old = living.get(key)
        new = _version(key, old, reads, number, append)
        versions.append(new)
        changes.append(Change(*key, new.version, old.rows if old else 0, new.rows,
                              old.money("BilledCost") if old else {}, new.money("BilledCost")))
        if old and not append and not accept_decrease:
            _ask_before_a_fall(key, old, new)
    if reads:
        progress("writing", len(items), len(items))
        _publish(root, number, reads, versions, append, warnings)
    return _receipt(reads, skipped, warnings, changes, number if reads else None)


def _read_all(items, known, living, append, accept_decrease, progress):
    reads, skipped, warnings, seen = [], [], [], {}
    again = []
    for i, item in enumerate(items):
        source = open_source(item)
        progress(f"reading {source.name}", i, len(items))
        if source.sha256 in seen:
            warnings.append(Warned(source.name, "", f"the same bytes as {seen[source.sha256]}: counted once"))
            continue
        seen[source.sha256] = source.name
        record = known.get(source.sha256)
        if record is None:
            reads.append(_read(source, "new"))
            continue
        replaced = [key for key in map(tuple, record["keys"])
                    if key in living and source.sha256 not in living[key].sources]
        if replaced and accept_decrease:
            reads.append(_read(source, "new"))
            continue
        if replaced:
            warnings.append(Warned(source.name, "", "was delivered before and has been replaced since: nothing changed. "
                                   "accept_decrease=True brings it back"))
        again.append((source, record))
    touched = set() if append else {key for read in reads for key in read.keys}
    for source, record in again:
        if touched & {tuple(key) for key in record["keys"]}:
            reads.append(_only(_read(source, "again"), touched))
        else:
            skipped.append(Delivered(source.name, source.sha256, record["format"], record["rows_in"], record["accepted"],
                                     record["quarantined"], "known"))
    return reads, skipped, warnings


def _read(source: Source, status: str) -> Read:
    export = importers.read(source)
    findings: dict[tuple[str, str], Finding] = {}
    judged = [checks.judge(table, findings) for table in export.batches]
    accepted = pa.concat_tables([part.accepted for part in judged], promote_options="default")
    broken = pa.Table.from_pylist(
        [{"x_Row": b.row, "x_Column": b.column, "x_Kind": b.kind, "x_Reason": b.reason, "x_Raw": b.raw, "BilledCost": "",
          "BillingCurrency": "", "InvoiceIssuerName": "", "BillingAccountId": "", "x_Period": ""} for b in source.broken],
        schema=checks.REFUSED)
    refused = pa.concat_tables([part.refused for part in judged] + [broken]).sort_by("x_Row")
    tables = _by_key(accepted, source)
    unread = pc.equal(refused.column("x_Period"), "")
    refused = refused.set_column(refused.schema.get_field_index("x_Period"), "x_Period", _keyed(refused, set(tables)))
    if len(tables) == 1:                      # a row without a readable period belongs to the only one of its file
        refused = _adopt(refused, unread, next(iter(tables)))
    refused = refused.add_column(0, "x_File", pa.array([source.name] * refused.num_rows, pa.string()))
    warnings = [Warned(source.name, "", note) for note in [*source.notes, *export.notes]]
    warnings += [Warned(source.name, f.column, f.reason, f.count, tuple(f.rows)) for f in findings.values()]
    hashes = np.concatenate([part.hashes for part in judged])
    rows_in = accepted.num_rows + refused.num_rows
    if not rows_in:
        warnings.append(Warned(source.name, "", "has a header and no rows"))
    distinct, counts = np.unique(hashes, return_counts=True)
    if len(distinct) < len(hashes):
        warnings.append(Warned(source.name, "", f"{int((counts - 1).sum()):,} rows repeat an identical row of the file "
                               f"({int((counts > 1).sum()):,} different ones); all are kept"))
    return Read(source, status, export.version, rows_in, tables, refused, warnings, distinct, [*source.notes, *export.notes])


def _by_key(accepted: pa.Table, source: Source) -> dict[Key, pa.Table]:
    """Accepted rows by (issuer, account, period), in the order of the file, with their file's name."""
    if not accepted.num_rows:
        return {}
    accepted = accepted.append_column("x_File", pa.array([source.name], pa.string()).take(
        pa.array(np.zeros(accepted.num_rows, np.int64))))
    names = ("InvoiceIssuerName", "BillingAccountId", "x_Period")
    coded, words = [], []
    for name in names:
        column = accepted.column(name).combine_chunks()
        column = (column.chunk(0) if isinstance(column, pa.ChunkedArray) else column).dictionary_encode()
        coded.append(column.indices.to_numpy().astype(np.int64))
        words.append(column.dictionary.to_pylist())
    packed = (coded[0] * len(words[1]) + coded[1]) * len(words[2]) + coded[2]
    if (packed == packed[0]).all():
        return {tuple(w[int(c[0])] for w, c in zip(words, coded, strict=True)): accepted}
    order = np.argsort(packed, kind="stable")
    starts = np.flatnonzero(np.diff(packed[order], prepend=-1))
    ends = [*starts[1:], len(order)]
    ordered = accepted.take(pa.array(order))
    return {tuple(w[int(c[order[start]])] for w, c in zip(words, coded, strict=True)): ordered.slice(start, end - start)
            for start, end in zip(starts, ends, strict=True)}


def _keys(refused: pa.Table) -> list[Key]:
    return list(zip(*(refused.column(name).to_pylist() for name in
                      ("InvoiceIssuerName", "BillingAccountId", "x_Period")), strict=True))


def _keyed(refused: pa.Table, keys: set[Key]) -> pa.Array:
    """The period of refused rows whose issuer and account are among the accepted ones, or that name all three; else ''."""
    accounts = {key[:2] for key in keys}
    return pa.array([period if period and ((issuer, account) in accounts or not keys) else ""
                     for issuer, account, period in _keys(refused)], pa.string())


def _adopt(refused: pa.Table, loose: pa.ChunkedArray, key: Key) -> pa.Table:
    for name, word in zip(("InvoiceIssuerName", "BillingAccountId", "x_Period"), key, strict=True):
        at = refused.schema.get_field_index(name)
        refused = refused.set_column(at, name, pc.if_else(loose, pa.scalar(word), refused.column(name)))
    return refused


def _only(read: Read, keys: set[Key]) -> Read:
    """A file known already, cut down to the periods that are being replaced."""
    keep = pa.array([key in keys for key in _keys(read.refused)], pa.bool_())
    read.tables = {key: table for key, table in read.tables.items() if key in keys}
    read.refused = read.refused.filter(keep)
    read.rows_in = read.accepted + read.refused.num_rows
    return read


def _alike(reads: list[Read]) -> list[Warned]:
    """Files of one delivery that share rows: perhaps one restates the other, and both would be counted."""
    found = []
    for i, one in enumerate(reads):
        for other in reads[i + 1:]:
            shared = len(np.intersect1d(one.hashes, other.hashes, assume_unique=True))
            if shared and one.keys & other.keys:
                found.append(Warned(other.source.name, "", f"{shared:,} different rows stand in {one.source.name} too and are "
                                    "counted twice. If one file restates the other, deliver them one after the other"))
    return found


def _version(key: Key, old: Version | None, reads: list[Read], number: int, append: bool) -> Version:
    mine = [read for read in reads if key in read.keys]
    parts, totals, days = [], {}, []
    for read in mine:
        table = read.tables.get(key)
        if table is not None:
            parts.append({"path": _path(key, (old.version if old else 0) + 1, read.source.sha256), "rows": table.num_rows,
                          "source": read.source.sha256})
            _sum_into(totals, table)
            days += _usage_days(table)
    lost = sum(_keys(read.refused).count(key) for read in mine)
    rows = sum(part["rows"] for part in parts)
    sources, deliveries = [read.source.sha256 for read in mine], [number]
    if append and old:
        parts, rows, lost = [*old.parts, *parts], old.rows + rows, old.quarantined + lost
        sources, deliveries = [*old.sources, *sources], [*old.deliveries, number]
        for currency, sums in old.totals.items():
            into = totals.setdefault(currency, {})
            for name, amount in sums.items():
                into[name] = into.get(name, Decimal(0)) + Decimal(amount)
        days += [day for day in (old.first_usage, old.last_usage) if day]
    written = {currency: {name: str(amount) for name, amount in sums.items()} for currency, sums in sorted(totals.items())}
    return Version(key, (old.version if old else 0) + 1, rows, lost, tuple(parts), tuple(deliveries), tuple(sorted(sources)),
                   written, min(days, default=None), max(days, default=None))


def _sum_into(totals: dict, table: pa.Table) -> None:
    sums = table.select(["BillingCurrency", *COSTS]).group_by("BillingCurrency").aggregate(
        [(name, "sum") for name in COSTS] + [([], "count_all")]).to_pylist()
    for row in sums:
        into = totals.setdefault(row["BillingCurrency"], {})
        for name in COSTS:
            into[name] = into.get(name, Decimal(0)) + (row[f"{name}_sum"] or Decimal(0))
        into["Rows"] = into.get("Rows", 0) + row["count_all"]


def _usage_days(table: pa.Table) -> list[str]:
    usage = table.filter(pc.equal(table.column("ChargeCategory"), "Usage")).column("ChargePeriodStart")
    if not len(usage):
        return []
    ends = pc.min_max(usage).as_py()
    return [ends["min"].date().isoformat(), ends["max"].date().isoformat()]


def _ask_before_a_fall(key: Key, old: Version, new: Version) -> None:
    for column in ("BilledCost", "EffectiveCost"):
        before, after = old.money(column), new.money(column)
        for currency, amount in before.items():
            now = after.get(currency, Decimal(0))
            if now < amount - MAY_FALL * abs(amount):
                share = f" ({(now - amount) / abs(amount) * 100:+.1f} %)" if amount else ""
                raise LedgerError(
                    f"{' · '.join(part or '(none)' for part in key)}: {column} would fall from {amount:,.2f} to {now:,.2f} "
                    f"{currency}{share}; more than 5 % is not replaced unasked. Nothing was written. If this restatement "
                    "is right, ingest it with accept_decrease=True; if it is only a part, with append=True.")


def _path(key: Key, version: int, sha256: str) -> str:
    def slug(word: str) -> str:
        plain = re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-")[:40] or "none"
        return plain if plain == word else f"{plain}-{hashlib.sha256(word.encode()).hexdigest()[:8]}"

    return f"rows/{slug(key[0])}/{slug(key[1])}/{slug(key[2])}/v{version:04d}/{sha256[:16]}.parquet"


def _publish(root: Path, number: int, reads: list[Read], versions: list[Version], append: bool, warnings) -> None:
    """Write parts aside, move them in place, and record the delivery last."""
    aside = root / f".incoming-{number:06d}"
    shutil.rmtree(aside, ignore_errors=True)
    moves = []
    try:
        for version in versions:
            for read in (read for read in reads if version.key in read.tables):
                place = _path(version.key, version.version, read.source.sha256)
                moves.append(_write(aside / place, root / place, read.tables[version.key]))
        refused = pa.concat_tables([read.refused for read in reads])
        place = f"quarantine/{number:06d}.parquet"
        if refused.num_rows:
            moves.append(_write(aside / place, root / place, refused))
        for source, target in moves:
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(source, target)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    files = [{"name": r.source.name, "sha256": r.source.sha256, "bytes": r.source.size, "format": r.format,
              "rows_in": r.rows_in, "accepted": r.accepted, "quarantined": r.refused.num_rows, "notes": r.notes,
              "loose": any(not key[2] for key in _keys(r.refused)), "keys": sorted(map(list, r.keys))} for r in reads]
    commit(root, {"schema": 1, "delivery": number, "delivered_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                  "append": append, "files": files, "versions": [version.record() for version in versions],
                  "quarantine": place if refused.num_rows else None, "warnings": [str(warning) for warning in warnings]})


def _write(path: Path, target: Path, table: pa.Table) -> tuple[Path, Path]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        pq.write_table(table, file, compression="zstd")
        file.flush()
        os.fsync(file.fileno())
    return path, target


def _receipt(reads, skipped, warnings, changes, number) -> Receipt:
    reasons: dict[str, int] = {}
    held, unreadable = {}, 0
    for read in reads:
        for row in read.refused.select(["x_Column", "x_Kind", "BilledCost", "BillingCurrency"]).to_pylist():
            reason = ": ".join(part for part in (row["x_Column"], row["x_Kind"]) if part)
            reasons[reason] = reasons.get(reason, 0) + 1
            amount = checks.plain_amount(row["BilledCost"])
            if amount is None:
                unreadable += 1
            else:
                held = add(held, {row["BillingCurrency"].upper() or "(no currency)": amount})
    totals = {}
    for read in reads:
        for table in read.tables.values():
            sums: dict = {}
            _sum_into(sums, table)
            totals = add(totals, {currency: row["BilledCost"] for currency, row in sums.items()})
    files = [Delivered(r.source.name, r.source.sha256, r.format, r.rows_in, r.accepted, r.refused.num_rows, r.status)
             for r in reads] + skipped
    return Receipt(sum(r.rows_in for r in reads), sum(r.accepted for r in reads), sum(r.refused.num_rows for r in reads),
                   totals, held, unreadable, dict(sorted(reasons.items())), tuple(warnings), tuple(files), tuple(changes),
                   number)
