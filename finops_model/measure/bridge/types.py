"""The `bridge` of a brief, typed (docs/method §10.4); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import Literal, TypedDict


class End(TypedDict):
    """A state's name and total; a workload and its part."""

    name: str
    amount: float


class BridgeRow(TypedDict):
    """A workload, unit or service of a bridge: its ends and steps (those that are not nothing)."""

    name: str
    previous: float
    current: float
    change: float
    steps: dict[str, float]


Bridged = TypedDict(
    "Bridged",
    {
        "what": str,
        "from": End,
        "to": End,
        "change": float,
        "share": float | None,
        "order": Literal["steps", "shapley"],
        "by": Literal["workload", "unit", "service"],
        "steps": dict[str, float],
        "parts": dict[str, float],
        "rows": list[BridgeRow],
        "launches": list[End],
        "retirements": list[End],
        "said": list[str],
    },
)
