"""How near published forecasts came to what was spent.

Source: FinOps KPI Library, Forecast accuracy rate; docs/method §11.3, §16.26.
"""

import pandas as pd

from . import Facts, Part
from ._series import at_months

TITLE = "Forecast accuracy"
FORMULA = "1 − |forecast − actual| ÷ actual, of published forecasts of the month"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Forecast accuracy rate; docs/method §11.3, §16.26"
PERSONA = ("finance", "leadership")
BETTER = "higher"
NEEDS = ("grades",)
WITHOUT = "No published forecast has been overtaken by its month yet: publish each month (finops report), then finops grades."


LEADS = (1, 3)


def parts(facts: Facts) -> list[Part]:
    """One line for each of LEADS months ahead."""
    return [
        Part(
            f"{TITLE}, {lead} month{'s' * (lead > 1)} ahead",
            UNIT,
            at_months(dict(zip(own["month"], own["actual"] - (own["p50"] - own["actual"]).abs()))),
            at_months(dict(zip(own["month"], own["actual"]))),
            better=BETTER,
            step="month",
        )
        for lead in LEADS
        if len(own := graded(facts, lead))
    ]


def graded(facts: Facts, lead: int) -> pd.DataFrame:
    """The forecasts of that lead whose month is over and cost something."""
    rows = facts.grades
    if rows is None:
        return pd.DataFrame(columns=["month", "p50", "actual"])
    return rows[(rows["lead"] == lead) & (rows["actual"] > 0)].drop_duplicates("month", keep="last")
