"""Three units that spend the same every day, and next year's budget by unit with what is held back."""

from making import bill, table

UNITS = (
    ("Support", "cx", "chat", "300.00"),
    ("Search", "ml", "rag", "200.00"),
    ("Labs", "rd", "train", "100.00"),
)
bill(
    "bill.csv",
    "2026-01-01",
    "2026-12-31",
    *(
        {"cost": cost, "tags": {"team": team, "workload": work, "business_unit": unit}}
        for unit, team, work, cost in UNITS
    ),
)
BUDGET = (("Support", 9_500, 500, "CFO"), ("Search", 6_700, 0, ""), ("Labs", 3_600, 250, "CTO"))
table(
    "budgets.csv",
    "version,approved_on,approved_by,author,business_unit,month,currency,amount,held_back,held_by",
    [
        ("v1", "2026-11-15", "Ann", "Bob", unit, f"2027-{m:02}", "USD", amount, held, by)
        for unit, amount, held, by in BUDGET
        for m in range(1, 13)
    ],
)
