"""PERT distribution: {min, mode, max}, a beta whose mean is (min + weight·mode + max) / (weight + 2), weight 4 if not given.

Source: Malcolm, Roseboom, Clark & Fazar (1959); Vose (2008) for weights other than 4.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from ...checks import positive
from ._base import Distribution
from ._checks import rising, set_fields
from .beta import Beta


@dataclass(frozen=True)
class Pert(Distribution):
    min: float
    mode: float
    max: float
    weight: float = 4.0
    _beta: Beta = field(init=False, repr=False, compare=False)

    def __post_init__(self):
        low, mode, high = rising("pert", min=self.min, mode=self.mode, max=self.max)
        weight = positive(self.weight, "pert: weight")
        alpha = 1 + weight * (mode - low) / (high - low)
        set_fields(
            self,
            min=low,
            mode=mode,
            max=high,
            weight=weight,
            _beta=Beta(alpha, weight + 2 - alpha, low, high),
        )

    @cached_property
    def mean(self) -> float:
        return (self.min + self.weight * self.mode + self.max) / (self.weight + 2)

    @cached_property
    def variance(self) -> float:
        return (self.mean - self.min) * (self.max - self.mean) / (self.weight + 3)

    def quantile(self, u):
        return self._beta.quantile(u)

    def cdf(self, x):
        return self._beta.cdf(x)

    def density(self, x):
        return self._beta.density(x)

    def between(self, power, low=float("-inf"), high=float("inf")):
        return self._beta.between(power, low, high)
