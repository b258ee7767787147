"""The `growth` of a brief and what its what-ifs change, typed (docs/method §10.2); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, NotRequired, TypedDict


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


class ExpectedLine(TypedDict):
    """Expected cost of a workload's SKU; unit "": no quantity makes it."""

    workload: str
    sku: str
    unit: str
    quantity: float
    cost: float


class Expected(TypedDict):
    """What a forecast expects of a fiscal year or a month: booked months, months still open, SKUs of these."""

    period: str
    as_of: str
    p50: float
    mean: float
    booked: float
    by_month: dict[str, float]
    lines: list[ExpectedLine]


class Moved(TypedDict):
    """By what the P50 of a fiscal year moved since the month before, as shares of it then."""

    period: str
    since: str
    source: Literal["published", "re-created"]
    p50: float
    previous_p50: float
    drift_pct: float
    parts: dict[str, float]
    of_volume: NotRequired[dict[str, float]]  # launches and retirements
    actuals: float
    actual_months: list[str]
    sentence: str


class ByProphet(TypedDict):
    """What Prophet alone would say of a period, where that is another answer than the report's."""

    period: str
    p50: float
    base: float
    share: float  # of the base: 0.12 is 12 % more
    sentence: str


class Revisions(TypedDict):
    """How the P50 of one month moved from one month end to the next, over the replays."""

    n: int
    months: int
    sd: float | None
    median: float | None
    pairs: int
    autocorrelation: float | None
    sentence: str


class WhatIfChange(TypedDict):
    """A value that a what-if changes, as its file has it."""

    path: str
    how: str  # set, scale, add
    value: str
    was: str  # in the base; "" where it is new, or differs among the places of a path with *
    since: str
    owner: str
    because: str


class WhatIf(TypedDict):
    """A what-if beside the base, over the horizon."""

    name: str
    question: str
    p10: float
    p50: float
    p90: float
    difference_p10: float
    difference_p50: float
    difference_p90: float
    difference_mean: float
    probability_cheaper: float
    period: str
    changes: NotRequired[list[WhatIfChange]]  # its inputs


class DatedNote(TypedDict):
    """A note on a date, drawn on charts (docs/method §12.25)."""

    date: str
    until: str
    note: str
    workload: str
    author: str
    kind: str
