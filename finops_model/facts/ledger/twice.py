"""Commitments whose cost a bill carries twice: on the purchase, and on the use that it pays for (docs/method §13.23).

FOCUS: EffectiveCost of a purchase is 0 where the covered use carries it. Some exports repeat BilledCost there, or give a refund an
EffectiveCost that its purchase never had. The ledger keeps rows as they were delivered; daily facts set such an EffectiveCost to 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ...errors import LedgerError
from ...periods import month_name
from ..basis import costs_of
from ..basis import words as basis_words
from .judged import Read
from .manifest import Book, Key, Version
from .receipt import Money, Warned, add, trimmed
from .versions import words as key_words

READ = [
    "InvoiceIssuerName",
    "BillingAccountId",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ChargeCategory",
    "BillingCurrency",
    "x_Period",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "BilledCost",
    "EffectiveCost",
]
FEES = ("Purchase", "Adjustment", "Credit")
CENT = Decimal("0.005")
RULES = (
    1  # raise it when a rule of this file changes: kept answers of older rules are then not used
)
VIEW = "x_CostDataset"  # actual or amortised, of an export that comes in both
_NEWEST: dict[tuple, list] = {}  # the newest answer: {(folder, parts): commitments}


@dataclass(frozen=True, kw_only=True)
class Twice:
    """A commitment's purchases (or refunds) of one billing period, and the use of it that carries the cost already."""

    issuer: str
    account: str
    commitment: str
    category: str
    period: str  # billing period of the purchase, as the ledger writes it
    currency: str
    billed: Decimal  # BilledCost of the purchases
    purchase: Decimal  # their EffectiveCost
    use: Decimal  # EffectiveCost of the use of the same period
    set_aside: bool  # EffectiveCost counts as 0 in reports; else it is in doubt and counts as the bill says
    file: str = ""
    row: int = 0  # the first of its rows

    @property
    def key(self) -> tuple:
        return (
            self.issuer,
            self.account,
            self.commitment,
            self.category,
            self.period,
            self.currency,
        )

    @property
    def what(self) -> str:
        return "refund" if self.purchase < 0 else "purchase"

    def sentence(self) -> str:
        """What was found and what is done about it.

        >>> Twice(issuer="A", account="1", commitment="sp-1", category="Purchase", period="2026-07", currency="USD", billed=Decimal(310), purchase=Decimal(310), use=Decimal(310), set_aside=True, file="f.csv", row=1).sentence()
        'row 1: purchase of sp-1 with EffectiveCost 310.00, and rows that use sp-1 carry 310.00: counted twice. In reports its EffectiveCost is 0'
        """
        action = (
            "counted twice. In reports its EffectiveCost is 0"
            if self.set_aside
            else f"perhaps counted twice (its BilledCost is {self.billed:,.2f}). It is counted as the bill says; ask the issuer"
        )
        return (
            f"row {self.row}: {self.what} of {self.commitment} with EffectiveCost {self.purchase:,.2f}, and rows that use {self.commitment} carry "
            f"{self.use:,.2f}: {action}"
        )

    def as_dict(self) -> dict:
        """For the brief: amounts as decimal text."""
        return {
            "commitment": self.commitment,
            "issuer": self.issuer,
            "billing_period": self.period[:7],
            "category": self.category,
            "what": self.what,
            "purchase": str(self.purchase),
            "use": str(self.use),
            "billed": str(self.billed),
            "currency": self.currency,
            "set_aside": self.set_aside,
        }


def find(tables: Iterable[pa.Table]) -> list[Twice]:
    """The commitments of ledger rows that are counted twice, or perhaps so, by issuer, account, commitment, category and billing period."""
    fees: dict[tuple, dict] = {}
    spans: list[dict] = []
    bought: set[tuple] = set()
    for table in tables:
        rows = table.filter(
            pc.and_(
                pc.not_equal(pc.fill_null(table.column("CommitmentDiscountId"), ""), ""),
                pc.is_in(table.column("ChargeCategory"), pa.array(["Usage", *FEES])),
            )
        )
        usage = pc.equal(rows.column("ChargeCategory"), "Usage")
        for row in rows.filter(pc.invert(usage)).to_pylist():
            own = (row["InvoiceIssuerName"], row["BillingAccountId"], row["CommitmentDiscountId"])
            if row["ChargeCategory"] == "Purchase" and row["BilledCost"] > 0:
                bought.add(own)
            if row["EffectiveCost"]:
                into = fees.setdefault(
                    (*own, row["ChargeCategory"], row["x_Period"], row["BillingCurrency"]),
                    {
                        "billed": Decimal(0),
                        "effective": Decimal(0),
                        "unused": True,
                        "start": row["ChargePeriodStart"],
                        "end": row["ChargePeriodEnd"],
                        "file": row.get("x_File") or "",
                        "row": row.get("x_Row") or 0,
                    },
                )
                into["unused"] &= row.get("CommitmentDiscountStatus") == "Unused"
                into["billed"] += row["BilledCost"]
                into["effective"] += row["EffectiveCost"]
                into["start"], into["end"] = (
                    min(into["start"], row["ChargePeriodStart"]),
                    max(into["end"], row["ChargePeriodEnd"]),
                )
        used = rows.filter(
            pc.and_(
                usage,
                pc.greater(
                    rows.column("EffectiveCost"), pa.scalar(0, rows.column("EffectiveCost").type)
                ),
            )
        )
        days = used.set_column(
            used.schema.get_field_index("ChargePeriodStart"),
            "ChargePeriodStart",
            pc.floor_temporal(used.column("ChargePeriodStart"), unit="day"),
        )
        spans += (
            days.group_by(
                [
                    "InvoiceIssuerName",
                    "BillingAccountId",
                    "CommitmentDiscountId",
                    "x_Period",
                    "BillingCurrency",
                    "ChargePeriodStart",
                ]
            )
            .aggregate([("EffectiveCost", "sum")])
            .to_pylist()
            if days.num_rows
            else []
        )
    return [
        double for key, fee in sorted(fees.items()) if (double := _judged(key, fee, spans, bought))
    ]


def _judged(key: tuple, fee: dict, spans: list[dict], bought: set[tuple]) -> Twice | None:
    issuer, account, commitment, category, period, currency = key
    own = (issuer, account, commitment)
    if category == "Credit" and not (fee["effective"] < 0 and own in bought):
        return None  # a credit of its own, not the refund of a purchase
    use = sum(
        (
            span["EffectiveCost_sum"]
            for span in spans
            if (span["InvoiceIssuerName"], span["BillingAccountId"], span["CommitmentDiscountId"])
            == own
            and span["BillingCurrency"] == currency
            and (
                span["x_Period"] == period or fee["start"] <= span["ChargePeriodStart"] < fee["end"]
            )
        ),
        Decimal(0),
    )
    if not use:
        return None  # nobody else carries the cost
    whole = abs(fee["effective"] - fee["billed"]) <= CENT
    if not whole and (fee["unused"] or abs(fee["effective"] + use - fee["billed"]) <= CENT):
        return None  # purchase and use share the cost between them, or the purchase carries what nobody used
    return Twice(
        issuer=issuer,
        account=account,
        commitment=commitment,
        category=category,
        period=period,
        currency=currency,
        billed=trimmed(fee["billed"]),
        purchase=trimmed(fee["effective"]),
        use=trimmed(use),
        set_aside=whole,
        file=fee["file"],
        row=fee["row"],
    )


def tables_of(files: Iterable[Path]) -> Iterable[pa.Table]:
    """The columns of ledger parts that tell commitments."""
    for path in files:
        with path.open("rb") as file:
            yield pq.read_table(file, columns=[*READ, "x_File", "x_Row"])


def of(ledger) -> list[Twice]:
    """What a ledger's rows in force count twice; read once per process and set of parts."""
    parts = ledger.proof()
    key = (str(ledger.root), tuple(sorted(parts.items())))
    if key not in _NEWEST:
        _NEWEST.clear()
        _NEWEST[key] = find(tables_of(Path(ledger.root) / path for path in parts))
    own = set(ledger.totals())  # an entity's part of a ledger: its own currency alone
    return [one for one in _NEWEST[key] if one.currency in own]


def set_aside(commitments: list[Twice]) -> Money:
    """EffectiveCost per currency that daily facts leave out."""
    return add(*({one.currency: one.purchase} for one in commitments if one.set_aside))


def warnings(commitments: list[Twice], keys: set[tuple]) -> list[tuple[str, str]]:
    """(file, sentence) of those whose (issuer, account, period) a delivery brought."""
    return [
        (one.file, one.sentence())
        for one in commitments
        if (one.issuer, one.account, one.period) in keys
    ]


def words(line: Mapping, money: str) -> str:
    """A line of the brief for page one; `money` is the amount in doubt, written out."""
    when, carried = (
        month_name(line["billing_period"]),
        f"its use of {month_name(line['billing_period'])} carries the cost already",
    )
    if line["set_aside"]:
        return f"The bill of {when} counts {line['commitment']} twice: the {line['what']} has an EffectiveCost of {money}, and {carried}. The {line['what']} counts 0 here."
    return f"The bill of {when} perhaps counts {line['commitment']} twice: the {line['what']} has an EffectiveCost of {money}, and {carried}. It is in the figures: ask {line['issuer'] or 'the issuer'}."


def refuse_two_views(
    root: Path, living: dict[Key, Version], reads: list[Read], taking: bool
) -> None:
    """Refuse actual and amortised cost (x_CostDataset) of the same sub-account and period, in one delivery or beside what is in force.

    The two are views of the same charges, and each is the whole: added up they count usage twice, and one in place of the other loses purchases.
    Whoever says replace or whole takes one in place of the other.
    """
    views: dict[tuple[Key, str], tuple[str, str]] = {}  # (view, file) of a sub-account of a period
    for one in reads:
        for key, table in one.tables.items():
            for scope, view in _views(table):
                before, file = views.setdefault((key, scope), (view, one.source.name))
                if before != view:
                    raise LedgerError(
                        f"{file} and {one.source.name}: {_place(key, scope)}: the {before} and the {view} cost of the same charges; together they "
                        "would be counted twice. Nothing was written. Give one of them: the actual cost for invoices, the amortised one for budgets, "
                        "forecasts and chargeback."
                    )
    if taking:
        return
    for key in sorted({key for key, _ in views} & set(living)):
        for part in living[key].parts:
            for scope, before in _views(_cells(root / part["path"], ("SubAccountId", VIEW))):
                view, file = views.get((key, scope), (before, ""))
                if before != view:
                    raise LedgerError(
                        f"{file}: {_place(key, scope)}: the ledger holds the {before} cost of these charges, and this is their {view} cost; the two are "
                        "never added up. Nothing was written. Keep to one of them in a workspace; to change, deliver the period with --replace (in Python "
                        "replace=True)."
                    )


def refuse_two_bases(
    root: Path, book: Book, living: dict[Key, Version], reads: list[Read], taking: bool
) -> None:
    """Refuse charges that are known as billed alone beside others of their sub-account and period that are known as effective alone (docs/method §6.6)."""
    there: dict[tuple[Key, str], tuple[str, str]] = {}  # (basis, file) of a sub-account of a period
    if not taking:
        known = book.known()
        new = {key for one in reads if one.costs.alone for key in one.tables}
        for key in sorted(new & set(living)):
            for part in living[key].parts:
                if basis := costs_of(known.get(part["source"], {})).alone:
                    table = _cells(root / part["path"], ("SubAccountId",))
                    for scope in _scopes(table):
                        there.setdefault((key, scope), (basis, "the ledger"))
    for one in reads:
        if not (basis := one.costs.alone):
            continue
        for key, table in one.tables.items():
            for scope in _scopes(table):
                before, where = there.setdefault((key, scope), (basis, one.source.name))
                if before != basis:
                    raise LedgerError(
                        f"{one.source.name}: {_place(key, scope)}: {where} holds charges that are {basis_words(before)}, and these are {basis_words(basis)}: "
                        "money of two bases is never added or compared. Nothing was written. Keep to one basis in a workspace; to change, deliver the "
                        "period with --replace (in Python replace=True)."
                    )


def _scopes(table: pa.Table) -> list[str]:
    if "SubAccountId" not in table.schema.names:
        return [""]
    return sorted(
        {(word or "").strip() for word in table.column("SubAccountId").unique().to_pylist()}
    )


def _cells(path: Path, names: tuple[str, ...]) -> pa.Table:
    with path.open("rb") as file:
        there = pq.read_schema(file).names
        return pq.read_table(file, columns=[name for name in names if name in there])


def _views(table: pa.Table) -> list[tuple[str, str]]:
    """(sub-account, view) of the rows that say one."""
    if VIEW not in table.schema.names:
        return []
    scopes = table.column("SubAccountId") if "SubAccountId" in table.schema.names else None
    pairs = pa.table(
        {"s": scopes if scopes is not None else pa.nulls(len(table)), "v": table.column(VIEW)}
    )
    pairs = pairs.group_by(["s", "v"]).aggregate([]).to_pylist()
    return sorted(((row["s"] or "").strip(), row["v"]) for row in pairs if row["v"])


def _place(key: Key, scope: str) -> str:
    return f"{key_words(key)} · sub-account {scope}" if scope else key_words(key)


def counted(root: Path, new: dict[Key, Version], living: dict[Key, Version]) -> list[Warned]:
    """Commitments of the delivered periods that the ledger, with this delivery in it, counts twice."""
    mine = {key[:2] for key in new}
    parts = [
        part
        for key, version in {**living, **new}.items()
        if key[:2] in mine
        for part in version.parts
    ]
    commitments = find(tables_of(root / part["path"] for part in parts))
    return [Warned(file, "", text) for file, text in warnings(commitments, set(new))]
