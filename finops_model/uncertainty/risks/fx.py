"""An exchange rate behind prices in another currency (docs/method §3.29, §3.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .. import price_risk
from ._base import Clock, Factors, percent, read_number, the


@dataclass(frozen=True, kw_only=True)
class Fx(Factors):
    """Prices follow an exchange rate around the plan rate.

    volatility         standard deviation of the log rate a year (0.08 is usual between large currencies)
    drift_per_year     of the expected rate: the interest difference
    kappa              per year: how fast it comes back to the plan rate; 0: a random walk
    """

    volatility: float
    drift_per_year: float = 0.0
    kappa: float = 0.0
    on_fees: ClassVar[bool] = (
        True  # money itself moves: fees and minima of a price too (docs/method §5.15)
    )

    def check(self):
        read_number(self, "volatility", most=3, why="0.08 is 8 % a year")
        read_number(self, "kappa", most=1000)
        read_number(self, "drift_per_year", -5, 5, "of the logarithm: 0.02 is 2 % a year")

    @property
    def idle(self) -> bool:
        return self.volatility == 0 and self.drift_per_year == 0

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        return (
            price_risk.fx(
                seed, name, paths, clock.count, self.volatility, self.drift_per_year, self.kappa
            ),
        )

    def words(self) -> str:
        back = " and comes back to the plan rate" if self.kappa else ""
        drift = (
            f", drifting {100 * np.expm1(self.drift_per_year):+.3g} % a year"
            if self.drift_per_year
            else ""
        )
        return f"the exchange rate behind {the(self)} moves by {percent(self.volatility)} a year{back}{drift}"
