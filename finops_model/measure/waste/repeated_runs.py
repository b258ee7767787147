"""The same work twice: two resources of a workload that the bill charges for exactly the same, day after day.

The bill alone suggests it: somebody should look. Source: FinOps for AI, duplicate runs; docs/method §17.9.
"""

from __future__ import annotations

import pandas as pd

from ._facts import Waste, WasteFacts
from ._series import use_rows, with_dimension

SAME_DAYS = 14  # days with the same quantity, at least
SAME_SHARE = 0.9  # of the days that both have
VARIES = 0.01  # sd over mean: the same constant twice is two machines, not one work
KINDS = ("Tokens", "Requests", "GPU-time", "Instance-time", "CPU-time", "vCPU-time", "time")


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per resource that repeats another one of its workload and SKU."""
    rows = use_rows(facts.rows)
    rows = rows[
        with_dimension(rows).isin(KINDS)
        & rows["ConsumedQuantity"].gt(0)
        & rows["ResourceId"].ne("")
        & rows["x_Month"].ge(_months_before(facts.month))
    ]
    keys = ["x_Workload", "SkuId", "ChargeDate"]
    daily = rows.groupby([*keys, "ResourceId"], sort=True)["ConsumedQuantity"].sum().reset_index()
    twice = daily[daily.duplicated([*keys, "ConsumedQuantity"], keep=False)]
    pairs = twice.merge(twice, on=[*keys, "ConsumedQuantity"])
    pairs = pairs[pairs["ResourceId_x"] < pairs["ResourceId_y"]]
    lines = []
    for (workload, sku, one, other), same in pairs.groupby(
        ["x_Workload", "SkuId", "ResourceId_x", "ResourceId_y"], sort=True
    ):
        amounts = same["ConsumedQuantity"]
        if len(same) < SAME_DAYS or amounts.std() <= VARIES * amounts.mean():
            continue
        own = daily[daily["x_Workload"].eq(workload) & daily["SkuId"].eq(sku)]
        both = set(own.loc[own["ResourceId"].eq(one), "ChargeDate"]) & set(
            own.loc[own["ResourceId"].eq(other), "ChargeDate"]
        )
        if len(same) < SAME_SHARE * len(both):
            continue
        again = rows[
            rows["ResourceId"].eq(other)
            & rows["x_Workload"].eq(workload)
            & rows["SkuId"].eq(sku)
            & rows["ChargeDate"].isin(same["ChargeDate"])
        ]
        line = facts.line(
            again["EffectiveCost"],
            kind="repeated run",
            category="failed_or_repeated",
            resource=str(other),
            sure=False,
            evidence=[
                {"date": f"{day:%Y-%m-%d}", "used": float(amount), "by": f"{one} and {other}"}
                for day, amount in list(zip(same["ChargeDate"], amounts, strict=True))[-14:]
            ],
            why=f"Charged for exactly what {one} was charged for, on {len(same)} of {len(both)} days.",
        )
        lines += [line] if line else []
    return lines


def _months_before(month: str, back: int = 3) -> str:
    """The month `back` months before.

    >>> _months_before("2026-02")
    '2025-11'
    """
    return str(pd.Period(month) - back)
