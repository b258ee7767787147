"""Business value per unit of money, by kind: revenue, retention, productivity, as their owners state them.

Source: FinOps Framework, Unit Economics; docs/method §16.56.
"""

from ...facts.cycle.values import KINDS
from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Business value per unit of cost"
FORMULA = "likely value of a kind ÷ stated cost, of the initiatives of the month"
UNIT = "times"
BASIS = "none"
SOURCE = "FinOps Framework, business value; docs/method §16.56"
PERSONA = ("leadership", "product", "finance")
BETTER = "higher"
NEEDS = ("values",)
WITHOUT = "values of finops.yaml names no file with costs: initiative, month, kind, low, likely, high, owner, cost."


def parts(facts: Facts) -> list[Part]:
    """One line per kind of value that is stated with a cost."""
    if facts.values is None or facts.values.empty:
        return []
    rows = facts.values[facts.values["month"].isin(whole_months(facts))]
    cost = rows.groupby("month")["cost"].sum(min_count=1).dropna()
    lines = []
    for kind in KINDS:
        own = rows[rows["kind"] == kind].groupby("month")["likely"].sum()
        if len(own) and (cost > 0).any():
            lines.append(
                Part(
                    f"{TITLE}, {kind}",
                    UNIT,
                    at_months(own.to_dict()),
                    at_months(cost[cost > 0].to_dict()),
                    better=BETTER,
                    step="month",
                )
            )
    return lines
