"""What a million tokens in cost, and a million tokens out.

Source: FinOps for AI, token consumption metrics; docs/method §16.15.
"""

from . import Facts, Part, by_day
from ._series import INPUT, OUTPUT, meters

TITLE = "Cost per million tokens by direction"
FORMULA = "cost of tokens in (cached and written to a cache too) ÷ millions of them; the same of tokens out"
UNIT = "money / 1M tokens"
BASIS = "Effective"
SOURCE = "FinOps for AI, token consumption metrics; docs/method §16.15"
PERSONA = ("product", "data", "platform")
BETTER = "lower"
NEEDS = ()
WITHOUT = "No bill names input and output tokens apart (SkuMeter)."


def parts(facts: Facts) -> list[Part]:
    """Two lines: input and output."""
    rows = meters(facts)
    lines = []
    for word, names in (("input", INPUT), ("output", OUTPUT)):
        own = rows[rows["meter"].isin(names) & rows["cost"].notna()]
        tokens = by_day(own, "tokens")
        if (tokens > 0).any():
            cost = by_day(own, "cost")
            unit = f"{facts.currency} / 1M tokens"
            lines.append(
                Part(f"Cost per million {word} tokens", unit, cost, tokens[tokens > 0] / 1e6)
            )
    return lines
