"""Weibull distribution: {shape, scale}."""

from __future__ import annotations

from dataclasses import dataclass
from math import gamma

import numpy as np
from scipy.special import gammainc, gammaincc

from ...checks import positive
from ._base import Distribution
from ._checks import set_fields


@dataclass(frozen=True)
class Weibull(Distribution):
    shape: float
    scale: float

    def __post_init__(self):
        set_fields(
            self,
            shape=positive(self.shape, "weibull: shape"),
            scale=positive(self.scale, "weibull: scale"),
        )

    def quantile(self, u):
        with np.errstate(divide="ignore"):
            return self.scale * np.power(
                -np.log1p(-np.asarray(u, float)), 1 / self.shape
            )  # ufunc: same bits for a number and an array

    def _power(self, x):
        return (np.maximum(np.asarray(x, float), 0.0) / self.scale) ** self.shape

    def cdf(self, x):
        return -np.expm1(-self._power(x))

    def exceedance(self, x):
        return np.exp(-self._power(x))

    def density(self, x):
        y = np.asarray(x, float) / self.scale
        with np.errstate(divide="ignore", invalid="ignore"):
            up = (
                np.where(y >= 0, y, np.nan) ** (self.shape - 1)
                * np.exp(-self._power(x))
                * self.shape
                / self.scale
            )
        return np.where(y >= 0, up, 0.0)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        k, a, b = 1 + power / self.shape, self._power(low), self._power(high)
        part = gammaincc(k, a) - gammaincc(k, b) if a > 1 else gammainc(k, b) - gammainc(k, a)
        return float(self.scale**power * gamma(k) * part)
