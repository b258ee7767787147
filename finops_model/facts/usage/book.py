"""The book of a usage folder: one JSON record per delivery, written last, never changed; and which rows are in force.

A row of one job or request has a name (x_Name): the newest delivery of that name counts, and others stay. Any other row is known
by its scope (importer, provider, account, day in UTC): the newest delivery of a scope counts, unless it was added (--append).
"""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...documents import sha256_of, write_atomic
from ...errors import LedgerError
from ...schemas import NEWEST, check_schema
from .judged import SCHEMA

RECORD = NEWEST["usage record"]
IDENTITY = ("x_Model", "SkuMeter", "x_Key", "x_Job", "x_Tier", "ResourceId", "Tags")
RESTORE = "Restore it from a backup, or deliver the usage again into a new folder."


def read_book(root: Path) -> list[dict]:
    """The records of a usage folder, oldest first; raises LedgerError for one that is damaged or missing."""
    records: list[dict] = []
    for path in sorted((root / "manifest").glob("[0-9]*.json")):
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
            check_schema("usage record", record["schema"], str(path), LedgerError)
            if record["delivery"] != len(records) + 1:
                raise ValueError(f"delivery {record['delivery']} where {len(records) + 1} is due")
            for file in record["files"]:
                (file["name"], file["sha256"], file["part"], file["rows"], file["quarantine"])
        except (ValueError, KeyError, TypeError) as problem:
            raise LedgerError(
                f"{path}: the record of a delivery of usage is damaged ({problem}). {RESTORE}"
            ) from None
        except OSError as problem:
            raise LedgerError(
                f"{path}: cannot be read ({problem.strerror}). Check its permissions."
            ) from None
        records.append(record)
    return records


def commit(root: Path, record: dict) -> None:
    """Write the record of a delivery: from here on it has happened."""
    text = json.dumps(record, indent=1, sort_keys=True, ensure_ascii=False)
    write_atomic(root / "manifest" / f"{record['delivery']:06d}.json", text + "\n")


def read_parts(root: Path, records: list[dict]) -> pa.Table:
    """Every row ever accepted, each part held against its record."""
    tables = [SCHEMA.empty_table()]
    for record in records:
        for file in record["files"]:
            if not file["part"]:
                continue
            path = root / file["part"]
            try:
                if sha256_of(path) != file["part_sha256"]:
                    raise LedgerError(f"{path}: was changed after it was written. {RESTORE}")
                with path.open("rb") as opened:
                    table = pq.read_table(opened).cast(SCHEMA)
            except (OSError, pa.ArrowException) as problem:
                raise LedgerError(
                    f"{path}: a part of the usage cannot be read ({str(problem).splitlines()[0][:120]}). {RESTORE}"
                ) from None
            added = pa.array([record["append"]] * table.num_rows, pa.bool_())
            tables.append(table.append_column("x_Added", added))
    return pa.concat_tables(tables, promote_options="default")


def names(table: pa.Table) -> pa.Array:
    """What a row is known by: of a job or request its name, else its scope."""
    named = pc.not_equal(table["x_Name"], "")
    of_one = _joined(table, ("x_Source", "ServiceProviderName", "x_Name"))
    day = pc.strftime(table["UsageStart"], "%Y-%m-%d")
    scope = _joined(table, ("x_Source", "ServiceProviderName", "SubAccountId"), day)
    return pc.if_else(
        named,
        pc.binary_join_element_wise("one", of_one, "\x1f"),
        pc.binary_join_element_wise("scope", scope, "\x1f"),
    )


def identities(table: pa.Table) -> pa.Array:
    """What tells a row of a scope from the others of it."""
    times = [pc.cast(pc.cast(table[name], pa.int64()), pa.string()) for name in TIMES]
    return pc.binary_join_element_wise(names(table), _joined(table, IDENTITY, *times), "\x1f")


TIMES = ("UsageStart", "UsageEnd")


def _joined(table: pa.Table, columns, *more) -> pa.Array:
    return pc.binary_join_element_wise(*(table[name] for name in columns), *more, "\x1f")


def in_force(table: pa.Table) -> pa.Table:
    """The rows that count, of all that `read_parts` gives."""
    if not table.num_rows:
        return table.select(SCHEMA.names)
    name = names(table)
    one = pc.starts_with(name, "one\x1f")
    first = pc.if_else(
        one,
        table["x_Order"],
        pc.if_else(table["x_Added"], pa.scalar(0, pa.int64()), table["x_Delivery"]),
    )
    newest = pa.table({"name": name, "first": first}).group_by("name").aggregate([("first", "max")])
    at = pc.index_in(name, newest["name"])
    since = pc.take(newest["first_max"], at)
    counts = pc.greater_equal(pc.if_else(one, table["x_Order"], table["x_Delivery"]), since)
    return table.filter(counts).select(SCHEMA.names)
