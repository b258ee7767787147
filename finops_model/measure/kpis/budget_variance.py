"""How far the month was from its budget.

Source: FinOps KPI Library, Budget variance; docs/method §9, §16.27.
"""

from . import Facts, Part
from ._series import at_months, cost_months

TITLE = "Budget variance"
FORMULA = "(cost − budget) ÷ budget of a whole month; above 0: over"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Variance of budgeted vs. actual spend; docs/method §9, §16.27"
PERSONA = ("finance", "leadership")
BETTER = "lower"
NEEDS = ("budget",)
WITHOUT = "No approved budget of a whole month: budgets of finops.yaml names a file with business_unit, month, currency, amount."


def parts(facts: Facts) -> list[Part]:
    """One line of the whole months that have a budget."""
    if not facts.budget:
        return []
    cost = cost_months(facts)
    budget = {month: facts.budget[month] for month in cost if facts.budget.get(month, 0.0) > 0}
    if not budget:
        return []
    over = at_months({month: cost[month] - budget[month] for month in budget})
    return [Part(TITLE, UNIT, over, at_months(budget), better=BETTER, step="month")]
