"""Gamma distribution: {shape, scale}, {shape, rate}, or {mean, sd}."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import gammainc, gammaincc, gammainccinv, gammaincinv, gammaln, poch, xlogy

from ...checks import positive
from ._base import Distribution
from ._checks import UNSET, one_of, set_fields
from ._table import tabulated


def log_exact(u, above, shape):
    with np.errstate(divide="ignore"):
        return np.log(np.where(u < 0.5, gammaincinv(shape, u), gammainccinv(shape, above)))


def log_density(v, shape):
    return np.exp(shape * v - np.exp(v) - gammaln(shape))


@dataclass(frozen=True)
class Gamma(Distribution):
    shape: float = UNSET
    scale: float = UNSET
    rate: float = UNSET
    mean: float = UNSET
    sd: float = UNSET

    def __post_init__(self):
        given = {name: getattr(self, name) for name in ("shape", "scale", "rate", "mean", "sd")}
        given = one_of("gamma", given, ("shape", "scale"), ("shape", "rate"), ("mean", "sd"))
        for name, value in given.items():
            positive(value, f"gamma: {name}")
        if "sd" in given:
            shape, scale = (given["mean"] / given["sd"]) ** 2, given["sd"] ** 2 / given["mean"]
        else:
            shape, scale = given["shape"], given["scale"] if "scale" in given else 1 / given["rate"]
        set_fields(
            self,
            shape=shape,
            scale=scale,
            rate=1 / scale,
            mean=shape * scale,
            sd=np.sqrt(shape) * scale,
        )

    @cached_property
    def variance(self) -> float:
        return self.shape * self.scale**2

    def quantile(self, u):
        if (
            self.shape < 0.05
        ):  # most of the mass is below the smallest number a table of logarithms holds
            return self.scale * gammaincinv(self.shape, u)
        return self.scale * np.exp(tabulated(u, log_exact, log_density, self.shape))

    def cdf(self, x):
        return gammainc(self.shape, np.maximum(np.asarray(x, float), 0.0) / self.scale)

    def exceedance(self, x):
        return gammaincc(self.shape, np.maximum(np.asarray(x, float), 0.0) / self.scale)

    def density(self, x):
        y = np.asarray(x, float) / self.scale
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(
                y >= 0, np.exp(xlogy(self.shape - 1, y) - y - gammaln(self.shape)) / self.scale, 0.0
            )[()]

    def between(self, power, low=-np.inf, high=np.inf):
        a, b = max(low, 0.0) / self.scale, max(high, 0.0) / self.scale
        k = self.shape + power
        part = (
            gammaincc(k, a) - gammaincc(k, b) if a > self.shape else gammainc(k, b) - gammainc(k, a)
        )
        return float(self.scale**power * poch(self.shape, power) * part)
