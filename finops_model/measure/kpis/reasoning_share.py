"""How much of what models write is thinking that nobody reads.

Source: FinOps for AI, reasoning tokens; docs/method §16.16.
"""

import pandas as pd

from . import Facts, Part
from ._series import OUTPUT, meters, share_of

TITLE = "Reasoning tokens"
FORMULA = "reasoning tokens ÷ all output tokens"
UNIT = "share"
BASIS = "none"
SOURCE = "FinOps for AI, reasoning tokens; docs/method §16.16"
PERSONA = ("data", "product")
BETTER = "lower"
NEEDS = ("usage",)
WITHOUT = "No usage log counts reasoning tokens: name one under usage: (docs/ingest/usage.md)."


def parts(facts: Facts) -> list[Part]:
    """One line where a bill or log counts reasoning tokens."""
    rows = meters(facts)
    if facts.usage is not None and not rows["meter"].eq("reasoning").any():
        used = facts.usage[facts.usage["ConsumedUnit"].eq("Tokens")]
        days = pd.to_datetime(used["UsageDate"]).to_numpy()
        tokens = used["ConsumedQuantity"].astype(float).to_numpy()
        rows = pd.DataFrame(
            {"ChargeDate": days, "meter": used["SkuMeter"].to_numpy(), "tokens": tokens}
        )
    rows = rows[rows["meter"].isin(OUTPUT)]
    if not rows["meter"].eq("reasoning").any():
        return []
    return [
        Part(TITLE, UNIT, *share_of(rows, rows["meter"].eq("reasoning"), "tokens"), better=BETTER)
    ]
