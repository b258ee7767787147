"""A bill of 14 months whose cost and count follow patterns by the day."""

from making import bill, days, table

bill(
    "bill.csv",
    "2025-09-01",
    "2026-10-31",
    {
        "cost": lambda d: f"{100 + 2 * d.day + 5 * d.month:.2f}",
        "tags": {"team": "cx", "workload": "chat", "business_unit": "Support"},
    },
    {"cost": "40.25", "tags": {"team": "ml", "workload": "rag", "business_unit": "Search"}},
)
table(
    "drivers.csv",
    "date,name,role,unit,value",
    [
        (d, name, "driver", "chats", value)
        for d in days("2025-09-01", "2026-10-31")
        for name, value in (("chats", 1000 + 10 * d.day), ("searches", 500 + 3 * (d.month % 5)))
    ],
)
