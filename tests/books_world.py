"""Small made ledgers for tests of the books: charges by day as `facts.daily.charges` gives them, invoices, periods, accounts, rates."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd

from finops_model.errors import PriceError
from finops_model.facts.daily.charges import CHARGES
from finops_model.measure.books.accounts import Accounts
from finops_model.periods import Period

CHART = {
    "expense": {"default": "6810 Cloud", "activities": {"training": "6820 Training"}},
    "accrued_liability": "2190 Accrued",
    "receivable": "1480 Receivable",
    "payable": "2100 Payable",
    "prepaid": "1450 Prepaid",
    "recoverable_tax": "1570 Input tax",
    "other_tax": "6890 Tax",
    "fx": "7100 Exchange",
    "rounding": "7190 Rounding",
}
EXPENSE = ("6810", "6820", "6890")
ACCOUNTS = Accounts.model_validate(CHART)


def charge(day: str, amount="10", effective=None, **more) -> dict:
    """A charge of one day, as oracles read it."""
    return {
        "day": day,
        "bill": day[:7],
        "issuer": "Cloudy",
        "category": "Usage",
        "frequency": "Usage-Based",
        "commitment": "",
        "sku": "s",
        "team": "search",
        "activity": "",
        "model": "",
        "billed": str(amount),
        "effective": str(amount if effective is None else effective),
        **more,
    }


PLACES = {
    "BillingPeriod": "bill",
    "InvoiceIssuerName": "issuer",
    "ServiceProviderName": "issuer",
    "ChargeCategory": "category",
    "ChargeFrequency": "frequency",
    "CommitmentDiscountId": "commitment",
    "SkuId": "sku",
    "x_Team": "team",
    "x_Activity": "activity",
    "x_Model": "model",
}


def frame(charges: list[dict], currency: str = "USD") -> pd.DataFrame:
    """Charges as the product reads them."""
    columns = {name: [""] * len(charges) for name in CHARGES}
    columns |= {name: [one[place] for one in charges] for name, place in PLACES.items()}
    columns |= {
        "ChargeDate": pd.to_datetime([one["day"] for one in charges]),
        "BillingAccountId": ["acct"] * len(charges),
        "BillingCurrency": [currency] * len(charges),
        "BilledCost": [Decimal(one["billed"]) for one in charges],
        "EffectiveCost": [Decimal(one["effective"]) for one in charges],
        "Rows": [1] * len(charges),
    }
    return pd.DataFrame(columns)


def invoices(came: dict, currency: str = "USD") -> pd.DataFrame:
    """{(issuer, month): amount} as `read_invoices` gives it."""
    rows = [
        (issuer, month, currency, Decimal(str(amount))) for (issuer, month), amount in came.items()
    ]
    return pd.DataFrame(
        rows, columns=["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"]
    )


def billed(charges: list[dict]) -> dict:
    """What invoices that tie out say: {(issuer, month): sum of billed}."""
    out: dict = {}
    for one in charges:
        key = (one["issuer"], one["bill"])
        out[key] = out.get(key, Decimal(0)) + Decimal(one["billed"])
    return out


def month(name: str) -> Period:
    """A calendar month as a period."""
    first = np.datetime64(name, "M")
    return Period(
        name, "", "", 0, first.astype("datetime64[D]"), (first + 1).astype("datetime64[D]")
    )


def span(name: str, first: str, end: str) -> Period:
    """A period of another calendar; `end` is the day after its last."""
    return Period(name, "", "", 0, np.datetime64(first, "D"), np.datetime64(end, "D"))


class Rate:
    """A rate alone."""

    def __init__(self, value: str):
        self.value = Decimal(value)


class EuroRates:
    """Rates of the euro in dollars that differ by month and kind; None of a month before 2026."""

    base = "USD"

    def rate(self, kind, currency, period, to=None, **how):
        when = how.get("when") or str(period.end - 1)[:7]
        if when < "2026":
            raise PriceError(f"rates: EUR to USD has no {kind} rate of {when}.")
        n = int(when[5:])
        return Rate({"average": f"1.1{n}", "month_end": f"1.1{n}5", "historical": f"1.1{n}"}[kind])
