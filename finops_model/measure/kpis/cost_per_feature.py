"""What a feature costs for each customer that uses it.

Source: FinOps Framework, Unit Economics; docs/method §16.25.
"""

from ..carried import costs, drives
from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Cost per customer of a feature"
FORMULA = "cost of a feature (workloads of its driver) ÷ customers that used it"
UNIT = "money / customer"
BASIS = "Effective"
SOURCE = "FinOps Framework, Unit Economics; docs/method §16.25"
PERSONA = ("product", "leadership")
BETTER = "lower"
NEEDS = ("customer_usage",)
WITHOUT = "customer_usage of finops.yaml names no file: month, customer, and a column of counts for each driver."


def parts(facts: Facts) -> list[Part]:
    """One line per driver that customers use: a feature as they know it."""
    use = facts.customer_usage
    if use is None or use.empty:
        return []
    carried = {name: drives(given) for name, given in facts.carried.items()}
    use = use[(use["count"] > 0) & use["month"].isin(whole_months(facts))]
    lines = []
    for name, own in use.groupby("name", sort=True):
        if name not in carried or not carried[name].shown:
            continue
        months = own.groupby("month")["customer"].nunique().astype(float).to_dict()
        both = []
        for cost in costs(facts.daily, name, carried):
            sums = cost.groupby(cost.index.strftime("%Y-%m")).sum()
            both.append(at_months({month: float(sums.get(month, 0.0)) for month in months}))
        label = str(name).replace("_", " ")
        lines.append(
            Part(
                f"Cost of {label} per customer",
                f"{facts.currency} / customer",
                both[0],
                at_months(months),
                loaded=both[1],
                of=carried[name].words(),
                step="month",
            )
        )
    return lines
