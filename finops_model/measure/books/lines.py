"""From cumulative amounts to the lines of a journal: at which rate, to which account (docs/method §14.26, §14.27)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

import numpy as np

from ...periods import Period, month_days
from .accounts import Accounts
from .accrual import Accrual
from .rows import fall, total
from .types import ZERO, Cell, Group, Key, Line, coin, in_cents

ONE = Decimal(1)
BOOKED = Context(
    prec=12, rounding=ROUND_HALF_UP
)  # digits of a rate that count, as `rates` has them
AVERAGE, MONTH_END, HISTORICAL = "average", "month_end", "historical"
OWN = "own"  # the entity's currency is the company's
EXPENSE = ("expense", "rounding")
OF_BILLS = ("payable", "tax", "ahead")
OF_COMMITMENTS = ("amortised", "written off")
TEXTS = {
    "payable": "Invoices of {month}",
    "tax": "Recoverable tax of {month}",
    "ahead": "Invoiced in {month} for days to come",
    "bought": "Up-front fee of {reference}, {month}",
    "amortised": "Amortisation of {reference}",
    "written off": "Written off: {reference}, never used",
    "rounding": "Rounding of invoices",
    "expense": "Invoiced cost of {month}",
    "credit": "Credits of {month}",
    "taxed": "Tax of {month}, not recoverable",
}


class Valued:
    """Cumulative amounts and what was booked of them, in the base currency."""

    def __init__(self, accrual: Accrual, rates: Any):
        self.accrual, self.rates = accrual, rates
        self._kept: dict[tuple, Decimal] = {}

    def base(self, currency: str) -> str:
        """The company's currency."""
        return currency if self.rates is None else self.rates.base

    def rate(self, kind: str, currency: str, month: str = "") -> Decimal:
        """A rate: average of a service month as far as the period goes, end of the period (or of a month before it), average of the month of a purchase."""
        if currency == self.base(currency):
            return ONE
        key = (kind, currency, month)
        if key not in self._kept:
            self._kept[key] = self._asked(kind, currency, month)
        return self._kept[key]

    def _asked(self, kind: str, currency: str, month: str) -> Decimal:
        period = self.accrual.period
        if kind == HISTORICAL:
            return self.rates.rate(kind, currency, period, when=month).value
        if month:
            days = month_days(month)
            end = min(days[-1] + 1, period.end)
            first = days[0] if days[0] < end else end - 1
            period = Period(month, "", "", 0, np.datetime64(first, "D"), np.datetime64(end, "D"))
        return self.rates.rate(kind, currency, period).value

    def of(self, key: Key) -> tuple[str, Decimal]:
        """Kind of rate and rate of a key."""
        if key.currency == self.base(key.currency):
            return OWN, ONE
        if key.kind in EXPENSE:
            return AVERAGE, self.rate(AVERAGE, key.currency, key.month)
        if key.kind in OF_BILLS:
            return MONTH_END, self.rate(MONTH_END, key.currency, key.month)
        if key.kind == "bought":
            return HISTORICAL, self.rate(HISTORICAL, key.currency, key.month)
        return HISTORICAL, self._paid(key)

    def _paid(self, key: Key) -> Decimal:
        """What a commitment's fees were worth, a unit: the mean of the rates of their months."""
        fees = {
            one.month: amount
            for one, amount in self.accrual.now.amounts.items()
            if one.kind == "bought" and one[1:3] == key[1:3] and one.reference == key.reference
        }
        whole = total(fees.values())
        if not whole:
            return self.rate(HISTORICAL, key.currency, key.month)
        worth = total(
            self.rate(HISTORICAL, key.currency, month) * fee for month, fee in fees.items()
        )
        return BOOKED.divide(worth, whole)

    def changes(self) -> dict[Key, tuple[Decimal, Decimal]]:
        """What the journal adds, by key: money, and money in the base currency; keys of one kind, issuer and month fall into coins together."""
        now, before = self.accrual.now.amounts, self.accrual.before
        packs: dict[tuple, list[Key]] = {}
        for key in sorted({*now, *before.positions, *before.opening}):
            if key.kind != "settled":
                packs.setdefault(
                    (key.kind, key.issuer, key.currency, key.month, key.reference), []
                ).append(key)
        taken = {key[:5] for key in before.opening}
        out: dict[Key, tuple[Decimal, Decimal]] = {}
        for pack, keys in packs.items():
            change = {key: now.get(key, ZERO) - before.amount(key) for key in keys}
            if pack[2] == self.base(pack[2]):
                bases = change
            elif pack in taken or not any(before.positions.get(key) for key in keys):
                bases = self._worth(change) if any(change.values()) else change
            else:
                worth = self._worth({key: now.get(key, ZERO) for key in keys})
                bases = {
                    key: worth.get(key, ZERO) - before.positions.get(key, (ZERO, ZERO))[1]
                    for key in keys
                }
            for key in keys:
                if change[key] or bases.get(key):
                    out[key] = (change[key], bases.get(key, ZERO))
        return out

    def _worth(self, amounts: Mapping[Key, Decimal]) -> dict[Key, Decimal]:
        """Amounts of one pack in the base currency."""
        key = next(iter(amounts))
        _, rate = self.of(key)
        if key.kind not in OF_COMMITMENTS:
            return worth(amounts, rate, self.base(key.currency))
        whole = self.gone(key) if amounts == self._pack(key) else None
        exact = {name: value * rate for name, value in amounts.items()}
        if whole is None:
            whole = in_cents(total(exact.values()), self.base(key.currency))
        return fall(whole, exact, self.base(key.currency))

    def _pack(self, key: Key) -> dict[Key, Decimal]:
        """What stands now beside a key: of the same kind, issuer, month and commitment."""
        return {one: value for one, value in self.accrual.now.amounts.items() if one[:5] == key[:5]}

    def gone(self, key: Key) -> Decimal:
        """What of a commitment's fee went in a month, in the base currency: what has gone until then is rounded, so that the last takes the coins."""
        own = sorted(
            (one.month, one.kind, value)
            for one, value in self.accrual.now.amounts.items()
            if one.kind in OF_COMMITMENTS
            and one[1:3] == key[1:3]
            and one.reference == key.reference
        )
        _, rate = self.of(key)
        here = (key.month, key.kind)
        until = total(value for month, kind, value in own if (month, kind) <= here)
        before = total(value for month, kind, value in own if (month, kind) < here)
        base = self.base(key.currency)
        return self._until(key, until, rate, base) - self._until(key, before, rate, base)

    def _until(self, key: Key, amount: Decimal, rate: Decimal, base: str) -> Decimal:
        fees = [
            (one, value)
            for one, value in self.accrual.now.amounts.items()
            if one.kind == "bought" and one[1:3] == key[1:3] and one.reference == key.reference
        ]
        if amount and amount == total(value for _, value in fees):
            return total(
                in_cents(value * self.rate(HISTORICAL, one.currency, one.month), base)
                for one, value in fees
            )
        return in_cents(amount * rate, base)


def worth(amounts: Mapping[Any, Decimal], rate: Decimal, base: str) -> dict[Any, Decimal]:
    """Amounts at one rate, in coins of the base currency: their total is rounded once, and they add up to it."""
    exact = {name: value * rate for name, value in amounts.items()}
    return fall(in_cents(total(exact.values()), base), exact, base)


class Writer:
    """Lines of the entity's journal."""

    def __init__(
        self, accrual: Accrual, accounts: Accounts, valued: Valued, fingerprint: str, where: str
    ):
        self.accrual, self.accounts, self.valued = accrual, accounts, valued
        self.fingerprint, self.where = fingerprint, where

    def change(self, key: Key, amount: Decimal, base: Decimal) -> list[Line]:
        """The lines of a change; balanced but for expense, which invoices balance."""
        part = {"tax": "taxed", "credit": "credit"}.get(key.part, key.kind)
        text = TEXTS[part if key.kind == "expense" else key.kind].format(
            month=key.month, reference=key.reference
        )
        if key.kind == "payable":
            return [self._line(key, "payable", "invoice", -amount, -base, text)]
        if key.kind == "tax":
            return [self._line(key, "recoverable_tax", "tax", amount, base, text)]
        if key.kind in ("ahead", "bought"):
            return [self._line(key, "prepaid", "prepaid", amount, base, text)]
        kind = {
            "expense": {"cost": "invoice"}.get(key.part or "cost", key.part),
            "amortised": "amortisation",
            "written off": "write-off",
            "rounding": "rounding",
        }[key.kind]
        own = self._line(key, "expense", kind, amount, base, text)
        if key.kind == "expense":
            return [own]
        other = "rounding" if key.kind == "rounding" else "prepaid"
        bare = key._replace(team="", activity="", part="")
        return [own, self._line(bare, other, kind, -amount, -base, text)]

    def accrued(self, group: Group, cells: Mapping[Cell, Decimal]) -> tuple[Line, ...]:
        """The entry of an accrual: expense at the average rate, liability (or receivable) at the period's end, their difference as fx."""
        amount, base = total(cells.values()), self.valued.base(group.currency)
        own = base == group.currency
        average = self.valued.rate(AVERAGE, group.currency, group.month)
        end = self.valued.rate(MONTH_END, group.currency)
        text = f"Accrual of {group.month}"
        key = Key("accrual", *group)
        lines = [
            self._line(
                key._replace(team=cell.team, activity=cell.activity, part=cell.part),
                "expense",
                "accrual",
                value,
                bases.get(cell, ZERO),
                text,
                (OWN if own else AVERAGE, average),
            )
            for bases in [worth(cells, average, base)]
            for cell, value in sorted(cells.items())
        ]
        what = "accrued_liability" if amount > 0 else "receivable"
        lines.append(
            self._line(
                key,
                what,
                "accrual",
                -amount,
                -in_cents(amount * end, base),
                text,
                (OWN if own else MONTH_END, end),
            )
        )
        return self.balanced(lines)

    def balanced(self, lines: Sequence[Line]) -> tuple[Line, ...]:
        """An entry's lines, those of one account and cell together, with what rates leave between debit and credit as a line of its own."""
        merged: dict[Line, list[Decimal]] = {}
        for line in lines:
            bare = Line(**{**line.__dict__, "amount": ZERO, "base": ZERO})
            pair = merged.setdefault(bare, [ZERO, ZERO])
            pair[0], pair[1] = pair[0] + line.amount, pair[1] + line.base
        out = [
            Line(**{**bare.__dict__, "amount": amount, "base": base})
            for bare, (amount, base) in merged.items()
            if amount or base
        ]
        rest = total(line.base for line in out)
        if rest:
            first = lines[0]
            same = len({line.rate for line in out}) == 1 and abs(rest) <= coin(
                first.base_currency
            ) * len(out)
            what = "rounding" if same else "fx"
            account = self._account(what)
            text = "Rounding of converted amounts" if same else "Difference of exchange rates"
            out.append(
                Line(
                    date=first.date,
                    account=account.number,
                    name=account.name,
                    kind=what,
                    amount=ZERO,
                    currency=first.currency,
                    base=-rest,
                    base_currency=first.base_currency,
                    rate=ZERO,
                    rate_kind="",
                    issuer=first.issuer,
                    month=first.month,
                    text=text,
                )
            )
        return tuple(out)

    def _account(self, what: str, activity: str = ""):
        return self.accounts.of(what, self.accrual.entity, activity, self.where)

    def _line(self, key: Key, what: str, kind: str, amount, base, text: str, rate=None) -> Line:
        if what == "expense" and key.part == "tax":
            what = "other_tax"
        account = self._account(what, key.activity)
        name, value = rate or self.valued.of(key)
        count = self.accrual.now.counts.get(
            (Group(*key[1:4]), Cell(key.team, key.activity, key.part or "cost")), 0
        )
        rows = (
            f"{count} rows of ledger {self.fingerprint[:12]}".rstrip()
            if what in ("expense", "other_tax") and count
            else ""
        )
        return Line(
            date=self.accrual.last,
            account=account.number,
            name=account.name,
            kind=kind,
            amount=amount,
            currency=key.currency,
            base=base,
            base_currency=self.valued.base(key.currency),
            rate=value,
            rate_kind=name,
            issuer=key.issuer,
            month=key.month,
            team=key.team,
            activity=key.activity,
            text=text,
            rows=rows,
        )
