"""The brief's `allocation`, typed; as light as brief_types.py, which takes it in."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import NotRequired, TypedDict


class SharedPool(TypedDict):
    """A team whose cost the others bear, decimal text; `how` as it was asked."""

    pool: str
    how: str
    cost: str


class SharedLine(TypedDict):
    """What a team bears, decimal text; "" is cost without a team."""

    team: str
    own: str
    shared: str
    idle: str
    unused: str
    total: str


class Shared(TypedDict):
    """Who bears the cost of the month, decimal text: totals of lines and what is central add up to it."""

    pools: list[SharedPool]
    lines: list[SharedLine]
    central: str
    total: str
    said: list[str]  # where a rule could not hold, and what was done


class Allocation(TypedDict):
    """Whose cost it is, of the company."""

    shared: NotRequired[Shared]  # where finops.yaml says shared_cost
