"""The `growth` of a brief, typed (docs/method §10.2); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, TypedDict


class Compared(TypedDict):
    """Cost per day of some months against earlier ones: at constant prices, and as paid."""

    basis: Literal["year", "quarter", "month"]
    months: list[str]
    before: list[str]
    growth: float
    as_paid: float | None  # where one-offs made the months before cost nothing
    per_day: float
    per_day_before: float
    paid_per_day: float
    paid_per_day_before: float
    priced_share: float
    new_share: float
    once: float
    once_before: float


class Growth(TypedDict):
    """What the cost of a unit grew by in a year; where that is not known, why, and what is used instead."""

    year: Compared | None
    why: str
    instead: Compared | None
    sentence: str
