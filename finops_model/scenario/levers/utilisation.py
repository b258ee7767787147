"""Share of the paid machine hours that does work (docs/method §3.65)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class Utilisation:
    """The same work in machine hours × today ÷ value."""

    value: float | np.ndarray
    today: float | np.ndarray
    skus: tuple = ()

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "the share of paid machine hours that does work"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = 1.0
    OPEN: ClassVar[tuple[str, ...]] = ("least",)
    NEUTRAL: ClassVar[float | None] = None

    @classmethod
    def read(cls, units, bought) -> float | None:
        """No bill tells it."""
        return None

    def act(self, units, bought, age):
        """Units with the hours of `value`."""
        factor = np.asarray(self.today, float) / np.asarray(self.value, float)
        return scaled(units, bought.sorted_as(units, "hours", self.skus), factor)
