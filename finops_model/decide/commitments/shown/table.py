"""What is compared, and what came of it: quantities asked for, offers, rows over the same hours, ladders (docs/method §8.81)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..limits import Limits
from ..offers import Offer
from ..search.layers import Usage
from .levels import Level, Parts

RECOMMENDED = "as recommended"
ON_DEMAND = "on demand"


@dataclass(frozen=True)
class Asked:
    """A quantity that somebody named, at its terms: a scenario's commitment, or what is signed."""

    source: str
    offer: Offer
    quantity: float
    question: str = ""


@dataclass(frozen=True, kw_only=True)
class Ask:
    """What is compared, and how best is meant."""

    offers: tuple[Offer, ...]
    usage: Usage
    prices: Mapping[str, float]
    parts: Parts
    currency: str = ""
    limits: Limits = field(default_factory=Limits)
    objective: str = "mean"
    beta: float = 0.9
    discount_rate: float = 0.0  # a year
    steps: int = 4  # of a ladder, one a month
    asked: tuple[Asked, ...] = ()  # quantities that somebody named

    @property
    def start(self) -> str:
        return self.parts.starts[0]

    @cached_property
    def end(self) -> np.datetime64:
        """The day after the last one."""
        days = int(self.parts.hours[-1]) // 24
        return np.datetime64(self.parts.starts[-1], "D") + days


@dataclass(frozen=True, kw_only=True)
class Row:
    """A way to go over the whole horizon: money of all that its group covers, on demand above what is held."""

    name: str
    offer: Offer | None
    group: int
    unit: str
    held: tuple[float, ...]  # level of each of its terms, one after the other
    cost: np.ndarray  # (path,)
    dates: np.ndarray  # (payment,) days on which money leaves
    cash: np.ndarray  # (payment,) money, mean of the paths
    npv: float
    first: Level | None = None  # its first term
    why: str = ""  # a limit that keeps it down, or why nothing is bought

    @property
    def committed(self) -> float:
        return self.first.committed if self.first else 0.0


@dataclass(frozen=True)
class Steps:
    """An offer's best level bought at once, or in steps, over its first term."""

    offer: str
    steps: int
    held: np.ndarray  # (part,) units an hour
    cost: np.ndarray  # (path,)
    dates: np.ndarray
    cash: np.ndarray
    npv: float


@dataclass(frozen=True)
class SideBySide:
    """Everything that is compared. Curves: the levels of each offer over its own term."""

    ask: Ask
    rows: tuple[Row, ...]  # by group, what costs least at NPV first
    curves: Mapping[str, tuple[Level, ...]]
    ladders: tuple[Steps, ...]
    asked: Mapping[str, Level]  # by source
    left_out: tuple[str, ...]  # offers that save nothing or keep to no limit, in a sentence each

    def best(self, group: int = 0) -> Row:
        """Of a group, what costs least at NPV."""
        return next(row for row in self.rows if row.group == group)

    def row(self, name: str) -> Row:
        """By the name of an offer."""
        return next(row for row in self.rows if row.name == name)
