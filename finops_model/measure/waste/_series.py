"""Use of one resource by day, and from which day on it has been the same."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import PriceError
from ...units import UNITS, spell

BLOCK = 28  # days, whole weeks
DEVIATIONS = 3.0  # of a day from the run, at its beginning


def use_rows(rows: pd.DataFrame) -> pd.DataFrame:
    """The rows that are use: no purchase, no correction, nothing unused."""
    return rows[
        rows["ChargeCategory"].eq("Usage")
        & rows["ChargeClass"].ne("Correction")
        & rows["CommitmentDiscountStatus"].ne("Unused")
    ]


def with_dimension(rows: pd.DataFrame) -> pd.Series:
    """What the unit of each row measures, as units.py has it ("Tokens", "GPU-time", "data-time"); "" where it is none of them."""
    kinds = {unit: dimension(str(unit)) for unit in rows["ConsumedUnit"].unique()}
    return rows["ConsumedUnit"].map(kinds)


def dimension(unit: str) -> str:
    """What a unit measures.

    >>> dimension("tokens"), dimension("GB-Month"), dimension("GPU-hours"), dimension("Widgets")
    ('Tokens', 'data-time', 'GPU-time', '')
    """
    try:
        return UNITS.get(spell(unit), ("",))[0] if unit else ""
    except PriceError:
        return ""


def by_day(rows: pd.DataFrame, column: str, first: pd.Timestamp, last: pd.Timestamp) -> np.ndarray:
    """Sum of a column by day from first to last, 0 where there is no row, (day,)."""
    days = (rows["ChargeDate"] - first).dt.days.to_numpy()
    return np.bincount(days, rows[column].to_numpy(float), minlength=(last - first).days + 1)


def same_since(series: np.ndarray, days: int, spread: float) -> int | None:
    """The first day of the run to the newest day in which use was the same: sd over mean of the newest `days`, and of each block of 28
    days before them with the block after it, at most `spread`, and no day without use; then days within DEVIATIONS times `spread`.

    series   (day,) up to the newest day. Returns a position, or None where the newest days are not the same.

    >>> same_since(np.r_[np.zeros(10), np.full(90, 5.0)], 56, 0.05), same_since(np.arange(1.0, 91.0), 56, 0.05)
    (10, None)
    """
    if len(series) < days or not _same(series[-days:], spread):
        return None
    start = len(series) - days
    while start >= BLOCK and _same(series[start - BLOCK : start + BLOCK], spread):
        start -= BLOCK
    level = series[start : start + BLOCK].mean()
    while start and abs(series[start - 1] / level - 1) <= DEVIATIONS * spread:
        start -= 1
    return start


def _same(part: np.ndarray, spread: float) -> bool:
    """Whether every day has use and its sd is at most `spread` of its mean."""
    return bool((part > 0).all() and part.std() <= spread * part.mean())


def weekend(series: np.ndarray, last: pd.Timestamp) -> float:
    """Mean of Saturdays and Sundays over the mean of the other days.

    >>> weekend(np.full(28, 3.0), pd.Timestamp("2026-11-30"))
    1.0
    """
    days = pd.date_range(end=last, periods=len(series)).day_of_week.to_numpy()
    return float(series[days >= 5].mean() / series[days < 5].mean())
