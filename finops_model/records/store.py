"""The one store of what people and jobs did: append-only rows in SQLite, each covering the hash of the one before (docs/method §14.3).

Many processes may write at once: each transaction takes the one lock of the file first, and a row counts only once it is on disk.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from urllib.parse import quote

from ..errors import RecordsError, unknown, why_not_written
from ..schemas import NEWEST, check_schema
from . import account as who
from .audit import problems
from .rows import COLUMNS, GENESIS, Record, hash_of, record
from .tables import APPLICATION, KINDS, statements

__all__ = ["GENESIS", "Record", "Records"]

BUSY = 60.0  # seconds that a writer waits for the others


class Records:
    """The records in a file, which is made by the first row.

    Parameters
    ----------
    path : path
        `records:` of finops.yaml.
    author : str, optional
        Who acts, where a server knows it from its proxy; without: the account of the operating system.
    clock : callable, optional
        Gives the time of a row as text; for tests.

    Raises
    ------
    RecordsError
        The file is none of ours, or written by a newer version.

    Source
    ------
    docs/method §14.3, §14.4.

    Examples
    --------
    >>> file = Path(tempfile.mkdtemp()) / "records.sqlite"
    >>> with Records(file, author="anna", clock=lambda: "2026-11-03T09:30:00Z") as records:
    ...     row = records.append("decision", {"text": "buy 40 of them"}, period="2026-10")
    ...     row.id, row.author, records.head == row.hash, records.check()
    (1, 'anna', True, [])
    """

    def __init__(
        self,
        path: str | os.PathLike,
        *,
        author: str | None = None,
        clock: Callable[[], str] | None = None,
    ):
        self.path = Path(path)
        self.author = author
        self.clock = clock or who.now
        self._open: sqlite3.Connection | None = None
        self._copy: tempfile.TemporaryDirectory | None = None
        self._depth = 0

    def __enter__(self) -> Records:
        return self

    def __exit__(self, *_) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; the next call opens it again."""
        if self._open is not None:
            self._open.close()
        if self._copy is not None:
            self._copy.cleanup()
        self._open = self._copy = None

    @property
    def writable(self) -> bool:
        """Whether rows can be added: file and folder may be written."""
        return not self.path.exists() or all(
            os.access(place, os.W_OK) for place in (self.path, self.path.parent)
        )

    @property
    def head(self) -> str:
        """The hash of the newest row; 64 zeros where there is none."""
        row = self._rows("SELECT hash FROM records ORDER BY id DESC LIMIT 1")
        return row[0][0] if row else GENESIS

    def append(
        self,
        kind: str,
        body: Mapping,
        entity: str = "",
        period: str = "",
        author: str | None = None,
    ) -> Record:
        """Add a row and give it once it is on disk.

        Parameters
        ----------
        kind : str
            publication, state, approval, reopen, journal, decision or budget.
        body : mapping
            Plain data; a Decimal becomes its text.
        entity, period : str, optional
            Whose, and of when.
        author : str, optional
            As that of the store.

        Returns
        -------
        Record
            As it is stored.

        Raises
        ------
        RecordsError
            An unknown kind, a value that is no plain data, a place that cannot be written, or what a rule of the store refuses.
        """
        if kind not in KINDS:
            raise RecordsError(unknown("records", "kind of record", kind, KINDS))
        try:
            text = json.dumps(body, sort_keys=True, allow_nan=False, default=_plain)
        except (TypeError, ValueError) as problem:
            raise RecordsError(
                f"a record of kind {kind} cannot be written: {problem}. Numbers must be finite and values plain."
            ) from None
        with self.transaction() as connection:
            last = connection.execute(
                "SELECT id, hash FROM records ORDER BY id DESC LIMIT 1"
            ).fetchone()
            number, previous = (last[0] + 1, last[1]) if last else (1, GENESIS)
            name = author or self.author or who.account()
            fields = (number, self.clock(), name, kind, entity, period, text, previous)
            row = (*fields, hash_of(fields))
            with self._said():
                added = connection.execute(
                    f"INSERT INTO records ({COLUMNS}) VALUES (?,?,?,?,?,?,?,?,?)", row
                )
            if added.rowcount != 1:
                raise RecordsError(
                    f"{self.path}: the row was not added, as a rule that somebody put into the file swallows it. See which: finops audit."
                )
        return record(row)

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Rows that are added inside are on disk together or not at all, and nobody writes in between what is read and what is added."""
        connection = self._writing()
        if self._depth == 0:
            with self._said():
                connection.execute("BEGIN IMMEDIATE")
        self._depth += 1
        try:
            yield connection
        except BaseException:
            self._depth -= 1
            if self._depth == 0 and connection.in_transaction:
                connection.execute("ROLLBACK")
            raise
        self._depth -= 1
        if self._depth == 0:
            with self._said():
                connection.execute("COMMIT")

    def read(
        self, kind: str | None = None, entity: str | None = None, period: str | None = None
    ) -> list[Record]:
        """The rows in their order; of a kind, an entity, a period where these are given.

        Raises
        ------
        RecordsError
            A row that somebody has changed into what cannot be read.
        """
        asked = {"kind": kind, "entity": entity, "period": period}
        given = {name: value for name, value in asked.items() if value is not None}
        where = " AND ".join(f"{name} = :{name}" for name in given) or "1"
        rows = self._rows(f"SELECT {COLUMNS} FROM records WHERE {where} ORDER BY id", given)
        try:
            return [record(row) for row in rows]
        except (ValueError, TypeError):
            raise RecordsError(
                f"{self.path}: a record cannot be read: somebody has changed it. See which one: finops audit."
            ) from None

    def raw(self) -> list[tuple]:
        """Every row as it is stored, for those who check it."""
        return self._rows(f"SELECT {COLUMNS} FROM records ORDER BY id")

    def rules(self) -> dict[str, str]:
        """The table of the file, its triggers and views: name and text."""
        asked = "SELECT name, sql FROM sqlite_master WHERE type IN ('trigger', 'view') OR name = 'records'"
        return dict(self._rows(asked))

    def check(self) -> list[str]:
        """What is wrong with the chain of rows, a sentence each, the row by its name; empty means whole."""
        return problems(self.raw(), self.rules())

    def _rows(self, query: str, given: Mapping | tuple = ()) -> list[tuple]:
        if self._open is None and not self.path.exists():
            return []  # nothing was recorded yet, and reading makes no file
        with self._said():
            return self._connection().execute(query, given).fetchall()

    def _writing(self) -> sqlite3.Connection:
        if not self.writable:
            raise RecordsError(
                f"{self.path}: it can only be read, so nothing can be recorded. Give this account the right to write it and its folder."
            )
        if self._open is None and not self.path.exists():
            self._make()
        return self._connection()

    def _make(self) -> None:
        """An empty store, put in place whole: whoever comes second takes the first one's."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(dir=self.path.parent, prefix=".records-") as folder:
                fresh = Path(folder) / "records"
                connection = sqlite3.connect(fresh, isolation_level=None)
                connection.execute("PRAGMA journal_mode = WAL")
                for statement in statements(NEWEST["record store"]):
                    connection.execute(statement)
                connection.close()
                with contextlib.suppress(FileExistsError):
                    os.link(fresh, self.path)
        except OSError as problem:
            why = why_not_written(problem) or problem.strerror
            raise RecordsError(f"{self.path}: the records cannot be kept there: {why}.") from None

    def _connection(self) -> sqlite3.Connection:
        if self._open is None:
            with self._said():
                connection = self._opened()
            try:
                self._ours(connection)
            except BaseException:
                connection.close()
                raise
            self._open = connection
        return self._open

    def _opened(self) -> sqlite3.Connection:
        if self.writable:
            connection = sqlite3.connect(self.path, timeout=BUSY, isolation_level=None)
            connection.execute("PRAGMA synchronous = FULL")
            return connection
        place, left = self.path, self.path.with_name(f"{self.path.name}-wal")
        if left.exists() and left.stat().st_size:
            # Rows that a killed process left beside the file count too; immutable passes over them.
            self._copy = tempfile.TemporaryDirectory(prefix="finops-records-")
            place = Path(self._copy.name) / "records"
            shutil.copyfile(self.path, place)
            shutil.copyfile(left, place.with_name("records-wal"))
            return sqlite3.connect(place, isolation_level=None)
        address = f"file:{quote(str(place.resolve()))}?mode=ro&immutable=1"
        return sqlite3.connect(address, uri=True, isolation_level=None)

    def _ours(self, connection: sqlite3.Connection) -> None:
        """Raises RecordsError for a file of another program or of a newer version."""
        with self._said():
            mark = connection.execute("PRAGMA application_id").fetchone()[0]
            version = connection.execute("PRAGMA user_version").fetchone()[0]
        if mark != APPLICATION:
            raise RecordsError(
                f"{self.path}: a SQLite file of another program. Name another file for the records in finops.yaml (records:)."
            )
        check_schema("record store", version, str(self.path), RecordsError)

    @contextlib.contextmanager
    def _said(self) -> Iterator[None]:
        """What SQLite answers, in a sentence."""
        try:
            yield
        except sqlite3.IntegrityError as problem:
            raise RecordsError(f"the records refuse it: {problem}.") from None
        except sqlite3.OperationalError as problem:
            if "locked" in str(problem) or "busy" in str(problem):
                raise RecordsError(
                    f"{self.path}: another process has been writing for {BUSY:.0f} seconds. Try again when it is done."
                ) from None
            raise RecordsError(f"{self.path}: the records cannot be used: {problem}.") from None
        except sqlite3.DatabaseError as problem:
            raise RecordsError(
                f"{self.path}: not a file of records ({problem}). Take the copy of your backup."
            ) from None


def _plain(value):
    if isinstance(value, Decimal) and value.is_finite():
        return str(value)
    raise TypeError(f"'{str(value)[:40]}' is {type(value).__name__}")
