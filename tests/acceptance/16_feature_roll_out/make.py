"""A start-up's feature: three customers of two tiers, who use it more every month (synthetic)."""

from making import bill, days, table

MONTHS = (("2026-08", 31), ("2026-09", 30), ("2026-10", 31))
USE = {"acme": 40, "brio": 30, "cato": 10}  # documents a day, and 2 more each month
bill(
    "bill.csv",
    "2026-08-01",
    "2026-10-31",
    {
        "cost": lambda d: f"{20 + d.month + 0.25 * d.day:.2f}",
        "tags": {"team": "app", "workload": "summaries", "business_unit": "Product"},
    },
    {"cost": "9", "tags": {"team": "app", "workload": "search", "business_unit": "Product"}},
)
table(
    "drivers.csv",
    "date,name,role,unit,value",
    [
        (d, "documents", "driver", "documents", sum(USE.values()) + 6 * (d.month - 8))
        for d in days("2026-08-01", "2026-10-31")
    ],
)
table(
    "customers.csv",
    "customer,name,segment,tier,since",
    [
        ("acme", "Acme", "large", "pro", "2026-08"),
        ("brio", "Brio", "large", "pro", "2026-08"),
        ("cato", "Cato", "small", "free", "2026-08"),
    ],
)
table(
    "customer_usage.csv",
    "month,customer,documents",
    [
        (month, name, (use + 2 * at) * length)
        for at, (month, length) in enumerate(MONTHS)
        for name, use in USE.items()
    ],
)
