"""Revenue per unit of money that AI costs.

Source: FinOps Framework, Unit Economics; docs/method §16.56.
"""

from . import Facts, Part, by_day

TITLE = "Revenue per unit of AI cost"
FORMULA = "revenue ÷ all AI cost, on days that have both"
UNIT = "times"
BASIS = "Effective"
SOURCE = "FinOps Framework, Unit Economics; docs/method §16.56"
PERSONA = ("leadership", "finance", "product")
BETTER = "higher"
NEEDS = ("sales",)
WITHOUT = (
    "finops.yaml has no policy cogs whose revenue names a driver, or the unit is not the company."
)


def parts(facts: Facts) -> list[Part]:
    """One line where revenue is known."""
    cost = by_day(facts.daily, "EffectiveCost")
    if facts.sales is None or not (cost > 0).any():
        return []
    return [Part(TITLE, UNIT, facts.sales.rename(None), cost[cost > 0], better=BETTER)]
