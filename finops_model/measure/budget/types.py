"""Keys of the brief's `fiscal`: the fiscal year of a company whose year is weeks (docs/method §1.6)."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.

from typing import Literal, TypedDict


class FiscalPeriod(TypedDict):
    """A period of the year; `last` is its last day."""

    name: str
    quarter: str
    start: str
    last: str
    days: int
    booked_days: int  # of them with actuals
    partial: bool  # begun and not over, or the bill begins in it
    state: Literal["actual", "under way", "forecast"]
    actual: float | None  # up to data_as_of; None before it begins
    budget: float | None
    p10: float | None  # of the whole period, what is booked included
    p50: float | None
    p90: float | None
    mean: float | None


class Fiscal(TypedDict):
    """The fiscal year by its periods; its landing is the brief's `landing`."""

    year: str
    kind: str
    start: str
    last: str
    weeks: int
    periods: list[FiscalPeriod]
    actual: float  # of the year up to data_as_of
    said: str
