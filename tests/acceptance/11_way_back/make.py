"""Three workloads that cost the same every day, and a budget that the year will pass."""

from making import bill, table

bill(
    "bill.csv",
    "2026-01-01",
    "2026-06-30",
    *(
        {"cost": cost, "tags": {"team": "ai", "workload": work, "business_unit": "Products"}}
        for work, cost in (("chat", "500.00"), ("rag", "300.00"), ("train", "200.00"))
    ),
)
table(
    "budgets.csv",
    "version,approved_on,approved_by,author,business_unit,month,currency,amount",
    [
        ("v1", "2026-01-05", "Ann", "Bob", "Company", f"2026-{m:02}", "USD", 28_000)
        for m in range(1, 13)
    ],
)
