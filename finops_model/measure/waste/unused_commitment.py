"""Commitments that are paid and not used: the bill's own rows of unused commitment.

Source: FOCUS CommitmentDiscountStatus "Unused"; docs/method §8, §17.6.
"""

from __future__ import annotations

from ._facts import Waste, WasteFacts


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per commitment, with its unused cost; its use beside it as evidence."""
    held = facts.rows[facts.rows["CommitmentDiscountId"].ne("")]
    lines = []
    for commitment, own in held.groupby("CommitmentDiscountId", sort=True):
        unused = own[own["CommitmentDiscountStatus"].eq("Unused")]
        spent = own[own["CommitmentDiscountStatus"].isin(["Used", "Unused"])]
        if unused.empty:
            continue
        whole = spent.groupby("x_Month")["EffectiveCost"].sum()
        part = unused.groupby("x_Month")["EffectiveCost"].sum()
        evidence = [
            {
                "month": str(month),
                "paid": float(whole[month]),
                "unused": float(part.get(month, 0.0)),
                "used": float(1 - part.get(month, 0.0) / whole[month]) if whole[month] else 0.0,
            }
            for month in whole.index[-12:]
        ]
        share = part.sum() / whole.sum() if whole.sum() > 0 else 1.0
        line = facts.line(
            unused["EffectiveCost"],
            kind="unused commitment",
            category="unused_commitment",
            resource=str(commitment),
            evidence=evidence,
            why=f"{share:.1%} of what was paid for it was not used.".replace("%", " %"),
        )
        lines += [line] if line else []
    return lines
