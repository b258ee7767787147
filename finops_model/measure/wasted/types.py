"""The `waste` of a brief, typed (docs/method §17.11); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see its keys in the text of an annotation.
from typing import Literal, TypedDict

Category = Literal[
    "idle", "unused_commitment", "orphaned_storage", "failed_or_repeated", "unused_seats"
]


class WasteLine(TypedDict):
    """A line of waste: what, whose, how much, since when, and how it is known."""

    kind: str
    category: Category
    resource: str
    workload: str
    unit: str
    team: str
    owner: str
    cost: float  # of the month
    before: float  # of the month before
    so_far: float  # of all months up to it
    since: str
    sure: bool
    why: str
    evidence: list[dict[str, str | float]]


class WasteMonth(TypedDict):
    """Waste of a month: what is sure, and what somebody should look at."""

    month: str
    sure: float
    not_sure: float


class WasteFound(TypedDict):
    """Money of a month that bought nothing. Each cost stands in one line."""

    sentence: str
    sure: float
    not_sure: float
    share: float | None  # of the month's cost, what is sure
    by_month: list[WasteMonth]
    lines: list[WasteLine]
