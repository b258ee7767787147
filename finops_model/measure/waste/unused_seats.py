"""Seats that are paid and that nobody opened in a month, by the file of seats.

Source: FinOps for SaaS, licence utilisation; docs/method §17.7.
"""

from __future__ import annotations

from ...periods import month_name
from ._facts import Waste, WasteFacts


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per workload and SKU, with the cost of its seats nobody opened, month by month."""
    if facts.seats is None or facts.seats.empty:
        return []
    lines = []
    for (workload, sku), seats in facts.seats.groupby(["workload", "SkuId"], sort=True):
        rows = facts.rows[facts.rows["SkuId"].eq(sku)]
        if workload:
            rows = rows[rows["x_Workload"].eq(workload)]
        costs = rows.groupby("x_Month")["EffectiveCost"].sum()
        shares, evidence = {}, []
        for seat in seats.sort_values("month").itertuples():
            cost = float(costs.get(seat.month, 0.0))
            unused = seat.bought - seat.opened
            if cost <= 0 or seat.month > facts.month:
                continue
            if unused > 0:
                shares[seat.month] = unused / seat.bought
            evidence.append(
                {
                    "month": seat.month,
                    "bought": float(seat.bought),
                    "opened": float(seat.opened),
                    "cost": cost,
                    "not opened": cost * unused / seat.bought,
                }
            )
        part = rows["x_Month"].map(shares)
        if not shares:
            continue
        newest = evidence[-1]
        line = facts.line(
            (rows["EffectiveCost"] * part)[part.notna()],
            kind="unused seats",
            category="unused_seats",
            resource=str(sku),
            evidence=evidence[-12:],
            why=(
                f"{newest['bought'] - newest['opened']:,.0f} of {newest['bought']:,.0f} seats paid for "
                f"in {month_name(newest['month'])} were not opened once."
            ),
        )
        lines += [line] if line else []
    return lines
