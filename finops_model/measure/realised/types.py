"""The `actions` of a brief, typed (docs/method §17.73); see `brief_types`."""

# No `from __future__ import annotations`: TypedDict would not see its keys in the text of an annotation.
from typing import Literal, TypedDict

Says = Literal["on the bill", "not on the bill", "open", "not measured"]
How = Literal["simulated", "as the owner says", "not known"]


class ActionTaken(TypedDict):
    """An action that its owner says was done, and what the bill says: money a month, and in all."""

    id: str
    action: str
    owner: str
    done_on: str
    expected: float | None  # a month, as its owner says
    saved: float | None  # a month
    p10: float | None
    p90: float | None
    in_all: float | None
    says: Says
    why: str


class ActionHeld(TypedDict):
    """An approved action: whether the forecast holds it, from when."""

    id: str
    action: str
    owner: str
    approved_by: str
    starts: str
    held: bool


class ActionOpen(TypedDict):
    """An action that nobody has decided: its saving a month, how likely it is done, and one times the other."""

    id: str
    action: str
    owner: str
    decision: str
    chance: float
    saving: float | None
    p10: float | None
    p90: float | None
    weighed: float | None
    how: How


class ActionsOf(TypedDict):
    """What was done about cost, what of it the bill shows, and what is open. Nothing of `pipeline` is in a forecast, budget or accrual."""

    sentence: str
    pipeline_sentence: str
    done: int
    closed: int
    adoption: float | None
    saved: float
    p10: float
    p90: float
    through: str
    taken: list[ActionTaken]
    held: list[ActionHeld]
    pipeline: list[ActionOpen]
    weighed: float
