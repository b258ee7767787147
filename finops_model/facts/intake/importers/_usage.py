"""What usage importers share: rows of meters, source rows counted, what is refused said; the text cells that facts/usage/ judges.

A source row becomes a row per meter, all with its x_Row. Counts that a vendor nests are taken apart before (cached tokens out of
input), so that the meters of a row add up and no token is in two.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

import pyarrow as pa

from ....errors import FinOpsError, InputError
from .. import vendors
from ..files.readers import Source, head_text
from ..files.text import BrokenRow, decode, read_json, short
from ..vendors import squash
from . import Usage
from ._sign import Record

COLUMNS = (
    "UsageStart",
    "UsageEnd",
    "ServiceProviderName",
    "x_Model",
    "SkuMeter",
    "ConsumedQuantity",
    "ConsumedUnit",
    "SubAccountId",
    "ResourceId",
    "x_Key",
    "x_Job",
    "x_Request",
    "x_Name",  # of a record that a later delivery of the same name replaces; '' for a sum of a day
    "x_Tier",
    "Tags",
    "x_EstimatedCost",
    "BillingCurrency",
    "x_Column",  # of a refused source row: where, and why
    "x_Reason",
)
TOKENS = ("input", "cached_input", "cache_write", "cache_write_5m", "cache_write_1h", "output")
AUDIO = ("input_audio", "output_audio")  # tokens too, with prices of their own
UNITS = {
    **dict.fromkeys((*TOKENS, *AUDIO, "reasoning"), "Tokens"),
    "requests": "Requests",
    "web_searches": "Queries",
    "gpu_hours_allocated": "GPU-Hours",
    "gpu_hours_used": "GPU-Hours",
    "gpu_hours_paid": "GPU-Hours",
    "gpu_hours_measured": "GPU-Hours",
    "gpu_hours_engine_active": "GPU-Hours",
    "allocation_hours": "Hours",
    "gpu_utilization": "Ratio",  # a level, never added up
    "gpu_engine_active": "Ratio",
}
NOTHING = (None, "", 0, "0", "0.0")
BATCH = 50_000
LARGEST, SMALLEST = Decimal(10) ** 18, Decimal(10) ** -30  # 1e-999999999 would be written out


class Refused(Exception):
    """A source row that cannot be read: its column, and why."""

    def __init__(self, column: str, reason: str):
        super().__init__(f"{column}: {reason}")
        self.column, self.reason = column, reason


class Left(Exception):
    """A source row that is left out on purpose; the text says why, for the count."""


def collect(
    source: Source,
    version: str,
    records: Iterable[dict],
    rows_of: Callable[[dict], list[dict]],
    notes: Iterable[str] = (),
) -> Usage:
    """A Usage of records, read as they are taken.

    records   each with x_Row; rows_of gives its rows, raises Refused or Left
    """
    usage = Usage(iter(()), version, list(notes))
    usage.batches = _batches(usage, records, rows_of)
    return usage


def _batches(usage: Usage, records, rows_of) -> Iterator[pa.Table]:
    rows: list[dict] = []
    for record in records:
        usage.rows_in += 1
        try:
            ours = rows_of(record)
            if not ours:
                raise Left("without usage")
        except Refused as problem:
            ours = [{"x_Column": problem.column, "x_Reason": problem.reason}]
        except OverflowError:  # a step behind 9999-12-31, a time before year 1
            ours = [{"x_Column": "", "x_Reason": "holds a time beyond all calendars"}]
        except Left as why:
            usage.left[str(why)] = usage.left.get(str(why), 0) + 1
            continue
        rows += [{**row, "x_Row": record["x_Row"]} for row in ours]
        if len(rows) >= BATCH:
            yield table(rows)
            rows = []
    if rows:
        yield table(rows)


def table(rows: list[dict]) -> pa.Table:
    """Rows as text cells; what a row does not say is ''."""
    columns = {
        name: pa.array([_cell(row.get(name)) for row in rows], pa.string()) for name in COLUMNS
    }
    return pa.table({**columns, "x_Row": pa.array([row["x_Row"] for row in rows], pa.int64())})


def _cell(value) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else str(value)
    return text.encode("utf-8", "backslashreplace").decode() if not text.isascii() else text


def metered(base: dict, meters: dict[str, Decimal], cost=None, currency: str = "USD") -> list[dict]:
    """A row per meter that counted something; the tool's own estimate of money stands on the first of them.

    >>> [row["SkuMeter"] for row in metered({}, {"input": Decimal(5), "output": Decimal(0)})]
    ['input']
    """
    rows = [
        {
            **base,
            "SkuMeter": meter,
            "ConsumedQuantity": f"{quantity:f}",
            "ConsumedUnit": UNITS[meter],
        }
        for meter, quantity in meters.items()
        if quantity
    ]
    if rows and cost not in (None, ""):
        rows[0] |= {"x_EstimatedCost": cost, "BillingCurrency": currency}
    return rows


def count(record: dict, name: str, missing: str = "0") -> Decimal:
    """A count of a record, exact; raises Refused for what is none, or is below zero."""
    value = record.get(name)
    cell = missing if value in (None, "") else value
    try:
        number = Decimal(cell if isinstance(cell, str) else str(cell))
    except (InvalidOperation, ValueError):
        raise Refused(name, f"{quoted(cell)} is no count") from None
    if not number.is_finite() or number < 0 or number > LARGEST or 0 < number < SMALLEST:
        raise Refused(name, f"{quoted(cell)} is no count")
    return number


def refuse_unknown_tokens(record: dict, known: Iterable[str], above: str = "") -> None:
    """Raises Refused for a field that counts tokens of a kind that is not known here: they would be lost.

    >>> refuse_unknown_tokens({"output_tokens": 5, "thinking_tokens": 0}, ["output_tokens"])
    """
    known = frozenset(map(squash, known))
    for name, value in record.items():
        word = squash(name)
        if not ("tokens" in word or "tokencount" in word) or word in known:
            continue
        if not isinstance(value, (dict, list)) and value not in NOTHING:
            raise Refused(
                f"{above}{name}", f"{quoted(value)}: a kind of tokens that is not known here"
            )


def quoted(cell: Any) -> str:
    """A cell in a reason, short, on one line.

    >>> quoted("a\\nb")
    "'a b'"
    """
    return f"'{short(str(cell), 40)}'"


def without(record: dict, whole: str, *parts: str) -> Decimal:
    """What is left of a count without its parts; raises Refused where they are more than it."""
    total, inside = count(record, whole), sum((count(record, name) for name in parts), Decimal(0))
    if inside > total:
        raise Refused(
            whole, f"holds {total:f}, and {' and '.join(parts)}, a part of it, {inside:f}"
        )
    return total - inside


def moment(value: Any) -> str:
    """Seconds since 1970 (UTC) as ISO; any other text stays as it is, to be judged.

    >>> moment("1767225600"), moment("2026-01-01T00:00:00Z")
    ('2026-01-01T00:00:00Z', '2026-01-01T00:00:00Z')
    """
    text = "" if value is None else str(value)
    if re.fullmatch(r"\d{9,11}(\.\d+)?", text):
        seconds = Decimal(text)
        whole = dt.datetime.fromtimestamp(int(seconds), dt.UTC)
        micro = int((seconds - int(seconds)) * 1_000_000)
        stamp = whole.replace(microsecond=micro).isoformat()
        return stamp.replace("+00:00", "Z")
    return text


def key(value: Any) -> str:
    """The name of an API key; a key itself is never kept, only 12 digits of its hash.

    >>> key("key_1"), key("sk-ant-api03-abcdefghijklmnop")[:7]
    ('key_1', 'sha256:')
    """
    text = "" if value is None else str(value)
    if re.match(r"(sk|pk|rk|Bearer)[-_ ][A-Za-z0-9_\-]{12,}", text) and "..." not in text:
        return f"sha256:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
    return text


def tags(**named: Any) -> str:
    """Tags as JSON; those that say nothing are left out, '' where none is left."""
    kept = {name: str(value) for name, value in named.items() if value not in (None, "", [], {})}
    return json.dumps(kept, ensure_ascii=False, sort_keys=True) if kept else ""


def words(source: Source) -> frozenset[str]:
    """Headings or keys of a source, squashed: of a JSON document down to its records. To know a file by, at the cost of its head."""
    try:
        heads = vendors.heads(source)
    except (FinOpsError, ValueError, TypeError, AttributeError):
        return frozenset()
    if source.kind != "csv":
        return heads[0].words if heads else frozenset()
    first = next((line for line in head_text(source).splitlines() if line.strip()), "")
    return frozenset(word for one in vendors.of_text(first + "\n") for word in one.words)


def has(source: Source, *sign: str) -> bool:
    """Whether a source has all headings or keys of a sign, whatever their case and marks."""
    return {squash(name) for name in sign} <= words(source)


def flat(record: dict) -> dict[str, Any]:
    """A record by squashed key, as a table has it; null is ''."""
    return {squash(name): "" if value is None else value for name, value in record.items()}


def objects(source: Source, drop: frozenset[str] = frozenset()) -> Iterator[Record]:
    """The records of JSON lines, of a JSON list, or of the list 'data' of a document; what is no record goes to source.broken.

    drop   keys that are never looked at (prompts): they are taken out at once and stand in no cell and no reason
    """
    source.broken.clear()
    if source.kind == "jsonl":
        items = _lines(source)
    else:
        document = source.document
        listed = document.get("data") if isinstance(document, dict) else document
        if not isinstance(listed, list):
            raise InputError(f"{source.name}: holds no list of records. Export it again.")
        items = enumerate(listed, 1)
    for number, item in items:
        if isinstance(item, dict):
            kept = {name: value for name, value in item.items() if name not in drop}
            yield Record({**kept, "x_Row": number}, f"{source.name}: record {number}")
        elif item is not None:
            source.broken.append(BrokenRow(number, "", "not JSON", "is no JSON object", ""))


def rows(source: Source, keep: frozenset[str], drop: frozenset[str]) -> Iterator[dict]:
    """The rows of a table or of JSON by squashed heading, '' for nothing; of a table only the columns of `keep` are looked at."""
    if source.kind in ("json", "jsonl"):
        for record in objects(source, drop):
            yield {**flat(record), "x_Row": record["x_Row"]}
        return
    for batch in source.batches():
        names = {squash(name): name for name in batch.schema.names if squash(name) in keep}
        columns = {word: batch.column(name).to_pylist() for word, name in names.items()}
        for i, number in enumerate(batch.column("x_Row").to_pylist()):
            row = {word: (cells[i] or "").strip() for word, cells in columns.items()}
            yield {**row, "x_Row": number}


def nested(value: Any) -> dict:
    """A JSON object, also where a table holds it as text; {} for anything else."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            value = read_json(value)
        except (ValueError, RecursionError):
            return {}
    return value if isinstance(value, dict) else {}


class Once:
    """Names that may come once in a file; 8 bytes of a hash each."""

    def __init__(self) -> None:
        self.seen: set[bytes] = set()

    def check(self, column: str, name: str, said: str = "") -> None:
        """Raises Refused for a name that came before; `said` is what the reason calls it."""
        mark = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
        if mark in self.seen:
            raise Refused(column, f"duplicate {column} {short(said or name, 60)}")
        self.seen.add(mark)


def _lines(source: Source) -> Iterator[tuple[int, Any]]:
    number = 0
    for line in decode(source).split("\n"):
        if not line.strip():
            continue
        number += 1
        try:
            yield number, read_json(line)
        except (ValueError, RecursionError):
            yield number, "no JSON"
