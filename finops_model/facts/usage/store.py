"""The usage of a workspace: immutable Parquet by delivery, a quarantine, a book written last (docs/decisions/0017-usage-facts.md).

read = accepted + quarantined + left out, in source rows. The same bytes again change nothing. Usage is never money: what a tool
estimates is kept as x_EstimatedCost and reaches no ledger.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...documents import fsync_folder, sha256_of
from ...errors import InputError, LedgerError, together, why_not_written
from ..intake import importers
from ..intake.files.readers import Source, open_source
from ..ledger import manifest
from . import book
from .judged import REFUSED, SCHEMA, Judged, Said, judge
from .receipt import File, UsageReceipt, plain

SHOWN = 5  # refused rows that a receipt names
PART = (
    "{file}: {count} of use that is kept for the same days would go: first {first}. The file holds other use of these days. Say --replace where "
    "it is the whole of them, or --append where it is a further part. Nothing was taken."
)


class UsageStore:
    """A usage folder. Opening one that is not there yet is no error: it is empty.

    Parameters
    ----------
    root : path
        The folder; nothing is written before `ingest`.

    Source
    ------
    docs/decisions/0017-usage-facts.md.

    Examples
    --------
    >>> import tempfile
    >>> UsageStore(tempfile.mkdtemp()).table().num_rows
    0
    """

    def __init__(self, root: str | os.PathLike):
        self.root = Path(root)

    def ingest(
        self,
        files,
        *,
        format: str | None = None,
        time_zone: str | None = None,
        at: str | None = None,
        append: bool = False,
        replace: bool = False,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> UsageReceipt:
        """Take in files of usage: all files of one call together, or nothing at all.

        Parameters
        ----------
        files : path, or list of paths
            What importers with KIND = "usage" read.
        format : str, optional
            The importer that reads them; None: the one that recognises each.
        time_zone : str, optional
            Of times that say none.
        at : str, optional
            Moment of a page that says none, with its time zone.
        append : bool, optional
            Add the rows to what is kept of the same days.
        replace : bool, optional
            The files are the whole of their days: what they do not hold goes.
        progress : callable, optional
            Called with (text, done, total).

        Returns
        -------
        UsageReceipt
            File by file: rows read, accepted, quarantined, left out; quantities.

        Raises
        ------
        InputError
            A file is no usage, cannot be read, or would take away what is kept; then nothing is
            written.
        """
        if append and replace:
            raise InputError(
                "--append and --replace exclude each other: the files are added, or they are the whole of their days. Choose one."
            )
        said = Said(time_zone, at)
        items = [files] if isinstance(files, (str, os.PathLike)) else list(files)
        sources = [item if isinstance(item, Source) else open_source(item) for item in items]
        formats = [format_of(source, format) for source in sources]
        with manifest.writing(self.root):
            try:
                return self._take_in(
                    sources, formats, said, append, replace, progress or (lambda *_: None)
                )
            except OSError as problem:
                why = why_not_written(problem)
                if why is None:
                    raise
                raise LedgerError(
                    f"{self.root}: {why}, so the usage could not be written, and what was there is unchanged. Make room or ask for the right "
                    "to write, then ingest again."
                ) from None

    def _take_in(self, sources, formats, said, append, replace_, progress) -> UsageReceipt:
        records = book.read_book(self.root)
        known = {
            (file["sha256"], file["format"], record["at"])
            for record in records
            for file in record["files"]
        }
        number = len(records) + 1
        order = sum(len(record["files"]) for record in records)
        aside = self.root / f".incoming-{number:06d}"
        shutil.rmtree(aside, ignore_errors=True)
        shown: list[File | Judged] = []
        taken: list[tuple[Judged, Path, int]] = []
        seen: set[str] = set()
        try:
            aside.mkdir(parents=True)
            for i, (source, format) in enumerate(zip(sources, formats, strict=True)):
                progress(f"reading {source.name}", i, len(sources))
                if source.sha256 in seen or (
                    (source.sha256, format, said.at) in known and not replace_
                ):
                    shown.append(_known(source, format))
                    continue
                seen.add(source.sha256)
                place = (number, order + len(taken) + 1)
                part = aside / f"{len(taken):03d}.parquet"
                judged, rows = _judge_into(part, source, format, said, place)
                shown.append(judged)
                taken.append((judged, part, rows))
            if not taken:
                return UsageReceipt(tuple(one for one in shown if isinstance(one, File)))
            gone = self._gone(records, taken, append, replace_)
            record = {
                "schema": book.RECORD,
                "delivery": number,
                "delivered_at": dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
                "append": append,
                "at": said.at,
                "time_zone": said.time_zone,
                "files": [self._placed(number, i, *one) for i, one in enumerate(taken)],
            }
            fsync_folder(self.root)
            book.commit(self.root, record)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        receipts = [one if isinstance(one, File) else _receipt(one) for one in shown]
        new = next(i for i, one in enumerate(receipts) if one.status == "new")
        receipts[new] = replace(receipts[new], replaced=gone)
        return UsageReceipt(tuple(receipts))

    def _placed(self, number: int, i: int, judged: Judged, part: Path, rows: int) -> dict:
        """Move a part into place; its entry in the record."""
        (self.root / "manifest").mkdir(exist_ok=True)
        entry = {
            "name": judged.source.name,
            "sha256": judged.source.sha256,
            "bytes": judged.source.size,
            "format": judged.format,
            "version": judged.version,
            "rows_in": judged.rows_in,
            "accepted": judged.accepted,
            "quarantined": len(judged.refused),
            "left": judged.left,
            "notes": judged.notes,
            "totals": _totals(judged),
            "estimates": {code: plain(sum_) for code, sum_ in sorted(judged.estimates.items())},
            "rows": rows,
            "part": None,
            "part_sha256": None,
            "quarantine": None,
        }
        name = f"{number:06d}-{i:03d}.parquet"
        if rows:
            entry |= {"part": f"rows/{name}", "part_sha256": sha256_of(part)}
            _move(part, self.root / "rows" / name)
        if judged.refused:
            refused = [
                {"x_File": judged.source.name, "x_Row": row, "x_Column": column, "x_Reason": reason}
                for row, column, reason in judged.refused
            ]
            aside = part.with_suffix(".refused")
            pq.write_table(pa.Table.from_pylist(refused, REFUSED), aside, compression="zstd")
            entry["quarantine"] = f"quarantine/{name}"
            _move(aside, self.root / "quarantine" / name)
        return entry

    def _gone(self, records, taken, append: bool, replace_: bool) -> int:
        """How many rows in force the new files replace. Raises InputError where use would go that they do not hold."""
        new = [
            (judged, pq.read_table(part).cast(SCHEMA) if rows else SCHEMA.empty_table())
            for judged, part, rows in taken
        ]
        _refuse_overlap(new)
        if not records or (append and len(new) == 1):
            return 0
        kept = book.in_force(book.read_parts(self.root, records))
        if append:
            _refuse_mixed(new, kept)
            return 0
        rows = pa.concat_tables([table for _, table in new])
        theirs, lost = _meets(rows, kept)
        if lost.num_rows and not replace_:
            one = lost.slice(0, 1).to_pylist()[0]
            count = "1 row" if lost.num_rows == 1 else f"{lost.num_rows:,} rows"
            first = ", ".join(
                word
                for word in (
                    one["ServiceProviderName"],
                    one["SubAccountId"],
                    f"{one['UsageStart']:%Y-%m-%d}",
                    one["x_Model"],
                    one["SkuMeter"],
                )
                if word
            )
            file = " and ".join(judged.source.name for judged, _ in new)
            raise InputError(PART.format(file=file, count=count, first=first))
        return theirs.num_rows

    def table(self) -> pa.Table:
        """The rows in force.

        Returns
        -------
        pyarrow.Table
            judged.SCHEMA, in the order of delivery; LedgerError for a part that was changed.
        """
        return book.in_force(book.read_parts(self.root, book.read_book(self.root)))

    def quarantine(self) -> pd.DataFrame:
        """Refused source rows of all deliveries.

        Returns
        -------
        frame
            x_File, x_Row, x_Column, x_Reason.
        """
        tables = [
            pq.read_table(self.root / file["quarantine"])
            for record in book.read_book(self.root)
            for file in record["files"]
            if file["quarantine"]
        ]
        return pa.concat_tables([REFUSED.empty_table(), *tables]).to_pandas()

    def lineage(self) -> list[dict]:
        """Every delivered file as its record has it: name, sha256, format, rows, notes.

        Returns
        -------
        list of dict
            Oldest first.
        """
        return [
            {**file, "delivery": record["delivery"]}
            for record in book.read_book(self.root)
            for file in record["files"]
        ]

    def fingerprint(self) -> str:
        """sha256 of the rows in force: not of the order in which they came.

        Returns
        -------
        str
            Hexadecimal.
        """
        table = self.table().drop_columns(["x_Delivery", "x_Order"])
        rows = sorted(map(repr, table.to_pylist()))
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()


def format_of(source: Source, format: str | None = None) -> str:
    """The usage importer of a file; raises InputError where none knows it."""
    if format is not None:
        importers.named(format, source)
        name: str | None = format
    else:
        name = importers.recognised(source)
    if name is None or not importers.is_usage(name):
        known = [one for one in importers.shelf() if importers.is_usage(one)]
        raise InputError(
            f"{source.name}: no importer reads usage of it. Read are: {', '.join(importers.shelf()[one].TITLE for one in known)}. "
            f"A bill goes in with finops ingest {source.name}."
        )
    return name


def is_usage(path, format: str | None = None) -> bool:
    """Whether a file holds usage and no bill; False for what cannot be opened: the reader of bills says why."""
    if format is not None:
        return importers.is_usage(importers.check_name(format))
    try:
        return importers.is_usage(importers.recognised(open_source(path)))
    except InputError:
        return False


def _judge_into(part: Path, source: Source, format: str, said: Said, place) -> tuple[Judged, int]:
    writer: list[pq.ParquetWriter] = []

    def sink(table: pa.Table) -> None:
        if not writer:
            writer.append(pq.ParquetWriter(part, SCHEMA, compression="zstd"))
        writer[0].write_table(table)

    try:
        judged = judge(source, format, said, place, sink)
    finally:
        for one in writer:
            one.close()
    return judged, judged.rows


def _move(path: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    with path.open("rb") as file:
        os.fsync(file.fileno())
    os.replace(path, target)
    fsync_folder(target.parent)


def _meets(rows: pa.Table, kept: pa.Table) -> tuple[pa.Table, pa.Table]:
    """(rows in force that new ones replace, those of them that the new ones do not hold)."""
    theirs = kept.filter(pc.is_in(book.names(kept), pc.unique(book.names(rows))))
    scoped = theirs.filter(pc.starts_with(book.names(theirs), "scope\x1f"))
    lost = pc.invert(pc.is_in(book.identities(scoped), pc.unique(book.identities(rows))))
    return theirs, scoped.filter(lost)


def _refuse_mixed(new: list[tuple[Judged, pa.Table]], kept: pa.Table) -> None:
    """Of several files one `--append` is meant for those that add: raises InputError where others hold again what is kept."""
    adding, again = list[str](), list[str]()
    for judged, rows in new:
        theirs, lost = _meets(rows, kept)
        if theirs.num_rows:
            (adding if lost.num_rows else again).append(judged.source.name)
    if adding and again:
        raise InputError(
            f"--append counts for every file of a call: {together(adding)} may add to what is kept, and {together(again)} "
            f"{'brings' if len(again) == 1 else 'bring'} all of it again, which would be counted twice. Nothing was taken. Give what adds with "
            "--append in a call of its own, and the rest without it."
        )


def _refuse_overlap(new: list[tuple[Judged, pa.Table]]) -> None:
    """Raises InputError where two files of one call hold the same row of a scope: it would count twice."""
    seen: dict[str, str] = {}
    for judged, table in new if len(new) > 1 else ():
        of_scopes = table.filter(pc.starts_with(book.names(table), "scope\x1f"))
        own = pc.unique(book.identities(of_scopes)).to_pylist()
        for identity in own:
            if identity in seen:
                raise InputError(
                    f"{seen[identity]} and {judged.source.name} both hold use of {', '.join(word for word in identity.split(chr(31))[2:7] if word)}: "
                    "given together it would count twice. Give them one after the other: the later counts. Nothing was taken."
                )
        seen |= dict.fromkeys(own, judged.source.name)


def _totals(judged: Judged) -> dict[str, str]:
    return {
        f"{meter} ({unit})": plain(sum_)
        for (meter, unit), sum_ in sorted(judged.totals.items())
        if unit != "Ratio"
    }


def _receipt(judged: Judged) -> File:
    return File(
        name=judged.source.name,
        format=judged.version,
        status="new",
        rows_in=judged.rows_in,
        accepted=judged.accepted,
        quarantined=len(judged.refused),
        left=judged.left,
        totals=_totals(judged),
        estimates={code: plain(sum_) for code, sum_ in sorted(judged.estimates.items())},
        reasons=tuple(judged.refused[:SHOWN]),
        notes=tuple(judged.notes),
    )


def _known(source: Source, format: str) -> File:
    return File(
        name=source.name,
        format=format,
        status="known",
        rows_in=0,
        accepted=0,
        quarantined=0,
        left={},
        totals={},
        estimates={},
    )
