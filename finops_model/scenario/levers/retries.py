"""Requests that are sent again, for each request (docs/method §3.64)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class Retries:
    """All that requests use × (1 + value) ÷ (1 + today); what is held over time (bytes) stays."""

    value: float | np.ndarray
    today: float | np.ndarray

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "requests sent again for each request"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = np.inf
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = None

    @classmethod
    def read(cls, units, bought) -> float | None:
        """No bill tells it."""
        return None

    def act(self, units, bought, age):
        """Units with the retries of `value`."""
        factor = (1 + np.asarray(self.value, float)) / (1 + np.asarray(self.today, float))
        return scaled(units, [sku for sku in units if bought.of[sku].sort != "stock"], factor)
