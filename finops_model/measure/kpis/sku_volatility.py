"""How much of the cost is on SKUs that are new, or whose unit price moved.

Source: FinOps for AI, changing SKUs and prices; docs/method §16.20.
"""

from ...periods import month_column
from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "SKUs that changed"
FORMULA = "cost of SKUs without a charge the month before, or whose price moved by more than 1 % ÷ cost of all use"
UNIT = "share"
BASIS = "Effective"
SOURCE = "FinOps for AI, SKU volatility; docs/method §16.20"
PERSONA = ("finance", "platform")
BETTER = "lower"
NEEDS = ()
WITHOUT = "Two whole months of use with a SkuId are needed."


MOVED = 0.01


def parts(facts: Facts) -> list[Part]:
    """One line of the whole months from the second on."""
    use = facts.daily[facts.daily["ChargeCategory"].eq("Usage") & facts.daily["SkuId"].ne("")]
    if use.empty:
        return []
    sums = (
        use.assign(month=month_column(use))
        .groupby(["month", "SkuId"])[["EffectiveCost", "ConsumedQuantity"]]
        .sum()
    )
    months = whole_months(facts)
    changed, whole = {}, {}
    for before, month in zip(months, months[1:]):
        now = sums.loc[month] if month in sums.index.get_level_values(0) else None
        if now is None or now["EffectiveCost"].sum() <= 0:
            continue
        then = (
            sums.loc[before].reindex(now.index)
            if before in sums.index.get_level_values(0)
            else now * float("nan")
        )
        new = then["EffectiveCost"].isna()
        rate = [
            frame["EffectiveCost"] / frame["ConsumedQuantity"].where(frame["ConsumedQuantity"] > 0)
            for frame in (now, then)
        ]
        moved = ((rate[0] / rate[1]) - 1).abs() > MOVED
        changed[month] = float(now.loc[new | moved, "EffectiveCost"].sum())
        whole[month] = float(now["EffectiveCost"].sum())
    if not whole:
        return []
    return [Part(TITLE, UNIT, at_months(changed), at_months(whole), better=BETTER, step="month")]
