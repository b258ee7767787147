"""October against its budget, unit by unit: what use and price made together, and the one-time charge apart."""

import json

BUDGET = {"Support": 8000.0, "Search": 6500.0}
ONCE = 1250.55
actual = {"Support": 31 * 1300 * 0.25, "Search": 31 * 400 * 0.55 + ONCE}
said = {
    "budget": sum(BUDGET.values()),
    "actual": sum(actual.values()),
    "change": sum(actual.values()) - sum(BUDGET.values()),
    "share": sum(actual.values()) / sum(BUDGET.values()) - 1,
    "once": ONCE,
    "together": sum(actual.values()) - ONCE - sum(BUDGET.values()),
    "nothing": 0.0,
}
for unit, amount in BUDGET.items():
    said[f"{unit} change"] = actual[unit] - amount
    said[f"{unit} together"] = actual[unit] - amount - (ONCE if unit == "Search" else 0)
print(json.dumps(said))
