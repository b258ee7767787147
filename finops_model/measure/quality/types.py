"""The `quality_card` of a brief, typed (docs/method §13.70); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see its keys in the text of an annotation.
from typing import Literal, TypedDict

Verdict = Literal["good", "attention", "bad", "not known"]


class QualityPart(TypedDict):
    """A part of a line: a vendor, a reason, a kind of price."""

    name: str
    value: float | None
    amount: float | None
    text: str


class QualityLine(TypedDict):
    """A line of the card: what, its figure, good or not by which limit, what to do."""

    key: str
    what: str
    value: float | None  # what is held against the limits
    unit: Literal["share", "days", "count"]
    amount: float | None  # the money it is about, in the card's currency
    text: str
    verdict: Verdict
    rule: str
    do: str
    parts: list[QualityPart]


class QualityCard(TypedDict):
    """The data-quality card of a workspace: shares of cost are of its month."""

    month: str
    as_of: str
    currency: str
    headline: str
    usable: float | None
    cost: float
    good: int
    attention: int
    bad: int
    not_known: int
    lines: list[QualityLine]
