"""What a delivery did, said so that finance can file it: rows, money to the cent, refusals, warnings, differences."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import cast

from ...errors import listing, several
from ..basis import Costs, words
from ..intake.importers import LeftOut

Money = dict[str, Decimal]  # currency -> amount


def reason_at(row: int, column: str, reason: str, mark: str = ":") -> str:
    """A row, its column where it has one, and what is wrong with it.

    >>> reason_at(11, "BilledCost", "is empty"), reason_at(11, "", "is no JSON object"), reason_at(11, "BilledCost", "is empty", ",")
    ('row 11: BilledCost: is empty', 'row 11: is no JSON object', 'row 11, BilledCost: is empty')
    """
    return f"row {row}{mark} {column}: {reason}" if column.strip() else f"row {row}: {reason}"


@dataclass(frozen=True)
class Warned:
    """A warning about accepted rows (`count` > 0, the first rows named) or about a file (`count` 0)."""

    file: str
    column: str
    reason: str
    count: int = 0
    rows: tuple[int, ...] = ()

    def __str__(self) -> str:
        if not self.count:
            return f"{self.file}: {self.reason}"
        noun = "row" if self.count == 1 else "rows"
        return f"{self.file}: {self.count:,} {noun}, first {reason_at(self.rows[0], self.column, self.reason)}"


@dataclass(frozen=True)
class Sources:
    """Rows of a file as it was delivered, each counted once: read = accepted + quarantined + those left out.

    A row that becomes several ledger rows (months, services or meters as columns) counts once. One of which a part is refused
    counts as quarantined, and its other parts are in the ledger all the same.

    >>> Sources(2, 1, (LeftOut("line of totals", 1),)).read
    4
    """

    accepted: int = 0
    quarantined: int = 0
    left_out: tuple[LeftOut, ...] = ()

    @property
    def left(self) -> int:
        return sum(one.rows for one in self.left_out)

    @property
    def read(self) -> int:
        return self.accepted + self.quarantined + self.left

    def __add__(self, other: Sources) -> Sources:
        return Sources(
            self.accepted + other.accepted,
            self.quarantined + other.quarantined,
            (*self.left_out, *other.left_out),
        )

    def as_dict(self) -> dict:
        """For JSON, also in the ledger's record."""
        return {
            "read": self.read,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "left_out": [one.as_dict() for one in self.left_out],
        }


def sources_of(record: dict) -> Sources:
    """The source rows of a file's record; a record that says nothing of them has one row for each.

    >>> sources_of({"accepted": 3, "quarantined": 1}).read
    4
    """
    said = record.get("sources")
    if said is None:
        return Sources(record["accepted"], record["quarantined"])
    left = (
        LeftOut(
            one["reason"],
            one["rows"],
            one["cells"],
            {currency: Decimal(amount) for currency, amount in one["money"].items()},
        )
        for one in said["left_out"]
    )
    return Sources(said["accepted"], said["quarantined"], tuple(left))


@dataclass(frozen=True)
class Delivered:
    """One file of a delivery. `status` is new, again (known, named beside new files of its period: it stays) or known (no-op)."""

    name: str
    sha256: str
    format: str
    rows_in: int
    accepted: int
    quarantined: int
    status: str
    sources: Sources = field(default_factory=Sources)
    costs: Costs = field(default_factory=Costs)

    def staying(self) -> Delivered:
        """The same file, named again beside new files of its period: it stays with them."""
        return replace(self, status="again")


@dataclass(frozen=True, kw_only=True)
class Change:
    """A billing period that got a new version; amounts are BilledCost of accepted rows.

    kind      new, restated (charges that were there came again), replaced (somebody said so), added (another sub-account),
              appended (somebody said so, or further files of one delivery)
    scopes    {restated, replaced, added, appended: sub-accounts}; '' is a charge without sub-account
    kept      {sub-account: (rows, BilledCost)} of what was there and is not in the delivery
    """

    issuer: str
    account: str
    period: str
    version: int
    rows_before: int
    rows: int
    before: Money
    after: Money
    kind: str = "new"
    scopes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    kept: dict[str, tuple[int, Money]] = field(default_factory=dict)

    @property
    def difference(self) -> Money:
        """After minus before per currency."""
        return {
            c: self.after.get(c, Decimal(0)) - self.before.get(c, Decimal(0))
            for c in sorted({*self.before, *self.after})
        }

    @property
    def where(self) -> str:
        return " · ".join(part or "(none)" for part in (self.issuer, self.account, self.period))

    def now_and_then(self) -> str:
        """What a restatement did to the period, in one line."""
        return f"{self.where} was {plain(self.before)} and is {plain(self.after)} now ({signed(self.difference)})"

    def as_dict(self) -> dict:
        """For JSON: money as decimal text per currency."""
        return {
            "issuer": self.issuer,
            "account": self.account,
            "billing_period": self.period,
            "kind": self.kind,
            "version": self.version,
            "rows_before": self.rows_before,
            "rows": self.rows,
            "before": _texts(self.before),
            "after": _texts(self.after),
            "difference": _texts(self.difference),
            "sub_accounts": {name: list(words) for name, words in self.scopes.items()},
            "kept": {
                scope: {"rows": rows, "amount": _texts(sums)}
                for scope, (rows, sums) in self.kept.items()
            },
        }

    def __str__(self) -> str:
        verb = {"added": "added to", "appended": "appended to"}.get(self.kind, "replaced")
        line = f"{verb} {self.where}: version {self.version}, {self.rows_before:,} -> {several(self.rows, 'row')}, {signed(self.difference)}"
        said = [
            f"{word} {listing(names)}"
            for word, names in (
                ("replaced", [*self.scopes.get("restated", ()), *self.scopes.get("replaced", ())]),
                ("added", self.scopes.get("added", ())),
                ("appended to", self.scopes.get("appended", ())),
            )
            if any(names)
        ]
        rows, sums = (
            sum(rows for rows, _ in self.kept.values()),
            add(*(sums for _, sums in self.kept.values())),
        )
        if self.kept:
            said.append(
                f"kept {listing(name or '(none)' for name in self.kept)}, which this delivery does not hold ({several(rows, 'row')}, {plain(sums)})"
            )
        return f"{line}; sub-accounts: {'; '.join(said)}" if said else line


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """The answer of `ledger.ingest`. `totals` are BilledCost of accepted rows, `quarantined_totals` of refused ones.

    rows_in, accepted, quarantined   ledger rows; `sources` counts the rows of the files
    reasons   {"column: kind": rows}; the rows themselves with their text are in `ledger.quarantine()`
    unreadable  refused rows whose amount cannot be read, so that no total can hold them
    """

    rows_in: int
    accepted: int
    quarantined: int
    totals: Money
    quarantined_totals: Money
    unreadable: int
    reasons: dict[str, int]
    warnings: tuple[Warned, ...]
    files: tuple[Delivered, ...]
    changes: tuple[Change, ...]
    delivery: int | None = None
    notes: tuple[str, ...] = field(default=())
    sources: Sources = field(default_factory=Sources)
    effective: Money = field(default_factory=dict)  # EffectiveCost of accepted rows

    @property
    def in_short(self) -> str:
        """Rows, and their money with its basis: Billed, unless the files say only what is Effective."""
        only = {file.costs.alone for file in self.files if file.status == "new"} == {"Effective"}
        money, basis = (self.effective, "Effective") if only else (self.totals, "Billed")
        return (
            f"{several(self.accepted, 'row')} accepted, {self.quarantined:,} in quarantine, "
            f"{plain(money)}, {words(basis)}"
        )

    @property
    def version(self) -> int:
        """The newest version number that this delivery made; 0 when nothing changed."""
        return max((change.version for change in self.changes), default=0)

    @property
    def difference(self) -> Money:
        """What replaced periods changed, after minus before, BilledCost per currency; new periods are not in it."""
        return add(*(change.difference for change in self.changes if change.version > 1))

    @property
    def restated(self) -> tuple[Change, ...]:
        """Billing periods of which charges that were there came again and took their place."""
        return tuple(change for change in self.changes if change.kind == "restated")

    def as_dict(self) -> dict:
        """For JSON: counts, money as decimal text per currency, what was restated, added and replaced, warnings as sentences."""
        return {
            "rows_in": self.rows_in,
            "accepted": self.accepted,
            "quarantined": self.quarantined,
            "totals": _texts(self.totals),
            "quarantined_totals": _texts(self.quarantined_totals),
            "unreadable": self.unreadable,
            "reasons": self.reasons,
            "source_rows": self.sources.as_dict(),
            "delivery": self.delivery,
            "files": [
                {
                    "name": f.name,
                    "sha256": f.sha256,
                    "format": f.format,
                    "rows_in": f.rows_in,
                    "quarantined": f.quarantined,
                    "source_rows": f.sources.as_dict(),
                    "status": f.status,
                    "costs": f.costs.as_dict(),
                }
                for f in self.files
            ],
            "restated": [change.as_dict() for change in self.restated],
            "changes": [change.as_dict() for change in self.changes],
            "warnings": [str(warning) for warning in self.warnings],
        }

    @property
    def negative_usage(self) -> int:
        """Accepted usage rows below zero without ChargeClass=Correction."""
        return sum(w.count for w in self.warnings if w.reason.startswith("negative usage"))

    def __str__(self) -> str:
        lines = [
            self._counted(),
            f"BilledCost accepted {plain(self.totals)} · quarantined {plain(self.quarantined_totals)}"
            + (
                f" (+ {several(self.unreadable, 'row')} whose amount cannot be read)"
                if self.unreadable
                else ""
            ),
        ]
        for file in self.files:
            state = {
                "new": "",
                "again": ", delivered before: kept together with the new files",
                "known": ", delivered before: nothing changed",
            }
            lines.append(
                f"  {file.name}: {file.format}, {several(file.rows_in, 'row')}, "
                f"{file.quarantined:,} quarantined"
                f"{state[file.status]}"
            )
        lines += [f"  quarantined {count:,} × {reason}" for reason, count in self.reasons.items()]
        lines += [f"  left out {left}" for left in self.sources.left_out]
        lines += [f"  {change}" for change in self.changes if change.version > 1]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    def _counted(self) -> str:
        """Rows in and what became of them; where a row of a file became several, or none, its rows as they were delivered come first."""
        ledger = f"{several(self.rows_in, 'row')} in = {self.accepted:,} accepted + {self.quarantined:,} quarantined"
        own = self.sources
        if (own.accepted, own.quarantined, own.left_out) == (self.accepted, self.quarantined, ()):
            return ledger
        return (
            f"{several(own.read, 'source row')} read = {own.accepted:,} accepted + {own.quarantined:,} quarantined + {own.left:,} left out; "
            f"in the ledger {ledger}"
        )

    __repr__ = __str__


def add(*parts: Money) -> Money:
    """Sums per currency.

    >>> add({"USD": Decimal("1.10")}, {"USD": Decimal("2"), "EUR": Decimal("3")})
    {'EUR': Decimal('3.00'), 'USD': Decimal('3.10')}
    """
    sums: Money = {}
    for part in parts:
        for currency, amount in part.items():
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return {currency: trimmed(amount) for currency, amount in sorted(sums.items())}


def trimmed(amount: Decimal) -> Decimal:
    """The same amount without zeros behind its cents.

    >>> trimmed(Decimal("110191.4958370000")), trimmed(Decimal("5")), trimmed(Decimal("0E-10"))
    (Decimal('110191.495837'), Decimal('5.00'), Decimal('0.00'))
    """
    short = amount.normalize()
    exponent = cast(int, short.as_tuple().exponent)  # a text only where it is no finite number
    return short if -exponent > 2 else amount.quantize(Decimal("0.01"))


def _texts(money: Money) -> dict[str, str]:
    return {currency: str(amount) for currency, amount in money.items()}


def plain(money: Money) -> str:
    """Amounts for readers, to the cent.

    >>> plain({"USD": Decimal("1234.505")}), plain({})
    ('1,234.50 USD', '0.00')
    """
    return (
        ", ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in money.items())
        or "0.00"
    )


def signed(money: Money) -> str:
    """Differences for readers, with their sign."""
    return ", ".join(f"{amount:+,.2f} {currency}" for currency, amount in money.items()) or "±0.00"
