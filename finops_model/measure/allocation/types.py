"""The brief's `allocation`, typed; as light as brief_types.py, which takes it in."""

# No `from __future__ import annotations`: TypedDict would not see NotRequired in the text of an annotation.
from typing import NotRequired, TypedDict


class SharedPool(TypedDict):
    """A team whose cost the others bear, decimal text; how it was to be given out, and how it was."""

    pool: str
    how: str
    used: str
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


class Value(TypedDict):
    """A value of a dimension, "" where nothing says it; the last seven where the dimension has budgets."""

    value: str
    actual: float
    previous_month: float | None
    year_to_date: float
    share: float | None
    budget: NotRequired[float | None]
    landing_p10: NotRequired[float | None]
    landing_p50: NotRequired[float | None]
    landing_p90: NotRequired[float | None]
    landing_mean: NotRequired[float | None]
    year_budget: NotRequired[float | None]
    over: NotRequired[float | None]
    overrun_probability: NotRequired[float | None]


class Dimension(TypedDict):
    """The company's cost by a dimension: values add up to the company."""

    name: str
    own: bool  # declared in finops.yaml; else of every bill
    budgeted: bool
    values: list[Value]  # most of the year first, no value last
    more: int  # values that the last line but no value adds up, 0: none
    budgets_differ: (
        float | None
    )  # year budgets of the values less the company's; None: not known, or equal


class Tagged(TypedDict):
    """How much of a month's cost is tagged as the rules want, beside an earlier month."""

    month: str
    cost: float
    debt: float
    coverage: float | None  # share of the cost
    before: str | None  # the month it is held against, None: there is none
    debt_before: float | None
    coverage_before: float | None


class Allocation(TypedDict):
    """Whose cost it is, of the company."""

    shared: NotRequired[Shared]  # where finops.yaml says shared_cost
    dimensions: NotRequired[list[Dimension]]
    tags: NotRequired[Tagged]  # where finops.yaml names tag_rules
