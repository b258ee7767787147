"""The rows that books are made of, and how cumulative amounts fall into coins (docs/method §14.20)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

import pandas as pd

from ...facts.daily.charges import ACTIVITY
from ...facts.daily.shared_cost import in_coins, split
from ...prices.settle.cents import digits
from .types import ZERO, Cell, Group, coin

COST = ("Usage", "Purchase", "Adjustment")
ONCE, RECURRING = "One-Time", "Recurring"


class Row(NamedTuple):
    """A charge of one day, or several that differ in nothing that books ask."""

    day: str
    billing: str  # its billing period, YYYY-MM
    issuer: str
    provider: str
    account: str
    currency: str
    category: str
    frequency: str
    sku: str
    commitment: str
    model: str
    team: str
    activity: str
    billed: Decimal
    effective: Decimal
    charges: int  # rows of the ledger

    @property
    def group(self) -> Group:
        """Its issuer, currency and service month."""
        return Group(self.issuer, self.currency, self.day[:7])

    @property
    def fee(self) -> Decimal:
        """What of it is paid up front: billed and no cost yet, of a one-time charge of a commitment."""
        if not self.commitment or self.frequency != ONCE or self.category == "Usage":
            return ZERO
        return self.billed - self.effective

    def tax(self, recoverable: Decimal) -> Decimal:
        """What of it is got back from the tax office."""
        return self.billed * recoverable if self.category == "Tax" else ZERO

    def invoiced(self, recoverable: Decimal) -> Decimal:
        """What its invoice makes of cost: without what is paid up front and what is got back."""
        return self.billed - self.fee - self.tax(recoverable)

    def expense(self, recoverable: Decimal) -> tuple[Cell, Decimal]:
        """Its expense, and who bears it."""
        if self.category == "Tax":
            return Cell(self.team, self.activity, "tax"), self.billed - self.tax(recoverable)
        part = "cost" if self.category in COST else "credit"
        return Cell(self.team, self.activity, part), self.effective


COLUMNS = {
    "billing": "BillingPeriod",
    "issuer": "InvoiceIssuerName",
    "provider": "ServiceProviderName",
    "account": "BillingAccountId",
    "currency": "BillingCurrency",
    "category": "ChargeCategory",
    "frequency": "ChargeFrequency",
    "sku": "SkuId",
    "commitment": "CommitmentDiscountId",
    "model": "x_Model",
    "team": "x_Team",
    "activity": ACTIVITY,
}


def rows_of(charges: pd.DataFrame) -> list[Row]:
    """The rows of `facts.daily.charges.charges`; those that differ in nothing that books ask are one."""
    days = pd.to_datetime(charges["ChargeDate"]).dt.strftime("%Y-%m-%d")
    keys = zip(
        days.tolist(),
        *(charges[name].astype(str).tolist() for name in COLUMNS.values()),
        strict=True,
    )
    sums: dict[tuple, list] = {}
    for key, *amounts in zip(
        keys,
        charges["BilledCost"].tolist(),
        charges["EffectiveCost"].tolist(),
        charges["Rows"].tolist(),
        strict=True,
    ):
        if (there := sums.get(key)) is None:
            sums[key] = amounts
        else:
            for i, amount in enumerate(amounts):
                there[i] += amount
    return [Row._make((*key, *amounts)) for key, amounts in sums.items()]


def add(into: dict, key: Any, amount: Decimal) -> None:
    """Add an amount to what stands under a key."""
    into[key] = into.get(key, ZERO) + amount


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Sum of amounts."""
    return sum(amounts, ZERO)


def fall(whole: Decimal, exact: Mapping[Any, Decimal], currency: str) -> dict[Any, Decimal]:
    """An amount in coins among those who bear it: by their exact amounts where these add up to it, else in proportion to their sizes.

    Largest remainder, of equal ones by name; who bears nothing is left out. Without anybody: under Cell("", "").

    >>> from decimal import Decimal as D
    >>> {name: str(part) for name, part in fall(D("0.01"), {"a": D("1.004"), "b": D("-0.994")}, "USD").items()}
    {'a': '1.00', 'b': '-0.99'}
    >>> {name: str(part) for name, part in fall(D("10"), {"a": D(3), "b": D(-1)}, "USD").items()}
    {'a': '7.50', 'b': '2.50'}
    """
    exact = {name: value for name, value in exact.items() if value}
    if not whole and not exact:
        return {}
    if exact and abs(total(exact.values()) - whole) < coin(currency):
        parts = in_coins(exact, whole, digits(currency))
        if total(parts.values()) == whole:
            return {name: value for name, value in parts.items() if value}
    if not whole:
        return {}
    weights = {name: abs(value) for name, value in exact.items()}
    parts = split(whole, weights or {Cell("", ""): Decimal(1)}, digits(currency))
    return {name: value for name, value in parts.items() if value}
