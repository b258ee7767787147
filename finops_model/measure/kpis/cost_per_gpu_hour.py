"""What a GPU hour really cost: on-demand, spot and committed together, unused commitment included.

Source: docs/method §8, §16; FOCUS EffectiveCost of used and unused commitment rows.
"""

from . import Facts, Part, by_day

DEFAULT = True
TITLE = "Cost per GPU hour"
FORMULA = "cost of GPU hours, unused commitment included ÷ GPU hours"
UNIT = "money / GPU hour"
BASIS = "Effective"
SOURCE = "FinOps for AI, GPU metrics; docs/method §8, §16"
PERSONA = ("platform", "data")
BETTER = "lower"
WITHOUT = "No bill has rows in GPU hours (ConsumedUnit)."


def parts(facts: Facts) -> list[Part]:
    """One line where the unit uses GPU hours."""
    gpu = facts.daily["ConsumedUnit"].str.casefold().eq("gpu-hours")
    pools = set(facts.daily.loc[gpu, "CommitmentDiscountId"]) - {""}
    rows = facts.daily[gpu | facts.daily["CommitmentDiscountId"].isin(pools)]
    hours = by_day(facts.daily[gpu], "ConsumedQuantity")
    if not (hours > 0).any():
        return []
    return [
        Part(
            "Cost per GPU hour",
            f"{facts.currency} / GPU hour",
            by_day(rows, "EffectiveCost"),
            hours[hours > 0],
        )
    ]
