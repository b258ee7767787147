"""A delivered file after judging: accepted rows by (issuer, account, billing period), refused rows, warnings."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LedgerError, several
from ...names import told_apart
from ..basis import BASES, Costs, column, said
from ..intake import importers
from ..intake.files import resaved
from ..intake.files.readers import Source
from ..intake.list_cost import ListCosts
from . import checks, proof, scopes
from .checks import Finding
from .manifest import Key, Version
from .receipt import Sources, Warned

SAME = "the same bytes as "
MAPPED = "table by mapping"  # format of a table that no importer knows
FAR, FEW = (
    50,
    3,
)  # times that amounts may differ from one month to the next unsaid; rows that say what is usual
MANY = 10  # rows of charges that two files of a delivery share: fewer are told, as many are asked about


@dataclass(kw_only=True)
class Read:
    """A file after judging."""

    source: Source
    status: str
    format: str
    rows_in: int
    tables: dict[Key, pa.Table]  # accepted rows by key
    refused: pa.Table  # with the key columns filled in where they can be known
    warnings: list[Warned]
    hashes: np.ndarray
    notes: list[str] = field(default_factory=list)
    sources: Sources = field(default_factory=Sources)
    costs: Costs = field(default_factory=Costs)  # which of the four costs it gives

    @property
    def accepted(self) -> int:
        return sum(table.num_rows for table in self.tables.values())

    @property
    def keys(self) -> set[Key]:
        return set(self.tables) | {key for key in keys_of(self.refused) if key[2]}


def called(sources: list[Source]) -> list[str]:
    """What the files of a delivery are called in it: of those of one name no two alike, as refused rows are known by the name of their file."""
    names = [source.name for source in sources]
    if len(set(names)) == len(names):
        return names
    places = (s.path if s.frame is None else s.frame.attrs.get("place") for s in sources)
    ends = told_apart([Path(place or s.name) for place, s in zip(places, sources, strict=True)])
    apart = [end if names.count(name) > 1 else name for name, end in zip(names, ends, strict=True)]
    first: dict[str, str] = {}  # name: sha256 of the file that has it
    for i, source in enumerate(sources):
        number, name = 1, apart[i]
        while first.setdefault(apart[i], source.sha256) != source.sha256:
            number += 1
            apart[i] = f"{name} ({number})"
    return apart


def same_bytes(name: str, other: str) -> Warned:
    """What is said of a file that a delivery holds twice."""
    return Warned(name, "", f"{SAME}{other}: counted once")


def read(
    source: Source, status: str, format: str | None = None, called: str = "", basis: str = ""
) -> Read:
    """A file, read (by the importer of that name, where one is given) and judged.

    called   its name in the ledger, where another file of the delivery has the same one
    basis    which cost an export holds that does not say it; '': Billed. Of a table its mapping says it
    """
    export = importers.read(source, format)
    findings: dict[tuple[str, str], Finding] = {}
    lines: list[pa.Table] = []  # of a table that a mapping reads: a line may become several rows
    judged, listed = list[checks.Judged](), ListCosts()
    for table in export.batches:
        if source.kind == "frame" and "x_SourceLine" in table.schema.names:
            lines.append(table.select(["x_Row", "x_SourceLine"]))
        judged.append(checks.judge(table, findings))
        listed.look(judged[-1].accepted)
    source = replace(source, name=called or source.name)  # its parts were known by the old name
    accepted = pa.concat_tables([part.accepted for part in judged], promote_options="default")
    broken = pa.Table.from_pylist(
        [
            {
                "x_Row": b.row,
                "x_Column": b.column,
                "x_Kind": b.kind,
                "x_Reason": b.reason,
                "x_Raw": b.raw,
                "BilledCost": "",
                "BillingCurrency": "",
                "InvoiceIssuerName": "",
                "BillingAccountId": "",
                "x_Period": "",
            }
            for b in source.broken
        ],
        schema=checks.REFUSED,
    )
    refused = pa.concat_tables([part.refused for part in judged] + [broken]).sort_by("x_Row")
    sources = _sources(accepted, [part.refused for part in judged], source, export, lines)
    tables = _by_key(accepted, source)
    unread = pc.equal(refused.column("x_Period"), "")
    refused = refused.set_column(
        refused.schema.get_field_index("x_Period"), "x_Period", _keyed(refused, set(tables))
    )
    if len(tables) == 1:  # a row without a readable period belongs to the only one of its file
        refused = _adopt(refused, unread, next(iter(tables)))
    refused = refused.add_column(
        0, "x_File", pa.array([source.name] * refused.num_rows, pa.string())
    )
    focus = export.version.startswith("FOCUS")
    not_known = export.not_known
    if basis and source.kind != "frame":
        not_known = said(basis, export.not_known, source.name)
        unsaid = [*export.not_known.values()]
        export.notes[:] = [*not_known.values(), *(n for n in export.notes if n not in unsaid)]
    divided = [] if focus else resaved.noted(source)
    told = [*source.notes, *export.notes, *divided]
    warnings = [Warned(source.name, "", note) for note in told]
    warnings += [
        Warned(source.name, f.column, f.reason, f.count, tuple(f.rows)) for f in findings.values()
    ]
    warnings += listed.warned(source.name)
    hashes = np.concatenate([part.hashes for part in judged])
    rows_in = accepted.num_rows + refused.num_rows
    names = ("x_Row", "x_Column", "x_Reason")
    why = zip(*(refused.column(name).to_pylist() for name in names), strict=True)
    resaved.refuse(source, rows_in, why, focus=focus)
    if not rows_in:
        warnings.append(Warned(source.name, "", "has a header and no rows"))
    distinct, counts = np.unique(hashes, return_counts=True)
    if again := len(hashes) - len(distinct):
        warnings.append(
            Warned(
                source.name,
                "",
                f"{several(again, 'row')} {'repeats' if again == 1 else 'repeat'} an identical row of the file "
                f"({several(int((counts > 1).sum()), 'different one')}); all are kept",
            )
        )
    return Read(
        source=source,
        status=status,
        format=export.version,
        rows_in=rows_in,
        tables=tables,
        refused=refused,
        warnings=warnings,
        hashes=distinct,
        notes=[*source.notes, *export.notes],
        sources=sources,
        costs=_costs(accepted, not_known),
    )


def _costs(accepted: pa.Table, not_known: dict[str, str]) -> Costs:
    """The costs that a file gives: those that are filled, without the one that is filled from another."""
    filled = (b for b in BASES if accepted.column(column(b)).null_count < accepted.num_rows)
    return Costs(tuple(b for b in filled if b not in not_known), dict(not_known))


def _sources(
    accepted: pa.Table,
    refused: list[pa.Table],
    source: Source,
    export: importers.Export,
    lines: list[pa.Table],
) -> Sources:
    """The rows of the file, each counted once, however many ledger rows it became."""
    taken = accepted.column("x_Row").to_numpy()
    held = np.concatenate([part.column("x_Row").to_numpy() for part in refused])
    if lines:
        table = pa.concat_tables(lines)
        order = np.argsort(table.column("x_Row").to_numpy(), kind="stable")
        rows = table.column("x_Row").to_numpy()[order]
        own = np.array(table.column("x_SourceLine").to_pylist(), dtype=str)[order]
        taken, held = own[np.searchsorted(rows, taken)], own[np.searchsorted(rows, held)]
    taken, held = np.unique(taken), np.unique(held)
    whole = len(taken) - int(np.isin(held, taken).sum())
    return Sources(whole, len(held) + len(source.broken), tuple(export.left_out))


def _by_key(accepted: pa.Table, source: Source) -> dict[Key, pa.Table]:
    """Accepted rows by (issuer, account, period), in the order of the file, with their file's name."""
    if not accepted.num_rows:
        return {}
    accepted = accepted.append_column(
        "x_File",
        pa.array([source.name], pa.string()).take(pa.array(np.zeros(accepted.num_rows, np.int64))),
    )
    names = ("InvoiceIssuerName", "BillingAccountId", "x_Period")
    coded, words = [], []
    for name in names:
        column = accepted.column(name).combine_chunks()
        column = (
            column.chunk(0) if isinstance(column, pa.ChunkedArray) else column
        ).dictionary_encode()
        coded.append(column.indices.to_numpy().astype(np.int64))
        words.append(column.dictionary.to_pylist())
    packed = (coded[0] * len(words[1]) + coded[1]) * len(words[2]) + coded[2]
    if (packed == packed[0]).all():
        return {tuple(w[int(c[0])] for w, c in zip(words, coded, strict=True)): accepted}
    order = np.argsort(packed, kind="stable")
    starts = np.flatnonzero(np.diff(packed[order], prepend=-1))
    ends = [*starts[1:], len(order)]
    ordered = accepted.take(pa.array(order))
    return {
        tuple(w[int(c[order[start]])] for w, c in zip(words, coded, strict=True)): ordered.slice(
            start, end - start
        )
        for start, end in zip(starts, ends, strict=True)
    }


def keys_of(refused: pa.Table) -> list[Key]:
    return list(
        zip(
            *(
                refused.column(name).to_pylist()
                for name in ("InvoiceIssuerName", "BillingAccountId", "x_Period")
            ),
            strict=True,
        )
    )


def _keyed(refused: pa.Table, keys: set[Key]) -> pa.Array:
    """The period of refused rows whose issuer and account are among the accepted ones, or that name all three; else ''."""
    accounts = {key[:2] for key in keys}
    return pa.array(
        [
            period if period and ((issuer, account) in accounts or not keys) else ""
            for issuer, account, period in keys_of(refused)
        ],
        pa.string(),
    )


def _adopt(refused: pa.Table, loose: pa.ChunkedArray, key: Key) -> pa.Table:
    for name, word in zip(("InvoiceIssuerName", "BillingAccountId", "x_Period"), key, strict=True):
        at = refused.schema.get_field_index(name)
        refused = refused.set_column(
            at, name, pc.if_else(loose, pa.scalar(word), refused.column(name))
        )
    return refused


def alike(reads: list[Read], append: bool = False) -> list[Warned]:
    """Files of one delivery that share rows or charges: perhaps one restates the other, and both would be counted.

    Raises LedgerError where they hold the same charges on most days that are in both (slices that overlap, a month and its restatement),
    unless both are to be added.
    """
    warnings = []
    met: dict[tuple[int, Key], scopes.Rows] = {}
    for i, one in enumerate(reads):
        for j, other in enumerate(reads[i + 1 :], i + 1):
            both = sorted(one.keys & other.keys)
            pairs = [
                (_met(met, i, one, key), _met(met, j, other, key))
                for key in both
                if key in one.tables and key in other.tables
            ]
            days, rows = _overlap(pairs)
            if rows >= MANY and not append:
                raise LedgerError(
                    f"{other.source.name} and {one.source.name}: {rows:,} rows of {days} {'day' if days == 1 else 'days'} are of charges (charge "
                    "period, SKU, resource, category, tags) that both hold: they would be counted twice. Nothing was written. If one file restates "
                    "the other, deliver them one after the other; if both count, ingest them with --append (in Python append=True)."
                )
            shared = (
                len(np.intersect1d(one.hashes, other.hashes, assume_unique=True)) if both else 0
            )
            if shared:
                warnings.append(
                    Warned(
                        other.source.name,
                        "",
                        f"{shared:,} different rows are in {one.source.name} too and are "
                        "counted twice. If one file restates the other, deliver them one after the other",
                    )
                )
            elif charges := sum(_same_charges(left, right) for left, right in pairs):
                warnings.append(
                    Warned(
                        other.source.name,
                        "",
                        f"{charges:,} rows are of charges (charge period, SKU, resource, category, tags) that are in "
                        f"{one.source.name} too, with other amounts; both are counted. If one file restates the other, deliver them one "
                        "after the other",
                    )
                )
    return warnings


def _met(met: dict, number: int, one: Read, key: Key) -> scopes.Rows:
    if (number, key) not in met:
        met[number, key] = scopes.rows_of("", one.tables[key])
    return met[number, key]


def _overlap(pairs: list[tuple[scopes.Rows, scopes.Rows]]) -> tuple[int, int]:
    """(days, rows of a file on them) on which two files hold the same charges, each as often; (0, 0) unless these are half of the days in both.

    Parts of one export share days, and hardly ever each charge of a day as often.
    """
    common, same, rows = 0, set(), 0
    for left, right in pairs:
        for scope in left.places.keys() & right.places.keys():
            (mine, my_days), (others, other_days) = (_by_day(one, scope) for one in (left, right))
            for day in np.intersect1d(my_days, other_days):
                common += 1
                a, b = mine[my_days == day], others[other_days == day]
                if len(a) == len(b) and bool((a == b).all()):
                    same.add(int(day))
                    rows += len(a)
    return (len(same), rows) if 2 * len(same) >= common else (0, 0)


def _by_day(rows: scopes.Rows, scope: str) -> tuple[np.ndarray, np.ndarray]:
    """Charges of a sub-account in the order of their days, and those days."""
    at = rows.of(scope)
    order = np.lexsort((rows.charges[at], rows.days[at]))
    return rows.charges[at][order], rows.days[at][order]


def _same_charges(left: scopes.Rows, right: scopes.Rows) -> int:
    return sum(
        int(np.isin(right.charges[right.of(scope)], left.charges[left.of(scope)]).sum())
        for scope in right.places
    )


def other_unit(root: Path, living: dict[Key, Version], reads: list[Read]) -> list[Warned]:
    """Tables whose amounts are far from those of the month before of the same issuer and account: thousands, cents or another currency, perhaps.

    Of tables read by a mapping alone: an export of a vendor says its unit.
    """
    warnings = []
    for one in (one for one in reads if one.format == MAPPED):
        for key, table in sorted(one.tables.items(), key=lambda pair: pair[0]):
            before = max((k for k in living if k[:2] == key[:2] and k[2] < key[2]), default=None)
            if key in living or before is None:
                continue
            proof.prove(root, [living[before]])
            held = [
                pq.read_table(root / part["path"], columns=["BilledCost"])
                for part in living[before].parts
            ]
            usual, now = _usual(held), _usual([table])
            if usual and now and not 1 / FAR < now / usual < FAR:
                apart = f"{now / usual:,.0f} times" if now > usual else f"1/{usual / now:,.0f} of"
                warnings.append(
                    Warned(
                        one.source.name,
                        "",
                        f"amounts of {key[2]} are about {apart} those of {before[2]} (the middle one of a row is {now:,.2f}, before "
                        f"{usual:,.2f}): is the unit, the currency or the column still the same?",
                    )
                )
    return warnings


def _usual(tables: list[pa.Table]) -> float:
    """The middle amount of a row without its sign; 0 where fewer than FEW rows have one."""
    amounts = np.abs(
        np.concatenate(
            [
                table.column("BilledCost").cast(pa.float64()).to_numpy(zero_copy_only=False)
                for table in tables
            ]
        )
    )
    amounts = amounts[amounts > 0]
    return float(np.median(amounts)) if len(amounts) >= FEW else 0.0
