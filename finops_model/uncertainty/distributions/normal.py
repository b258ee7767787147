"""Normal distribution: {mean, sd}."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from ...checks import finite, positive
from ._base import Distribution
from ._checks import set_fields

ROOT = np.sqrt(2 * np.pi)


@dataclass(frozen=True)
class Normal(Distribution):
    mean: float = field()
    sd: float = field()

    def __post_init__(self):
        set_fields(self, mean=finite(self.mean, "normal: mean"), sd=positive(self.sd, "normal: sd"))

    @cached_property
    def variance(self) -> float:
        return self.sd**2

    def quantile(self, u):
        return self.mean + self.sd * ndtri(u)

    def cdf(self, x):
        return ndtr((np.asarray(x, float) - self.mean) / self.sd)

    def exceedance(self, x):
        return ndtr((self.mean - np.asarray(x, float)) / self.sd)

    def density(self, x):
        return phi((np.asarray(x, float) - self.mean) / self.sd) / self.sd

    def between(self, power, low=-np.inf, high=np.inf):
        a, b = (low - self.mean) / self.sd, (high - self.mean) / self.sd
        whole = interval(a, b)
        if power == 0:
            return whole
        first = phi(a) - phi(b)
        if power == 1:
            return self.mean * whole + self.sd * first
        edges = (a * phi(a) if np.isfinite(a) else 0.0) - (b * phi(b) if np.isfinite(b) else 0.0)
        return (
            self.mean**2 * whole + 2 * self.mean * self.sd * first + self.variance * (whole + edges)
        )

    def _overage(self, commit, power):
        """Bachelier's formula: no difference of large numbers."""
        d = (self.mean - commit) / self.sd
        if power == 1:
            return (self.mean - commit) * ndtr(d) + self.sd * phi(d)
        return ((self.mean - commit) ** 2 + self.variance) * ndtr(d) + (
            self.mean - commit
        ) * self.sd * phi(d)

    def _waste(self, commit, power):
        return Normal(-self.mean, self.sd)._overage(-commit, power)


def phi(x):
    """Standard normal density."""
    return np.exp(-np.square(x) / 2) / ROOT


def interval(a, b):
    """P(a < Z <= b), exact in both tails."""
    return ndtr(-a) - ndtr(-b) if a > 0 else ndtr(b) - ndtr(a)
