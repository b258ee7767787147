"""Commitments that are paid and not used: the bill's own rows of unused commitment.

Source: FOCUS CommitmentDiscountStatus "Unused"; docs/method §8, §17.6.
"""

from __future__ import annotations

import pandas as pd

from ...periods import month_name
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
        line = facts.line(
            unused["EffectiveCost"],
            kind="unused commitment",
            category="unused_commitment",
            resource=str(commitment),
            evidence=evidence,
            why=_why(part.reindex(whole.index, fill_value=0.0), whole, facts.month),
        )
        lines += [line] if line else []
    return lines


def _why(part: pd.Series, whole: pd.Series, month: str) -> str:
    """What was not used in the month looked at (else in the newest one), and since the first one.

    part, whole   (month,) money

    >>> months = ["2026-09", "2026-10"]
    >>> _why(pd.Series([20.0, 2.0], months), pd.Series([100.0, 100.0], months), "2026-10")
    '2.0 % of what was paid for it in October 2026 was not used; 11.0 % since September 2026.'
    """
    newest = month if month in whole.index else str(whole.index[-1])
    since = str(whole.index[0])
    now, ever = (
        f"{a / b:.1%}".replace("%", " %") if b > 0 else "100.0 %"
        for a, b in ((part[newest], whole[newest]), (part.sum(), whole.sum()))
    )
    said = f"{now} of what was paid for it in {month_name(newest)} was not used"
    return f"{said}; {ever} since {month_name(since)}." if since != newest else f"{said}."
