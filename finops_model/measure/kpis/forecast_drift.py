"""How far the forecast of a month moved from one publication to the next.

Source: FinOps KPI Library, Forecast drift rate; docs/method §11.7, §16.26.
"""

from . import Facts, Part
from ._series import at_months

TITLE = "Forecast drift"
FORMULA = "|newest forecast of the month − the one before| ÷ the one before"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Forecast drift rate; docs/method §11.7, §16.26"
PERSONA = ("finance",)
BETTER = "lower"
NEEDS = ("grades",)
WITHOUT = "No month has been forecast in two publications yet: publish each month (finops report)."


def parts(facts: Facts) -> list[Part]:
    """One line: of each month the newest forecast and the one before it."""
    if facts.grades is None:
        return []
    rows = facts.grades[facts.grades["previous"] > 0].sort_values("made")
    rows = rows.drop_duplicates("month", keep="last")
    if rows.empty:
        return []
    moved = at_months(dict(zip(rows["month"], (rows["p50"] - rows["previous"]).abs())))
    return [
        Part(
            TITLE,
            UNIT,
            moved,
            at_months(dict(zip(rows["month"], rows["previous"]))),
            better=BETTER,
            step="month",
        )
    ]
