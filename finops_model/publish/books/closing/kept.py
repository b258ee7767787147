"""What lies in the folders of closes: put in place by one rename, never over what the records do not know, and marked when closed.

A mark `books/2026-10.closed` holds the chain head of the approval; so an older copy of the records, which would close the period
once more, is seen (docs/method §14.61).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from collections.abc import Mapping
from pathlib import Path

from ....documents import write_atomic
from ....errors import RecordsError
from ....records.rows import Record
from ....records.store import Records
from ...aside import aside

COMPANY = ""  # a period is closed for all entities at once
CLOSED = ".closed"  # of a mark, after the name of the folder
HEAD = re.compile(r"\b[0-9a-f]{64}\b")


def check_whole(records: Records, books: Path) -> None:
    """Raises RecordsError where rows are not as they were written, or are older than a period that was closed with them."""
    if wrong := records.check():
        more = f" ({len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise RecordsError(
            f"{records.path}: not as it was written: {wrong[0].rstrip('.')}{more}. Nothing is closed, approved or opened on it. "
            "See all: finops audit. Take the copy of your backup."
        )
    heads: set[str] | None = None
    for mark in sorted(books.glob(f"*{CLOSED}")):
        with contextlib.suppress(OSError):  # a folder, or one that cannot be read: no mark of ours
            found = HEAD.findall(mark.read_text(encoding="utf-8", errors="replace"))
            heads = {row[8] for row in records.raw()} if heads is None else heads
            if found and found[0] not in heads:
                raise RecordsError(
                    f"{mark}: this period was closed with chain head {found[0][:12]}, and {records.path} does not have it: it is an "
                    "older copy, or other records. Put the newest copy back. To begin anew without it, move the folder of the books "
                    "away."
                )


def mark_closed(records: Records, books: Path) -> None:
    """A mark for each closed period that has none yet; where none can be written now, the next step does."""
    folder = {}
    for row in records.read("state", COMPANY):
        if "folder" in row.body:
            folder[row.period] = str(row.body["folder"])
        if row.body.get("state") == "closed" and row.period in folder:
            mark = books / f"{folder[row.period]}{CLOSED}"
            if not os.path.lexists(mark) and mark.parent.is_dir():
                text = (
                    f"{row.period} was closed by {row.author}, {row.at}. Chain head {row.hash}\n"
                    "finops audit --expect HEAD looks for it in the records.\n"
                )
                with contextlib.suppress(OSError):
                    write_atomic(mark, text)


def publish(records: Records, folder: Path, made: Mapping[str, bytes]) -> Path | None:
    """Put the files of a period in place by one rename; those of an earlier step of the same period go.

    Returns where what lay there is kept, where it is not, name by name, what a row of the records says of the folder.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    kept = None
    with aside(folder.parent, f".{folder.name}-") as fresh:
        new = fresh / "new"
        for name, data in made.items():
            (new / name).parent.mkdir(parents=True, exist_ok=True)
            write_atomic(new / name, data)
        if os.path.lexists(folder):
            if _known(records, folder):
                os.rename(folder, fresh / "old")
            else:
                kept = _free(folder)
                os.rename(folder, kept)
        os.rename(new, folder)
    return kept


def altered(row: Record, folder: Path) -> list[str]:
    """Files of a state that are not as they were written, or not there."""
    files = row.body.get("files", {})
    return [name for name, sha in files.items() if _sha_of(folder / name) != sha]


def sha(data: bytes) -> str:
    """sha256, as the rows keep it."""
    return hashlib.sha256(data).hexdigest()


def _known(records: Records, folder: Path) -> bool:
    """Whether a folder holds files alone that a row says of it, as they were written."""
    if folder.is_symlink() or not folder.is_dir():
        return False
    there = {
        path.relative_to(folder).as_posix(): path
        for path in folder.rglob("*")
        if path.is_symlink() or not path.is_dir()
    }
    rows = [row.body for row in records.read("state", COMPANY)]
    written: dict[str, set[str]] = {}
    for body in rows:
        if body.get("folder") == folder.name:
            for name, one in body.get("files", {}).items():
                written.setdefault(name, set()).add(one)
    return all(
        not path.is_symlink() and _sha_of(path) in written.get(name, ())
        for name, path in there.items()
    )


def _free(folder: Path) -> Path:
    number = 1
    while os.path.lexists(place := folder.with_name(f"{folder.name}.kept-{number}")):
        number += 1
    return place


def _sha_of(path: Path) -> str | None:
    try:
        return sha(path.read_bytes())
    except OSError:
        return None
