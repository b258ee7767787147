"""Reasoning tokens for each token of the answer (docs/method §3.63)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import OUTPUTS, scaled, sum_of


@dataclass(frozen=True, kw_only=True)
class ReasoningRatio:
    """Where the ledger meters reasoning apart: those tokens × value ÷ today. Else output holds both: × (1 + value) ÷ (1 + today)."""

    value: float | np.ndarray
    today: float | np.ndarray

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "reasoning tokens for each token of the answer"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = np.inf
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = None

    @classmethod
    def read(cls, units, bought) -> float | None:
        """Today's value where reasoning has a meter of its own, else None."""
        bought.tokens(units, OUTPUTS)
        apart = sum_of(units, bought.skus(units, ("reasoning",)))
        plain = sum_of(units, bought.skus(units, ("output", "batch_output")))
        return apart / plain if apart > 0 and plain > 0 else None

    def act(self, units, bought, age):
        """Units with the reasoning of `value`."""
        value, today = np.asarray(self.value, float), np.asarray(self.today, float)
        apart = bought.skus(units, ("reasoning",))
        if apart:
            return scaled(units, apart, value / today)
        return scaled(units, bought.skus(units, OUTPUTS), (1 + value) / (1 + today))
