"""Two units whose use and price moved against a budget of amounts, and the actuals of two months."""

from making import bill, table

bill(
    "bill.csv",
    "2026-07-01",
    "2026-10-31",
    {
        "cost": lambda d: f"{(1000 if d.month < 10 else 1300) * 0.25:.2f}",
        "use": lambda d: "1000" if d.month < 10 else "1300",
        "unit": "GPU-hours",
        "sku": "A100",
        "tags": {"team": "cx", "workload": "chat", "business_unit": "Support"},
    },
    {
        "cost": lambda d: f"{400 * (0.5 if d.month < 10 else 0.55):.2f}",
        "use": "400",
        "unit": "GPU-hours",
        "sku": "H100",
        "tags": {"team": "ml", "workload": "rag", "business_unit": "Search"},
    },
    {
        "cost": "1250.55",
        "category": "Purchase",
        "frequency": "One-Time",
        "on": ["2026-10-05"],
        "service": "Support plan",
        "tags": {"team": "ml", "workload": "rag", "business_unit": "Search"},
    },
    currency="EUR",
)
table(
    "budgets.csv",
    "version,approved_on,approved_by,author,business_unit,month,currency,amount",
    [
        (
            "v1",
            "2026-06-15",
            "Ann",
            "Bob",
            unit,
            f"{2026 + (m > 12)}-{(m - 1) % 12 + 1:02}",
            "EUR",
            amount,
        )
        for unit, amount in (("Support", 8000), ("Search", 6500))
        for m in range(7, 19)
    ],
)
