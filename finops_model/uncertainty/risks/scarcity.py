"""Spells in which less can be had and it costs more: one draw moves both (docs/method §3.29, §3.32)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

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
class Scarcity(Factors):
    """Capacity runs short in spells.

    starts, ends    chance that a spell begins in a month, and that one ends
    availability    share of the workloads' demand that can be had in a spell, 0 to 1; the rest is not bought
    price           factor on the prices in a spell; the scarcer, the dearer
    scarce_now      a spell is on today that the ledger's prices and use do not show yet; a month later it has ended with the chance `ends`
    """

    starts: float
    ends: float
    availability: Uncertain = 1.0
    price: Uncertain = 1.0
    scarce_now: bool = False

    acts: ClassVar[tuple[str, ...]] = ("price", "demand")
    needs: ClassVar[tuple[str, ...]] = ("price", "demand")

    def check(self):
        read_share(self, "starts")
        read_share(self, "ends")
        uncertain(self, "availability")
        a_factor(self, "price")
        most = (
            self.availability.support[1]
            if isinstance(self.availability, Distribution)
            else self.availability
        )
        if most > 1:
            raise ScenarioError(
                f"availability: a share of {most:g} is possible; it is a share of demand, from 0 to 1. "
                "Write truncate: {max: 1}, or {min, mode, max}."
            )
        if not isinstance(self.scarce_now, bool):
            raise ScenarioError(
                f"scarce_now is '{str(self.scarce_now)[:40]}'; it must be true or false."
            )
        for key, target, names in (
            ("price", "skus or services", self.skus or self.services),
            ("availability", "workloads", self.workloads),
        ):
            value = getattr(self, key)
            if (isinstance(value, Distribution) or value != 1) and not names:
                raise ScenarioError(f"{key}: of what? Write {target}.")

    @property
    def idle(self) -> bool:
        return self.starts == 0 and not self.scarce_now

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        had, dear = price_risk.scarcity(
            seed,
            name,
            paths,
            clock.count,
            starts=self.starts,
            ends=self.ends,
            availability=self.availability,
            price=self.price,
            scarce_now=self.scarce_now,
        )
        return dear, had

    def words(self) -> str:
        length = f"lasts {1 / self.ends:.3g} months on average" if self.ends else "does not end"
        parts = []
        if self.skus or self.services:
            parts.append(f"the price of {the(self)} is × {in_words(self.price)}")
        if self.workloads:
            parts.append(
                f"{in_words(self.availability, percent)} of the demand of {the(self, 'demand')} can be had; the rest is not bought"
            )
        return f"scarcity begins with a chance of {percent(self.starts)} a month and {length}: in it {' and '.join(parts)}"
