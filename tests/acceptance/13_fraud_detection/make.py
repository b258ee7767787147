"""A bank's fraud detection: scoring, and a standby endpoint of the same workload that answers nobody (synthetic)."""

from making import bill, days, table

SCORING = {"team": "fraud", "workload": "fraud-scoring", "business_unit": "Risk"}
bill(
    "bill.csv",
    "2026-07-01",
    "2026-10-31",
    {
        "cost": lambda d: f"{300 + 2 * d.day + 10 * d.month:.2f}",
        "use": "96",
        "unit": "GPU-hours",
        "sku": "L4",
        "resource": "scoring-live",
        "tags": SCORING,
    },
    {
        "cost": "61.50",
        "use": "24",
        "unit": "GPU-hours",
        "sku": "A100",
        "resource": "scoring-standby",
        "tags": SCORING,
    },
    {"cost": "150", "tags": {"team": "kyc", "workload": "kyc", "business_unit": "Risk"}},
)
table(
    "drivers.csv",
    "date,name,role,unit,value",
    [
        (d, "predictions", "driver", "predictions", 400_000 + 1_000 * d.day)
        for d in days("2026-07-01", "2026-10-31")
    ],
)
table(
    "endpoints.csv",
    "month,ResourceId,workload,SkuId,requests,gpu_hours",
    [
        row
        for month, length in (("2026-07", 31), ("2026-08", 31), ("2026-09", 30), ("2026-10", 31))
        for row in (
            (month, "scoring-live", "fraud-scoring", "L4", 416_000 * length, 96 * length),
            (month, "scoring-standby", "fraud-scoring", "A100", 40, 24 * length),
        )
    ],
)
