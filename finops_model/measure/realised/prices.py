"""What a unit of each meter cost on each day, so that price cuts are no saving (docs/method §17.61)."""

from __future__ import annotations

import numpy as np
import pandas as pd

LEAST = 1.0  # money of a meter and day that tells its price; cents are rounded


def quantities(rows: pd.DataFrame) -> pd.DataFrame:
    """Cost rows with `meter` and `quantity`: what is metered; its money where the bill gives no quantity, at a price of 1.

    rows   DAILY, cost rows.
    """
    metered = (rows["ConsumedQuantity"] > 0) & (rows["CommitmentDiscountStatus"] != "Unused")
    meter = rows["SkuId"].astype(str) + "\x1f" + rows["ConsumedUnit"].astype(str)
    return rows.assign(
        meter=np.where(metered, meter, "\x1f" + rows["SkuId"].astype(str)),
        quantity=np.where(metered, rows["ConsumedQuantity"], rows["EffectiveCost"]).astype(float),
    )


def daily_prices(
    rows: pd.DataFrame, days: pd.DatetimeIndex, meters: list[str], by_list: bool = False
) -> np.ndarray:
    """(day, meter) money of one unit, EffectiveCost ÷ quantity over all rows of the ledger; days without use have the price before, else after.

    rows      `quantities` of the ledger, not of the workload alone.
    by_list   the price moves as the list price does: what a commitment or a negotiated rate takes off counts as saved, a cut of the list
              price does not.
    """
    prices = np.ones((len(days), len(meters)))
    some = rows[rows["meter"].isin(meters)]
    for j, meter in enumerate(meters):
        if meter.startswith("\x1f"):
            continue
        own = (
            some[some["meter"] == meter]
            .groupby("ChargeDate")[["quantity", "EffectiveCost", "ListCost"]]
            .sum()
        )
        if by_list and (own["ListCost"] > 0).all():
            own = own.assign(EffectiveCost=own["ListCost"])
        telling = own[own["EffectiveCost"] >= LEAST]
        own = telling if len(telling) >= len(own) / 4 else own
        price = (
            (own["EffectiveCost"] / own["quantity"]).reindex(days.union(own.index)).ffill().bfill()
        )
        prices[:, j] = price.reindex(days)
    return prices
