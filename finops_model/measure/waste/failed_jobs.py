"""GPU hours of jobs that failed, at what the GPU hours of their day cost: what a scheduler counts, laid on the bill.

Source: Slurm job states; docs/method §17.10.
"""

from __future__ import annotations

import json

from ..usage.joined import gpu_money
from ._facts import Waste, WasteFacts

FAILED = ("FAILED", "TIMEOUT", "NODE_FAIL", "OUT_OF_MEMORY", "BOOT_FAIL", "DEADLINE")


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per account of the scheduler, with the money of its failed hours."""
    if facts.usage is None or facts.usage.empty:
        return []
    held = facts.usage[facts.usage["SkuMeter"].eq("gpu_hours_allocated")]
    if held.empty:
        return []
    tags = {text: json.loads(text) if text else {} for text in set(held["Tags"])}
    held = held.assign(
        hours=held["ConsumedQuantity"].astype(float),
        state=held["Tags"].map(lambda text: str(tags[text].get("state", "")).upper()),
        job=held["Tags"].map(lambda text: str(tags[text].get("job", ""))),
    )
    failed = held[held["state"].isin(FAILED)]
    counted, paid = gpu_money(facts.rows)
    rows = facts.rows[paid]
    if failed.empty or rows.empty:
        return []
    days = rows["ChargeDate"].dt.strftime("%Y-%m-%d")
    bought = facts.rows[counted].groupby("ChargeDate")["ConsumedQuantity"].sum()
    bought.index = bought.index.strftime("%Y-%m-%d")
    whole = held.groupby("UsageDate")["hours"].sum()
    lines = []
    for account, own in failed.groupby("SubAccountId", sort=True):
        hours = own.groupby("UsageDate")["hours"].sum()
        shares = {
            day: float(amount) / max(float(bought.get(day, 0.0)), float(whole[day]))
            for day, amount in hours.items()
        }
        part = days.map(shares)
        jobs = own.groupby(["job", "x_Job", "state"])["hours"].sum().sort_values(ascending=False)
        line = facts.line(
            (rows["EffectiveCost"] * part)[part.notna()],
            kind="failed jobs",
            category="failed_or_repeated",
            resource=str(account),
            evidence=[
                {
                    "job": name or number,
                    "number": number,
                    "state": state,
                    "GPU hours": float(amount),
                }
                for (name, number, state), amount in list(jobs.items())[:20]
            ],
            why=f"{hours.sum():,.0f} GPU hours of {len(jobs):,} jobs that failed.",
        )
        lines += [line] if line else []
    return lines
