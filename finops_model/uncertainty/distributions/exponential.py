"""Exponential distribution: {mean}, or {rate} = 1 / mean."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...checks import positive
from ._base import Distribution
from ._checks import UNSET, one_of, set_fields
from .gamma import Gamma


@dataclass(frozen=True)
class Exponential(Distribution):
    mean: float = UNSET
    rate: float = UNSET

    def __post_init__(self):
        given = one_of("exponential", {"mean": self.mean, "rate": self.rate}, ("mean",), ("rate",))
        ((name, value),) = given.items()
        value = positive(value, f"exponential: {name}")
        mean = value if name == "mean" else 1 / value
        set_fields(self, mean=mean, rate=1 / mean)

    @cached_property
    def variance(self) -> float:
        return self.mean**2

    def quantile(self, u):
        with np.errstate(divide="ignore"):
            return -self.mean * np.log1p(-np.asarray(u, float))

    def cdf(self, x):
        return -np.expm1(-np.maximum(np.asarray(x, float), 0.0) / self.mean)

    def exceedance(self, x):
        return np.exp(-np.maximum(np.asarray(x, float), 0.0) / self.mean)

    def density(self, x):
        x = np.asarray(x, float)
        return np.where(x >= 0, np.exp(-np.maximum(x, 0.0) / self.mean) / self.mean, 0.0)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        return Gamma(shape=1.0, scale=self.mean).between(power, low, high)
