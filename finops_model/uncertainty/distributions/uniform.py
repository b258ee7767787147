"""Uniform distribution: {min, max}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ._base import Distribution
from ._checks import rising, set_fields


@dataclass(frozen=True)
class Uniform(Distribution):
    min: float
    max: float

    def __post_init__(self):
        low, high = rising("uniform", min=self.min, max=self.max)
        set_fields(self, min=low, max=high)

    @cached_property
    def variance(self) -> float:
        return (self.max - self.min) ** 2 / 12

    def quantile(self, u):
        return self.min + (self.max - self.min) * np.asarray(u, float)

    def cdf(self, x):
        return np.clip((np.asarray(x, float) - self.min) / (self.max - self.min), 0.0, 1.0)

    def density(self, x):
        x = np.asarray(x, float)
        return np.where((x >= self.min) & (x <= self.max), 1 / (self.max - self.min), 0.0)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        a, b = np.clip((low, high), self.min, self.max)
        return (
            float((b ** (power + 1) - a ** (power + 1)) / ((power + 1) * (self.max - self.min)))
            if b > a
            else 0.0
        )
