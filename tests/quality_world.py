"""A small company whose data is untidy in every way the data-quality card knows, each on purpose."""

from __future__ import annotations

import csv
import datetime as dt
import json
from pathlib import Path

COLUMNS = [
    "BilledCost",
    "EffectiveCost",
    "ListCost",
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "BillingAccountId",
    "ServiceName",
    "ServiceProviderName",
    "InvoiceIssuerName",
    "SkuId",
    "SkuPriceId",
    "RegionId",
    "ListUnitPrice",
    "PricingQuantity",
    "PricingUnit",
    "ConsumedQuantity",
    "ConsumedUnit",
    "Tags",
    "x_Model",
]
FIRST, LAST = dt.date(2026, 7, 1), dt.date(2026, 10, 31)
MISSING = (dt.date(2026, 9, 15), dt.date(2026, 9, 16))  # of Acme
ACME_ENDS = dt.date(2026, 10, 26)  # five days behind
QUANTITY = 10
SKUS = {  # SKU: (vendor, model, price until 31 August, price from 1 September on)
    "steady": ("Acme", "", "2.00", "2.00"),
    "moved": ("Acme", "", "1.00", "1.50"),  # on the bill only
    "listed-new": ("Borealis", "", "3.00", "3.00"),  # the list says: a new price on 1 October
    "old": ("Borealis", "", "0.50", "0.50"),  # not read again since January
    "year": ("Borealis", "", "0.20", "0.20"),  # the list names a year
    "nowhere": ("Borealis", "", "0.10", "0.10"),
    "ended": ("Borealis", "", "0.30", "0.30"),  # the list's price ended in September
    "tokens": ("OpenAI", "o3", "0.40", "0.40"),  # of the frozen token prices
}
LIST = """provider: All
currency: USD
reference: r
checked: 2026-10-01
prices:
  steady: {service: S, unit: Units, rate: linear, history: {2026-01-01: {price: 2}}}
  moved: {service: S, unit: Units, rate: linear, history: {2026-01-01: {price: 1.5}}}
  listed-new: {service: S, unit: Units, rate: linear, history: {2026-01-01: {price: 3}, 2026-10-01: {price: 3.1}}}
  old: {service: S, unit: Units, rate: linear, checked: 2026-01-05, history: {2026-01-01: {price: 0.5}}}
  year: {service: S, unit: Units, rate: linear, dated: "2026", history: {2026-01-01: {price: 0.2}}}
  ended: {service: S, unit: Units, rate: linear, history: {2026-01-01: {price: 0.3, until: 2026-09-01}}}
"""


def rows() -> list[dict[str, str]]:
    """The bill: every SKU on every day, ten units."""
    found = []
    for n in range((LAST - FIRST).days + 1):
        day = FIRST + dt.timedelta(days=n)
        for sku, (vendor, model, before, after) in SKUS.items():
            if vendor == "Acme" and (day in MISSING or day > ACME_ENDS):
                continue
            price = before if day < dt.date(2026, 9, 1) else after
            cost = f"{float(price) * QUANTITY:.2f}"
            month = day.replace(day=1)
            found.append(
                {
                    "BilledCost": cost,
                    "EffectiveCost": cost,
                    "ListCost": cost,
                    "BillingCurrency": "USD",
                    "BillingPeriodStart": f"{month}T00:00:00Z",
                    "BillingPeriodEnd": f"{(month + dt.timedelta(days=32)).replace(day=1)}T00:00:00Z",
                    "ChargePeriodStart": f"{day}T00:00:00Z",
                    "ChargePeriodEnd": f"{day + dt.timedelta(days=1)}T00:00:00Z",
                    "ChargeCategory": "Usage",
                    "ChargeClass": "",
                    "ChargeFrequency": "Usage-Based",
                    "BillingAccountId": f"{vendor}-1",
                    "ServiceName": f"{vendor} service",
                    "ServiceProviderName": vendor,
                    "InvoiceIssuerName": vendor,
                    "SkuId": sku,
                    "SkuPriceId": "",
                    "RegionId": "eu",
                    "ListUnitPrice": price,
                    "PricingQuantity": str(QUANTITY),
                    "PricingUnit": "Units",
                    "ConsumedQuantity": str(QUANTITY),
                    "ConsumedUnit": "Units",
                    "Tags": "{}" if sku == "nowhere" else json.dumps({"team": "a"}),
                    "x_Model": model,
                }
            )
    return found


def spoiled() -> list[dict[str, str]]:
    """The bill with two rows that are refused and three list costs of October that are off by a dollar."""
    bill = rows()
    october = [one for one in bill if one["ChargePeriodStart"] >= "2026-10-02"]
    for one in october[:3]:
        one["ListCost"] = f"{float(one['ListCost']) + 1:.2f}"
    refused = [
        dict(october[9], BilledCost="n/a"),
        dict(october[9], BillingCurrency="??", BilledCost="12.50"),
    ]
    return [*bill, *refused]


def write(path: Path, bill: list[dict[str, str]]) -> Path:
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.DictWriter(file, COLUMNS)
        out.writeheader()
        out.writerows(bill)
    return path


def workspace(root: Path, bill: list[dict[str, str]], more: str = "") -> Path:
    """A workspace with its list prices and invoices; finops.yaml."""
    (root / "bills").mkdir(parents=True)
    (root / "prices").mkdir()
    write(root / "bills" / "focus.csv", bill)
    (root / "prices" / "all.yaml").write_text(LIST)
    (root / "finops.yaml").write_text(
        "company: Untidy\nbills: [bills/*.csv]\nprices: prices\n" + more
    )
    return root / "finops.yaml"
