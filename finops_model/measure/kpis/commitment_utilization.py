"""Share of what was committed that was used: EffectiveCost of Used rows over Used and Unused rows.

Source: FinOps KPI "Commitment utilization"; FOCUS CommitmentDiscountStatus; docs/method §8.
"""

from . import Facts, Part, by_day

DEFAULT = True
TITLE = "Commitment used"
FORMULA = "cost of what was used of commitments ÷ cost of all that was committed"
UNIT = "share"
BASIS = "Effective"
SOURCE = (
    "FinOps KPI Library, Commitment utilization; FOCUS CommitmentDiscountStatus; docs/method §8"
)
PERSONA = ("finance", "platform")
BETTER = "higher"
WITHOUT = "No bill has rows of a commitment (CommitmentDiscountStatus Used or Unused)."


def parts(facts: Facts) -> list[Part]:
    """One line where the unit holds commitments."""
    rows = facts.daily[facts.daily["CommitmentDiscountStatus"].isin(["Used", "Unused"])]
    paid = by_day(rows, "EffectiveCost")
    if rows.empty or not (paid > 0).any():
        return []
    used = by_day(rows[rows["CommitmentDiscountStatus"].eq("Used")], "EffectiveCost").reindex(
        paid.index, fill_value=0.0
    )
    return [Part("Commitment used", "share", used, paid[paid > 0], better="higher")]
