"""How much of the cost carries the tags that the company asks for.

Source: FinOps KPI Library, Percentage of costs tagged; docs/method §13.61, §16.19.
"""

from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Cost that is tagged"
FORMULA = "cost whose tags break no rule ÷ cost that can be tagged (no tax, no credit)"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Percentage of costs tagged; docs/method §13.61, §16.19"
PERSONA = ("platform", "finance")
BETTER = "higher"
NEEDS = ("tags",)
WITHOUT = "Tag coverage is of the company as a whole: leave --unit out."


def parts(facts: Facts) -> list[Part]:
    """One line of the whole months; of the company alone."""
    whole = set(whole_months(facts))
    rows = (
        [row for row in facts.tags.itertuples() if row.month in whole and row.cost > 0]
        if facts.tags is not None
        else []
    )
    if not rows:
        return []
    tagged = at_months({row.month: row.cost - row.debt for row in rows})
    return [
        Part(
            TITLE,
            UNIT,
            tagged,
            at_months({row.month: row.cost for row in rows}),
            better=BETTER,
            step="month",
        )
    ]
