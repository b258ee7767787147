"""Small bills for tests of `finops start`: four weeks of two teams a month, and a driver of the same days."""

from __future__ import annotations

import calendar
from pathlib import Path


def bill(months=(1, 2, 3), currency: str = "USD") -> str:
    """56 rows a month; April costs 5,404.00."""
    rows = [
        f"2025-{m:02}-{d:02},{90 + m + d % 5}.5,{team},GPU"
        for m in months
        for d in range(1, 29)
        for team in ("a", "b")
    ]
    return f"Date,Cost ({currency}),Team,Service\n" + "\n".join(rows) + "\n"


def driver(months=(1, 2, 3), name: str = "Sessions") -> str:
    return (
        f"date,{name}\n"
        + "\n".join(
            f"2025-{m:02}-{d:02},{1000 + 10 * m + d}"
            for m in months
            for d in range(1, 1 + calendar.monthrange(2025, m)[1])
        )
        + "\n"
    )


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def many_units(units: int = 302, rows: int = 1000) -> str:
    """A FOCUS bill of September 2024 as the official sample is: `rows` rows, `units` business units by tag, few rows each."""
    lines = [
        "BilledCost,EffectiveCost,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,ChargeCategory,"
        "ServiceName,ServiceProviderName,InvoiceIssuerName,BillingAccountId,Tags"
    ]
    for i in range(rows):
        unit, day = (i * 7) % units, 1 + (i * 11) % 30
        cost = f"{3 + (unit * 37) % 101 + (900 / (1 + unit)):.4f}"
        tags = f'"{{""business_unit"": ""Unit {unit:03}"", ""team"": ""team-{unit:03}""}}"'
        lines.append(
            f"{cost},{cost},USD,2024-09-01T00:00:00Z,2024-10-01T00:00:00Z,2024-09-{day:02}T00:00:00Z,"
            f"{f'2024-09-{day + 1:02}' if day < 30 else '2024-10-01'}T00:00:00Z,Usage,Compute,Cloud,Cloud,1,{tags}"
        )
    return "\n".join(lines) + "\n"
