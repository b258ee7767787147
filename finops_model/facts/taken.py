"""Where a bill gives one amount and it is taken for two costs: of whom, in which billing periods, how much, and why (docs/method §6.6).

The ledger's record says of every file which costs it gives. Money stays in both columns, so that totals and forecasts are whole; here is
what of them is not on the basis that its column names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ..errors import listing
from .basis import LATE, OTHER, Costs, column, costs_of
from .ledger.receipt import Money, add
from .ledger.store import Ledger

NOBODY = "a bill without an issuer"


@dataclass(frozen=True, kw_only=True)
class Taken:
    """One issuer's money in one currency whose Billed or Effective cost is not known, and the other amount is taken for it."""

    issuer: str
    currency: str
    not_known: str  # Billed or Effective
    amounts: dict[str, Decimal]  # billing period YYYY-MM: what stands in the column of that cost
    why: str
    left_out: dict[str, Decimal] = field(default_factory=dict)
    # billing period YYYY-MM: what is billed and in no month's cost: commitments bought, of an export without their amortised cost

    def as_brief(self, month: str) -> dict:
        """The line of a brief; `amount` is that of the bill of the month, as decimal text; `left_out` only where something is."""
        left = sum(self.left_out.values(), Decimal(0))
        out = {"left_out": str(left), "currency": self.currency} if left else {}
        return {
            "issuer": self.issuer,
            "not_known": self.not_known,
            "taken": OTHER[self.not_known],
            "first": min(self.amounts),
            "last": max(self.amounts),
            "amount": str(self.amounts.get(month, Decimal("0.00"))),
            "why": self.why,
            **out,
        }


def of(ledger: Ledger) -> list[Taken]:
    """What of a ledger in force is taken for another cost, by issuer, currency and cost; [] where every file gives both.

    >>> import tempfile
    >>> of(Ledger(tempfile.mkdtemp()))
    []
    """
    costs = {sha: costs_of(record) for sha, record in ledger.book.known().items()}
    if not any(one.not_known for one in costs.values()):
        return []
    sums: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    others: dict[tuple[str, str, str], dict[str, Decimal]] = {}
    reasons: dict[tuple[str, str, str], dict[str, None]] = {}
    for (issuer, _, period), version in ledger.book.in_force().items():
        for basis in OTHER:
            own = [part for part in version.parts if basis in _of(costs, part).not_known]
            if not own:
                continue
            whole = len(own) == len(version.parts)
            for into, name in ((sums, column(basis)), (others, column(OTHER[basis]))):
                money = version.money(name) if whole else _money(ledger, own, name)
                for currency in version.totals:
                    amounts = into.setdefault((issuer, currency, basis), {})
                    before = {currency: amounts.get(period[:7], Decimal(0))}
                    more = {currency: money.get(currency, Decimal(0))}
                    amounts[period[:7]] = add(before, more)[currency]
            for currency in version.totals:
                key = (issuer, currency, basis)
                reasons.setdefault(key, {}).update(
                    (_of(costs, part).not_known[basis], None) for part in own
                )
    return [
        Taken(
            issuer=issuer,
            currency=currency,
            not_known=basis,
            amounts=amounts,
            why="; ".join(reasons[issuer, currency, basis]),
            left_out=_left_out(amounts, others[issuer, currency, basis])
            if basis == "Effective"
            else {},
        )
        for (issuer, currency, basis), amounts in sorted(sums.items())
    ]


def _left_out(effective: Mapping, billed: Mapping) -> dict[str, Decimal]:
    """What is billed beyond what is taken for its cost, by billing period; periods without any left away."""
    rest = {period: billed[period] - amount for period, amount in effective.items()}
    return {period: amount for period, amount in rest.items() if amount}


def _of(costs: Mapping[str, Costs], part: Mapping) -> Costs:
    return costs.get(part["source"], Costs())


def _money(ledger: Ledger, parts: Iterable[Mapping], name: str) -> Money:
    """Sum of a column over some parts of a version, per currency."""
    sums = Money()
    for part in parts:
        with (ledger.root / part["path"]).open("rb") as file:
            table = pq.read_table(file, columns=["BillingCurrency", name])
        for code in pc.unique(table.column("BillingCurrency")).to_pylist():
            own = table.filter(pc.equal(table.column("BillingCurrency"), pa.scalar(code)))
            sums = add(sums, {code: pc.sum(own.column(name)).as_py() or Decimal(0)})
    return sums


def of_month(lines: Iterable[Taken], month: str, basis: str) -> dict[tuple[str, str], str]:
    """{(issuer, currency): why} of the bills of a month whose cost on a basis is not known."""
    return {
        (one.issuer, one.currency): one.why
        for one in lines
        if one.not_known == basis and month in one.amounts
    }


def billed(ledger: Ledger, lines: Iterable[Taken]) -> Money:
    """BilledCost in force that is known as such, per currency: without what is Effective and only stands in its column."""
    less = [
        {one.currency: -sum(one.amounts.values(), Decimal(0))}
        for one in lines
        if one.not_known == "Billed"
    ]
    return add(ledger.totals("BilledCost"), *less) if less else ledger.totals("BilledCost")


def sentence(lines: Iterable[Mapping], basis: str = "Effective") -> str:
    """Of whom a cost is not known, in one sentence; '' where it is known of all.

    lines   as `Taken.as_brief` gives them

    >>> sentence([{"issuer": "OpenAI", "not_known": "Effective"}])
    'EffectiveCost is not known for OpenAI: BilledCost is taken for it, and a commitment paid up front counts in the month it is paid.'
    >>> one = {"issuer": "A", "not_known": "Effective", "left_out": "9600.00", "currency": "EUR", "first": "2026-03", "last": "2026-10"}
    >>> print(sentence([one]))  # doctest: +ELLIPSIS
    EffectiveCost is not known for A: BilledCost is taken for it, without the commitments bought: 9,600.00 EUR (2026-03 to 2026-10) is in no ...
    """
    own = [one for one in lines if one["not_known"] == basis]
    names = [one["issuer"] or NOBODY for one in own if not one.get("left_out")]
    effect = f", and {LATE}" if basis == "Effective" else "; it is not what is invoiced"
    taken = f"{column(OTHER[basis])} is taken for it"
    told = [f"{listing(dict.fromkeys(names), 4)}: {taken}{effect}."] if names else []
    told += [
        f"{one['issuer'] or NOBODY}: {taken}, without the commitments bought: {Decimal(one['left_out']):,.2f} {one['currency']} "
        f"({one['first'] if one['first'] == one['last'] else one['first'] + ' to ' + one['last']}) is in no month's cost, budget "
        "or forecast. Take the export of amortised cost instead: --replace."
        for one in own
        if one.get("left_out")
    ]
    return " ".join(f"{column(basis)} is not known for {words}" for words in told)
