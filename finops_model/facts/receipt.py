"""What a delivery did, said so that finance can file it: rows, money to the cent, refusals, warnings, differences."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

Money = dict[str, Decimal]          # currency -> amount


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
        return f"{self.file}: {self.count:,} {noun}, first row {self.rows[0]}: {self.column}: {self.reason}"


@dataclass(frozen=True)
class Delivered:
    """One file of a delivery. `status` is new, again (read again because its period is replaced) or known (no-op)."""

    name: str
    sha256: str
    format: str
    rows_in: int
    accepted: int
    quarantined: int
    status: str


@dataclass(frozen=True)
class Change:
    """A billing period that got a new version; amounts are BilledCost of accepted rows."""

    issuer: str
    account: str
    period: str
    version: int
    rows_before: int
    rows: int
    before: Money
    after: Money

    @property
    def difference(self) -> Money:
        """After minus before per currency."""
        return {c: self.after.get(c, Decimal(0)) - self.before.get(c, Decimal(0))
                for c in sorted({*self.before, *self.after})}

    def __str__(self) -> str:
        what = " · ".join(part or "(none)" for part in (self.issuer, self.account, self.period))
        return f"{what}: version {self.version}, {self.rows_before:,} -> {self.rows:,} rows, {signed(self.difference)}"


@dataclass(frozen=True)
class Receipt:
    """The answer of `ledger.ingest`. `totals` are BilledCost of accepted rows, `quarantined_totals` of refused ones.

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

    @property
    def version(self) -> int:
        """The newest version number that this delivery made; 0 when nothing changed."""
        return max((change.version for change in self.changes), default=0)

    @property
    def difference(self) -> Money:
        """What replaced periods changed, after minus before, BilledCost per currency; new periods are not in it."""
        return add(*(change.difference for change in self.changes if change.version > 1))

    @property
    def negative_usage(self) -> int:
        """Accepted usage rows below zero without ChargeClass=Correction."""
        return sum(w.count for w in self.warnings if w.reason.startswith("negative usage"))

    def __str__(self) -> str:
        lines = [f"{self.rows_in:,} rows in = {self.accepted:,} accepted + {self.quarantined:,} quarantined",
                 f"BilledCost accepted {plain(self.totals)} · quarantined {plain(self.quarantined_totals)}"
                 + (f" (+ {self.unreadable:,} rows whose amount cannot be read)" if self.unreadable else "")]
        for file in self.files:
            state = {"new": "", "again": ", read again with its period", "known": ", delivered before: nothing changed"}
            lines.append(f"  {file.name}: {file.format}, {file.rows_in:,} {'row' if file.rows_in == 1 else 'rows'}, "
                         f"{file.quarantined:,} quarantined"
                         f"{state[file.status]}")
        lines += [f"  quarantined {count:,} × {reason}" for reason, count in self.reasons.items()]
        lines += [f"  replaced {change}" for change in self.changes if change.version > 1]
        lines += [f"  warning: {warning}" for warning in self.warnings]
        return "\n".join(lines)

    __repr__ = __str__


def add(*parts: Money) -> Money:
    """Sums per currency.

    >>> add({"USD": Decimal("1.10")}, {"USD": Decimal("2"), "EUR": Decimal("3")})
    {'EUR': Decimal('3.00'), 'USD': Decimal('3.10')}
    """
    found: Money = {}
    for part in parts:
        for currency, amount in part.items():
            found[currency] = found.get(currency, Decimal(0)) + amount
    return {currency: trimmed(amount) for currency, amount in sorted(found.items())}


def trimmed(amount: Decimal) -> Decimal:
    """The same amount without zeros behind its cents.

    >>> trimmed(Decimal("110191.4958370000")), trimmed(Decimal("5")), trimmed(Decimal("0E-10"))
    (Decimal('110191.495837'), Decimal('5.00'), Decimal('0.00'))
    """
    short = amount.normalize()
    return short if -short.as_tuple().exponent > 2 else amount.quantize(Decimal("0.01"))


def plain(money: Money) -> str:
    """Amounts for readers, to the cent.

    >>> plain({"USD": Decimal("1234.505")}), plain({})
    ('1,234.50 USD', '0.00')
    """
    return ", ".join(f"{amount:,.2f} {currency}".strip() for currency, amount in money.items()) or "0.00"


def signed(money: Money) -> str:
    """Differences for readers, with their sign."""
    return ", ".join(f"{amount:+,.2f} {currency}" for currency, amount in money.items()) or "±0.00"
