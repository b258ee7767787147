"""Unit costs in the brief, typed. Light: nothing but `typing` is imported.

Money is float64 in the brief's currency; a change is a fraction.
"""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import NotRequired, TypedDict


class UnitCostMonth(TypedDict):
    """A unit cost in a month."""

    month: str
    value: float
    numerator: NotRequired[float]
    denominator: NotRequired[float]
    days: int
    partial: bool


class UnitCost(TypedDict):
    """A KPI line."""

    name: str
    unit: str
    value: float
    previous: float | None
    change_pct: float | None
    days: int
    partial: bool
    better: str
    by_month: list[UnitCostMonth]
    numerator: NotRequired[float]  # of the month, as are days
    denominator: NotRequired[float]
    of: NotRequired[str]
    fully_loaded: NotRequired[float | None]
    fully_loaded_previous: NotRequired[float | None]


class UnitCostTieRow(TypedDict):
    """A driver's part of the cost of the month."""

    name: str
    unit: str
    count: float
    direct: float
    value: float
    fully_loaded: float
    fully_loaded_value: float


class UnitCostTie(TypedDict):
    """How the unit costs add up to the cost of the month."""

    cost: float
    rows: list[UnitCostTieRow]
    uncounted: float
    not_driven: float
    left: float
    loaded_uncounted: float
