"""Small bills in FOCUS columns for tests of the ledger: one row a day, every cell of a row to be chosen."""

from __future__ import annotations

import pandas as pd


def focus(
    days=range(1, 11), amount="10.00", month="2026-07", year_month=None, **cells
) -> pd.DataFrame:
    """A bill of usage: one row for each day of a month, as text cells; `cells` replace columns."""
    year, number = int(month[:4]), int(month[5:])
    after = f"{year + number // 12}-{number % 12 + 1:02d}"
    used = year_month or month
    base = {
        "BillingCurrency": "USD",
        "BillingPeriodStart": f"{month}-01T00:00:00Z",
        "BillingPeriodEnd": f"{after}-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ServiceName": "GPU Compute",
        "InvoiceIssuerName": "Cloudy",
        "ServiceProviderName": "Cloudy",
        "BillingAccountId": "acct-1",
        "SubAccountId": "sub-1",
        "ResourceId": "vm-1",
        "SkuId": "gpu-h",
        "Tags": '{"team":"search"}',
    }
    stamps = pd.to_datetime([f"{used}-{day:02d}" for day in days])
    rows = [
        {
            **base,
            "BilledCost": amount,
            "EffectiveCost": amount,
            "ChargePeriodStart": f"{day:%Y-%m-%d}T00:00:00Z",
            "ChargePeriodEnd": f"{day + pd.Timedelta(days=1):%Y-%m-%d}T00:00:00Z",
            **cells,
        }
        for day in stamps
    ]
    return pd.DataFrame(rows)
