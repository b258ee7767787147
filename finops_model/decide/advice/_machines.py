"""What telemetry says of the machines of a workload: hours paid, measured and used, day by day."""

from __future__ import annotations

import json

import pandas as pd

from . import WINDOW, Ground, covered

METERS = ("gpu_hours_paid", "gpu_hours_measured", "gpu_hours_used")
LEAST_DAYS = 20  # of the newest four weeks that must be measured


def days_of(ground: Ground) -> dict[str, pd.DataFrame]:
    """Workload -> (day) x METERS of the newest four weeks, hours; workloads of which LEAST_DAYS days are measured."""
    usage = ground.usage
    if usage is None or usage.empty:
        return {}
    first = str((pd.Timestamp(ground.as_of) - pd.Timedelta(days=WINDOW - 1)).date())
    rows = usage[
        usage["SkuMeter"].isin(METERS)
        & (usage["UsageDate"] >= first)
        & (usage["UsageDate"] <= ground.as_of)
    ]
    if rows.empty:
        return {}
    named = rows.assign(
        workload=[_workload(tags, job) for tags, job in zip(rows["Tags"], rows["x_Job"])],
        hours=rows["ConsumedQuantity"].astype(float),
    )
    every = {}
    for name, own in named[named["workload"].isin(list(ground.bought))].groupby("workload"):
        table = own.pivot_table(
            index="UsageDate", columns="SkuMeter", values="hours", aggfunc="sum"
        )
        table = table.reindex(columns=list(METERS))
        measured = table[table["gpu_hours_measured"] > 0]
        if len(measured) >= LEAST_DAYS:
            every[str(name)] = measured
    return every


def _workload(tags: str, job: str) -> str:
    try:
        known = json.loads(tags or "{}")
    except ValueError:
        known = {}
    return str(known.get("workload") or job or "") if isinstance(known, dict) else str(job or "")


def hour_skus(ground: Ground, workload: str) -> list[str]:
    """SKUs of a workload that count hours of machines and that no live commitment pays for: below one nothing is saved."""
    units, bought = ground.bought[workload]
    held = {sku for record in ground.facts.inventory for sku in covered(record)}
    return [sku for sku in units if bought.of[sku].sort == "hours" and sku not in held]


def memory_known(ground: Ground) -> bool:
    """Whether telemetry says anything of memory."""
    usage = ground.usage
    return usage is not None and bool(usage["SkuMeter"].str.contains("memory").any())
