"""Use that is the same day and night, weekdays and weekends, for weeks: a key or a machine that somebody forgot.

Nobody's work looks so. Tokens without a team behind them are sure; else the bill alone suggests it, and somebody should look.
Source: FinOps for AI, idle resources; docs/method §17.4.
"""

from __future__ import annotations

import pandas as pd

from ...facts.daily.allocate import UNTAGGED
from ._facts import Waste, WasteFacts
from ._series import by_day, same_since, use_rows, weekend, with_dimension
from .idle_endpoints import by_endpoint

SPREAD = {"Tokens": 0.05, "GPU-time": 0.01}  # sd over mean that still is the same use
WEEKEND = 0.02  # how far the weekend may be from the week
NAMES = {"Tokens": "forgotten key", "GPU-time": "machine that never rests"}


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per resource whose tokens or GPU hours have been the same since some day."""
    rows = use_rows(facts.rows)
    kinds = with_dimension(rows)
    rows = rows[kinds.isin(list(SPREAD)) & rows["PricingCategory"].ne("Dynamic")]
    last = pd.Timestamp(facts.last)
    months = by_endpoint(facts.usage)
    busy = set(
        months.loc[months["requests"] >= facts.rules.requests_an_hour * months["hours"], "resource"]
    )
    lines = []
    keys = [rows["x_Workload"], rows["ResourceId"], kinds.loc[rows.index]]
    for (_, resource, kind), own in rows.groupby(keys, sort=True):
        if own["ChargeDate"].max() < last or resource in busy:
            continue
        first = own["ChargeDate"].min()
        amounts = by_day(own, "ConsumedQuantity", first, last)
        at = same_since(amounts, facts.rules.flat_days, SPREAD[kind])
        if at is None or abs(weekend(amounts[at:], last) - 1) > WEEKEND:
            continue
        since = first + pd.Timedelta(days=at)
        same = own[own["ChargeDate"] >= since]
        teams = set(same["x_Team"])
        sure = kind == "Tokens" and teams == {UNTAGGED}
        run = amounts[at:]
        line = facts.line(
            same["EffectiveCost"],
            kind=NAMES[kind],
            category="idle",
            resource=str(resource),
            sure=sure,
            evidence=_evidence(same, last),
            why=(
                f"The same use every day for {len(run)} days, weekends too: {float(f'{run.mean():.4g}'):,.10g} "
                f"{same['ConsumedUnit'].iloc[0]} a day, {run.std() / run.mean():.1%} up or down.".replace(
                    "%", " %"
                )
                + (" No team stands behind it." if teams == {UNTAGGED} else "")
            ),
        )
        lines += [line] if line else []
    return lines


def _evidence(rows: pd.DataFrame, last: pd.Timestamp) -> list[dict]:
    """Of the newest twelve months: mean and range of a day, and cost."""
    amounts = rows.groupby(["x_Month", "ChargeDate"])["ConsumedQuantity"].sum()
    costs = rows.groupby("x_Month")["EffectiveCost"].sum()
    return [
        {
            "month": str(month),
            "a day": float(days.mean()),
            "least": float(days.min()),
            "most": float(days.max()),
            "cost": float(costs[month]),
        }
        for month, days in list(amounts.groupby(level=0))[-12:]
    ]
