"""Storage that nobody writes to: datasets, indexes and disks whose size has not changed for months.

Orphaned: nothing else of its workload is used any more, no team stands behind it, or it is no production. Else it may be a store that is
only read, and somebody should look. Source: FinOps for AI, orphaned storage; docs/method §17.5.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...facts.daily.allocate import UNTAGGED
from ._facts import Waste, WasteFacts
from ._series import by_day, same_since, use_rows, with_dimension

SPREAD = 0.015  # sd over mean of a size that has not changed; bills round it
SAME_DAY, MOST_DAYS = 0.001, 0.95  # a day that is as the others of its month; share of such days
PRODUCTION = ("prod", "production", "live")


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per store whose size has been the same for `stale_days` or more."""
    rows = use_rows(facts.rows)
    kinds = with_dimension(rows)
    stores, others = rows[kinds.eq("data-time")], rows[kinds.ne("data-time")]
    last = pd.Timestamp(facts.last)
    newest = others.groupby("x_Workload")["ChargeDate"].max()
    lines = []
    for (workload, resource, sku), own in stores.groupby(
        ["x_Workload", "ResourceId", "SkuId"], sort=True
    ):
        if own["ChargeDate"].max() < last:
            continue
        first = own["ChargeDate"].min()
        amounts = by_day(own, "ConsumedQuantity", first, last)
        days = pd.date_range(first, last)
        months, months_of = days.days_in_month.to_numpy(), days.strftime("%Y-%m").to_numpy()
        starts = [
            start
            for sizes in (
                amounts,
                amounts * months,
            )  # bills state both: stock, and its part of a month
            if (start := same_since(sizes, facts.rules.stale_days, SPREAD)) is not None
            and not _drifts(sizes[start:])
            and _still(amounts[start:], months_of[start:])
        ]
        if not starts:
            continue
        at = min(starts)
        since = first + pd.Timedelta(days=at)
        same = own[own["ChargeDate"] >= since]
        reasons = _reasons(same, newest.get(workload), facts)
        line = facts.line(
            same["EffectiveCost"],
            kind="orphaned storage" if reasons else "stale storage",
            category="orphaned_storage",
            resource=str(resource) or str(sku),
            sure=bool(reasons),
            evidence=_evidence(same),
            why=(
                f"Nothing was written or deleted since {since:%Y-%m-%d} ({len(amounts) - at} days)"
                + (f", and {' and '.join(reasons)}." if reasons else "; it may be only read.")
            ),
        )
        lines += [line] if line else []
    return lines


def _still(amounts: np.ndarray, months: np.ndarray) -> bool:
    """Whether nearly every day is billed as the usual day of its month: what somebody writes to differs from day to day."""
    series = pd.Series(amounts)
    usual = series.groupby(months).transform("median")
    return bool(((series / usual - 1).abs() <= SAME_DAY).mean() >= MOST_DAYS)


def _drifts(sizes: np.ndarray) -> bool:
    """Whether a size drifts by more than 2 % from the first to the last four weeks of its run."""
    edge = min(28, len(sizes) // 2)
    return bool(abs(sizes[-edge:].mean() / sizes[:edge].mean() - 1) > 0.02)


def _reasons(rows: pd.DataFrame, newest: pd.Timestamp | None, facts: WasteFacts) -> list[str]:
    """Why nobody needs it, in words; empty where the bill does not say so."""
    reasons = []
    team, environment = rows["x_Team"].iloc[-1], rows["x_Environment"].iloc[-1]
    if team == UNTAGGED:
        reasons.append("no team stands behind it")
    if environment not in (UNTAGGED, "") and environment.casefold() not in PRODUCTION:
        reasons.append(f"it is no production ({environment})")
    quiet = pd.Timestamp(facts.last) - pd.Timedelta(days=facts.rules.stale_days)
    if newest is not None and newest < quiet:
        reasons.append(f"its workload has used nothing else since {newest:%Y-%m-%d}")
    return reasons


def _evidence(rows: pd.DataFrame) -> list[dict]:
    """Of the newest twelve months: quantity and cost."""
    table = rows.groupby("x_Month")[["ConsumedQuantity", "EffectiveCost"]].sum().tail(12)
    unit = rows["ConsumedUnit"].iloc[0]
    return [
        {
            "month": str(row.Index),
            "stored": float(row.ConsumedQuantity),
            "unit": unit,
            "cost": float(row.EffectiveCost),
        }
        for row in table.itertuples()
    ]
