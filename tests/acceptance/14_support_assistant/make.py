"""A support assistant on an LLM API: input, output and cached tokens, and a prompt laboratory that is R&D (synthetic)."""

from making import bill, days, table


def line(meter: str, millions, price: float, workload: str, environment: str) -> dict:
    """Tokens of a meter a day, in millions, at a price a million."""
    return {
        "use": lambda d: millions(d) * 1_000_000,
        "unit": "tokens",
        "meter": meter,
        "sku": f"M1-{meter}",
        "service": "LLM API",
        "model": "m1",
        "cost": lambda d: f"{millions(d) * price:.4f}",
        "tags": {
            "team": "assist",
            "workload": workload,
            "business_unit": "Support",
            "environment": environment,
        },
    }


bill(
    "bill.csv",
    "2026-07-01",
    "2026-10-31",
    line("input", lambda d: 40 + d.day + d.month, 2.0, "assistant", "production"),
    line("output", lambda d: 10 + d.month, 8.0, "assistant", "production"),
    line("input", lambda d: 6, 2.0, "prompt-lab", "rnd"),
)
table(
    "drivers.csv",
    "date,name,role,unit,value",
    [
        row
        for d in days("2026-07-01", "2026-10-31")
        for row in (
            (d, "conversations", "driver", "conversations", 1500 + 20 * d.day),
            (d, "resolved_conversations", "outcome", "conversations", 1000 + 15 * d.day),
        )
    ],
)
