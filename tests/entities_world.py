"""A small company of two entities in two currencies: a bill of one file, its settings, invoices, drivers and budgets."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from finops_model.settings import Settings, load_settings

SETTINGS = """company: Acme
paths: 200
methods: [weekday_mean]
bills: [bill.csv]
organisation: teams.csv
entities:
  - name: Acme Inc.
    currency: USD
    billing_accounts: [us-1]
    issuers: [Stores]
    invoices: inc_invoices.csv
    budgets: inc_budgets.csv
    drivers: [inc_drivers.csv]
    unit_costs: {tickets: Company}
  - name: Acme GmbH
    currency: EUR
    billing_accounts: [de-1]
    invoices: gmbh_invoices.csv
    prepared_by: Lena
"""
SHAPE = {0: 1.0, 1: 1.2, 2: 1.1, 3: 1.0, 4: 0.9, 5: 0.4, 6: 0.4}


def bill(first: str = "2026-03-01", last: str = "2026-05-31", codes=("USD", "EUR")) -> pd.DataFrame:
    """One issuer bills both entities; Inc. 100 a day for chat and 50 for search, 10 of storage from another issuer; GmbH 40 for chat, and 19 % tax."""
    rows = []
    usd, eur = codes

    def add(day, issuer, account, code, team, service, amount, category="Usage"):
        after = day + pd.Timedelta(days=1)
        month = day.strftime("%Y-%m-01")
        rows.append(
            {
                "InvoiceIssuerName": issuer,
                "ProviderName": issuer,
                "PublisherName": issuer,
                "BillingAccountId": account,
                "BillingCurrency": code,
                "BillingPeriodStart": f"{month}T00:00:00Z",
                "BillingPeriodEnd": f"{(day + pd.offsets.MonthBegin(1)).date()}T00:00:00Z",
                "ChargePeriodStart": f"{day.date()}T00:00:00Z",
                "ChargePeriodEnd": f"{after.date()}T00:00:00Z",
                "ChargeCategory": category,
                "ChargeFrequency": "Usage-Based",
                "ServiceName": service,
                "ServiceCategory": "AI and Machine Learning",
                "SkuId": f"{service}-sku",
                "ConsumedQuantity": "",
                "ConsumedUnit": "",
                "PricingCategory": "Standard",
                **dict.fromkeys(
                    ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), f"{amount:.2f}"
                ),
                "Tags": f'{{"team": "{team}"}}' if team else "",
            }
        )

    for day in pd.date_range(first, last):
        shape = SHAPE[day.dayofweek]
        add(day, "Models", "us-1", usd, "chat", "Chat API", 100 * shape)
        add(day, "Models", "us-1", usd, "search", "Chat API", 50 * shape)
        add(day, "Stores", "us-9", usd, "search", "Storage", 10)
        add(day, "Models", "de-1", eur, "chat", "Chat API", 40 * shape)
        add(day, "Models", "de-1", eur, "search", "Storage", 5)
        if day.is_month_end:
            add(day, "Models", "de-1", eur, "", "Chat API", 123.45, "Tax")
    return pd.DataFrame(rows)


def totals(frame: pd.DataFrame) -> pd.Series:
    """BilledCost by currency, issuer and month."""
    return (
        frame.assign(
            month=frame["BillingPeriodStart"].str[:7], cost=frame["BilledCost"].astype(float)
        )
        .groupby(["BillingCurrency", "InvoiceIssuerName", "month"])["cost"]
        .sum()
    )


def workspace(
    folder: Path, frame: pd.DataFrame | None = None, settings: str = SETTINGS
) -> Settings:
    """A folder with the bill and everything beside it."""
    frame = bill() if frame is None else frame
    folder.mkdir(parents=True, exist_ok=True)
    frame.to_csv(folder / "bill.csv", index=False)
    for name, code in (("inc", "USD"), ("gmbh", "EUR")):
        lines = [
            f"{issuer},{month},{code},{cost:.2f}"
            for (currency, issuer, month), cost in totals(frame).items()
            if currency == code
        ]
        (folder / f"{name}_invoices.csv").write_text(
            "InvoiceIssuerName,BillingPeriod,BillingCurrency,Amount\n" + "\n".join(lines) + "\n"
        )
    (folder / "teams.csv").write_text("team,business_unit\nchat,Product\nsearch,Engineering\n")
    days = pd.date_range("2026-03-01", "2026-05-31")
    (folder / "inc_drivers.csv").write_text(
        "date,tickets\n"
        + "".join(f"{day.date()},{round(1000 * SHAPE[day.dayofweek])}\n" for day in days)
    )
    (folder / "inc_budgets.csv").write_text(
        "business_unit,month,currency,amount\n"
        + "".join(
            f"{unit},2026-{m:02d},USD,{amount}\n"
            for unit, amount in (("Product", 3000), ("Engineering", 2000))
            for m in range(1, 13)
        )
    )
    (folder / "finops.yaml").write_text(settings)
    return load_settings(folder)
