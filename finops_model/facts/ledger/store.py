"""The ledger: immutable Parquet by (issuer, account, billing period, version), a quarantine, a book written last.

rows in = accepted + quarantined; accepted + quarantined = the files to the cent, per currency (docs/method §13).
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
from collections.abc import Callable, Iterable
from decimal import Decimal
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ...errors import InputError, LedgerError, unknown
from ..daily.complete import Complete, complete_days
from ..intake import importers
from ..intake.files.room import memory_said
from . import delivery, manifest, proof
from .checks import COSTS, REFUSED
from .doubts import Choice
from .receipt import Money, Receipt, add, trimmed

QUARANTINE = [
    "x_File",
    "x_Row",
    "x_Column",
    "x_Reason",
    "BilledCost",
    "BillingCurrency",
    "InvoiceIssuerName",
    "x_Period",
]


class Ledger:
    """A ledger folder. Opening one that is not there yet is no error: it is empty.

    Parameters
    ----------
    root : path
        The folder; nothing is written before `ingest`.

    Source
    ------
    docs/method §13.

    Examples
    --------
    >>> import tempfile
    >>> ledger = Ledger(tempfile.mkdtemp())
    >>> ledger.rows, ledger.totals(), ledger.last_day()
    (0, {}, None)
    """

    def __init__(self, root: str | os.PathLike):
        self.root = Path(root)
        self._seen: tuple | None = None
        self._complete: tuple | None = None

    def __repr__(self) -> str:
        return f"Ledger('{self.root}'): {self.rows:,} rows in force"

    def ingest(
        self,
        files,
        *,
        append: bool = False,
        replace: bool = False,
        whole: bool = False,
        accept_decrease: bool = False,
        mapping=None,
        format: str | None = None,
        alone: bool = False,
        basis: str = "",
        ask: Callable[[str], str | None] | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> Receipt:
        """Take in a delivery: all files of one call together, or nothing at all.

        Files that were delivered before, byte for byte, change nothing and need no right to write.

        Parameters
        ----------
        files : path, frame, pair (name, frame), or a list of them
            Frames hold text cells.
        append : bool, optional
            Add the rows to what is there, whatever they have in common with it.
        replace : bool, optional
            Let the delivered sub-accounts replace what is there also where no charge is in common.
        whole : bool, optional
            The delivery is the whole of its billing periods: sub-accounts that it does not hold go.
        accept_decrease : bool, optional
            Let the money of a replaced scope fall by more than 5 %.
        mapping : facts.intake.tables.Mapping, optional
            The files are tables of another shape.
        format : str, optional
            The importer that reads the files; None: the one that recognises each.
        alone : bool, optional
            A trial of a file by itself: further parts of its export are not asked for.
        basis : str, optional
            Billed or Effective: which cost an export holds that does not say it; '': Billed.
        ask : callable, optional
            Called with a question where a scope could be added or replaced; answers 'append',
            'replace' or None.
        progress : callable, optional
            Called with (text, done, total).

        Returns
        -------
        Receipt
            Rows in, accepted, quarantined, totals per currency, reasons, changes.

        Raises
        ------
        InputError
            A file is no bill; then nothing is written.
        LedgerError
            A delivery may not replace another; then nothing is written.

        Source
        ------
        docs/method §13.5, §13.21.
        """
        if append and (replace or whole):
            raise LedgerError(
                f"append and {'replace' if replace else 'whole'} exclude each other: a delivery is added, or it replaces. Choose one."
            )
        if format is not None:
            importers.check_name(format)
        if mapping is not None:
            from ..intake.tables import apply_mapping, table_of

            files = [
                (Path(os.fspath(item)).name, apply_mapping(table_of(item, mapping), mapping))
                if isinstance(item, (str, os.PathLike))
                else item
                for item in _items(files)
            ]
        items = _items(files)
        with memory_said(items):
            return self._ingested(
                items,
                Choice(append, replace, whole, accept_decrease, ask, format, basis, alone),
                progress or (lambda *_: None),
            )

    def _ingested(self, items: list, choice: Choice, progress) -> Receipt:
        if not (choice.accept_decrease or choice.basis or choice.replace):
            with contextlib.suppress(InputError):  # said again below, with the lock held
                receipt, items = delivery.nothing_new(self.root, items, choice.format, choice.alone)
                if receipt is not None:
                    return receipt
        with manifest.writing(self.root):
            return delivery.take_in(self.root, items, choice, progress)

    @property
    def book(self) -> manifest.Book:
        """All deliveries; read again when the folder of records changed."""
        folder = self.root / "manifest"
        state = tuple(sorted(os.listdir(folder))) if folder.is_dir() else ()
        if self._seen is None or self._seen[0] != state:
            self._seen = (state, manifest.read_book(self.root))
        return self._seen[1]

    @property
    def rows(self) -> int:
        """Accepted rows in force."""
        return sum(version.rows for version in self.book.in_force().values())

    def totals(self, column: str = "BilledCost") -> Money:
        """Exact sum of a cost column over the accepted rows in force, per currency.

        Parameters
        ----------
        column : str, optional
            A cost column of FOCUS.

        Returns
        -------
        dict of str to Decimal
            Currency and money.

        Raises
        ------
        LedgerError
            The column is no cost column.
        """
        if column not in COSTS:
            raise LedgerError(unknown("", "cost column", column, COSTS))
        return add(*(version.money(column) for version in self.book.in_force().values()))

    def totals_by_period(self) -> pd.DataFrame:
        """Money and rows in force of each billing period.

        Returns
        -------
        frame
            InvoiceIssuerName, BillingPeriod (YYYY-MM), BillingCurrency, BilledCost (Decimal), Rows;
            sorted.
        """
        sums: dict[tuple, list] = {}
        for (issuer, _, period), version in self.book.in_force().items():
            for currency, columns in version.totals.items():
                entry = sums.setdefault((issuer, period[:7], currency), [Decimal(0), 0])
                entry[0] += Decimal(columns["BilledCost"])
                entry[1] += int(columns["Rows"])
        rows = [(*key, trimmed(amount), count) for key, (amount, count) in sorted(sums.items())]
        return pd.DataFrame(
            rows,
            columns=["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "BilledCost", "Rows"],
        )

    def quarantine(self, details: bool = False) -> pd.DataFrame:
        """Refused rows in force.

        Parameters
        ----------
        details : bool, optional
            Also x_Kind, BillingAccountId and x_Raw, the row as it stood.

        Returns
        -------
        frame
            x_File, x_Row, x_Column, x_Reason, BilledCost (text), BillingCurrency, and, where they
            can be known, InvoiceIssuerName and x_Period ('' otherwise).
        """
        book, frames = self.book, []
        living, loose, released = book.in_force(), book.loose(), book.released()
        for record in book.records:
            if not record["quarantine"]:
                continue
            frame = pq.read_table(self.root / record["quarantine"]).to_pandas()
            keys = zip(
                frame["InvoiceIssuerName"],
                frame["BillingAccountId"],
                frame["x_Period"],
                strict=True,
            )
            rows = zip(frame["x_File"], frame["x_Row"], strict=True)
            keep = [
                (record["delivery"], *row) not in released
                and (
                    record["delivery"] in living[key].deliveries
                    if key[2] and key in living
                    else (record["delivery"], row[0]) in loose
                )
                for key, row in zip(keys, rows, strict=True)
            ]
            frames.append(frame[keep])

        if not frames:
            frames = [
                pa.table({"x_File": pa.array([], pa.string())})
                .append_column("x_Row", pa.array([], pa.int64()))
                .to_pandas()
                .reindex(columns=["x_File", *REFUSED.names])
            ]
        refused = pd.concat(frames, ignore_index=True)
        return refused if details else refused[QUARANTINE]

    def fingerprint(self) -> str:
        """sha256 of the facts in force: changes when any fact changes, and only then.

        Returns
        -------
        str
            Hexadecimal.
        """
        return self.book.fingerprint()

    def complete(self, time_zone: str = "UTC") -> Complete:
        """Up to which day each source is complete; read again when a record came.

        Parameters
        ----------
        time_zone : str, optional
            In whose days.

        Returns
        -------
        Complete
            Sources with their newest complete day.

        Source
        ------
        docs/method §13.16.
        """
        state = (self.book.fingerprint(), time_zone)
        if self._complete is None or self._complete[0] != state:
            self._complete = (state, _complete(self, *state))
        return self._complete[1]

    def first_day(self, time_zone: str = "UTC") -> dt.date | None:
        """Day of the first ChargePeriodStart among usage.

        Parameters
        ----------
        time_zone : str, optional
            In whose days.

        Returns
        -------
        date or None
            None for an empty ledger.
        """
        return self.complete(time_zone).first_day

    def last_day(self, time_zone: str = "UTC") -> dt.date | None:
        """The newest day to which every source that still bills is complete, by ChargePeriodEnd.

        Parameters
        ----------
        time_zone : str, optional
            In whose days.

        Returns
        -------
        date or None
            None for an empty ledger.
        """
        return self.complete(time_zone).last_day

    def files(self) -> list[Path]:
        """Parquet files of the rows in force, each held against its record.

        Returns
        -------
        list of Path
            LedgerError for one that is missing or was changed.
        """
        return [self.root / path for path in self.proof()]

    def proof(self) -> dict[str, str]:
        """The parts in force, held against the ledger's record.

        Returns
        -------
        dict of str to str
            Path below the folder and sha256; LedgerError for one that is missing or was changed.

        Source
        ------
        docs/method §13.20.
        """
        return proof.prove(self.root, self.book.in_force().values())

    def history(self) -> pd.DataFrame:
        """Every version of every period, old ones too.

        Returns
        -------
        frame
            Key, version, Rows, currency, BilledCost (Decimal), delivery.
        """
        rows = [
            (
                *v.key,
                v.version,
                int(sums["Rows"]),
                currency,
                trimmed(Decimal(sums["BilledCost"])),
                record["delivery"],
            )
            for record in self.book.records
            for v in map(manifest.version_of, record["versions"])
            for currency, sums in v.totals.items()
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "InvoiceIssuerName",
                "BillingAccountId",
                "BillingPeriod",
                "Version",
                "Rows",
                "BillingCurrency",
                "BilledCost",
                "Delivery",
            ],
        )

    def lineage(self) -> pd.DataFrame:
        """Every delivered file.

        Returns
        -------
        frame
            Delivery, File, SHA256, Format (with its version), RowsIn, Accepted, Quarantined, Notes.
        """
        rows = [
            (
                record["delivery"],
                f["name"],
                f["sha256"],
                f["format"],
                f["rows_in"],
                f["accepted"],
                f["quarantined"],
                "; ".join(f["notes"]),
            )
            for record in self.book.records
            for f in record["files"]
        ]
        return pd.DataFrame(
            rows,
            columns=[
                "Delivery",
                "File",
                "SHA256",
                "Format",
                "RowsIn",
                "Accepted",
                "Quarantined",
                "Notes",
            ],
        )


def _items(files) -> list:
    """A delivery as a list, whatever it was given as."""
    single = isinstance(files, (str, os.PathLike)) or hasattr(files, "columns")
    if single or (isinstance(files, tuple) and len(files) == 2 and hasattr(files[1], "columns")):
        return [files]
    if not isinstance(files, Iterable):
        raise LedgerError("ingest takes a path, a frame, a pair (name, frame), or a list of them.")
    return list(files)


_COMPLETE: dict[tuple, Complete] = {}  # (folder, fingerprint, time zone) of this process


def _complete(ledger: Ledger, fingerprint: str, time_zone: str) -> Complete:
    """`complete_days` of a ledger, once for all that open it; a part of one (an entity) has days of its own."""
    parts = ledger.proof()
    key = (str(ledger.root.resolve()), fingerprint, time_zone, tuple(parts))
    if key not in _COMPLETE:
        if len(_COMPLETE) >= 8:
            _COMPLETE.clear()
        _COMPLETE[key] = complete_days([ledger.root / path for path in parts], time_zone)
    return _COMPLETE[key]
