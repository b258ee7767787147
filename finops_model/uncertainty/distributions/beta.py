"""Beta distribution between min and max (0 and 1 if not given): {alpha, beta}, or {mean, sd}."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import betainc, betaincc, betainccinv, betaincinv, betaln, poch, xlog1py, xlogy

from ...checks import positive
from ...errors import ScenarioError
from ._base import Distribution, expand
from ._checks import UNSET, one_of, rising, set_fields
from ._table import tabulated


def exact(u, above, alpha, beta):
    return np.where(u < 0.5, betaincinv(alpha, beta, u), betainccinv(alpha, beta, above))


def density(y, alpha, beta):
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.exp(xlogy(alpha - 1, y) + xlog1py(beta - 1, -y) - betaln(alpha, beta))


@dataclass(frozen=True)
class Beta(Distribution):
    alpha: float = UNSET
    beta: float = UNSET
    min: float = 0.0
    max: float = 1.0
    mean: float = UNSET
    sd: float = UNSET

    def __post_init__(self):
        low, high = rising("beta", min=self.min, max=self.max)
        given = one_of(
            "beta",
            {"alpha": self.alpha, "beta": self.beta, "mean": self.mean, "sd": self.sd},
            ("alpha", "beta"),
            ("mean", "sd"),
        )
        if "sd" in given:
            centre, spread = (
                (given["mean"] - low) / (high - low),
                positive(given["sd"], "beta: sd") / (high - low),
            )
            if not 0 < centre < 1:
                raise ScenarioError(
                    f"beta: mean {given['mean']:g} must lie between min {low:g} and max {high:g}."
                )
            strength = centre * (1 - centre) / spread**2 - 1
            if strength <= 0:
                most = (high - low) * math.sqrt(centre * (1 - centre))
                raise ScenarioError(
                    f"beta: sd is {given['sd']:g}; with mean {given['mean']:g} between {low:g} and {high:g} it must be "
                    f"below {most:.4g}."
                )
            alpha, beta = centre * strength, (1 - centre) * strength
        else:
            alpha, beta = (positive(given[name], f"beta: {name}") for name in ("alpha", "beta"))
        mean = low + (high - low) * alpha / (alpha + beta)
        sd = (high - low) * math.sqrt(alpha * beta / (alpha + beta + 1)) / (alpha + beta)
        set_fields(self, alpha=alpha, beta=beta, min=low, max=high, mean=mean, sd=sd)

    @cached_property
    def variance(self) -> float:
        return self.sd**2

    def quantile(self, u):
        return self.min + (self.max - self.min) * tabulated(
            u, exact, density, self.alpha, self.beta
        )

    def _unit(self, x):
        return (np.asarray(x, float) - self.min) / (self.max - self.min)

    def cdf(self, x):
        return betainc(self.alpha, self.beta, np.clip(self._unit(x), 0, 1))

    def density(self, x):
        y = self._unit(x)
        inside = (y >= 0) & (y <= 1)
        return np.where(
            inside,
            density(np.where(inside, y, 0.5), self.alpha, self.beta) / (self.max - self.min),
            0.0,
        )[()]

    def between(self, power, low=-np.inf, high=np.inf):
        return expand(self._raw, power, low, high, self.min, self.max - self.min)

    def _raw(self, k, a, b):
        a, b = np.clip((a, b), 0.0, 1.0)
        share = poch(self.alpha, k) / poch(self.alpha + self.beta, k)
        if a > 0.5:
            return float(
                share
                * (betaincc(self.alpha + k, self.beta, a) - betaincc(self.alpha + k, self.beta, b))
            )
        return float(
            share * (betainc(self.alpha + k, self.beta, b) - betainc(self.alpha + k, self.beta, a))
        )
