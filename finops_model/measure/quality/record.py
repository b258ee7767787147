"""What the ledger's record says of the files in force: rows and money read, accepted, refused, left out; totals that differ."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ...errors import FinOpsError
from ...facts.intake.formats import refused_amount
from ...facts.intake.mapping import load_mapping
from ...facts.ledger.receipt import Money, Sources, add, sources_of

DIFFER = re.compile(r"\bDIFFER\b")  # importers write it so where a file's own total is another
ASSUMED = {
    "currency_assumed": "the currency",
    "decimal_assumed": "the decimal mark",
    "date_order_assumed": "the order of day and month",
}


@dataclass(frozen=True)
class Refused:
    """Rows in quarantine: how many, their money, how many of them have none that can be read."""

    rows: int = 0
    money: Money = field(default_factory=dict)
    unreadable: int = 0


def files_in_force(ledger) -> list[dict]:
    """Records of the files whose rows are in force, or are refused and still count; each file once, its newest record."""
    book = ledger.book
    living = {sha for version in book.in_force().values() for sha in version.sources}
    loose = book.loose()
    records = {
        file["sha256"]: file
        for record in book.records
        for file in record["files"]
        if file["sha256"] in living
        or (file.get("loose") and (record["delivery"], file["name"]) in loose)
    }
    return list(records.values())


def sources(files: list[dict]) -> Sources:
    """The rows of these files as they were delivered: read = accepted + quarantined + left out."""
    return sum((sources_of(file) for file in files), Sources())


def left_money(rows: Sources) -> Money:
    """Money of what was left out: lines of totals, what repeats other lines."""
    return add(*(one.money for one in rows.left_out))


def refused(quarantine, currency: str, period: str | None = None) -> Refused:
    """Refused rows of a frame of `Ledger.quarantine`; of one billing period those that name it or none."""
    rows, unreadable, sums = 0, 0, dict[str, Decimal]()
    for text, code, month in zip(
        quarantine["BilledCost"],
        quarantine["BillingCurrency"],
        quarantine["x_Period"],
        strict=True,
    ):
        month = str(month or "")[:7]
        if period is not None and month and month != period:
            continue
        rows += 1
        amount = refused_amount(str(text or ""))
        if amount is None:
            unreadable += 1
            continue
        word = str(code or "").strip().upper()
        own = word if len(word) == 3 and word.isalpha() else currency
        sums[own] = sums.get(own, Decimal(0)) + abs(amount)
    return Refused(rows, add(sums), unreadable)


def totals_that_differ(files: list[dict]) -> list[tuple[str, str]]:
    """(file, what it says) of files whose own totals are not those of their lines."""
    return [
        (file["name"], note)
        for file in files
        for note in file.get("notes") or ()
        if DIFFER.search(note)
    ]


def assumed(root: Path) -> Iterator[tuple[str, str]]:
    """(file of a kept mapping, what was assumed) for each reading that the file does not show and nobody confirmed."""
    for path in sorted(root.glob("mapping*.yaml")):
        try:
            mapping = load_mapping(path)
        except FinOpsError:
            yield path.name, "the whole of it: the mapping cannot be read"
            continue
        for name, word in ASSUMED.items():
            if getattr(mapping, name):
                yield path.name, word
