"""Successor models: every few months another one at another price, and we move to it or not (docs/method §3.29, §3.31)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ScenarioError
from .. import price_risk
from ..distributions import Distribution
from ._base import (
    Clock,
    Factors,
    Uncertain,
    a_factor,
    in_words,
    percent,
    read_share,
    the,
    uncertain,
)


@dataclass(frozen=True, kw_only=True)
class Successor(Factors):
    """Use moves to the successor of its model when one comes.

    interval_months   between two successors: a number or a range, above 0
    factor            price of the successor ÷ price before, for the same work; may be above 1
    adopted           chance that we move when one comes
    """

    interval_months: Uncertain
    factor: Uncertain
    adopted: float = 1.0

    def check(self):
        uncertain(self, "interval_months")
        least = self.interval_months
        least = float(least.quantile(0.0)) if isinstance(least, Distribution) else least
        if least < 0.1:
            raise ScenarioError(
                f"interval_months: an interval of {least:g} months is possible; it must be 0.1 or more (4 to 8 is usual). "
                "Write {min: 4, max: 8}."
            )
        a_factor(self, "factor")
        read_share(self, "adopted")

    @property
    def idle(self) -> bool:
        return self.adopted == 0

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        return (
            price_risk.migrations(
                seed, name, paths, clock.count, self.interval_months, self.factor, self.adopted
            ),
        )

    def words(self) -> str:
        move = (
            f", with a chance of {percent(self.adopted)} that we move to it"
            if self.adopted < 1
            else ""
        )
        return f"a successor of {the(self)} comes every {in_words(self.interval_months)} months at × {in_words(self.factor)} of the price{move}"
