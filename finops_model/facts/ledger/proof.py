"""Rows and records hold each other: a part is what was written, and its sums are what the record says (docs/method §13.20).

A part whose record knows its sha256 is held against it. In any case the sums of a version's parts, per currency and cost
column, and its row count are the record's, to the last digit; that alone holds parts written before hashes were kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ...documents import sha256_of
from ...errors import LedgerError
from ..daily import kept
from .checks import COSTS
from .manifest import Version

_HASHES: dict[tuple, str] = {}  # (path, size, time): sha256, once per process and part
_SUMS: dict[tuple, dict] = kept.believed(
    {}
)  # (path, sha256): {currency: {column: Decimal, "Rows": int}}
FEW = 24  # parts that are read sooner than sums of them are found
RESTORE = (
    "Restore it from a backup, or deliver the bill of this period again into a new ledger folder."
)


def prove(root: Path, versions: Iterable[Version]) -> dict[str, str]:
    """{part's path: sha256} of the versions' parts, all of them held against their record. Raises LedgerError for the first that is not."""
    versions = list(versions)
    hashes = {
        part["path"]: _hashed(root, part, version) for version in versions for part in version.parts
    }
    unread = any((str(root / path), sha256) not in _SUMS for path, sha256 in hashes.items())
    if unread and len(hashes) > FEW:
        _remember(root, hashes, kept.question(sorted(hashes.items())))
    for version in versions:
        _held(root, version, hashes)
    return hashes


def _remember(root: Path, hashes: dict[str, str], asked: str) -> None:
    """Sums of parts as they were read before, by the sha256 of the part; read again and kept where nothing is."""
    known = kept.read_said(root, "sums", asked)
    if known is None:
        sums = {path: _sums(root / path, sha256) for path, sha256 in hashes.items()}
        said = {
            hashes[path]: {
                currency: {name: str(amount) for name, amount in row.items()}
                for currency, row in of.items()
            }
            for path, of in sums.items()
        }
        kept.keep_said(root, "sums", asked, said)
        return
    for path, sha256 in hashes.items():
        _SUMS[str(root / path), sha256] = {
            currency: {
                name: int(amount) if name == "Rows" else Decimal(amount)
                for name, amount in row.items()
            }
            for currency, row in known[sha256].items()
        }


def where(version: Version) -> str:
    """The issuer, account and billing period of a version, for readers."""
    return " · ".join(part or "(none)" for part in version.key)


def _hashed(root: Path, part: dict, version: Version) -> str:
    path = root / part["path"]
    try:
        state = os.stat(path)
        key = (str(path.resolve()), state.st_size, state.st_mtime_ns, state.st_ino)
        if key not in _HASHES:
            _HASHES[key] = sha256_of(path)
    except OSError as problem:
        why = (
            "is missing"
            if isinstance(problem, FileNotFoundError)
            else f"cannot be read ({problem.strerror})"
        )
        raise LedgerError(
            f"{path}: a part of the ledger {why}: {part['rows']:,} rows of {where(version)}. {RESTORE}"
        ) from None
    if part.get("sha256") not in (None, _HASHES[key]):
        raise LedgerError(
            f"{path}: a part of the ledger was changed after it was written ({where(version)}): its sha256 is not the one "
            f"in the ledger's record. {RESTORE}"
        )
    return _HASHES[key]


def sums_of(table: pa.Table) -> dict[str, dict]:
    """{currency: {cost column: Decimal, "Rows": int}} of ledger rows, exact; a cell without an amount adds nothing."""
    rows = (
        table.select(["BillingCurrency", *COSTS])
        .group_by("BillingCurrency")
        .aggregate([(name, "sum") for name in COSTS] + [([], "count_all")])
        .to_pylist()
    )
    return {
        row["BillingCurrency"]: {name: row[f"{name}_sum"] or Decimal(0) for name in COSTS}
        | {"Rows": row["count_all"]}
        for row in rows
    }


def _sums(path: Path, sha256: str) -> dict[str, dict]:
    key = (str(path), sha256)
    if key not in _SUMS:
        try:
            with path.open("rb") as file:
                _SUMS[key] = sums_of(pq.read_table(file, columns=["BillingCurrency", *COSTS]))
        except (pa.ArrowException, OSError, KeyError) as problem:
            raise LedgerError(
                f"{path}: a part of the ledger cannot be read: {str(problem).splitlines()[0][:300]}. {RESTORE}"
            ) from None
    return _SUMS[key]


def _held(root: Path, version: Version, hashes: dict[str, str]) -> None:
    held: dict[str, dict] = {}
    for part in version.parts:
        for currency, sums in _sums(root / part["path"], hashes[part["path"]]).items():
            into = held.setdefault(currency, dict.fromkeys(sums, Decimal(0)))
            for name, amount in sums.items():
                into[name] += amount
    for currency in sorted({*held, *version.totals}):
        said, sums = version.totals.get(currency, {}), held.get(currency, {})
        for name in (*COSTS, "Rows"):
            then, now = Decimal(said.get(name, 0)), Decimal(sums.get(name, 0))
            if then != now:
                what = (
                    f"{then:,} rows and its parts hold {now:,}"
                    if name == "Rows"
                    else f"{name} {then:,.2f} {currency} and its rows add up to {now:,.2f} {currency}"
                )
                raise LedgerError(
                    f"{root}: {where(version)}: the ledger's record says {what}: one of them was changed after it was written. "
                    f"{RESTORE}"
                )
