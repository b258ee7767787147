"""A bill of a small gateway: storage and egress are new."""

from making import bill

bill(
    "bill.csv",
    "2026-01-01",
    "2026-12-31",
    {"cost": "10.00", "tags": {"team": "data", "workload": "gateway", "business_unit": "Data"}},
)
