"""Endpoints that are paid for and answer next to nothing: fewer requests than one an hour that is paid, month by month.

Source: FinOps for AI, idle resources; docs/method §17.3.
"""

from __future__ import annotations

import pandas as pd

from ...periods import month_name
from ._facts import Waste, WasteFacts


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per endpoint that was idle in some month, with the money of its idle months."""
    months = by_endpoint(facts.usage)
    lines = []
    for resource, own in months.groupby("resource", sort=True):
        idle = own[own["requests"] < facts.rules.requests_an_hour * own["hours"]]
        rows = facts.rows[
            of_resource(facts.rows, str(resource)) & facts.rows["x_Month"].isin(idle["month"])
        ]
        if rows.empty:
            continue
        cost = rows.groupby("x_Month")["EffectiveCost"].sum()
        evidence = [
            {
                "month": row.month,
                "requests": float(row.requests),
                "paid GPU hours": float(row.hours),
                "cost": float(cost[row.month]),
            }
            for row in idle.itertuples()
            if row.month in cost.index
        ]
        newest = evidence[-1]
        line = facts.line(
            rows["EffectiveCost"],
            kind="idle endpoint",
            category="idle",
            resource=str(resource),
            evidence=evidence,
            why=(
                f"{newest['requests']:,.0f} requests in {newest['paid GPU hours']:,.0f} paid GPU hours of {month_name(newest['month'])}: "
                f"fewer than {facts.rules.requests_an_hour:g} an hour."
            ),
        )
        lines += [line] if line else []
    return lines


def by_endpoint(usage: pd.DataFrame | None) -> pd.DataFrame:
    """Requests and paid GPU hours by endpoint and month, of endpoints of which both are counted.

    Returns a frame: resource, month, requests, hours (> 0).
    """
    columns = ["resource", "month", "requests", "hours"]
    if usage is None or usage.empty:
        return pd.DataFrame(columns=columns)
    named = usage[
        usage["SkuMeter"].isin(["requests", "gpu_hours_paid"]) & usage["ResourceId"].ne("")
    ]
    if named.empty:
        return pd.DataFrame(columns=columns)
    table = (
        named.assign(
            amount=named["ConsumedQuantity"].astype(float), month=named["UsageDate"].str[:7]
        )
        .pivot_table(
            index=["ResourceId", "month"], columns="SkuMeter", values="amount", aggfunc="sum"
        )
        .reindex(columns=["requests", "gpu_hours_paid"])
        .dropna()
    )
    table = table[table["gpu_hours_paid"] > 0].reset_index()
    table.columns = columns
    return table


def of_resource(rows: pd.DataFrame, name: str) -> pd.Series:
    """Which rows of the bill are of a resource, by its id, else by its name; (row,) of bool."""
    by_id = rows["ResourceId"].eq(name)
    return by_id if by_id.any() else rows["ResourceName"].eq(name)
