"""Repricing on days that nobody knows: jumps of both signs on top of a drift (docs/method §3.29, §3.31)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .. import price_risk
from ._base import Clock, Factors, Uncertain, a_factor, in_words, read_number, the, times


@dataclass(frozen=True, kw_only=True)
class PriceJumps(Factors):
    """Prices are changed at a hazard, each time by a factor; the month's mean.

    per_year          expected changes a year, 0 or more
    factor            of one change: 0.8 a cut of 20 %; a range, or {p, a, b} for cuts and rises
    drift_per_year    of the log price beside the jumps: −0.2 is e^−0.2 after a year
    """

    per_year: float
    factor: Uncertain
    drift_per_year: float = 0.0

    def check(self):
        read_number(self, "per_year", most=366, why="once a day is the most")
        a_factor(self, "factor")
        read_number(self, "drift_per_year", -5, 5, "of the logarithm: -0.2 is e^-0.2 after a year")

    @property
    def idle(self) -> bool:
        return self.per_year == 0 and self.drift_per_year == 0

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        return (
            price_risk.jumps(
                seed,
                name,
                paths,
                clock.count,
                per_year=self.per_year,
                factor=self.factor,
                drift_per_year=self.drift_per_year,
            ),
        )

    def words(self) -> str:
        drift = (
            f", with a drift of {100 * np.expm1(self.drift_per_year):+.3g} % a year"
            if self.drift_per_year
            else ""
        )
        return f"the price of {the(self)} changes {times(self.per_year)} a year on average, each time × {in_words(self.factor)}{drift}"
