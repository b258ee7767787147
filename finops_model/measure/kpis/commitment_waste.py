"""How much of what was committed was paid for nothing.

Source: FinOps KPI Library, Commitment discount waste; docs/method §16.18.
"""

from . import Facts, Part
from ._series import share_of

TITLE = "Commitment unused"
FORMULA = "cost of what was not used of commitments ÷ cost of all that was committed"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Commitment discount waste percentage; docs/method §16.18"
PERSONA = ("finance", "platform")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No bill has rows of a commitment (CommitmentDiscountStatus Used or Unused)."


def parts(facts: Facts) -> list[Part]:
    """One line where the unit holds commitments."""
    rows = facts.daily[facts.daily["CommitmentDiscountStatus"].isin(["Used", "Unused"])]
    if not (rows["EffectiveCost"] > 0).any():
        return []
    unused = rows["CommitmentDiscountStatus"].eq("Unused")
    return [Part(TITLE, UNIT, *share_of(rows, unused, "EffectiveCost"), better=BETTER)]
