"""The reasons a row of a bill is refused, and what is worth a warning (docs/method §13).

A table of text cells under FOCUS 1.4 names comes in; accepted rows (typed: DECIMAL(28,10), UTC times, canonical tags)
and refused rows (row, column, reason, raw text) go out. Money is never a float. The first problem of a row counts, in
the order of this file. Nothing here reads a clock.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..intake.files import cells
from ..intake.files.textcells import MAX_CELL, MAX_RAW

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
NUMBERS = (*COSTS, "ConsumedQuantity")
TIMES = ("ChargePeriodStart", "ChargePeriodEnd", "BillingPeriodStart", "BillingPeriodEnd")
TEXTS = (
    "BillingAccountId",
    "ServiceProviderName",
    "InvoiceIssuerName",
    "ServiceName",
    "ServiceCategory",
    "SkuId",
    "SkuMeter",
    "RegionId",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "PricingCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ConsumedUnit",
    "BillingCurrency",
    "x_Model",
)
BELOW = "x_SourceBelowZero"  # filled where an importer says itself why usage is below zero
REASON = "x_SourceRefused"  # why a table reader could not make a row of a line, '' for all others
MONEY = pa.decimal128(28, 10)
DAY = 86_400_000_000
YEAR, LONGEST = (
    366 * DAY,
    3_660 * DAY,
)  # a charge may start a year after its billing period; last ten years
REFUSED = pa.schema(
    [
        ("x_Row", pa.int64()),
        ("x_Column", pa.string()),
        ("x_Kind", pa.string()),
        ("x_Reason", pa.string()),
        ("BilledCost", pa.string()),
        ("BillingCurrency", pa.string()),
        ("InvoiceIssuerName", pa.string()),
        ("BillingAccountId", pa.string()),
        ("x_Period", pa.string()),
        ("x_Raw", pa.string()),
    ]
)


@dataclass
class Finding:
    """A warning about rows that were accepted: how many, which (the first 1,000), and why."""

    column: str
    reason: str
    count: int = 0
    rows: list[int] = field(default_factory=list)

    def add(self, rows: np.ndarray) -> None:
        self.count += len(rows)
        self.rows += rows[: 1000 - len(self.rows)].tolist()


@dataclass
class Judged:
    accepted: pa.Table
    refused: pa.Table
    hashes: np.ndarray  # (row,) of all rows, uint64: equal for identical rows


class _Rows:
    """First problem of each row."""

    def __init__(self, table: pa.Table, findings: dict):
        self.table, self.findings = table, findings
        self.numbers = table.column("x_Row").to_numpy()
        n = table.num_rows
        self.bad = np.zeros(n, bool)
        self.column, self.kind, self.reason = (np.full(n, "", object) for _ in range(3))

    def refuse(self, where: np.ndarray, column: str, kind: str, reason) -> None:
        """Blame the rows of a mask that have no problem yet; `reason` is a text or one text per row."""
        index = np.flatnonzero(where & ~self.bad)
        self.bad[index] = True
        self.column[index], self.kind[index] = column, kind
        self.reason[index] = reason if isinstance(reason, str) else reason[index]

    def warn(self, where: np.ndarray, column: str, reason: str) -> None:
        index = np.flatnonzero(where & ~self.bad)
        if len(index):
            self.findings.setdefault((column, reason), Finding(column, reason)).add(
                self.numbers[index]
            )

    def distinct(self, column: str) -> tuple[np.ndarray, list]:
        """(code of each row, distinct values); a missing column is all null."""
        if column not in self.table.schema.names:
            return np.zeros(len(self.bad), np.int64), [None]
        coded = self.table.column(column).cast(pa.string()).combine_chunks()
        coded = (coded.chunk(0) if isinstance(coded, pa.ChunkedArray) else coded).dictionary_encode(
            null_encoding="encode"
        )
        return coded.indices.to_numpy(zero_copy_only=False).astype(
            np.int64
        ), coded.dictionary.to_pylist()


@cache
def _engine(process: int) -> duckdb.DuckDBPyConnection:
    """One engine a process: to start one costs 18 ms of CPU, which is most of what a small bill costs."""
    engine = duckdb.connect()
    engine.execute("SET preserve_insertion_order = true; SET threads = 2")
    return engine


def queries() -> duckdb.DuckDBPyConnection:
    """A connection of its own, in memory, to be closed by `with`: what is registered in it is seen by no other. Times are UTC."""
    connection = _engine(os.getpid()).cursor()
    connection.execute("SET TimeZone = 'UTC'")
    return connection


def judge(table: pa.Table, findings: dict[tuple[str, str], Finding]) -> Judged:
    """Judge a table of text cells with `x_Row`; warnings are added to `findings`."""
    own = [name for name in (REASON, BELOW) if name in table.schema.names]
    reasons = table.column(REASON).to_pylist() if REASON in own else []
    said = np.array(table.column(BELOW).to_pylist() if BELOW in own else [""])
    rows = _Rows(table.drop_columns(own), findings)
    table = rows.table
    if any(reasons):
        rows.refuse(
            np.array([bool(reason) for reason in reasons]),
            "",
            "unreadable line",
            np.array([reason or "" for reason in reasons], object),
        )
    _readable(rows)
    times = _times(rows)
    currency = _mapped(rows, "BillingCurrency", cells.parse_currency, "unknown currency")
    category = _mapped(rows, "ChargeCategory", cells.parse_category, "unknown charge category")
    codes, words = rows.distinct("ChargeCategory")
    refund = np.array([(word or "").strip().casefold() == "refund" for word in words], bool)
    numbers, hashes = _numbers(rows)
    rows.warn(refund[codes], "ChargeCategory", "Refund is no category of FOCUS: kept as Credit")
    texts = {
        name: _words(rows, name)
        for name in TEXTS
        if name not in ("BillingCurrency", "ChargeCategory", "x_Model")
    }
    tags, model = _tags(rows), _model(rows)
    _look_twice(rows, numbers, texts, category, said == "")
    good = pa.array(~rows.bad)
    columns = {name: numbers[name] for name in NUMBERS}
    columns |= {name: pa.array(times[name], pa.timestamp("us")) for name in TIMES}
    columns |= texts | {
        "BillingCurrency": currency,
        "ChargeCategory": category,
        "Tags": tags,
        "x_Model": model,
    }
    columns |= {name: table.column(name) for name in table.schema.names if name not in columns}
    columns["x_Period"] = _taken(times["BillingPeriodStart"], cells.period_label)
    return Judged(
        pa.table(columns).filter(good), _refused(rows, times["BillingPeriodStart"]), hashes
    )


def _readable(rows: _Rows) -> None:
    for name in rows.table.schema.names:
        column = rows.table.column(name)
        if not pa.types.is_string(column.type):
            continue
        long = pc.fill_null(pc.greater(pc.binary_length(column), MAX_CELL), False)
        if pc.any(long).as_py():
            sizes = pc.fill_null(pc.utf8_length(column), 0).to_numpy()
            where = sizes > MAX_CELL
            texts = np.array(
                [f"a cell of {size:,} characters; at most {MAX_CELL:,}" for size in sizes], object
            )
            rows.refuse(where, name, "cell too long", texts)
        zero = pc.fill_null(pc.match_substring(column, "\x00"), False)
        if pc.any(zero).as_py():
            rows.refuse(zero.to_numpy(), name, "NUL byte", "contains a NUL byte")


def _times(rows: _Rows) -> dict[str, np.ndarray]:
    """Microseconds since 1970 in UTC of the four times; also every rule about periods."""
    times = {}
    for name in TIMES:
        codes, values = rows.distinct(name)
        parsed = [cells.parse_time(value) for value in values]
        problems = np.array([problem for _, _, problem in parsed], object)
        kinds = np.array([problem != "" for problem in problems], bool)
        if kinds.any():
            rows.refuse(kinds[codes], name, "no usable date", problems[codes])
        times[name] = np.array([micros or 0 for micros, _, _ in parsed], np.int64)[codes]
        naive = np.array([flag == "naive" for _, flag, _ in parsed], bool)
        if naive.any():
            rows.warn(naive[codes], name, "times without an offset are read as UTC")
    start, end = times["ChargePeriodStart"], times["ChargePeriodEnd"]
    bill, last = times["BillingPeriodStart"], times["BillingPeriodEnd"]
    rows.refuse(
        end < start, "ChargePeriodEnd", "reversed period", "the charge period ends before it starts"
    )
    rows.refuse(
        last < bill,
        "BillingPeriodEnd",
        "reversed period",
        "the billing period ends before it starts",
    )
    rows.refuse(
        start > last + YEAR,
        "ChargePeriodStart",
        "far future",
        "the charge starts more than a year after its billing period ends",
    )
    rows.refuse(
        end - start > LONGEST,
        "ChargePeriodEnd",
        "far future",
        "the charge lasts more than ten years",
    )
    rows.warn(
        end == start,
        "ChargePeriodEnd",
        "the charge period has no length: charged to the day it starts",
    )
    return times


def _mapped(rows: _Rows, name: str, read: Callable, kind: str) -> pa.Array:
    codes, values = rows.distinct(name)
    read_values = [read(value) for value in values]
    bad = np.array([problem != "" for _, problem in read_values], bool)
    if bad.any():
        rows.refuse(
            bad[codes], name, kind, np.array([problem for _, problem in read_values], object)[codes]
        )
    return pa.array([word for word, _ in read_values], pa.string()).take(pa.array(codes))


def _numbers(rows: _Rows) -> tuple[dict[str, pa.Array], np.ndarray]:
    """DECIMAL(28,10) of the costs and the quantity, and a hash of each row; a rule for every number that is none."""
    have = [name for name in NUMBERS if name in rows.table.schema.names]
    asked = ", ".join(
        f"CASE WHEN contains({_q(n)}, '_') THEN NULL ELSE try_cast({_q(n)} AS DECIMAL(28,10)) END AS {_q(n)}"
        for n in have
    )
    hashed = ", ".join(
        _q(name)
        for name in sorted(rows.table.schema.names)
        if name not in ("x_Row", "x_SourceLine")
    )
    with queries() as connection:
        connection.register("cells", rows.table)
        parsed = connection.sql(
            f"SELECT {asked}, hash({hashed}) AS x_Hash FROM cells"
        ).to_arrow_table()
    numbers = {name: pa.nulls(rows.table.num_rows, MONEY) for name in NUMBERS if name not in have}
    for name in have:
        numbers[name] = parsed.column(name).combine_chunks()
        _judge_number(rows, name, numbers[name])
    return numbers, parsed.column("x_Hash").to_numpy()


def _judge_number(rows: _Rows, name: str, values) -> None:
    gone = values.is_null().to_numpy(zero_copy_only=False)
    if not gone.any():
        return
    codes, words = rows.distinct(name)
    needed = name in ("BilledCost", "EffectiveCost")
    reasons = np.full(len(words), "", object)
    kinds = np.full(len(words), "", object)
    for code in np.unique(codes[gone]):
        kinds[code], reasons[code] = cells.number_problem(words[code], needed)
    for kind in {kind for kind in kinds if kind}:
        rows.refuse(gone & (kinds == kind)[codes], name, kind, reasons[codes])


def _words(rows: _Rows, name: str) -> pa.Array:
    codes, values = rows.distinct(name)
    plain = [
        "" if value is None or value.strip().upper() == "NULL" else value.strip()
        for value in values
    ]
    if name == "ChargeClass":
        plain = ["Correction" if word.casefold() == "correction" else word for word in plain]
    return pa.array(plain, pa.string()).take(pa.array(codes))


def _tags(rows: _Rows) -> pa.Array:
    codes, values = rows.distinct("Tags")
    read = [cells.parse_tags(value) for value in values]
    for problem in sorted({problem for _, problem in read if problem}):
        where = np.array([each == problem for _, each in read], bool)
        rows.warn(where[codes], "Tags", f"{problem}: kept as untagged")
    odd = np.array([cells.looks_odd(tags) for tags, _ in read], object)
    for reason in sorted(set(odd) - {""}):
        rows.warn(
            (odd == reason)[codes],
            "Tags",
            f"{reason}: names that look alike are counted separately",
        )
    return pa.array([tags for tags, _ in read], pa.string()).take(pa.array(codes))


def _model(rows: _Rows) -> pa.Array:
    """x_Model: ModelId of SkuPriceDetails, else the file's x_Model, else ''."""
    codes, values = rows.distinct("SkuPriceDetails")
    said = pa.array([cells.model_of(value) for value in values], pa.string()).take(pa.array(codes))
    return pc.if_else(pc.equal(said, ""), _words(rows, "x_Model"), said)


def _look_twice(rows: _Rows, numbers, texts, category, unsaid: np.ndarray) -> None:
    usage = pc.equal(category, "Usage").to_numpy(zero_copy_only=False)
    plain = (
        usage
        & unsaid
        & ~pc.equal(texts["ChargeClass"], "Correction").to_numpy(zero_copy_only=False)
    )
    below = {
        name: pc.fill_null(pc.less(numbers[name], pa.scalar(0, MONEY)), False).to_numpy(
            zero_copy_only=False
        )
        for name in ("EffectiveCost", "BilledCost")
    }
    once = below | {"BilledCost": below["BilledCost"] & ~below["EffectiveCost"]}
    for name, here in once.items():
        rows.warn(plain & here, name, "negative usage without ChargeClass=Correction")
    rows.warn(
        pc.equal(texts["ServiceName"], "").to_numpy(zero_copy_only=False),
        "ServiceName",
        "is empty: the charge is kept",
    )
    for name in (
        "ServiceName",
        "ServiceProviderName",
        "InvoiceIssuerName",
        "BillingAccountId",
        "SkuId",
    ):
        codes, values = rows.distinct(name)
        odd = np.array([cells.looks_odd(value) for value in values], object)
        for reason in sorted(set(odd) - {""}):
            rows.warn(
                (odd == reason)[codes],
                name,
                f"{reason}: names that look alike are counted separately",
            )


def _taken(micros: np.ndarray, label: Callable[[int], str]) -> pa.Array:
    known, codes = np.unique(micros, return_inverse=True)
    return pa.array([label(int(value)) for value in known], pa.string()).take(pa.array(codes))


def _refused(rows: _Rows, bill: np.ndarray) -> pa.Table:
    index = np.flatnonzero(rows.bad)
    picked = rows.table.take(pa.array(index))
    cell = picked.to_pydict() if len(index) else {}
    names = [name for name in rows.table.schema.names if name != "x_Row"]
    raw = [
        json.dumps(
            {name: cell[name][i] for name in names if cell[name][i] is not None}, ensure_ascii=False
        )[:MAX_RAW]
        for i in range(len(index))
    ]

    def column(name):
        return (
            [(cell[name][i] or "").strip()[:200] for i in range(len(index))]
            if name in cell
            else [""] * len(index)
        )

    periods = [cells.period_label(int(micros)) if micros else "" for micros in bill[index]]
    return pa.table(
        [
            rows.numbers[index],
            rows.column[index].tolist(),
            rows.kind[index].tolist(),
            rows.reason[index].tolist(),
            column("BilledCost"),
            column("BillingCurrency"),
            column("InvoiceIssuerName"),
            column("BillingAccountId"),
            periods,
            raw,
        ],
        schema=REFUSED,
    )


def _q(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
