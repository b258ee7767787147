"""Ten months of 50 GPUs an hour at 4 a GPU-hour, every day alike, beside a gateway."""

from making import bill

bill(
    "bill.csv",
    "2026-01-01",
    "2026-10-31",
    {
        "cost": "4800.00",
        "use": "1200",
        "unit": "GPU-hours",
        "sku": "H100-OD",
        "service": "GPU Compute",
        "tags": {"team": "ml", "workload": "training", "business_unit": "Research"},
    },
    {"cost": "75.00", "tags": {"team": "ops", "workload": "gateway", "business_unit": "Platform"}},
)
