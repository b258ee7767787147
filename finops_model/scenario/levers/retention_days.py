"""Days that data is kept (docs/method §3.67)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import ScenarioError
from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class RetentionDays:
    """A stock of even age, `today` days deep. What is written from the change on is kept `value` days; what lies there keeps its term:

    stock ÷ stock today = (max(today − age, 0) + min(age, value)) ÷ today,  age: days since the change

    so it does not shrink before `value` days have gone by. at_once: what is older than `value` is deleted on the day of the change.
    """

    value: float | np.ndarray
    today: float | np.ndarray
    at_once: bool = False
    skus: tuple = ()

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "the days that data is kept"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = np.inf
    OPEN: ClassVar[tuple[str, ...]] = ("least",)
    NEUTRAL: ClassVar[float | None] = None

    def __post_init__(self):
        if not isinstance(self.at_once, bool):
            raise ScenarioError(
                f"at_once is '{str(self.at_once)[:40]}'; write true where what is too old is deleted on the day of the change."
            )

    @classmethod
    def read(cls, units, bought) -> float | None:
        """No bill tells it."""
        return None

    def act(self, units, bought, age):
        """Units with the stock of the days since the change."""
        value, today = np.asarray(self.value, float), np.asarray(self.today, float)
        factor = (np.maximum(today - age, 0.0) + np.minimum(age, value)) / today
        if self.at_once:  # what is written and what is deleted are as much from the first day on
            factor = np.where(value < today, value / today, factor)
        return scaled(units, bought.sorted_as(units, "stock", self.skus), factor)
