"""Share of the input tokens of today that is left out of the context (docs/method §3.63)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import INPUTS, scaled


@dataclass(frozen=True, kw_only=True)
class ContextTrim:
    """Input tokens of every role (plain, cached, written, in batches) × (1 − value)."""

    value: float | np.ndarray
    today: float | np.ndarray = 0.0

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "the share of today's input tokens that is left out"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = 1.0
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = 0.0

    @classmethod
    def read(cls, units, bought) -> float | None:
        """Nothing is trimmed today."""
        bought.tokens(units, INPUTS)
        return 0.0

    def act(self, units, bought, age):
        """Units with fewer input tokens."""
        return scaled(units, bought.skus(units, INPUTS), 1 - np.asarray(self.value, float))
