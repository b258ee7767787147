"""What a delivery meets in the ledger, scope by scope (docs/method §13.21).

A scope is one sub-account of an (issuer, billing account, billing period). A charge is known by its charge period, SKU,
resource, charge category and tags, never by its amounts. A delivered scope that has a charge in common with what is there
restates it; one that has none could be a further part, so somebody must say; a scope that was not there is added; a scope
that is not delivered stays.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ..intake.files.cells import parse_time
from .checks import queries
from .receipt import Money, add, plain, trimmed

COLUMNS = [
    "SubAccountId",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "SkuId",
    "ResourceId",
    "ChargeCategory",
    "Tags",
    "ServiceName",
    "RegionId",
    "x_Model",
    "BillingCurrency",
    "BilledCost",
    "EffectiveCost",
    "x_ExportTime",
]
MAY_LEAVE = Decimal("0.05")


@dataclass
class Rows:
    """Ledger rows of one source: what tells them apart, and their money."""

    source: str  # sha256 of the delivered file
    scopes: np.ndarray  # (row,) sub-account, '' where there is none
    charges: np.ndarray  # (row,) uint64: what a charge is known by
    days: np.ndarray  # (row,) int64: the day its charge period starts on (UTC)
    table: pa.Table  # BillingCurrency, BilledCost, EffectiveCost
    exported: str = ""  # when the newest of them was exported (UTC), where the export says so

    @cached_property
    def places(self) -> dict[str, np.ndarray]:
        """{sub-account: positions of its rows}."""
        words, codes = (
            np.unique(self.scopes.astype(str), return_inverse=True)
            if len(self.scopes)
            else (np.array([], str), np.array([], int))
        )
        order = np.argsort(codes, kind="stable")
        ends = np.searchsorted(codes[order], np.arange(1, len(words) + 1))
        return {
            str(word): order[start:end]
            for word, start, end in zip(words, [0, *ends[:-1]], ends, strict=True)
        }

    def of(self, scope: str) -> np.ndarray:
        """Positions of a sub-account's rows."""
        return self.places.get(scope, np.array([], np.int64))

    def money_of(self, at: np.ndarray) -> pa.Table:
        return self.table.take(pa.array(at))


def rows_of(source: str, table: pa.Table) -> Rows:
    """The rows of a table of accepted rows, ready to be compared. A row without SKU is known by its service, region and model."""
    have = {name: name in table.schema.names for name in COLUMNS}
    text = {
        name: f"coalesce(trim(CAST({name} AS VARCHAR)), '')" if have[name] else "''"
        for name in COLUMNS
    }
    bare = {
        name: f"CASE WHEN upper({text[name]}) = 'NULL' THEN '' ELSE {text[name]} END"
        for name in ("SubAccountId", "ResourceId")
    }
    sku = f"CASE WHEN {text['SkuId']} = '' THEN {text['ServiceName']} || chr(31) || {text['RegionId']} || chr(31) || {text['x_Model']} ELSE {text['SkuId']} END"
    known = f"ChargePeriodStart, ChargePeriodEnd, {sku}, {bare['ResourceId']}, ChargeCategory"
    cells = table.select([name for name in COLUMNS if have[name]])
    if have["Tags"]:
        coded = cells.column("Tags").combine_chunks().dictionary_encode()
        words = pa.array([_sorted(word) for word in coded.dictionary.to_pylist()], pa.string())
        cells = cells.set_column(
            cells.schema.get_field_index("Tags"), "Tags", words.take(coded.indices)
        )
    with queries() as connection:
        connection.register("cells", cells)
        known_by = connection.sql(
            f"SELECT {bare['SubAccountId']} AS scope, hash({known}, {text['Tags']}) AS charge, CAST(floor(epoch(ChargePeriodStart) / 86400) AS BIGINT) AS day "
            "FROM cells"
        ).to_arrow_table()
    scopes = np.array(known_by.column("scope").to_pylist(), dtype=object)
    return Rows(
        source,
        scopes,
        known_by.column("charge").to_numpy(),
        known_by.column("day").to_numpy().astype(np.int64),
        cells.select(["BillingCurrency", "BilledCost", "EffectiveCost"]),
        _exported(cells.column("x_ExportTime")) if have["x_ExportTime"] else "",
    )


def _exported(column: pa.ChunkedArray) -> str:
    """The newest of the times that an export gives for itself, to the second; '' where none can be read."""
    times = (parse_time(cell) for cell in column.cast(pa.string()).unique().to_pylist())
    newest = max((micros for micros, _, _ in times if micros is not None), default=None)
    return "" if newest is None else str(np.datetime64(newest, "us").astype("datetime64[s]"))


def _sorted(tags: str | None) -> str | None:
    """Tags in the order of their names, so that two exports that write them in another order are alike."""
    try:
        return json.dumps(json.loads(tags), sort_keys=True) if tags else tags
    except (ValueError, RecursionError):
        return tags


def money(table: pa.Table, column: str = "BilledCost", size: bool = False) -> Money:
    """Exact sum of a cost column per currency; `size`: of the amounts without their sign."""
    amounts = table.column(column)
    sums = (
        pa.table({"c": table.column("BillingCurrency"), "a": pc.abs(amounts) if size else amounts})
        .group_by("c")
        .aggregate([("a", "sum")])
    )
    return {row["c"]: trimmed(row["a_sum"] or Decimal(0)) for row in sums.to_pylist()}


@dataclass(frozen=True)
class Doubt:
    """A scope of which nobody but its owner can say whether the delivery adds to it or replaces it."""

    where: str
    scope: str
    there: str  # what the ledger holds, in words
    why: str
    goes: tuple[str, ...] = ()  # sub-accounts that go if it replaces; none: its own
    comes: tuple[str, ...] = ()  # sub-accounts that take their place

    def __str__(self) -> str:
        at = f"{self.where} · sub-account {self.scope}" if self.scope else self.where
        return f"{at}: the ledger holds {self.there}, and {self.why}."


@dataclass
class Meeting:
    """What becomes of the rows in force of one (issuer, account, period). `gone` and `added` hold sub-accounts."""

    gone: dict[str, set[str]] = field(
        default_factory=dict
    )  # sub-account: sources of which its rows go
    restated: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)  # because somebody said so
    added: set[str] = field(default_factory=set)
    appended: set[str] = field(default_factory=set)
    doubts: list[Doubt] = field(default_factory=list)

    def goes(self, rows: Rows) -> np.ndarray:
        """(row,) whether each row of a source goes."""
        going = np.zeros(len(rows.scopes), bool)
        for scope, sources in self.gone.items():
            if rows.source in sources:
                going[rows.of(scope)] = True
        return going


def meet(
    where: str,
    there: list[Rows],
    new: list[Rows],
    delivered: set[str],
    listed: set[str],
    *,
    replace: bool = False,
    whole: bool = False,
    accept_decrease: bool = False,
) -> Meeting:
    """Compare the rows in force of a key with those that a delivery brings for it.

    delivered   sub-accounts of the delivery, also those of which every row was refused
    listed      sources (sha256) in force that the same delivery names again: they belong to it and stay, unless a new file restates them
    """
    meeting = Meeting()
    for scope in sorted(
        delivered | ({s for rows in there for s in rows.places} if whole else set())
    ):
        old = [rows for rows in there if len(rows.of(scope))]
        if not old:
            meeting.added.add(scope)
            if not (replace or whole):
                _nameless(meeting, where, scope, there, new)
            elif replace and (others := _alike_elsewhere(scope, there, new)):
                meeting.gone |= {other: {rows.source for rows in there} for other in others}
                meeting.added.discard(scope)
                meeting.replaced |= {scope, *others}
            continue
        unlisted = [rows for rows in old if rows.source not in listed]
        comes = _joined([rows.charges[rows.of(scope)] for rows in new])
        going = unlisted or [
            rows for rows in old if np.isin(comes, rows.charges[rows.of(scope)]).any()
        ]
        if not going:
            meeting.appended.add(scope)  # a further file of the same delivery
            continue
        alike = bool(
            np.isin(comes, _joined([rows.charges[rows.of(scope)] for rows in going])).any()
        )
        doubt = (
            None
            if replace or (whole and not len(comes))
            else _doubt(where, scope, going, new, alike or not len(comes), accept_decrease)
        )
        if doubt:
            meeting.doubts.append(doubt)
        (meeting.restated if alike else meeting.replaced).add(scope)
        meeting.gone[scope] = {rows.source for rows in going}
        _moved(
            meeting,
            where=where,
            scope=scope,
            there=there,
            new=new,
            delivered=delivered,
            replace=replace,
            whole=whole,
        )
    return meeting


def _moved(
    meeting: Meeting,
    *,
    where: str,
    scope: str,
    there: list[Rows],
    new: list[Rows],
    delivered: set[str],
    replace: bool,
    whole: bool,
) -> None:
    """A scope that is replaced, and takes charges with it that stood with (or without) a sub-account before and would stay there."""
    others = (
        []
        if whole
        else [name for name in _alike_elsewhere(scope, there, new) if name not in delivered]
    )
    if others and replace:
        meeting.gone |= {other: {rows.source for rows in there} for other in others}
        meeting.replaced |= {*others}
    elif others:
        _nameless(meeting, where, scope, there, new, others)


def _alike_elsewhere(scope: str, there: list[Rows], new: list[Rows]) -> list[str]:
    """Where a bill began or ceased to name sub-accounts: the old sub-accounts that hold charges which are new in a scope."""
    comes = _joined([rows.charges[rows.of(scope)] for rows in new])
    comes = np.setdiff1d(comes, _joined([rows.charges[rows.of(scope)] for rows in there]))
    others = sorted({name for rows in there for name in rows.places if bool(name) != bool(scope)})
    return [
        name
        for name in others
        if any(np.isin(comes, rows.charges[rows.of(name)]).any() for rows in there)
    ]


def _nameless(
    meeting: Meeting,
    where: str,
    scope: str,
    there: list[Rows],
    new: list[Rows],
    others: list[str] | None = None,
) -> None:
    """The same charges with and without a sub-account: nobody can tell whether they are meant to be there twice."""
    others = _alike_elsewhere(scope, there, new) if others is None else others
    if others:
        held = pa.concat_tables([rows.money_of(rows.of(name)) for name in others for rows in there])
        how = "under sub-accounts" if not scope else "without a sub-account"
        meeting.doubts.append(
            Doubt(
                where,
                scope,
                f"{counted(held.num_rows)} ({plain(money(held))}) {how}",
                "this delivery brings charges of them "
                f"again {'without one' if not scope else 'with one'}",
                tuple(others),
            )
        )
        meeting.gone |= {name: {rows.source for rows in there} for name in others}


def shared(new: Rows, there: list[Rows], scope: str) -> int:
    """How many rows of a sub-account are of charges that stand in one of the same name already."""
    return int(
        np.isin(
            new.charges[new.of(scope)], _joined([rows.charges[rows.of(scope)] for rows in there])
        ).sum()
    )


def unshared(rows: Rows, new: list[Rows], scope: str) -> np.ndarray:
    """Positions of a sub-account's rows whose charges stand in none of the same name in `new`."""
    at = rows.of(scope)
    return at[~np.isin(rows.charges[at], _joined([one.charges[one.of(scope)] for one in new]))]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts) if parts else np.array([], np.uint64)


def _doubt(
    where: str, scope: str, old: list[Rows], new: list[Rows], alike: bool, accept_decrease: bool
) -> Doubt | None:
    """Why a scope is not simply replaced: nothing in common, or more than 5 % of its money on days that would be empty."""
    held = pa.concat_tables([rows.money_of(rows.of(scope)) for rows in old])
    comes = (
        pa.concat_tables([rows.money_of(rows.of(scope)) for rows in new])
        if new
        else held.slice(0, 0)
    )  # every row was refused
    there = f"{counted(held.num_rows)} ({plain(money(held))})"
    if not alike:
        return Doubt(
            where,
            scope,
            there,
            f"this delivery brings {counted(comes.num_rows)} ({plain(money(comes))}) that have no charge in common "
            "with them (charge period, SKU, resource, category, tags)",
        )
    was, now = (max((rows.exported for rows in some), default="") for some in (old, new))
    if comes.num_rows and was and now and now < was:
        return Doubt(
            where,
            scope,
            there,
            f"they were exported at {was} UTC, and what this delivery brings before, at {now} UTC",
        )
    if accept_decrease or not comes.num_rows:
        return None  # the fall is asked about elsewhere
    days = _joined([rows.days[rows.of(scope)] for rows in new])
    leaves = pa.concat_tables(
        [
            rows.money_of(at[~np.isin(rows.days[at], days)])
            for rows in old
            for at in [rows.of(scope)]
        ]
    )
    for column in ("BilledCost", "EffectiveCost"):
        before, lost = money(held, column, size=True), money(leaves, column, size=True)
        if any(amount > MAY_LEAVE * before[currency] for currency, amount in lost.items()):
            return Doubt(
                where,
                scope,
                there,
                f"{counted(leaves.num_rows)} of them ({plain(money(leaves))}) are of days of which this delivery "
                "holds nothing, though it brings others of them again",
            )
    return None


def counted(rows: int) -> str:
    return f"{rows:,} {'row' if rows == 1 else 'rows'}"


def by_scope(there: list[Rows], meeting: Meeting) -> dict[str, tuple[int, Money]]:
    """{sub-account: (rows, BilledCost)} of what stays."""
    stays: dict[str, tuple[int, Money]] = {}
    for rows in there:
        for scope in (
            scope for scope in rows.places if rows.source not in meeting.gone.get(scope, ())
        ):
            part = rows.money_of(rows.of(scope))
            count, sums = stays.get(scope, (0, {}))
            stays[scope] = (count + part.num_rows, add(sums, money(part)))
    return stays
