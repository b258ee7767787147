"""What maturity is judged from, and what is said of it (docs/method §18.1)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import pandas as pd

from ...facts.cycle.reviews import Review
from ...facts.plans.budgets import Budgets
from ...settings import Maturity

State = Literal["yes", "partly", "no", "stated", "not known"]


@dataclass(frozen=True)
class Decided:
    """A recommendation and its decision: by name, proposed and decided on a day; None where nobody wrote the day."""

    name: str
    proposed: dt.date | None
    decided: dt.date | None
    state: str  # proposed, approved, rejected, done, expired or planned


@dataclass(frozen=True, kw_only=True)
class Alerts:
    """Alerts that were published, and how many of them somebody answered."""

    published: Sequence[Mapping[str, Any]]  # id, kind, start, end
    answered: frozenset[str]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """What a workspace knows of itself. What it does not have is None; an empty list is a file without a row.

    rows       DAILY that counts as cost, up to `as_of`
    complete   {month: cost} of the months that are whole
    record     forecasts of whole months: for, made, p50, actual, source (published or re-created)
    arrivals   facts.cycle.arrivals
    coverage   {month: share of cost whose tags break no rule}
    inventory  records of commitments
    has        further plain facts by name, for the checklist
    """

    limits: Maturity
    currency: str
    as_of: str
    rows: pd.DataFrame
    complete: Mapping[str, float]
    budgets: Budgets | None
    record: pd.DataFrame
    arrivals: pd.DataFrame
    reviews: Sequence[Review] | None
    decisions: Sequence[Decided] | None
    inventory: Sequence[Mapping]
    coverage: Mapping[str, float | None]
    alerts: Alerts
    has: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Grade:
    """A capability in a month. level: 0 below crawl, 1 crawl, 2 walk, 3 run, None no data; figure: None where there is none."""

    key: str
    name: str
    month: str
    level: int | None
    figure: float | None
    unit: Literal["share", "days"]
    limits: tuple[float, ...]  # that the figure is held against
    evidence: str
    rule: str
    step: str  # what to do next
    rows: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Check:
    """A line of the checklist: what the discipline asks for, whether the data show it, and what to do."""

    key: str
    what: str
    state: State
    evidence: str
    step: str
