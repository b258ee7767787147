"""How much of what is sent to models comes from a cache.

Source: FinOps for AI, prompt caching; docs/method §16.16.
"""

from . import Facts, Part
from ._series import INPUT, meters, share_of

TITLE = "Tokens from a cache"
FORMULA = "input tokens read from a cache ÷ all input tokens"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps for AI, prompt caching; docs/method §16.16"
PERSONA = ("data", "platform", "product")
BETTER = "higher"
NEEDS = ()
WITHOUT = "Neither bill nor usage log names input tokens apart."


def parts(facts: Facts) -> list[Part]:
    """One line where tokens are counted by meter."""
    rows = meters(facts)
    rows = rows[rows["meter"].isin(INPUT)]
    if rows.empty:
        return []
    return [
        Part(
            TITLE, UNIT, *share_of(rows, rows["meter"].eq("cached_input"), "tokens"), better=BETTER
        )
    ]
