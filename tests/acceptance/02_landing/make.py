"""A bill that is the same every day, a fiscal year from October, a budget by month."""

from making import bill, table

bill(
    "bill.csv",
    "2025-10-01",
    "2026-06-30",
    {"cost": "1000.00", "tags": {"team": "cx", "workload": "chat", "business_unit": "Support"}},
    {"cost": "500.00", "tags": {"team": "ml", "workload": "rag", "business_unit": "Search"}},
    currency="GBP",
)
table(
    "budgets.csv",
    "version,approved_on,approved_by,author,business_unit,month,currency,amount",
    [
        (
            "v1",
            "2025-09-15",
            "Ann",
            "Bob",
            "Company",
            f"{2025 + (m > 12)}-{(m - 1) % 12 + 1:02}",
            "GBP",
            48300,
        )
        for m in range(10, 22)
    ],
)
