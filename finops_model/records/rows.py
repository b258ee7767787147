"""A row of the records, what its hash covers, and what it says in plain words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass

from ..errors import several

GENESIS = "0" * 64  # what the first row covers
COLUMNS = "id, at, author, kind, entity, period, body, previous, hash"


@dataclass(frozen=True, kw_only=True)
class Record:
    """One row. `hash` covers all its other fields; `previous` is the hash of the row before."""

    id: int
    at: str  # UTC, 2026-11-03T09:30:00Z
    author: str
    kind: str
    entity: str  # "" where the company names none
    period: str  # 2026-10, or the name of a period of a calendar of weeks
    body: dict
    previous: str
    hash: str


def hash_of(fields: Sequence) -> str:
    """sha256 over a row's fields but its hash, in their order, body as it is stored.

    >>> hash_of((1, "2026-11-03T09:30:00Z", "anna", "decision", "", "2026-10", "{}", GENESIS))[:16]
    '323356e1d4d4b73c'
    """
    return hashlib.sha256(json.dumps(list(fields)).encode("ascii")).hexdigest()


def record(row: Sequence) -> Record:
    """The row as SQLite gives it, its body as data. Raises ValueError or TypeError where that is none."""
    fields = dict(zip(COLUMNS.split(", "), row, strict=True))
    body = json.loads(fields["body"])
    if not isinstance(body, dict):
        raise ValueError("the body is no mapping")
    return Record(**{**fields, "body": body})


def name_of(row: Sequence) -> str:
    """A row by its name, also one that somebody has changed.

    >>> name_of((17, "2026-11-03T09:30:00Z", "anna", "state", "Acme GmbH", "2026-10", "{}", "", ""))
    'row 17 (state, 2026-10, Acme GmbH, by anna at 2026-11-03T09:30:00Z)'
    """
    number, at, author, kind, entity, period = row[:6]
    of = ", ".join(str(part) for part in (kind, period, entity) if part)
    return f"row {number} ({of}, by {author} at {at})"


def said(row: Record) -> str:
    """What a row says, in a few words.

    >>> body = {"state": "final", "reason": "all invoices tie out"}
    >>> said(Record(id=1, at="", author="anna", kind="state", entity="", period="2026-10", body=body, previous="", hash=""))
    'final: all invoices tie out'
    """
    body = row.body
    if row.kind == "state":
        return _with(str(body.get("state")), body.get("reason"))
    if row.kind == "approval":
        off = "; four_eyes: off" if body.get("four_eyes") == "off" else ""
        return _with(f"approves row {body.get('of')}{off}", body.get("note"))
    if row.kind == "reopen":
        return _with("asks to open it again", body.get("reason"))
    if row.kind == "publication":
        reports = body.get("reports")
        count = len(reports) if isinstance(reports, list) else 0
        many = f", {several(count, 'report')}"
        return _with(f"{body.get('state')}{many}", body.get("reason"))
    if row.kind == "journal":
        entries = body.get("entries")
        count = len(entries) if isinstance(entries, (list, dict)) else 0
        return f"{count:,} {'entry' if count == 1 else 'entries'} booked"
    if row.kind == "budget" and body.get("event"):
        return _budget(body)
    return str(body.get("text") or body.get("version") or body.get("name") or "")


def _with(text: str, reason) -> str:
    return f"{text}: {reason}" if reason else text


def _budget(body: dict) -> str:
    """What a row of kind `budget` says.

    >>> _budget({"event": "proposed", "what": "transfer", "version": "5,000.00 from Labs to Search", "lines": [{}, {}]})
    'proposes a transfer: 5,000.00 from Labs to Search, 2 lines'
    >>> _budget({"event": "approved", "of": 3})
    'approved row 3'
    """
    if body["event"] == "proposed":
        lines = body.get("lines")
        many = f", {several(len(lines), 'line')}" if isinstance(lines, list) and lines else ""
        return f"proposes a {body.get('what')}: {body.get('version')}{many}"
    off = "; four_eyes: off" if body.get("four_eyes") == "off" else ""
    return _with(f"{body['event']} row {body.get('of')}{off}", body.get("note"))
