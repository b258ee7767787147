"""What rose: the difference of an episode split into volume, mix and rate, SKU by SKU, from daily facts (docs/method §12.4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

BEFORE = 28  # days before the episode that stand for the usual
KEYS = [
    "x_BusinessUnit",
    "x_Team",
    "x_Workload",
    "ServiceName",
    "SkuId",
    "SkuMeter",
    "ConsumedUnit",
]
MOST = 1e6
EFFECTS = ("volume", "mix", "rate")


@dataclass(frozen=True)
class Attribution:
    """volume + mix + rate = actual − expected of the episode, exactly; `lines`: the same by SKU, largest change first."""

    volume: float
    mix: float
    rate: float
    lines: (
        pd.DataFrame
    )  # KEYS, quantity, quantity_before, cost, cost_before, volume, mix, rate, change

    @property
    def main(self) -> str:
        """The effect with the most money in the direction of the change."""
        total = self.volume + self.mix + self.rate
        return max(EFFECTS, key=lambda name: getattr(self, name) * (1 if total >= 0 else -1))


def split(quantity, cost, quantity_before, cost_before, unit=None) -> dict[str, np.ndarray]:
    """volume, mix, rate of each line (line,), adding up to cost − cost_before line by line, exactly.

    quantity, quantity_before   in the line's unit; 0 where a bill has none
    unit                        lines of one unit share a volume: more of all of it is volume, more of the dear ones is mix

    volume = cost_before × (Q ÷ Q_before − 1), mix = price_before × (quantity − quantity_before × Q ÷ Q_before), rate = the rest, (price −
    price_before) × quantity. A line without quantities is all volume; a SKU that was not there before is mix at its own price, or volume
    where nothing of its unit was. Source: docs/method §12.4, §3.6.

    >>> parts = split([30., 10.], [30., 20.], [10., 10.], [10., 10.])     # twice the units, dearer model's price doubles
    >>> {name: value.tolist() for name, value in parts.items()}
    {'volume': [10.0, 10.0], 'mix': [10.0, -10.0], 'rate': [0.0, 10.0]}
    """
    q1, c1, q0, c0 = (
        np.asarray(part, float) for part in (quantity, cost, quantity_before, cost_before)
    )
    unit = np.zeros(len(q1)) if unit is None else np.asarray(unit)
    change = c1 - c0
    volume, mix = np.zeros(len(q1)), np.zeros(len(q1))
    for one in pd.unique(unit):
        here = (
            (unit == one) & ((q1 > 0) | (q0 > 0)) & ((q1 > 0) | (c1 == 0)) & ((q0 > 0) | (c0 == 0))
        )
        here &= ~((q0 > 0) & (q1 > MOST * q0)) & ~(
            (q1 > 0) & (q0 > MOST * q1)
        )  # a million-fold jump is a new use, not a price
        total, before = q1[here].sum(), q0[here].sum()
        rest = (unit == one) & ~here
        volume[rest] = change[rest]  # no quantities: nothing to tell volume from rate by
        if before <= 0 or total > MOST * before or before > MOST * total > 0:
            volume[here] = change[here]
            continue
        grown = total / before
        volume[here] = c0[here] * (grown - 1)
        at_old_price = np.where(
            q0[here] > 0, c0[here] * (q1[here] / np.where(q0[here] > 0, q0[here], 1.0)), c1[here]
        )
        mix[here] = at_old_price - c0[here] * grown
    rate = change - volume - mix
    rate[np.abs(rate) < 1e-9 * np.maximum(np.abs(c1) + np.abs(c0), 1e-12)] = (
        0.0  # rounding is no change of price
    )
    volume = change - mix - rate
    return {"volume": volume, "mix": mix, "rate": rate}


def attribute(rows: pd.DataFrame, start: str, end: str, excess: float) -> Attribution:
    """Where the money of an episode comes from.

    rows       daily facts of the subject (cost rows only)
    start, end first and last day of the episode
    excess     actual − expected over these days: what the parts add up to

    The usual is the 28 days before, brought to actual − excess; with nothing before, all is volume.
    """
    first, last = pd.Timestamp(start), pd.Timestamp(end)
    day = rows["ChargeDate"]
    now, before = (
        rows[(day >= first) & (day <= last)],
        rows[(day < first) & (day >= first - pd.Timedelta(days=BEFORE))],
    )
    both = [
        part.groupby(KEYS, observed=True)[["ConsumedQuantity", "EffectiveCost"]].sum()
        for part in (now, before)
    ]
    table = (
        both[0]
        .join(both[1], how="outer", lsuffix="_now", rsuffix="_before")
        .fillna(0.0)
        .reset_index()
    )
    q1, c1, q0, c0 = (
        table[name].to_numpy(float)
        for name in (
            "ConsumedQuantity_now",
            "EffectiveCost_now",
            "ConsumedQuantity_before",
            "EffectiveCost_before",
        )
    )
    total, expected = c0.sum(), c1.sum() - excess
    scale = expected / total if total > 0 else 0.0
    q0, c0 = q0 * scale, c0 * scale
    if (
        total <= 0 and expected and len(table)
    ):  # nothing before to share the expectation by: the present shares do
        shares = c1 / c1.sum() if c1.sum() else np.full(len(table), 1 / len(table))
        c0, q0 = expected * shares, q1 * (expected / c1.sum() if c1.sum() else 0.0)
    parts = split(q1, c1, q0, c0, table["ConsumedUnit"].to_numpy(object))
    table = table[KEYS].assign(
        quantity=q1, quantity_before=q0, cost=c1, cost_before=c0, **parts, change=c1 - c0
    )
    order = table["change"].abs().sort_values(ascending=False, kind="stable").index
    volume, mix, rate = (float(parts[name].sum()) for name in EFFECTS)
    return Attribution(volume, mix, rate, table.loc[order].reset_index(drop=True))


def owner(rows: pd.DataFrame) -> dict[str, str]:
    """Business unit and team that carry most of the money of these rows: who to ask."""
    owners = {}
    for key, column in (("business_unit", "x_BusinessUnit"), ("team", "x_Team")):
        by = rows.groupby(column, observed=True)["EffectiveCost"].sum()
        owners[key] = str(by.idxmax()) if len(by) else ""
    return owners
