"""Poisson distribution: {mean}, how many events there are."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import gammaln, pdtr, xlog1py, xlogy

from ...checks import positive
from ._base import Distribution
from ._checks import set_fields


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
        count = np.where(u >= 1, np.inf, first + np.searchsorted(up, u - 1e-15, side="left"))
        return np.where(u <= 0, 0.0, count)[()]

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
        return np.where(whole, chance(np.where(whole, x, 0.0), self.mean), 0.0)[()]

    def _overage(self, commit, power):
        n = np.arange(max(np.floor(commit) + 1, 0.0), np.floor(self._top) + 1)
        return float((self.density(n) * (n - commit) ** power).sum())

    def _waste(self, commit, power):
        n = np.arange(0.0, np.floor(min(commit, self._top)) + 1)
        return float((self.density(n) * (commit - n) ** power).sum())

    @property
    def _top(self) -> float:
        """No count beyond it has any weight."""
        return self.mean + 40 * np.sqrt(self.mean) + 40

    def between(self, power, low=-np.inf, high=np.inf):
        top = min(high, self._top)
        n = np.arange(max(np.floor(low) + 1, 0.0), np.floor(top) + 1)
        return float((self.density(n) * n**power).sum())


def chance(n, mean: float) -> np.ndarray:
    """P(exactly n events), n whole numbers, 0 or more, same shape; to rounding at any mean.

    Source: Loader (2000): the exponent is the distance of n from the mean, not the difference of numbers a million times as large.

    >>> chance(np.array([0.0, 2.0]), 1.0).round(12)
    array([0.36787944, 0.18393972])
    """
    n = np.asarray(n, float)
    if mean == 0:
        return (n == 0).astype(float)
    big = np.maximum(n, 16.0)
    far = (big - mean) / mean
    distance = mean * (xlog1py(1 + far, far) - far)
    stirling = (1 / 12 - (1 / 360 - (1 / 1260 - 1 / (1680 * big**2)) / big**2) / big**2) / big
    with np.errstate(under="ignore"):
        return np.where(
            n >= 16,
            np.exp(-distance - stirling) / np.sqrt(2 * np.pi * big),
            np.exp(xlogy(n, mean) - mean - gammaln(n + 1)),
        )
