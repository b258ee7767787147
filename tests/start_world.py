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


FOCUS_1_0 = (
    "AvailabilityZone,BilledCost,BillingAccountId,BillingAccountName,BillingCurrency,BillingPeriodEnd,BillingPeriodStart,ChargeCategory,"
    "ChargeClass,ChargeDescription,ChargeFrequency,ChargePeriodEnd,ChargePeriodStart,CommitmentDiscountCategory,CommitmentDiscountId,"
    "CommitmentDiscountName,CommitmentDiscountStatus,CommitmentDiscountType,ConsumedQuantity,ConsumedUnit,ContractedCost,ContractedUnitPrice,"
    "EffectiveCost,InvoiceIssuerName,ListCost,ListUnitPrice,PricingCategory,PricingQuantity,PricingUnit,ProviderName,PublisherName,RegionId,"
    "RegionName,ResourceId,ResourceName,ResourceType,ServiceCategory,ServiceName,SkuId,SkuPriceId,SubAccountId,SubAccountName,Tags"
)
VENDORS = {
    "AWS": ("Amazon Elastic Compute Cloud", 30),
    "Google Cloud": ("Compute Engine", 12),  # a part of its month
    "Microsoft": ("Virtual Machines", 30),
    "Oracle": ("Compute", 30),
}


def four_vendors(rows: int = 1000) -> str:
    """A file in the form of the FOCUS project's official sample of 1,000 rows (its README says how it is; not one row is copied).

    Four vendors in FOCUS 1.0, times without a zone, ContractedCost empty on some rows, whole and partial months, hours as charge
    periods, a row that is billed in the month after its use.
    """
    lines = [FOCUS_1_0]
    names = FOCUS_1_0.split(",")
    for i in range(rows):
        vendor, (service, days) = list(VENDORS.items())[i % 4]
        day, hour = 1 + (i * 7) % days, (i * 5) % 23
        late = i == 500
        cost = f"{(i * 37) % 997 / 1000 + 0.0001 * (i % 9):.10f}"
        row = dict.fromkeys(names, "") | {
            "BilledCost": cost,
            "EffectiveCost": cost,
            "ListCost": cost,
            "ContractedCost": "" if i % 6 == 0 else cost,
            "BillingAccountId": str(1000 + i % 4),
            "BillingCurrency": "USD",
            "BillingPeriodStart": f"2024-{10 if late else 9:02}-01 00:00:00",
            "BillingPeriodEnd": f"2024-{11 if late else 10:02}-01 00:00:00",
            "ChargePeriodStart": f"2024-09-{day:02} {hour:02}:00:00",
            "ChargePeriodEnd": f"2024-09-{day:02} {hour + 1:02}:00:00",
            "ChargeCategory": "Usage",
            "ChargeFrequency": "Usage-Based",
            "ConsumedQuantity": "1",
            "ConsumedUnit": "Hours",
            "InvoiceIssuerName": vendor,
            "ProviderName": vendor,
            "PublisherName": vendor,
            "ServiceCategory": "Compute",
            "ServiceName": service,
            "SkuId": f"SKU{i % 11}",
            "SubAccountId": f"sub-{i % 17}",
            "Tags": f'"{{""application"": ""app-{i % 40}"", ""environment"": ""{("prod", "dev")[i % 2]}"", ""business_unit"": ""Unit {i % 31:02}""}}"',
        }
        lines.append(",".join(row[name] for name in names))
    return "\n".join(lines) + "\n"
