"""Jobs that took many times their usual use for days and never did so before: what they cost above the usual.

A series that leaps again and again (campaigns) is no runaway. The bill alone suggests it: somebody should look.
Source: FinOps for AI, runaway jobs; docs/method §17.8.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ._facts import Waste, WasteFacts
from ._series import by_day, use_rows, with_dimension

KINDS = ("GPU-time", "TPU-time", "Tokens", "Instance-time", "CPU-time", "vCPU-time", "time")
USUAL, MEMORY = 28, 120  # days: of the usual use (median), of its ups and downs
STEADY, LEAST_SPREAD = 3.0, 0.10  # how many usual deviations of the log; the least that counts
SHORTEST, LONGEST, APART = 2, 21, 2  # days of an episode; days without between its days
OFTEN = 3  # episodes in a year from which on they are how the workload works
KNOWN = 60  # days of history before a day is judged


def waste(facts: WasteFacts) -> list[Waste]:
    """One line per episode of a resource and SKU."""
    rows = use_rows(facts.rows)
    rows = rows[with_dimension(rows).isin(KINDS)]
    lines = []
    for (_, resource, _), own in rows.groupby(["x_Workload", "ResourceId", "SkuId"], sort=True):
        first, last = own["ChargeDate"].min(), own["ChargeDate"].max()
        amounts = by_day(own, "ConsumedQuantity", first, last)
        if len(amounts) < KNOWN or amounts.max() <= 0:
            continue
        usual, runs = episodes(amounts, facts.rules.runaway_factor)
        for begin, end in runs:
            if sum(abs(other - begin) <= 365 for other, _ in runs) >= OFTEN:
                continue
            days = (own["ChargeDate"] - first).dt.days.to_numpy()
            during = own[(days >= begin) & (days <= end)]
            over = np.clip(1 - usual[begin] / np.maximum(amounts[begin : end + 1], 1e-12), 0, 1)
            share = over[(during["ChargeDate"] - first).dt.days.to_numpy() - begin]
            line = _line(facts, during, share, str(resource), float(usual[begin]))
            lines += [line] if line else []
    return lines


def episodes(amounts: np.ndarray, factor: float) -> tuple[np.ndarray, list[tuple[int, int]]]:
    """Usual use by day, (day,), and runs of days that took `factor` times it or more and left its own ups and downs far behind.

    amounts   (day,). A day is judged by the days before it alone; the usual use of a run is that of its eve.
    """
    series = pd.Series(amounts)
    usual = series.shift(1).rolling(USUAL, min_periods=21).median()
    ratio = (series / usual.where(usual > 0)).clip(lower=1e-3)
    log = np.log(ratio)
    before = log.shift(1)
    centre = before.rolling(MEMORY, min_periods=14).median()
    spread = 1.4826 * (before - centre).abs().rolling(MEMORY, min_periods=14).median()
    hot = (ratio >= factor) & (log >= STEADY * spread.clip(lower=LEAST_SPREAD))
    hot &= np.arange(len(amounts)) >= KNOWN
    runs: list[list[int]] = []
    for day in np.flatnonzero(hot.to_numpy()):
        if runs and day - runs[-1][1] <= APART:
            runs[-1][1] = int(day)
        else:
            runs.append([int(day), int(day)])
    kept = [(begin, end) for begin, end in runs if SHORTEST <= end - begin + 1 <= LONGEST]
    return usual.to_numpy(), kept


def _line(
    facts: WasteFacts, rows: pd.DataFrame, share: np.ndarray, resource: str, usual: float
) -> Waste | None:
    """The line of one episode. share (row,): of its cost that is above the usual; usual: quantity a day."""
    amounts = rows.groupby("ChargeDate")[["ConsumedQuantity", "EffectiveCost"]].sum()
    times = float(amounts["ConsumedQuantity"].mean() / usual)
    first, last = amounts.index[0], amounts.index[-1]
    return facts.line(
        rows["EffectiveCost"] * share,
        kind="runaway job",
        category="failed_or_repeated",
        resource=resource,
        sure=False,
        evidence=[
            {
                "date": f"{day:%Y-%m-%d}",
                "used": float(row["ConsumedQuantity"]),
                "usual": usual,
                "cost": float(row["EffectiveCost"]),
            }
            for day, row in amounts.iterrows()
        ],
        why=(
            f"{times:.1f} times its usual use from {first:%Y-%m-%d} to {last:%Y-%m-%d} "
            f"({rows['SkuId'].iloc[0]}); counted is what was above the usual."
        ),
    )
