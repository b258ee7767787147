"""What KPIs share: months that are whole, figures by month, tokens by meter, lines of drivers by their name."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...periods import month_column, month_days, month_range
from ..usage.weights import meter_of
from . import Facts, Part, cost_per_driver

INPUT = ("input", "cached_input", "cache_write", "cache_write_5m", "cache_write_1h", "input_audio")
OUTPUT = ("output", "reasoning", "output_audio")


def whole_months(facts: Facts) -> list[str]:
    """Months of the rows that are over and begin after the first charge, YYYY-MM, oldest first."""
    days = facts.daily["ChargeDate"]
    if days.empty:
        return []
    first, last = str(days.min().date()), facts.complete or str(days.max().date())
    return [
        month
        for month in month_range(first[:7], last[:7])
        if f"{month}-01" >= first and str(month_days(month)[-1]) <= last
    ]


def at_months(values: Mapping[str, float]) -> pd.Series:
    """Figures by month, on the first day of each.

    >>> at_months({"2026-02": 3.0}).to_dict()
    {Timestamp('2026-02-01 00:00:00'): 3.0}
    """
    days = pd.to_datetime([f"{month}-01" for month in values])
    return pd.Series(list(values.values()), days, dtype=float)


def cost_months(facts: Facts, rows: pd.DataFrame | None = None) -> dict[str, float]:
    """EffectiveCost of each whole month, of `rows` or of all; 0 where they have none."""
    rows = facts.daily if rows is None else rows
    sums = rows.groupby(month_column(rows))["EffectiveCost"].sum() if len(rows) else {}
    return {month: float(sums.get(month, 0.0)) for month in whole_months(facts)}


def by_date(usage: pd.DataFrame) -> pd.Series:
    """Quantities of rows of use by day; indexed as days of DAILY."""
    if usage.empty:
        return pd.Series(dtype=float, index=pd.DatetimeIndex([]))
    sums = usage["ConsumedQuantity"].astype(float).groupby(pd.to_datetime(usage["UsageDate"])).sum()
    return sums.rename_axis(None)


def meters(facts: Facts) -> pd.DataFrame:
    """Tokens by day: ChargeDate, meter, tier, tokens, cost (nan where use and not the bill says it).

    The bill's own meters where it names any, else those of usage logs. Meters: words of `measure.usage.weights`.
    """
    rows = facts.daily[facts.daily["ConsumedUnit"].str.casefold().eq("tokens")]
    told = [meter_of(words) for words in rows["SkuMeter"]]
    if any(meter for meter, _ in told):
        return pd.DataFrame(
            {
                "ChargeDate": rows["ChargeDate"].to_numpy(),
                "meter": [meter for meter, _ in told],
                "tier": [tier for _, tier in told],
                "tokens": rows["ConsumedQuantity"].astype(float).to_numpy(),
                "cost": rows["EffectiveCost"].astype(float).to_numpy(),
            }
        )
    used = facts.usage
    if used is None:
        return pd.DataFrame(columns=["ChargeDate", "meter", "tier", "tokens", "cost"])
    used = used[used["ConsumedUnit"].eq("Tokens")]
    return pd.DataFrame(
        {
            "ChargeDate": pd.to_datetime(used["UsageDate"]).to_numpy(),
            "meter": used["SkuMeter"].to_numpy(),
            "tier": used["x_Tier"].to_numpy(),
            "tokens": used["ConsumedQuantity"].astype(float).to_numpy(),
            "cost": np.nan,
        }
    )


def share_of(rows: pd.DataFrame, part: pd.Series, column: str) -> tuple[pd.Series, pd.Series]:
    """(numerator, denominator) by day: a column of the rows of `part`, and of all; days without any are left out."""
    whole = rows.groupby("ChargeDate")[column].sum()
    whole = whole[whole > 0]
    return rows[part].groupby("ChargeDate")[column].sum().reindex(
        whole.index, fill_value=0.0
    ), whole


def of_drivers(facts: Facts, words: str, outcome: bool | None = None) -> list[Part]:
    """Lines of the drivers whose name or unit fits `words`; outcome: only those of that role."""
    drivers = facts.drivers
    fits = [
        bool(re.search(words, f"{name} {unit}".replace("_", " ").casefold()))
        and (outcome is None or (role == "outcome") == outcome)
        for name, unit, role in zip(drivers["name"], drivers["unit"], drivers["role"], strict=True)
    ]
    kept = drivers[pd.Series(fits, drivers.index, dtype=bool)]
    if kept.empty:
        return []
    every = Facts(facts.daily, kept, facts.carried, facts.currency)
    return cost_per_driver.parts(every)
