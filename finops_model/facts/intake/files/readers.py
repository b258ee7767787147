"""A file from outside, opened with suspicion: what it is, its text cells, and the lines that are no rows.

Nothing is converted here: every cell stays text, so that money is judged by facts/ledger/checks.py and by nothing else.
Archives, pickles, web pages and bombs are refused before they are unpacked.
"""

from __future__ import annotations

import errno
import hashlib
import io
import os
import re
import stat
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from ....documents import sha256_of
from ....errors import InputError, nearest
from . import room, textcells
from .cells import whole_characters
from .text import BrokenRow, decode, encoding_of, read_json, short, stray

MAX_TEXT = 4 * 2**30  # bytes of text, unpacked
MAX_RATIO, FREE_TEXT = 200, 64 * 2**20  # a gzip may unpack to 200 times its size, or to 64 MiB
MAX_ROWS = 100_000_000  # rows of one Parquet file
MAX_JSON = 256 * 2**20  # bytes of one JSON document
BATCH = 250_000  # rows judged at a time
MAGIC = {
    b"PK\x03\x04": "a zip archive (or an Excel workbook)",
    b"PK\x05\x06": "an empty zip archive",
    b"%PDF": "a PDF",
    b"\x89PNG": "an image",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x28\xb5\x2f\xfd": "a zstd archive",
    b"\xd0\xcf\x11\xe0": "an old Excel or Word file",
    b"ORC": "an ORC file",
    b"Obj\x01": "an Avro file",
    b"SQLite format 3": "a SQLite database",
    b"\x7fELF": "a program",
    b"Rar!": "a rar archive",
}
HALF = re.compile(r"\\u[dD][89a-fA-F]")  # one of the two escapes that together are a character
UNPACK = "Unpack it and deliver the CSV, JSON or Parquet file inside."


@dataclass
class Source:
    """One delivered file or frame. `kind` is csv, parquet, jsonl, json or frame."""

    name: str
    kind: str
    sha256: str
    size: int
    data: bytes | None = None
    path: Path | None = None
    frame: Any = None
    notes: list[str] = field(default_factory=list)
    broken: list[BrokenRow] = field(default_factory=list)
    left: list[tuple] = field(default_factory=list)  # of a mapped table: (reason, lines, money)

    @property
    def basis(self) -> str:
        """Of a table with one amount, as its mapping says: Billed or Effective."""
        return "Billed" if self.frame is None else self.frame.attrs.get("basis", "Billed")

    @cached_property
    def document(self) -> Any:
        """The JSON document; numbers stay text, NaN and Infinity too. Raises InputError when it is not JSON."""
        size = len(self.data or b"")
        if size > MAX_JSON:
            raise InputError(
                f"{self.name}: {size:,} bytes of JSON in one document; at most {MAX_JSON:,}. "
                "Export it as JSON lines, CSV or Parquet."
            )
        try:
            text = decode(self)
            if problem := stray(text):
                raise ValueError(problem)
            document = read_json(text)
        except (ValueError, RecursionError) as problem:
            raise InputError(
                f"{self.name}: not valid JSON: {short(problem)}. Export the file again."
            ) from None
        if isinstance(document, dict) and HALF.search(text):  # a list's cells are told one by one
            whole = _whole(document)
            if whole != document:
                self.notes.append("half a character (a lone surrogate) is kept as \ufffd")
            return whole
        return document

    @cached_property
    def header(self) -> list[str]:
        """Column names as the file writes them."""
        if self.kind == "parquet":
            return textcells.check_header(self.name, _parquet(self).schema_arrow.names)
        return list(self.table.schema.names)

    @cached_property
    def table(self) -> pa.Table:
        """All cells as text (null where the file has no value), with `x_Row`, the 1-based data row."""
        if self.kind == "csv":
            return textcells.read_csv(self)
        if self.kind in ("jsonl", "json"):
            return textcells.read_records(self)
        return textcells.read_frame(self)

    def batches(self) -> Iterator[pa.Table]:
        """The rows in pieces, all cells as text, with `x_Row`."""
        if self.kind != "parquet":
            yield from (
                self.table.slice(i, BATCH) for i in range(0, max(self.table.num_rows, 1), BATCH)
            )
            return
        file, first = _parquet(self), 1
        empty = True
        try:
            for batch in file.iter_batches(batch_size=BATCH):
                empty = False
                yield textcells.as_text(self.name, pa.Table.from_batches([batch]), first)
                first += batch.num_rows
        except MemoryError:  # Arrow's own is one of its exceptions too
            raise
        except (pa.ArrowException, OSError) as problem:
            raise InputError(
                f"{self.name}: the Parquet file is damaged: {short(problem)}. Download it again."
            ) from None
        if empty:
            yield textcells.as_text(self.name, file.schema_arrow.empty_table(), 1)


def _whole(value: Any) -> Any:
    """A JSON value whose texts can be written."""
    if isinstance(value, dict):
        return {whole_characters(key): _whole(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_whole(one) for one in value]
    return whole_characters(value) if isinstance(value, str) else value


def open_source(item: Any) -> Source:
    """A path, a pandas frame of text cells (its name in frame.attrs['name']), or a pair (name, frame)."""
    if isinstance(item, tuple) and len(item) == 2:
        return _frame(str(item[0]), item[1])
    if hasattr(item, "columns") and hasattr(item, "attrs"):
        return _frame(str(item.attrs.get("name") or item.attrs.get("path") or "table"), item)
    path = Path(os.fspath(item))
    refuse_no_file(path)
    try:
        with path.open("rb") as file:
            head = file.read(4096)
    except OSError as problem:
        raise InputError(
            f"{path}: cannot be read: {problem.strerror}. Give yourself the right to read it, or copy it."
        ) from None
    size, digest = path.stat().st_size, sha256_of(path)
    _refuse_strangers(path, head)
    if head[:4] == b"PAR1":
        found = Source(path.name, "parquet", digest, size, path=path)
        if size > room.SMALL / 300:  # below that no file of this form needs much
            rows = _parquet(found).metadata.num_rows
            room.refuse_too_large(path.name, size, rows * room.PARQUET_ROW, rows)
        return found
    if head[:2] == b"\x1f\x8b":
        data = _gunzip(path)
        _refuse_strangers(path, data[:4096])
        _refuse_no_room(path, len(data), data[:65_536])
    elif size > MAX_TEXT:
        raise InputError(
            f"{path.name}: {size:,} bytes; a text file may have at most {MAX_TEXT:,}. Deliver Parquet."
        )
    else:
        _refuse_no_room(path, size, head)
        data = path.read_bytes()
    return Source(path.name, _text_kind(path, data), digest, size, data=data, path=path)


def _refuse_no_room(path: Path, size: int, head: bytes) -> None:
    """Raise InputError for a text that this process has no memory to read."""
    json = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"[")
    rows = None if json else room.rows_of_text(size, head)
    room.refuse_too_large(path.name, size, size * (room.JSON if json else room.TEXT), rows)


def refuse_no_file(path: Path) -> None:
    """Raise InputError unless a path is a plain file: what it is instead, and what to do."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as problem:
        if getattr(problem, "errno", 0) == errno.ENAMETOOLONG:
            raise InputError(
                f"{str(path)[:60]}…: its name is longer than a file may have."
            ) from None
        if path.is_symlink():
            why = (
                "goes round in a circle"
                if getattr(problem, "errno", 0) == errno.ELOOP
                else f"leads to {os.readlink(path)}, which is not there"
            )
            raise InputError(f"{path}: is a link that {why}. Name the file itself.") from None
        if getattr(problem, "errno", 0) == errno.EACCES:
            raise InputError(
                f"{path}: its folder may not be read. Copy the file to a place of your own."
            ) from None
        near = (
            nearest(path.name, [p.name for p in path.parent.iterdir()])
            if os.path.isdir(path.parent)
            else None
        )
        raise InputError(
            f"{path}: there is no such file.{f' Did you mean {near!r}?' if near else ''}"
        ) from None
    if stat.S_ISDIR(mode):
        raise InputError(f"{path}: is a folder. Name its files, for example {path}/*.csv.")
    if not stat.S_ISREG(mode):
        what = (
            "a pipe"
            if stat.S_ISFIFO(mode)
            else "a device"
            if stat.S_ISCHR(mode) or stat.S_ISBLK(mode)
            else "a socket"
        )
        raise InputError(
            f"{path}: is {what}, not a file. Write what comes out of it into a file first, and name that."
        )


def _frame(name: str, frame) -> Source:
    digest = hashlib.sha256(repr([str(column) for column in frame.columns]).encode())
    for column in frame.columns:
        for value in frame[column].tolist():
            digest.update(repr(value).encode("utf-8", "surrogatepass") + b"\x1f")
    if (basis := frame.attrs.get("basis", "Billed")) != "Billed":
        digest.update(basis.encode())  # the same cells on another basis are another bill
    return Source(
        name,
        "frame",
        digest.hexdigest(),
        int(frame.shape[0]),
        frame=frame,
        notes=list(frame.attrs.get("warnings", ())),
        left=list(frame.attrs.get("left_out", ())),
    )


def _refuse_strangers(path: Path, head: bytes) -> None:
    """Refuse what is no export, by its first bytes, before anything is unpacked or loaded."""
    name = path.name
    if not head.strip(b" \t\r\n\xef\xbb\xbf"):
        raise InputError(f"{name}: the file is empty. Export it again.")
    if (
        head[:1] == b"\x80"
        and head[1:2] in b"\x02\x03\x04\x05"
        or path.suffix.lower() in {".pkl", ".pickle", ".joblib"}
    ):
        raise InputError(
            f"{name}: is a pickle, which can run code when it is loaded; it is never read. "
            "Export the bill as CSV, JSON lines or Parquet."
        )
    if head.startswith(b"PK\x03\x04") and path.suffix.casefold() in (".xlsx", ".xlsm"):
        raise InputError(
            f"{name}: is an Excel workbook, not an export: finops start {name} reads it and asks which column is what. "
            "Or save its sheet as CSV."
        )
    for magic, what in MAGIC.items():
        if head.startswith(magic):
            raise InputError(f"{name}: is {what}, not an export. {UNPACK}")
    text = head.lstrip(b" \t\r\n\xef\xbb\xbf").lower()
    if text.startswith((b"<!doctype", b"<html", b"<head", b"<body", b"<?xml", b"<error", b"<!--")):
        raise InputError(
            f"{name}: is a web page or XML, not an export: the download probably needed a sign-in. "
            "Sign in and download it again."
        )


def _gunzip(path: Path) -> bytes:
    """The text inside a gzip, unpacked piece by piece with a limit; truncated or damaged files are refused."""
    allowed = min(MAX_TEXT, max(FREE_TEXT, MAX_RATIO * path.stat().st_size))
    out, rest, ended = io.BytesIO(), b"", False
    engine = zlib.decompressobj(31)
    try:
        with path.open("rb") as file:
            while rest or (rest := file.read(1 << 20)):
                if ended:  # a second gzip member
                    engine, ended = zlib.decompressobj(31), False
                out.write(engine.decompress(rest, 1 << 22))
                if out.tell() > allowed:
                    raise InputError(
                        f"{path.name}: unpacks to more than {allowed:,} bytes from "
                        f"{path.stat().st_size:,}: refused as a bomb. Deliver Parquet or smaller files."
                    )
                ended = engine.eof
                rest = engine.unused_data if ended else engine.unconsumed_tail
    except zlib.error as problem:
        raise InputError(
            f"{path.name}: the gzip is damaged: {short(problem)}. Download it again."
        ) from None
    if not ended:
        raise InputError(
            f"{path.name}: the gzip ends too early: the download was cut off. Download it again."
        )
    return out.getvalue()


def _parquet(source: Source) -> pq.ParquetFile:
    """The Parquet file, after its footer was judged: rows and columns before any page."""
    try:
        file = pq.ParquetFile(source.path)
    except (pa.ArrowException, OSError) as problem:
        raise InputError(
            f"{source.name}: the Parquet file is damaged or cut off: {short(problem)}. "
            "Download it again."
        ) from None
    rows = file.metadata.num_rows
    if rows > MAX_ROWS or (rows > 100_000 and rows > source.size):
        raise InputError(
            f"{source.name}: its footer promises {rows:,} rows in {source.size:,} bytes: refused as a bomb. "
            f"A file may hold {MAX_ROWS:,} rows and needs at least a byte for each."
        )
    if file.metadata.num_columns > 2000:
        raise InputError(f"{source.name}: {file.metadata.num_columns:,} columns; at most 2,000.")
    words = [field.name for field in file.schema_arrow if pa.types.is_string(field.type)]
    return pq.ParquetFile(
        source.path, read_dictionary=words
    )  # a repeated long cell must not unpack unseen


def _text_kind(path: Path, data: bytes) -> str:
    if (
        kind := encoding_of(data)
    ) != "utf-8-sig":  # PowerShell writes what a command answers in UTF-16
        data = data.decode(kind, "replace").encode()
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start[:1] in (b"{", b"["):
        first = data.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].strip()
        try:
            whole = isinstance(read_json(first.decode("utf-8", "replace")), dict)
        except (ValueError, RecursionError):
            whole = path.suffixes[:1] in ([".jsonl"], [".ndjson"])
        return (
            "jsonl"
            if whole and (b"\n" in data.strip() or not path.name.endswith(".json"))
            else "json"
        )
    return "csv"


def head_text(source: Source) -> str:
    """The first 64 KiB of a text, however they are written; to look at, never to take figures from."""
    data = (source.data or b"")[:65_536]
    return data.decode(encoding_of(data), "replace") if data else ""


def parquet_schema(source: Source) -> pa.Schema:
    """The schema of a Parquet source."""
    return _parquet(source).schema_arrow
