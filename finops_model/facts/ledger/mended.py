"""Which files that brought refused rows alone, none with a billing period, come again mended (docs/method §13.5).

Nothing in the ledger replaces such rows, as they belong to no period. A name is no proof: next month's `cur.csv` is another bill. So a
file leaves quarantine where one of its name brings at least as many rows of its issuer and account on each of its days, or with consent.
"""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import several
from .doubts import Choice
from .judged import Read
from .manifest import Book
from .receipt import Warned

DAY = re.compile(r'"ChargePeriodStart": "(\d{4}-\d{2}-\d{2})')  # of a refused row as it stood
Charges = Counter  # {(issuer, account, day): rows}


def come_again(
    root: Path, book: Book, reads: list[Read], choice: Choice
) -> tuple[list[list], list[Warned]]:
    """([delivery, file] whose rows leave quarantine with what is read now, what is said of others of its name)."""
    gone: list[list] = []
    said: list[Warned] = []
    by_name = {one.source.name: one for one in reads}
    for record, file in [] if choice.append else waiting(book):
        if (new := by_name.get(file["name"])) is None:
            continue
        place = [record["delivery"], file["name"]]
        if choice.replace or choice.whole or _holds(new, _refused(root, record, file["name"])):
            gone.append(place)
        else:
            said.append(_stays(record["delivery"], file["name"], file["quarantined"]))
    return gone, said


def waiting(book: Book) -> list[tuple[dict, dict]]:
    """(record, file) of deliveries without a version whose refused rows still count."""
    loose = book.loose()
    return [
        (record, file)
        for record in book.records
        if not record["versions"]
        for file in record["files"]
        if file.get("loose") and (record["delivery"], file["name"]) in loose
    ]


def _refused(root: Path, record: dict, name: str) -> Charges:
    """The refused rows of a file of an earlier delivery."""
    names = ["x_File", "x_Raw", "InvoiceIssuerName", "BillingAccountId"]
    table = pq.read_table(root / record["quarantine"], columns=names)
    return _charges(table.filter(pc.equal(table.column("x_File"), name)))


def _charges(refused) -> Charges:
    """Refused rows by issuer, account and day as they are written; '' for a day that cannot be read."""
    columns = (refused.column(n).to_pylist() for n in ("InvoiceIssuerName", "BillingAccountId", "x_Raw"))  # fmt: skip
    return Counter(
        (issuer, account, match[1] if (match := DAY.search(raw)) else "")
        for issuer, account, raw in zip(*columns, strict=True)
    )


def _holds(new: Read, old: Charges) -> bool:
    """Whether a file has the rows of another: each day of it is known, and is as full here."""
    if any(not day for *_, day in old):
        return False
    now = _charges(new.refused)
    for (issuer, account, _), table in new.tables.items():
        days = table.column("ChargePeriodStart").cast(pa.date32()).cast(pa.string())
        for entry in pc.value_counts(days).to_pylist():
            now[issuer, account, entry["values"]] += entry["counts"]
    return all(
        sum(
            there
            for (i, a, d), there in now.items()
            if d == day
            and (not issuer or i in ("", issuer))
            and (not account or a in ("", account))
        )
        >= rows
        for (issuer, account, day), rows in old.items()
    )


def _stays(delivery: int, name: str, rows: int) -> Warned:
    return Warned(
        name,
        "",
        f"an earlier file of this name (delivery {delivery}) is in quarantine, {several(rows, 'row')} without a billing period, and what comes "
        f"now does not hold {'it' if rows == 1 else 'them'} by issuer, account and day: {'it stays' if rows == 1 else 'they stay'} there. If this file "
        "is that one, mended, ingest it with --replace (in Python replace=True)",
    )
