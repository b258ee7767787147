"""How much of the cost bought nothing: idle, committed and unused, orphaned, failed or repeated, seats nobody opens.

Source: FinOps for AI, waste; docs/method §16.21, §17.2.
"""

from . import Facts, Part
from ._series import at_months, cost_months

TITLE = "Waste"
FORMULA = "cost that bought nothing, each cost once ÷ all cost"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps for AI, waste; docs/method §16.21, §17.2"
PERSONA = ("platform", "finance", "leadership")
BETTER = "lower"
NEEDS = ("waste",)
WITHOUT = "Waste is looked for in whole months of a bill."


def parts(facts: Facts) -> list[Part]:
    """All waste, then each category that has some."""
    if facts.waste is None:
        return []
    cost = {month: amount for month, amount in cost_months(facts).items() if amount > 0}
    lines = [("Waste", list(facts.waste))]
    for category in sorted({line.category for line in facts.waste}):
        own = [line for line in facts.waste if line.category == category]
        lines.append((f"Waste: {category.replace('_', ' ')}", own))
    return [
        Part(
            title,
            UNIT,
            at_months({month: wasted(own, month) for month in cost}),
            at_months(cost),
            better=BETTER,
            step="month",
        )
        for title, own in lines
        if cost
    ]


def wasted(lines, month: str) -> float:
    """What lines of waste cost in a month."""
    return float(sum(line.cost_by_month.get(month, 0.0) for line in lines))
