"""Days that will not come again, apart from the usual: what a bridge tells as one-off (docs/method §12.26)."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ...facts.cycle.notes import ONCE, Note
from ...forecasting.notes.as_events import set_apart
from ...forecasting.notes.once import times_usual

MEASURES = ["ConsumedQuantity", "ListCost", "ContractedCost", "EffectiveCost", "BilledCost"]
LITTLE = 0.02  # times the usual: below it nothing is left to divide


def split(rows: pd.DataFrame, notes: Iterable[Note], daily: pd.DataFrame) -> pd.DataFrame:
    """DAILY rows, those of days that notes call once in two: the usual, and the rest as one-time charges. Sums stay.

    rows     a part of `daily`, whose days before say what is usual
    """
    once = [note for note in notes if note.kind == ONCE]
    if not once or rows.empty:
        return rows
    cost = daily[~daily["ChargeCategory"].isin(["Tax", "Credit"])]
    extra = []
    share = pd.Series(0.0, rows.index)
    for note in once:
        touched = rows[
            (rows["ChargeDate"] >= note.day)
            & (rows["ChargeDate"] <= note.until)
            & (rows["ChargeCategory"] == "Usage")
            & (rows["x_Workload"] == note.workload if note.workload else True)
        ]
        for workload, mine in touched.groupby("x_Workload", observed=True):
            times = _times(cost, note, once, str(workload))
            if times is not None and times > LITTLE:
                share[mine.index] = 1 - 1 / times
    moved = share[share != 0].index
    if not len(moved):
        return rows
    measures = [name for name in MEASURES if name in rows]
    usual, extra = rows.copy(), rows.loc[moved].copy()
    for name in measures:
        once_part = rows.loc[moved, name].to_numpy(float) * share[moved].to_numpy(float)
        usual.loc[moved, name] = rows.loc[moved, name].to_numpy(float) - once_part
        extra[name] = once_part
    extra["ChargeFrequency"] = "One-Time"
    return pd.concat([usual, extra], ignore_index=True)


def _times(cost: pd.DataFrame, note: Note, once: list[Note], workload: str) -> float | None:
    """How many times its usual the workload cost on the days of a note."""
    mine = cost[cost["x_Workload"] == workload]
    by_day = mine.groupby("ChargeDate")["EffectiveCost"].sum()
    days = pd.date_range(by_day.index.min(), by_day.index.max())
    values = np.maximum(by_day.reindex(days, fill_value=0.0).to_numpy(float), 0.0)
    at = days.to_numpy("datetime64[D]")
    return times_usual(values, at, note.day, note.until, set_apart(once, at, workload))
