"""The new version of one (issuer, account, billing period): what stays, what goes, what comes (docs/method §13.21)."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LedgerError
from ...names import RESERVED
from . import proof, scopes
from .judged import Read, keys_of
from .manifest import Book, Key, Version
from .receipt import Change, add
from .scopes import Meeting, Rows

MAY_FALL = Decimal("0.05")


@dataclass
class Draft:
    """A new version before it is written."""

    version: Version
    change: Change
    writes: list[tuple[dict, pa.Table]]  # (part, its rows)
    released: list[list]  # [delivery, file, row]: refused rows that leave quarantine with it


def draft(root, book, *, key, old, reads, number, choice, meeting, there, listed) -> Draft:
    """The new version of a key, and what must be written for it."""
    mine, number_of = [one for one in reads if key in one.keys], (old.version if old else 0) + 1
    writes = [
        (
            {
                "path": _path(key, number_of, one.source.sha256[:16]),
                "rows": one.tables[key].num_rows,
                "source": one.source.sha256,
            },
            one.tables[key],
        )
        for one in mine
        if key in one.tables
    ]
    lost, deliveries = sum(keys_of(one.refused).count(key) for one in mine), [number]
    released: list[list] = []
    kept, totals, days = [], {}, []
    if old and (choice.append or not meeting.gone):
        kept, days = list(old.parts), [day for day in (old.first_usage, old.last_usage) if day]
        totals = {
            currency: {name: Decimal(amount) for name, amount in sums.items()}
            for currency, sums in old.totals.items()
        }
    elif old:
        kept, carried, days = _carried(root, key, number_of, there, meeting, totals)
        writes += carried
    if old:
        stay, released = (
            ([], [])
            if choice.append
            else _refused_before(
                root,
                book,
                key=key,
                old=old,
                parts=kept + [part for part, _ in writes],
                meeting=meeting,
                listed=listed,
                choice=choice,
            )
        )
        if not choice.append:
            alive = {part["source"] for part in kept} | {part["source"] for part, _ in writes}
            living = {
                record["delivery"]
                for record in book.records
                for file in record["files"]
                if file["sha256"] in alive
            }
            deliveries = [*(n for n in old.deliveries if n in living or n in stay), number]
        else:
            deliveries = [*old.deliveries, number]
        lost += old.quarantined - len(released)
    for _, table in writes:
        sum_into(totals, table)
        days += _usage_days(table)
    written = {
        currency: {name: str(amount) for name, amount in sums.items()}
        for currency, sums in sorted(totals.items())
        if int(sums["Rows"])
    }
    parts = (*kept, *(part for part, _ in writes))
    refused = {one.source.sha256 for one in mine} | _sources_of(book, stay if old else [], old)
    version = Version(
        key,
        number_of,
        sum(part["rows"] for part in parts),
        lost,
        parts,
        tuple(dict.fromkeys(deliveries)),
        tuple(
            sorted(
                {part["source"] for part in parts}
                | refused
                | (set(old.sources) if old and choice.append else set())
            )
        ),
        written,
        min(days, default=None),
        max(days, default=None),
    )
    change = _change(key, old, version, choice, meeting, [rows for _, rows in there])
    if old and mine and meeting and meeting.gone and not choice.accept_decrease:
        _ask_before_a_fall(key, there, mine, meeting, choice.whole)
    return Draft(version, change, writes, released)


def _carried(
    root, key, number, there, meeting, totals
) -> tuple[list[dict], list[tuple[dict, pa.Table]], list[str]]:
    """(parts that stay as they are, parts to be written without the rows that go, usage days of the former); their sums are added to `totals`."""
    kept: list[dict] = []
    carried: list[tuple[dict, pa.Table]] = []
    days: list[str] = []
    for part, rows in there:
        goes = meeting.goes(rows)
        if goes.all():
            continue
        with (root / part["path"]).open("rb") as file:
            table = pq.read_table(file)
        if not goes.any():
            kept.append(part)
            sum_into(totals, table)
            days += _usage_days(table)
        else:
            table = table.filter(pa.array(~goes))
            place = _path(key, number, f"{part['source'][:16]}-kept{len(carried) + 1}")
            carried.append(
                ({"path": place, "rows": table.num_rows, "source": part["source"]}, table)
            )
    return kept, carried, days


def _refused_before(
    root, book, *, key, old, parts, meeting, listed, choice
) -> tuple[list[int], list[list]]:
    """(deliveries of which refused rows of the key stay in quarantine, [delivery, file, row] of those that leave it)."""
    stay: list[int] = []
    leave: list[list] = []
    if not old.quarantined:
        return stay, leave
    alive, gone = {part["source"] for part in parts}, book.released()
    for record in book.records:
        if record["delivery"] not in old.deliveries or not record["quarantine"]:
            continue
        source_of = {file["name"]: file["sha256"] for file in record["files"]}
        for row in pq.read_table(
            root / record["quarantine"],
            columns=[
                "x_File",
                "x_Row",
                "x_Raw",
                "InvoiceIssuerName",
                "BillingAccountId",
                "x_Period",
            ],
        ).to_pylist():
            if (row["InvoiceIssuerName"], row["BillingAccountId"], row["x_Period"]) != key or (
                record["delivery"],
                row["x_File"],
                row["x_Row"],
            ) in gone:
                continue
            scope, source = scope_of(row["x_Raw"]), source_of.get(row["x_File"])
            delivered = meeting.restated | meeting.replaced | meeting.added
            if choice.whole or (
                source not in alive
                if scope is None
                else scope in delivered and source not in listed
            ):
                leave.append([record["delivery"], row["x_File"], row["x_Row"]])
            else:
                stay.append(record["delivery"])
    return stay, leave


def _sources_of(book: Book, deliveries: list[int], old: Version | None) -> set[str]:
    """Sources of a version of which a delivery's refused rows stay."""
    return {
        file["sha256"]
        for record in book.records
        if record["delivery"] in deliveries
        for file in record["files"]
        if old and file["sha256"] in old.sources
    }


def _change(key, old, version, choice, meeting, there) -> Change:
    kind = (
        "new"
        if not old
        else "appended"
        if choice.append
        else "restated"
        if meeting.restated
        else "replaced"
        if meeting.replaced
        else "added"
        if meeting.added
        else "appended"
    )
    said = (
        {
            name: tuple(sorted(getattr(meeting, name)))
            for name in ("restated", "replaced", "added", "appended")
        }
        if meeting
        else {}
    )
    named = (
        meeting
        and any(scope for rows in there for scope in rows.places)
        or any(scope for names in said.values() for scope in names)
    )
    stays = scopes.by_scope(there, meeting) if named else {}
    issuer, account, period = key
    return Change(
        issuer=issuer,
        account=account,
        period=period,
        version=version.version,
        rows_before=old.rows if old else 0,
        rows=version.rows,
        before=old.money("BilledCost") if old else {},
        after=version.money("BilledCost"),
        kind=kind,
        scopes=said,
        kept={
            scope: kept
            for scope, kept in stays.items()
            if scope not in {*said["restated"], *said["replaced"], *said["appended"]}
        },
    )


def restated(changes: list[Change]) -> list[str]:
    """One line on all periods that a delivery restated, the one that moved most by name; nothing where there are none."""
    changed = [change for change in changes if change.kind == "restated"]
    if not changed:
        return []
    most = max(changed, key=lambda change: max(map(abs, change.difference.values()), default=0))
    more = f"; {len(changed) - 1} more below" if len(changed) > 1 else ""
    return [f"{most.now_and_then()}{more}"]


def sum_into(totals: dict, table: pa.Table) -> None:
    for currency, sums in proof.sums_of(table).items():
        into = totals.setdefault(currency, {})
        for name, amount in sums.items():
            into[name] = into.get(name, 0) + amount


def _usage_days(table: pa.Table) -> list[str]:
    usage = table.filter(pc.equal(table.column("ChargeCategory"), "Usage")).column(
        "ChargePeriodStart"
    )
    if not len(usage):
        return []
    ends = pc.min_max(usage).as_py()
    return [ends["min"].date().isoformat(), ends["max"].date().isoformat()]


def _ask_before_a_fall(
    key: Key, there: list[tuple[dict, Rows]], reads: list[Read], meeting: Meeting, whole: bool
) -> None:
    """Refuse a delivery whose replaced scopes cost more than 5 % less than before."""
    new = [scopes.rows_of(one.source.sha256, one.tables[key]) for one in reads if key in one.tables]
    takers = (
        {scope for rows in new for scope in rows.places}
        if whole
        else meeting.restated | meeting.replaced
    )
    for column in ("BilledCost", "EffectiveCost"):
        before = add(
            *(
                scopes.money(rows.table.filter(pa.array(meeting.goes(rows))), column)
                for _, rows in there
            )
        )
        after = add(
            *(
                scopes.money(rows.money_of(rows.of(scope)), column)
                for rows in new
                for scope in takers
            )
        )
        for currency, amount in before.items():
            now = after.get(currency, Decimal(0))
            if now < amount - MAY_FALL * abs(amount):
                share = f" ({(now - amount) / abs(amount) * 100:+.1f} %)" if amount else ""
                raise LedgerError(
                    f"{words(key)}: {column} would fall from {amount:,.2f} to {now:,.2f} "
                    f"{currency}{share}; more than 5 % is not replaced unasked. Nothing was written. If this restatement "
                    "is right, ingest it with --accept-decrease; if it is only a part, with --append (in Python accept_decrease=True or append=True)."
                )


def words(key: Key) -> str:
    return " · ".join(part or "(none)" for part in key)


def _path(key: Key, version: int, name: str) -> str:
    issuer, account, period = (_folder(word) for word in key)
    return f"rows/{issuer}/{account}/{period}/v{version:04d}/{name}.parquet"


def _folder(word: str) -> str:
    """Folder of rows for an issuer, account or period: ASCII, and a digest where the word is not that itself.

    No `names.slug`: two keys must never share a folder, not even on a file system that ignores case (`aws`, `AWS`), drops dots at
    the end or keeps names for itself (`con`, `nul`). Ledgers on disk are read for ever under the names that their records say.

    >>> _folder("aws"), _folder("AWS"), _folder("AWS Inc."), _folder("日本"), _folder(""), _folder("nul")
    ('aws', 'AWS-32fd72a0', 'AWS-Inc-e9e707f5', 'none-cf2abf0c', 'none-e3b0c442', 'nul-99e62427')
    """
    plain = re.sub(r"[^A-Za-z0-9]+", "-", word).strip("-")[:40] or "none"
    itself = (
        plain == word == word.lower()
        and plain not in RESERVED
        and not re.search(r"-[0-9a-f]{8}$", plain)  # else it could be the folder of another word
    )
    return plain if itself else f"{plain}-{hashlib.sha256(word.encode()).hexdigest()[:8]}"


def scope_of(raw: str) -> str | None:
    """The sub-account of a refused row as it stood; None where it cannot be read."""
    try:
        word = str(json.loads(raw).get("SubAccountId") or "").strip()
        return "" if word.upper() == "NULL" else word
    except (ValueError, AttributeError, RecursionError):
        return None
