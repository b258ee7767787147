"""How well machines were used: hours used, allocated and paid, month by month."""

from __future__ import annotations

import pandas as pd

from .joined import gpu_money


def utilisation(usage: pd.DataFrame, money: pd.DataFrame | None) -> pd.DataFrame:
    """GPU hours of each month and their shares.

    Hours used are those that metrics saw (level x time). Where metrics covered only some GPUs, used of measured says it.

    usage   daily_usage; money: DAILY, or None. Returns a frame: month, paid, allocated, used, measured (hours), used_of_measured,
    used_of_allocated, allocated_of_paid, used_of_paid (shares; nan where what is divided by is not known)
    """
    meters = {
        "paid": "gpu_hours_paid",
        "allocated": "gpu_hours_allocated",
        "used": "gpu_hours_used",
        "measured": "gpu_hours_measured",
    }
    hours: dict[str, pd.Series] = {}
    if not usage["SkuMeter"].isin(meters.values()).any():
        return pd.DataFrame(columns=["month", *meters])
    for name, meter in meters.items():
        rows = usage[usage["SkuMeter"] == meter]
        amounts = rows["ConsumedQuantity"].astype(float)
        hours[name] = amounts.groupby(rows["UsageDate"].str[:7]).sum()
    if money is not None and len(money):
        counted, _ = gpu_money(money)
        rows = money[counted & money["ChargeCategory"].eq("Usage")]
        months = pd.to_datetime(rows["ChargeDate"]).dt.strftime("%Y-%m")
        billed = rows["ConsumedQuantity"].groupby(months).sum()
        hours["paid"] = billed[billed > 0].combine_first(hours["paid"])  # the bill knows better
    frame = pd.DataFrame(hours).sort_index()
    for part, whole in (
        ("used", "measured"),
        ("used", "allocated"),
        ("allocated", "paid"),
        ("used", "paid"),
    ):
        frame[f"{part}_of_{whole}"] = frame[part] / frame[whole].where(frame[whole] > 0)
    return frame.rename_axis("month").reset_index()
