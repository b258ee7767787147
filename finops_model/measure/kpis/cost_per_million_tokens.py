"""Cost of a million tokens of every kind, cached and batch included: the blended token price paid.

Source: FinOps for AI, token consumption metrics; docs/method §16.
"""

from . import Facts, Part, by_day

DEFAULT = True
TITLE = "Cost per million tokens"
FORMULA = "cost of tokens of every kind ÷ millions of tokens"
UNIT = "money / 1M tokens"
BASIS = "Effective"
SOURCE = "FinOps for AI, token consumption metrics; docs/method §16"
PERSONA = ("product", "data", "platform")
BETTER = "lower"
WITHOUT = "No bill has rows in tokens (ConsumedUnit)."


def parts(facts: Facts) -> list[Part]:
    """One line where the unit buys tokens."""
    rows = facts.daily[facts.daily["ConsumedUnit"].str.casefold().eq("tokens")]
    tokens = by_day(rows, "ConsumedQuantity")
    if rows.empty or not (tokens > 0).any():
        return []
    return [
        Part(
            "Cost per million tokens",
            f"{facts.currency} / 1M tokens",
            by_day(rows, "EffectiveCost"),
            tokens[tokens > 0] / 1e6,
        )
    ]
