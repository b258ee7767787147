"""What actions saved by the bill, of what their workloads would have cost without them.

Source: FinOps Framework, quantify business value; docs/method §17.60.
"""

from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Realised savings"
FORMULA = "(unit cost before × volume × the day's prices − what was paid) ÷ unit cost before × volume × the day's prices"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps Framework, quantify business value; docs/method §17.60"
PERSONA = ("platform", "finance", "leadership")
BETTER = "higher"
NEEDS = ("saved",)
WITHOUT = "Name a table of actions in finops.yaml (actions:); counted are those that the bill shows (finops realised)."


def parts(facts: Facts) -> list[Part]:
    """One line, in months in which an action that the bill shows was in force."""
    if facts.saved is None:
        return []
    whole = set(whole_months(facts))
    rows = facts.saved[facts.saved["month"].isin(whole)]
    sums = rows.groupby("month")[["would", "paid"]].sum()
    sums = sums[sums["would"] > 0]
    if sums.empty:
        return []
    return [
        Part(
            TITLE,
            UNIT,
            at_months((sums["would"] - sums["paid"]).to_dict()),
            at_months(sums["would"].to_dict()),
            better=BETTER,
            step="month",
        )
    ]
