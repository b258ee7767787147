"""How much of the tokens is bought in batches, at a lower price.

Source: FinOps for AI, batch processing; docs/method §16.16.
"""

from . import Facts, Part
from ._series import INPUT, OUTPUT, meters, share_of

TITLE = "Tokens in batches"
FORMULA = "tokens of a batch tier ÷ all tokens"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps for AI, batch processing; docs/method §16.16"
PERSONA = ("data", "platform")
BETTER = "higher"
NEEDS = ()
WITHOUT = "Neither bill nor usage log names tokens by meter."


def parts(facts: Facts) -> list[Part]:
    """One line where tokens are counted by meter."""
    rows = meters(facts)
    rows = rows[rows["meter"].isin([*INPUT, *OUTPUT])]
    if rows.empty:
        return []
    return [Part(TITLE, UNIT, *share_of(rows, rows["tier"].eq("batch"), "tokens"), better=BETTER)]
