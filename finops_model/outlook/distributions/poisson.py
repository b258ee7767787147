"""Poisson distribution: {mean}, how many events there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import gammaln, pdtr, xlogy

from ._base import Distribution
from ._checks import positive, set_fields


@dataclass(frozen=True)
class Poisson(Distribution):
    mean: float = field()

    def __post_init__(self):
        set_fields(self, mean=positive(self.mean, "poisson: mean"))

    @cached_property
    def variance(self) -> float:
        return self.mean

    def quantile(self, u):
        """Smallest count whose probability of at most that many is u or more."""
        u = np.asarray(u, float)
        first, up = self._counts
        return np.where(u >= 1, np.inf, first + np.searchsorted(up, u - 1e-15, side="left"))[()]

    @cached_property
    def _counts(self) -> tuple[float, np.ndarray]:
        """The first count of any weight, and P(N <= n) from it on."""
        reach = 12 * np.sqrt(self.mean) + 40
        first = max(np.floor(self.mean - reach), 0.0)
        return first, pdtr(np.arange(first, np.ceil(self.mean + reach)), self.mean)

    def cdf(self, x):
        x = np.asarray(x, float)
        return np.where(x >= 0, pdtr(np.maximum(x, 0.0), self.mean), 0.0)[()]

    def density(self, x):
        """Probability of exactly x events; 0 between whole numbers."""
        x = np.asarray(x, float)
        whole = (x >= 0) & (x == np.floor(x))
        n = np.where(whole, x, 0.0)
        return np.where(whole, np.exp(xlogy(n, self.mean) - self.mean - gammaln(n + 1)), 0.0)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        top = min(high, self.mean + 40 * np.sqrt(self.mean) + 40)
        n = np.arange(max(np.floor(low) + 1, 0.0), np.floor(top) + 1)
        return float((self.density(n) * n ** power).sum())
