"""Which rows of the daily facts are what: usage, recurring, unused, one-time, corrections, outside cost (docs/method §3.6, §3.8)."""

from __future__ import annotations

import pandas as pd

OUTSIDE = ("Tax", "Credit")


def parts(daily: pd.DataFrame, inventory: frozenset[str] = frozenset()) -> dict[str, pd.Series]:
    """Which rows are what, as masks: usage | recurring | unused | once | correction | outside; each row in exactly one.

    unused   unused hours of commitments in the inventory: the plan charges those itself
    fee      fees of commitments that cost nothing here (the use that they pay for carries their cost), or that the plan charges itself
    once     one-time charges and corrections: booked where they are, not expected again
    """
    category, frequency = daily["ChargeCategory"], daily["ChargeFrequency"]
    held = daily["CommitmentDiscountId"].isin(list(inventory)) & (
        daily["CommitmentDiscountId"] != ""
    )
    outside = category.isin(OUTSIDE)
    correction = ~outside & ((daily["ChargeClass"] == "Correction") | (category == "Adjustment"))
    rest = ~outside & ~correction
    purchase = rest & (category == "Purchase")
    own = held | (daily["EffectiveCost"] == 0)
    fee = purchase & (daily["CommitmentDiscountId"] != "") & own
    unused = rest & ~purchase & (daily["CommitmentDiscountStatus"] == "Unused")
    once = rest & ~fee & ~unused & (frequency == "One-Time")
    recurring = (
        rest
        & ~once
        & (
            (purchase & ~fee)
            | (unused & ~held)
            | (~purchase & ~unused & (frequency == "Recurring"))
        )
    )
    usage = rest & ~purchase & ~unused & ~once & ~recurring
    return {
        "usage": usage,
        "recurring": recurring,
        "unused": unused & held,
        "fee": fee,
        "once": once,
        "correction": correction,
        "outside": outside,
    }


def commitment_id(commitment) -> str:
    """The id of a commitment, object or FOCUS record."""
    if isinstance(commitment, dict):
        return str(commitment.get("ContractCommitmentId", ""))
    return str(getattr(commitment, "id", ""))
