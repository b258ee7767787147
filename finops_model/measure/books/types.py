"""What journals are made of: lines, keys, what was booked before (docs/method §14.20). Money is Decimal in coins of its currency."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, NamedTuple, Protocol

import pandas as pd

from ...periods import Period
from ...prices.settle.cents import digits

ZERO = Decimal(0)
COLUMNS = [
    "EntryId",
    "Period",
    "Entity",
    "Date",
    "Account",
    "AccountName",
    "Kind",
    "Debit",
    "Credit",
    "Currency",
    "BaseDebit",
    "BaseCredit",
    "BaseCurrency",
    "Rate",
    "RateKind",
    "InvoiceIssuerName",
    "ServiceMonth",
    "Team",
    "Activity",
    "Text",
    "SourceRows",
]
KINDS = (
    "accrual",
    "reversal",
    "invoice",
    "prepaid",
    "amortisation",
    "tax",
    "credit",
    "recharge",
    "fx",
    "write-off",
    "rounding",
)
MONEY = ("Debit", "Credit", "BaseDebit", "BaseCredit")


class OneRate(Protocol):
    """Units of the base currency for one unit of another."""

    @property
    def value(self) -> Decimal:
        """The rate."""
        ...


class Rates(Protocol):
    """The rates of a company (`measure.books.rates.CompanyRates`)."""

    @property
    def base(self) -> str:
        """The company's currency."""
        ...

    def rate(
        self, kind: Any, currency: str, period: Period, to: str | None = None, **how: str
    ) -> OneRate:
        """The rate of a kind for a period. Raises PriceError, one sentence, for one that is missing."""
        ...


class Group(NamedTuple):
    """Where amounts are added up: an issuer, a currency and the calendar month of the service."""

    issuer: str
    currency: str
    month: str  # YYYY-MM


class Cell(NamedTuple):
    """Who bears a part of a group."""

    team: str
    activity: str
    part: str = "cost"  # cost | tax (not recoverable) | credit


class Key(NamedTuple):
    """A cumulative amount of the books."""

    kind: str  # expense | payable | tax | ahead | bought | amortised | written off | rounding | settled
    issuer: str
    currency: str
    month: str  # of the service; of payable, tax, ahead, bought: the billing period
    reference: str = ""  # the commitment
    team: str = ""
    activity: str = ""
    part: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of an entry, without the entry's id, period and entity. `amount`, `base`: debit above 0, credit below."""

    date: str
    account: str
    name: str
    kind: str
    amount: Decimal
    currency: str
    base: Decimal
    base_currency: str
    rate: Decimal
    rate_kind: str
    issuer: str
    month: str
    team: str = ""
    activity: str = ""
    text: str = ""
    rows: str = ""

    def reversed(self, date: str, text: str) -> Line:
        """The line that takes this one back: its own amounts, accounts and rate."""
        return replace(
            self, date=date, kind="reversal", amount=-self.amount, base=-self.base, text=text
        )

    def as_row(self) -> dict[str, Any]:
        """Its columns of a journal."""
        return {
            "Date": self.date,
            "Account": self.account,
            "AccountName": self.name,
            "Kind": self.kind,
            "Debit": max(self.amount, ZERO),
            "Credit": max(-self.amount, ZERO),
            "Currency": self.currency,
            "BaseDebit": max(self.base, ZERO),
            "BaseCredit": max(-self.base, ZERO),
            "BaseCurrency": self.base_currency,
            "Rate": self.rate,
            "RateKind": self.rate_kind,
            "InvoiceIssuerName": self.issuer,
            "ServiceMonth": self.month,
            "Team": self.team,
            "Activity": self.activity,
            "Text": self.text,
            "SourceRows": self.rows,
        }

    def as_dict(self) -> dict[str, str]:
        """Plain text of its fields, for the store; `line_of` reads it."""
        return {name: f"{value}" for name, value in self.__dict__.items()}


def line_of(given: Mapping[str, str]) -> Line:
    """The line of `Line.as_dict`."""
    fields: dict[str, Any] = dict(given)
    fields |= {name: Decimal(given[name]) for name in ("amount", "base", "rate")}
    return Line(**fields)


def entry_id(lines: Iterable[Line], period: str, entity: str, number: int = 0) -> str:
    """The id of an entry: 16 hexadecimal digits of the sha256 of its content, so that the same entry booked twice has one id.

    Text and source rows are no part of it: they say where an amount comes from, not what is booked. `number` is: a period that
    is closed again may have to book what it booked before once more, such as a second invoice of the same amount.

    number    how many journals the period had before
    """
    content = sorted(
        [
            one.date,
            one.account,
            one.kind,
            _plain(one.amount),
            one.currency,
            _plain(one.base),
            one.base_currency,
            _plain(one.rate),
            one.rate_kind,
            one.issuer,
            one.month,
            one.team,
            one.activity,
        ]
        for one in lines
    )
    named = [period, entity, content, *([number] if number else [])]
    text = json.dumps(named, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(value: Decimal) -> str:
    return f"{value.normalize() + 0:f}"


def frame_of(
    entries: Iterable[tuple[Line, ...]], period: str, entity: str, number: int = 0
) -> pd.DataFrame:
    """Entries as the rows of a journal: COLUMNS, each entry under its id."""
    rows = [
        {"EntryId": entry_id(lines, period, entity, number), "Period": period, "Entity": entity}
        | line.as_row()
        for lines in entries
        for line in lines
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def coin(currency: str) -> Decimal:
    """The smallest coin of a currency.

    >>> coin("USD"), coin("JPY")
    (Decimal('0.01'), Decimal('1'))
    """
    return Decimal(1).scaleb(-digits(currency))


def in_cents(amount: Decimal, currency: str) -> Decimal:
    """Money rounded half up, away from zero, to the coin.

    >>> in_cents(Decimal("-0.125"), "USD")
    Decimal('-0.13')
    """
    return amount.quantize(coin(currency), ROUND_HALF_UP)


@dataclass(frozen=True)
class AccrualEntry:
    """An accrual as it was booked: the period, the group, its amount, its lines, and how many journals the period had before."""

    period: str
    group: Group
    amount: Decimal
    lines: tuple[Line, ...]
    number: int = 0


@dataclass(frozen=True)
class Booked:
    """What the journals of the periods before have booked, added up.

    positions   money and money in the base currency by key; the base of what was taken over at the first close is 0 in it
    opening     what was taken over as settled at the first close
    accruals    those that nobody has reversed yet
    last        name and first day (YYYY-MM-DD) of the newest period with a journal; "" for none
    first       first day of the first period with a journal; "" for none
    numbers     how many journals each period has
    """

    positions: dict[Key, tuple[Decimal, Decimal]] = field(default_factory=dict)
    opening: dict[Key, Decimal] = field(default_factory=dict)
    accruals: tuple[AccrualEntry, ...] = ()
    last: tuple[str, str] = ("", "")
    first: str = ""
    numbers: dict[str, int] = field(default_factory=dict)

    def amount(self, key: Key) -> Decimal:
        """What was booked or taken over under a key."""
        return self.positions.get(key, (ZERO, ZERO))[0] + self.opening.get(key, ZERO)
