"""The ledger's own book: one JSON record per delivery, written last, never changed (docs/method §13).

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

from ...documents import fsync_folder, write_atomic
from ...errors import LedgerError
from ...schemas import NEWEST, check_schema
from .receipt import Money, trimmed

SCHEMA = NEWEST["ledger record"]
Key = tuple[str, str, str]  # issuer, account, billing period


@dataclass(frozen=True)
class Version:
    """One version of one (issuer, account, billing period)."""

    key: Key
    version: int
    rows: int
    quarantined: int
    parts: tuple[
        dict, ...
    ]  # {path, rows, source (sha256 of the delivered file), sha256 (of the part; not in old records)}
    deliveries: tuple[int, ...]  # the delivery that made it, and those it was appended to
    sources: tuple[str, ...]  # sha256 of every file in it, those without an accepted row too
    totals: dict[str, dict[str, str]]  # {currency: {column: decimal text}}
    first_usage: str | None
    last_usage: str | None

    def money(self, column: str) -> Money:
        """Sum of a cost column of the accepted rows per currency."""
        return {currency: trimmed(Decimal(sums[column])) for currency, sums in self.totals.items()}

    def record(self) -> dict:
        return {
            **self.__dict__,
            "key": list(self.key),
            "parts": list(self.parts),
            "deliveries": list(self.deliveries),
            "sources": list(self.sources),
        }


def version_of(record: dict) -> Version:
    return Version(
        **{
            **record,
            "key": tuple(record["key"]),
            "parts": tuple(record["parts"]),
            "deliveries": tuple(record["deliveries"]),
            "sources": tuple(record["sources"]),
        }
    )


@dataclass(frozen=True)
class Book:
    """All deliveries of a ledger, oldest first."""

    records: tuple[dict, ...]

    def in_force(self) -> dict[Key, Version]:
        """The newest version of each (issuer, account, billing period)."""
        newest = {}
        for record in self.records:
            for item in record["versions"]:
                version = version_of(item)
                newest[version.key] = version
        return dict(sorted(newest.items()))

    def known(self) -> dict[str, dict]:
        """Every file ever delivered, by sha256, with the keys of its rows."""
        return {file["sha256"]: file for record in self.records for file in record["files"]}

    def released(self) -> set[tuple[int, str, int]]:
        """(delivery, file, row) of refused rows that left quarantine because their scope came again."""
        return {
            (row[0], row[1], row[2])
            for record in self.records
            for row in record.get("released", ())
        }

    def loose(self) -> set[tuple[int, str]]:
        """(delivery, file) whose quarantined rows without a readable period still count.

        They do while a version of the delivery is in force; when it brought none, until the file comes again (mended.py). A record
        of before that was written down ('come_again') released what had the name of one of its files.
        """
        living = {number for version in self.in_force().values() for number in version.deliveries}
        gone = {tuple(place) for record in self.records for place in record.get("come_again", ())}
        counting: set[tuple[int, str]] = set()
        for i, record in enumerate(self.records):
            own = {(record["delivery"], file["name"]) for file in record["files"]}
            later = {
                file["name"]
                for other in self.records[i + 1 :]
                if "come_again" not in other
                for file in other["files"]
            }
            if record["versions"]:
                counting |= own if record["delivery"] in living else set()
            elif not any(name in later for _, name in own):
                counting |= own - gone
        return counting

    def fingerprint(self) -> str:
        """sha256 of the facts in force: not of their order, of version numbers or of the time they came."""
        facts = [
            [*v.key, v.rows, v.quarantined, sorted(v.sources), v.totals]
            for v in self.in_force().values()
        ]
        loose = self.loose()
        lost = sorted(
            file["sha256"]
            for record in self.records
            for file in record["files"]
            if file.get("loose") and (record["delivery"], file["name"]) in loose
        )
        return hashlib.sha256(json.dumps([1, facts, lost], sort_keys=True).encode()).hexdigest()


def read_book(root: Path) -> Book:
    """The book of a ledger folder; raises LedgerError when a record cannot be read, is damaged or is missing."""
    records: list[dict] = []
    folder = root / "manifest"
    if not folder.is_dir() and next((root / "rows").rglob("*.parquet"), None) is not None:
        raise LedgerError(
            f"{folder}: the ledger's records are missing, and {root / 'rows'} holds rows that only they explain. Restore the "
            f"folder from a backup; if this ledger never finished a delivery, delete {root / 'rows'} and ingest again."
        )
    for path in sorted(folder.glob("[0-9]*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as problem:
            raise LedgerError(
                f"{path}: the ledger's record is damaged ({problem}). Restore it from a backup."
            ) from None
        except OSError as problem:
            raise LedgerError(
                f"{path}: the ledger's record cannot be read ({problem.strerror}). Check its permissions."
            ) from None
        if isinstance(record, dict):
            check_schema("ledger record", record.get("schema"), str(path), LedgerError)
        if damage := _damage(record, path, len(records) + 1):
            raise LedgerError(
                f"{path}: the ledger's record is damaged ({damage}). Restore it from a backup."
            )
        records.append(record)
    return Book(tuple(records))


def _damage(record, path: Path, number: int) -> str:
    """What is wrong with a record, in words; '' when nothing is."""
    if not isinstance(record, dict):
        return "it is no mapping of names to values"
    for name, kind in (("delivery", int), ("files", list), ("versions", list)):
        if not isinstance(record.get(name), kind):
            return (
                f"'{name}' is missing" if name not in record else f"'{name}' is not what it must be"
            )
    if "quarantine" not in record:
        return "'quarantine' is missing"
    if record["delivery"] != number:
        return f"it is delivery {record['delivery']} where {number} is due: a record is missing"
    try:
        versions = [version_of(item) for item in record["versions"]]
        for version in versions:
            [Decimal(amount) for sums in version.totals.values() for amount in sums.values()]
            [(str(part["path"]), int(part["rows"]), str(part["source"])) for part in version.parts]
        good = all(len(version.key) == 3 for version in versions)
        files = [
            (file["name"], file["sha256"], file["keys"], file["rows_in"], file["accepted"])
            for file in record["files"]
        ]
    except (TypeError, KeyError, ValueError, AttributeError, ArithmeticError):
        return "an entry of it is not what it must be"
    return (
        ""
        if good and all(isinstance(keys, list) for _, _, keys, _, _ in files)
        else "an entry of it is not what it must be"
    )


def commit(root: Path, record: dict) -> None:
    """Write the record of a delivery: from here on it has happened."""
    path = root / "manifest" / f"{record['delivery']:06d}.json"
    if path.exists():
        raise LedgerError(f"{path}: this delivery is recorded already. Run the ingest again.")
    write_atomic(path, json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False) + "\n")
    fsync_folder(root)


@contextlib.contextmanager
def writing(root: Path, patience: float = 120.0) -> Iterator[None]:
    """Hold the lock of writers; it goes with the process, even a killed one."""
    try:
        root.mkdir(parents=True, exist_ok=True)
        handle = _lock(root / "lock")
    except OSError as problem:
        raise LedgerError(
            f"{root}: the ledger folder cannot be written ({problem.strerror}). Check its permissions."
        ) from None
    try:
        waited = 0.0
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if waited >= patience:
                    raise LedgerError(
                        f"{root}: another process has been writing for {patience:.0f} seconds. "
                        "Wait for it, then ingest again."
                    ) from None
                time.sleep(0.05)
                waited += 0.05
        yield
    finally:
        os.close(handle)


def _lock(path: Path) -> int:
    """The lock file, open: made as the umask says, so that a group can share a ledger; one that only its owner may write is locked by reading."""
    try:
        return os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    except PermissionError:
        return os.open(path, os.O_RDONLY)
