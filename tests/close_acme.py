"""The company of docs/close.md: three months of bills that anybody can add up by hand."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

HEADING = [
    *(
        "InvoiceIssuerName",
        "ProviderName",
        "BillingAccountId",
        "BillingCurrency",
        "BillingPeriodStart",
    ),
    *(
        "BillingPeriodEnd",
        "ChargePeriodStart",
        "ChargePeriodEnd",
        "ChargeCategory",
        "ChargeFrequency",
    ),
    *(
        "ServiceName",
        "SkuId",
        "CommitmentDiscountId",
        "CommitmentDiscountStatus",
        "BilledCost",
        "EffectiveCost",
        "Tags",
    ),
]
ACCOUNTS = """expense: {default: "6810 AI services"}
accrued_liability: "2190 Accrued liabilities"
receivable: "1480 Receivables from suppliers"
payable: "2010 Accounts payable"
prepaid: "1450 Prepaid expenses"
recoverable_tax: "1570 Input tax"
other_tax: "6890 Other tax"
fx: "7100 Exchange differences"
rounding: "7190 Rounding"
"""
SETTINGS = """company: Acme
currency: USD
bills: ["bills/*.csv"]
invoices: invoices.csv
accounts: accounts.yaml
"""
INVOICES = {
    "2026-09": [("Aurora", "2026-09", "1500.00"), ("Seatly", "2026-09", "330.00")],
    "2026-10": [("Seatly", "2026-10", "330.00")],  # Aurora sends its own in November
    "2026-11": [
        ("Aurora", "2026-10", "312.00"),
        ("Aurora", "2026-11", "300.00"),
        ("Seatly", "2026-11", "330.00"),
    ],
}


def after(month: str) -> str:
    return f"{int(month[:4]) + (month[5:] == '12')}-{int(month[5:]) % 12 + 1:02}"


def charge(
    issuer: str,
    month: str,
    what: tuple,
    cost: tuple[str, str],
    *,
    days=None,
    team="",
    held=("", ""),
) -> list:
    """A row: what (category, frequency, service, SKU), cost (billed, effective), days (first, first after), held (commitment, status)."""
    first, end = days or (f"{month}-01", f"{after(month)}-01")
    period = (f"{month}-01", f"{after(month)}-01")
    tags = json.dumps({"team": team}) if team else ""
    return [
        issuer,
        issuer,
        f"{issuer.lower()}-1",
        "USD",
        *period,
        first,
        end,
        *what,
        *held,
        *cost,
        tags,
    ]


def bill(month: str, last: int = 31, price: str = "10.00", newest: str = "10.00") -> list[list]:
    """Aurora's tokens a day up to a day of the month, its reserved capacity, Seatly's seats with tax."""
    rows = []
    day = dt.date.fromisoformat(f"{month}-01")
    while str(day)[:7] == month and day.day <= last:
        cost = newest if day.day > 29 else price
        when = (str(day), str(day + dt.timedelta(days=1)))
        rows.append(
            charge(
                "Aurora",
                month,
                ("Usage", "Usage-Based", "Tokens", "large"),
                (cost, cost),
                days=when,
                team="chat",
            )
        )
        day += dt.timedelta(days=1)
    held = ("Usage", "Usage-Based", "Capacity", "reserved")
    whole = (f"{month}-01", f"{after(month)}-01")
    rows.append(
        charge(
            "Aurora",
            month,
            held,
            ("0.00", "100.00"),
            days=whole,
            team="chat",
            held=("res-1", "Used"),
        )
    )
    if month == "2026-09":
        fee = ("Purchase", "One-Time", "Capacity", "reserved")
        rows.append(
            charge("Aurora", month, fee, ("1200.00", "0.00"), team="chat", held=("res-1", ""))
        )
    rows.append(
        charge(
            "Seatly",
            month,
            ("Purchase", "Recurring", "Seats", "seat"),
            ("300.00", "300.00"),
            team="drafts",
        )
    )
    rows.append(charge("Seatly", month, ("Tax", "One-Time", "Seats", "seat"), ("30.00", "30.00")))
    return rows


class Acme:
    """Its folder, and what is in it when a month is closed."""

    def __init__(self, folder: Path, more: str = ""):
        self.folder = folder
        (folder / "bills").mkdir(parents=True)
        (folder / "accounts.yaml").write_text(ACCOUNTS)
        (folder / "finops.yaml").write_text(SETTINGS + more)

    def deliver(self, month: str) -> None:
        """The bills and invoices that are there on the first days of the month after."""
        if month == "2026-09":
            self._write("2026-09", bill("2026-09"))
        if month == "2026-10":
            self._write("2026-10", bill("2026-10", last=29))
        if month == "2026-11":
            self._write("2026-10", bill("2026-10", newest="11.00"))
            self._write("2026-11", bill("2026-11"))
        known = [line for at, lines in INVOICES.items() if at <= month for line in lines]
        with open(self.folder / "invoices.csv", "w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["InvoiceIssuerName", "BillingPeriod", "BillingCurrency", "Amount"])
            out.writerows([issuer, period, "USD", amount] for issuer, period, amount in known)

    def _write(self, month: str, rows: list[list]) -> None:
        with open(self.folder / "bills" / f"{month}.csv", "w", newline="") as file:
            csv.writer(file).writerows([HEADING, *rows])
