"""Small bills and what their report says, without rendering it: one ledger, one close, the company's brief."""

from __future__ import annotations

import pandas as pd

from finops_model.facts.ledger.store import Ledger
from finops_model.publish import close
from finops_model.settings import Settings

ROW = {"BillingCurrency": "USD", "ChargeCategory": "Usage", "Tags": ""}


def row(start, end, cost, vendor="Daily", **cells) -> dict:
    """A charge from start to end (exclusive)."""
    start, end = (f"{pd.Timestamp(moment):%Y-%m-%d}T00:00:00Z" for moment in (start, end))
    named = {
        "InvoiceIssuerName": vendor,
        "ServiceProviderName": vendor,
        "BillingAccountId": f"acct-{vendor}",
        "ServiceName": vendor,
    }
    month = f"{start[:7]}-01T00:00:00Z"
    after = f"{pd.Timestamp(start[:10]) + pd.offsets.MonthBegin(1):%Y-%m-%d}T00:00:00Z"
    return {
        **ROW,
        **named,
        "BillingPeriodStart": month,
        "BillingPeriodEnd": after,
        "ChargePeriodStart": start,
        "ChargePeriodEnd": end,
        "BilledCost": str(cost),
        "EffectiveCost": str(cost),
        **cells,
    }


def days(first, last, cost=100, vendor="Daily", **cells) -> list[dict]:
    """A charge a day; cost: a number, or a function of the day's position."""
    every = pd.date_range(first, last)
    return [
        row(day, day + pd.Timedelta(days=1), cost(i) if callable(cost) else cost, vendor, **cells)
        for i, day in enumerate(every)
    ]


def months(first, count, cost=3000, vendor="Monthly", **cells) -> list[dict]:
    starts = pd.date_range(first, periods=count, freq="MS")
    return [row(start, start + pd.offsets.MonthBegin(1), cost, vendor, **cells) for start in starts]


def workspace(folder, *parts, budget=None, **how) -> Settings:
    """Settings of a company with a ledger of these rows; budget: {month: amount} of the company."""
    Ledger(folder / "ledger").ingest(
        ("bill", pd.DataFrame([one for part in parts for one in part]))
    )
    if budget is not None:
        lines = [
            "business_unit,month,amount,currency",
            *(f"Company,{month},{amount},USD" for month, amount in budget.items()),
        ]
        (folder / "budgets.csv").write_text("\n".join(lines) + "\n")
        how["budgets"] = "budgets.csv"
    return Settings(
        root=str(folder),
        company="Small",
        ledger="ledger",
        currency="USD",
        paths=how.pop("paths", 256),
        **how,
    )


def year(amount, first="2026-01") -> dict:
    """A budget of twelve equal months."""
    return {f"{month:%Y-%m}": amount for month in pd.date_range(first, periods=12, freq="MS")}


def brief_of(settings, month=None, newest=False, unit="Company") -> dict:
    made = close.prepare(settings, month, newest=newest)
    return close.briefs_of(made, [unit])[0]
