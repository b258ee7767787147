"""How much of the year's budget is spent.

Source: FinOps KPI Library, Budget burn; docs/method §9, §16.27.
"""

from ...periods import fiscal_months
from . import Facts, Part
from ._series import at_months, cost_months

TITLE = "Budget spent"
FORMULA = "cost of the fiscal year up to the end of the month ÷ budget of the whole year"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Budget burn rate; docs/method §9, §16.27"
PERSONA = ("finance", "leadership")
BETTER = "lower"
NEEDS = ("budget",)
WITHOUT = "No fiscal year has an approved budget of all its months, and a bill from its first: budgets of finops.yaml."


def parts(facts: Facts) -> list[Part]:
    """One line of the whole months of fiscal years whose twelve months all have a budget."""
    if not facts.budget:
        return []
    cost = cost_months(facts)
    spent, budget = {}, {}
    for month in cost:
        year = fiscal_months(month, facts.year_starts)
        so_far = [one for one in year if one <= month]
        if all(one in facts.budget for one in year) and all(one in cost for one in so_far):
            budget[month] = float(sum(facts.budget[one] for one in year))
            spent[month] = float(sum(cost[one] for one in so_far))
    if not any(amount > 0 for amount in budget.values()):
        return []
    return [Part(TITLE, UNIT, at_months(spent), at_months(budget), better=BETTER, step="month")]
