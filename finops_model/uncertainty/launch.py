"""A launch that may come late and grows along a curve: the share of its full cost by month (docs/method §3.33)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .curves import month_profile, reached
from .risks._base import Clock, Factors, Uncertain, in_words, the


@dataclass(frozen=True, kw_only=True)
class Launch(Factors):
    """What an added workload has reached; made from the terms of a launch, not on the shelf."""

    months: float = 0.0
    curve: str = "straight"
    delay_months: Uncertain = 0.0

    acts: ClassVar[tuple[str, ...]] = ("demand",)
    needs: ClassVar[tuple[str, ...]] = ("demand",)

    def profile(self, clock: Clock) -> np.ndarray:
        return month_profile(clock.dates)

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        return (
            reached(
                seed,
                name,
                paths,
                dates=clock.dates,
                since=self.since or clock.dates[0],
                months=self.months,
                curve=self.curve,
                delay=self.delay_months,
            )[:, 1:],
        )

    def words(self) -> str:
        return f"{the(self, 'demand')} begins {in_words(self.delay_months)} months late"
