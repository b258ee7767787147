"""Columns of daily facts: keys, measures, dimensions (docs/architecture.md §1)."""

from __future__ import annotations

from ....settings import column_of
from .. import steps

KEYS = [
    "ChargeDate",
    "BillingAccountId",
    "ServiceProviderName",
    "InvoiceIssuerName",
    "ServiceName",
    "ServiceCategory",
    "SkuId",
    "SkuMeter",
    "RegionId",
    "ChargeCategory",
    "ChargeClass",
    "ChargeFrequency",
    "PricingCategory",
    "CommitmentDiscountId",
    "CommitmentDiscountStatus",
    "ConsumedUnit",
    "BillingCurrency",
    "x_Team",
    "x_Environment",
    "x_Workload",
    "x_BusinessUnit",
    "x_Model",
]
MEASURES = ["ConsumedQuantity", "ListCost", "ContractedCost", "EffectiveCost", "BilledCost"]
DAILY = [*KEYS, *MEASURES, "Rows"]
TAGS = {
    "x_Team": "team",
    "x_Environment": "environment",
    "x_Workload": "workload",
    "x_BusinessUnit": "business_unit",
}
TOLD = ["ChargeCategory", *steps.ACCOUNTS, "ServiceName"]  # beside tags, in their months
PLAIN = [name for name in KEYS if name not in TAGS and name != "ChargeDate"]
RESOURCE = ["ResourceId", "ResourceName"]


def dimension_names(settings) -> dict[str, str]:
    """{column of daily facts: dimension}, the four that every company has and its own."""
    return TAGS | {column_of(name): name for name in getattr(settings, "dimensions", {})}
