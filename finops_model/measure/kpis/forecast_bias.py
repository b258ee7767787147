"""Whether published forecasts said too much or too little.

Source: FinOps KPI Library, Forecast accuracy rate; docs/method §11.3, §16.26.
"""

from . import Facts, Part
from ._series import at_months
from .forecast_accuracy import graded

TITLE = "Forecast bias"
FORMULA = "(forecast one month ahead − actual) ÷ actual; above 0: too much; nearer to 0 is better"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Forecast variance; docs/method §11.3, §16.26"
PERSONA = ("finance",)
BETTER = "lower"
NEEDS = ("grades",)
WITHOUT = "No published forecast has been overtaken by its month yet: publish each month (finops report), then finops grades."


def parts(facts: Facts) -> list[Part]:
    """One line of the forecasts made a month ahead."""
    own = graded(facts, 1)
    if own.empty:
        return []
    more = at_months(dict(zip(own["month"], own["p50"] - own["actual"])))
    return [
        Part(
            TITLE,
            UNIT,
            more,
            at_months(dict(zip(own["month"], own["actual"]))),
            better=BETTER,
            step="month",
        )
    ]
