"""The ledger's own book: one JSON record per delivery, written last, never changed (docs/method.md §13).

A delivery whose record is not there never happened, whatever else lies in the folder. Writers hold a lock file;
readers need none.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from ..documents import write_atomic
from ..errors import LedgerError
from .receipt import Money, trimmed

SCHEMA = 1
Key = tuple[str, str, str]           # issuer, account, billing period


@dataclass(frozen=True)
class Version:
    """One version of one (issuer, account, billing period)."""

    key: Key
    version: int
    rows: int
    quarantined: int
    parts: tuple[dict, ...]          # {path, rows, source (sha256 of the file)}
    deliveries: tuple[int, ...]      # the delivery that made it, and those it was appended to
    sources: tuple[str, ...]         # sha256 of every file in it, those without an accepted row too
    totals: dict[str, dict[str, str]]    # {currency: {column: decimal text}}
    first_usage: str | None
    last_usage: str | None

    def money(self, column: str) -> Money:
        """Sum of a cost column of the accepted rows per currency."""
        return {currency: trimmed(Decimal(sums[column])) for currency, sums in self.totals.items()}

    def record(self) -> dict:
        return {**self.__dict__, "key": list(self.key), "parts": list(self.parts), "deliveries": list(self.deliveries),
                "sources": list(self.sources)}


def version_of(record: dict) -> Version:
    return Version(**{**record, "key": tuple(record["key"]), "parts": tuple(record["parts"]),
                      "deliveries": tuple(record["deliveries"]), "sources": tuple(record["sources"])})


@dataclass(frozen=True)
class Book:
    """All deliveries of a ledger, oldest first."""

    records: tuple[dict, ...]

    def in_force(self) -> dict[Key, Version]:
        """The newest version of each (issuer, account, billing period)."""
        found = {}
        for record in self.records:
            for item in record["versions"]:
                version = version_of(item)
                found[version.key] = version
        return dict(sorted(found.items()))

    def known(self) -> dict[str, dict]:
        """Every file ever delivered, by sha256, with the keys of its rows."""
        return {file["sha256"]: file for record in self.records for file in record["files"]}

    def loose(self) -> set[int]:
        """Deliveries whose quarantined rows without a readable period still count.

        They do while a version of the delivery is in force; when it brought none, until a file of its name comes again.
        """
        living = {number for version in self.in_force().values() for number in version.deliveries}
        for i, record in enumerate(self.records):
            later = {file["name"] for other in self.records[i + 1:] for file in other["files"]}
            if not record["versions"] and not any(file["name"] in later for file in record["files"]):
                living.add(record["delivery"])
        return living

    def fingerprint(self) -> str:
        """sha256 of the facts in force: not of their order, of version numbers or of the time they came."""
        facts = [[*v.key, v.rows, v.quarantined, sorted(v.sources), v.totals] for v in self.in_force().values()]
        loose = self.loose()
        lost = sorted(file["sha256"] for record in self.records if record["delivery"] in loose
                      for file in record["files"] if file.get("loose"))
        return hashlib.sha256(json.dumps([SCHEMA, facts, lost], sort_keys=True).encode()).hexdigest()


def read_book(root: Path) -> Book:
    """The book of a ledger folder; raises LedgerError when a record cannot be read."""
    records = []
    for path in sorted((root / "manifest").glob("[0-9]*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise LedgerError(f"{path}: the ledger's record is damaged ({problem}). Restore it from a backup.") from None
        if record.get("schema") != SCHEMA:
            raise LedgerError(f"{path}: schema {record.get('schema')}; this version reads schema {SCHEMA}. "
                              "Use the version of finops-model that wrote it.")
        records.append(record)
    return Book(tuple(records))


def commit(root: Path, record: dict) -> None:
    """Write the record of a delivery: from here on it has happened."""
    path = root / "manifest" / f"{record['delivery']:06d}.json"
    if path.exists():
        raise LedgerError(f"{path}: this delivery is recorded already. Run the ingest again.")
    write_atomic(path, json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


@contextlib.contextmanager
def writing(root: Path, patience: float = 120.0) -> Iterator[None]:
    """Hold the lock of writers; it goes with the process, even a killed one."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = os.open(root / "lock", os.O_RDWR | os.O_CREAT, 0o644)
    except OSError as problem:
        raise LedgerError(f"{root}: the ledger folder cannot be written ({problem.strerror}). Check its permissions.") from None
    try:
        waited = 0.0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited >= patience:
                    raise LedgerError(f"{root}: another process has been writing for {patience:.0f} seconds. "
                                      "Wait for it, then ingest again.") from None
                time.sleep(0.05)
                waited += 0.05
        yield
    finally:
        os.close(handle)
