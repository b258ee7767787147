"""How much more a machine does in an hour than today (docs/method §3.65)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class Throughput:
    """The same work in machine hours ÷ (1 + value)."""

    value: float | np.ndarray
    today: float | np.ndarray = 0.0
    skus: tuple = ()

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "how much more a machine does in an hour than today, as a share"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = np.inf
    OPEN: ClassVar[tuple[str, ...]] = ()
    NEUTRAL: ClassVar[float | None] = 0.0

    @classmethod
    def read(cls, units, bought) -> float | None:
        """As fast as today."""
        return 0.0

    def act(self, units, bought, age):
        """Units with the throughput of `value`."""
        factor = 1 / (1 + np.asarray(self.value, float))
        return scaled(units, bought.sorted_as(units, "hours", self.skus), factor)
