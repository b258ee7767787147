"""What discounts really saved against list prices, unused commitment taken off.

Source: FinOps KPI Library, Effective savings rate; docs/method §16.18.
"""

from . import Facts, Part

TITLE = "Effective savings rate"
FORMULA = "1 − cost of use and of unused commitment ÷ list cost of the use; use without a list cost is in neither"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps KPI Library, Effective savings rate; docs/method §16.18"
PERSONA = ("finance", "leadership")
BETTER = "higher"
NEEDS = ()
WITHOUT = "No bill says what its use costs at list prices (ListCost)."


def parts(facts: Facts) -> list[Part]:
    """One line where the bill says list costs of use that cost something."""
    rows = facts.daily[facts.daily["ChargeCategory"].eq("Usage")]
    unused = rows["CommitmentDiscountStatus"].eq("Unused")
    used = rows["CommitmentDiscountStatus"].eq("Used")
    unknown = ~unused & (rows["EffectiveCost"] > 0) & ~(rows["ListCost"] > 0)  # no list cost told
    held, told = (
        set(rows.loc[used & own, "CommitmentDiscountId"]) for own in (used, ~unknown)
    )  # an unused part goes with the used part of its commitment
    kept = ~unknown & ~(unused & rows["CommitmentDiscountId"].isin(held - told))
    rows, unused = rows[kept], unused[kept]
    listed = rows[~unused].groupby("ChargeDate")["ListCost"].sum()
    listed = listed[listed > 0]
    if listed.empty:
        return []
    spent = rows.groupby("ChargeDate")["EffectiveCost"].sum().reindex(listed.index, fill_value=0.0)
    return [Part(TITLE, UNIT, (listed - spent).rename(None), listed.rename(None), better=BETTER)]
