"""How much of the use that a commitment could cover was covered.

Source: FinOps KPI Library, Commitment coverage; docs/method §16.18.
"""

from . import Facts, Part
from ._series import share_of

TITLE = "Use covered by commitments"
FORMULA = "list cost of covered use ÷ list cost of all use of the same SKUs"
UNIT = "share"
BASIS = "List"
SOURCE = (
    "FinOps KPI Library, Percentage of usage covered by commitment discounts; docs/method §16.18"
)
PERSONA = ("finance", "platform")
BETTER = "higher"
NEEDS = ()
WITHOUT = (
    "No bill has use that a commitment covers (CommitmentDiscountStatus Used), with a ListCost."
)


def parts(facts: Facts) -> list[Part]:
    """One line where the unit holds commitments and the bill says list costs."""
    use = facts.daily[facts.daily["ChargeCategory"].eq("Usage")]
    covered = use["CommitmentDiscountStatus"].eq("Used")
    same = use["SkuId"].isin(set(use.loc[covered, "SkuId"])) & use["CommitmentDiscountStatus"].ne(
        "Unused"
    )
    if not covered.any() or not (use.loc[same, "ListCost"] > 0).any():
        return []
    above, below = share_of(use[same], covered[same], "ListCost")
    return [Part(TITLE, UNIT, above.rename(None), below.rename(None), better=BETTER)]
