"""Lognormal distribution: {mu, sigma} of the logarithm, {median, sigma}, or {mean, sd} of the value itself."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr, ndtri

from ...checks import positive
from ._base import Distribution
from ._checks import UNSET, one_of, set_fields
from .normal import interval, phi


@dataclass(frozen=True)
class Lognormal(Distribution):
    mu: float = UNSET
    sigma: float = UNSET
    median: float = UNSET
    mean: float = UNSET
    sd: float = UNSET

    def __post_init__(self):
        given = {
            "mu": self.mu,
            "sigma": self.sigma,
            "median": self.median,
            "mean": self.mean,
            "sd": self.sd,
        }
        given = one_of("lognormal", given, ("mu", "sigma"), ("median", "sigma"), ("mean", "sd"))
        for name in ("sigma", "median", "mean", "sd"):
            if name in given:
                positive(given[name], f"lognormal: {name}")
        if "sd" in given:
            sigma = math.sqrt(math.log1p((given["sd"] / given["mean"]) ** 2))
            mu = math.log(given["mean"]) - sigma**2 / 2
        else:
            sigma = given["sigma"]
            mu = given["mu"] if "mu" in given else math.log(given["median"])
        try:
            mean = math.exp(mu + sigma**2 / 2)
            sd = mean * math.sqrt(math.expm1(sigma**2))
        except OverflowError:
            mean = sd = math.inf
        set_fields(self, mu=mu, sigma=sigma, median=math.exp(mu), mean=mean, sd=sd)

    @cached_property
    def variance(self) -> float:
        return self.sd**2

    def quantile(self, u):
        return np.exp(self.mu + self.sigma * ndtri(u))

    def cdf(self, x):
        return ndtr(self._score(x))

    def exceedance(self, x):
        return ndtr(-self._score(x))

    def density(self, x):
        x = np.asarray(x, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(x > 0, phi(self._score(x)) / (self.sigma * x), 0.0)[()]

    def _score(self, x):
        with np.errstate(divide="ignore", invalid="ignore"):
            return (np.log(np.maximum(x, 0.0)) - self.mu) / self.sigma

    def between(self, power, low=-np.inf, high=np.inf):
        a, b = self._score(low), self._score(high)
        whole = math.exp(power * self.mu + (power * self.sigma) ** 2 / 2)
        return whole * interval(a - power * self.sigma, b - power * self.sigma)
