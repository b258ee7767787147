"""Bills of a workspace, each read as it is: by an importer, or by a mapping that the workspace keeps (docs/method §13.55)."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

from ...documents import sha256_of
from ...errors import InputError
from ...facts.intake import importers, tables
from ...facts.intake.files.readers import open_source, refuse_no_file
from ...facts.intake.files.room import NoRoom, memory_said
from ...facts.ledger.receipt import Receipt
from ...facts.ledger.store import Ledger
from ...settings import Settings
from ..start_reading import by_kept


def importer_of(file: Path) -> str | None:
    """The importer that reads a file as it is; None for a workbook or another table. Raises InputError where two know it."""
    if file.suffix.casefold() in tables.EXCEL:
        return None
    return importers.detect_source(open_source(file))


def item_of(file: Path, root: Path, known: Collection[str] = ()) -> Any:
    """A bill as `Ledger.ingest` takes it: the file, or its rows by the mapping that the workspace `root` keeps for it.

    known   sha256 of files that the ledger has: they are not looked into
    Raises InputError for a file that nothing reads: its name, why, and what to do.
    """
    refuse_no_file(file)
    if (known and sha256_of(file) in known) or importer_of(file):
        return file
    frame = tables.read_table(file)
    if reading := by_kept(file, frame, root):
        return reading.item
    tables.guess_mapping(frame)  # says what is wrong with a table that no mapping could be made for
    raise InputError(
        f"{file}: no importer knows it, and no mapping that {root} keeps fits it. Nothing was taken in. Take it in once with "
        f"finops add {file}, which asks which column is what and keeps the answer, or take it out of bills: in finops.yaml."
    )


def take_bills(settings: Settings, ledger: Ledger, **how: Any) -> Receipt | None:
    """The bills that finops.yaml names, taken into the ledger; files that it has change nothing. None where none is named.

    how   as `Ledger.ingest` takes it
    """
    if not settings.bills:
        return None
    known, root = ledger.book.known(), Path(settings.root)
    items = [item_of(file, root, known) for file in settings.files(settings.bills)]
    return ledger.ingest(items, **how)


def ingest(
    files: list[Path], settings: Settings, *, format: str | None = None, **how: Any
) -> Receipt:
    """Files that somebody names taken into the ledger, or without any those of `bills:`; a table by the mapping that is kept for it.

    format, how   as `Ledger.ingest` takes them
    Raises InputError where there is no file at all.
    """
    ledger, root = Ledger(settings.path(settings.ledger)), Path(settings.root)
    with memory_said(files or settings.files(settings.bills or [])):
        return _ingested(files, settings, ledger, root, format, how)


def _ingested(files, settings, ledger, root, format, how) -> Receipt:
    if files:
        mapped = format is None and any(root.glob("mapping*.yaml"))
        items = [_kept_or_itself(file, root) for file in files] if mapped else files
        return ledger.ingest(items, format=format, **how)
    receipt = take_bills(settings, ledger, format=format, **how)
    if receipt is None:
        raise InputError(
            'no file is given, and finops.yaml names no bills. Name one: finops ingest FILE, or write bills: ["bills/*"] into finops.yaml.'
        )
    return receipt


def _kept_or_itself(file: Path, root: Path) -> Any:
    try:
        if importer_of(file):
            return file
        reading = by_kept(file, tables.read_table(file), root)
    except NoRoom:
        raise
    except InputError:
        return file  # the ledger says what is wrong with it
    return reading.item if reading else file
