"""A value that moves with named factors: a Gaussian copula by loadings (docs/method §3.23).

    z = Σ loading · factor + sqrt(1 − Σ loading²) · own,   value = quantile(Φ(z))

Two values that load a and b on one factor have the correlation a·b on the normal scale. The own draw and each factor's have names of
their own, so that a value that joins or leaves a group changes no other draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ..checks import finite
from ..errors import ScenarioError
from .distributions._base import Distribution
from .distributions._checks import set_fields

STREAM = "copula/"  # name of a factor's draw


class Draws:
    """Named uniform draws (path,) and their normal scores, each made once: a factor is drawn once, however many values follow it."""

    def __init__(self, uniform):
        self._uniform = lru_cache(maxsize=None)(uniform)
        self.scores = lru_cache(maxsize=None)(self._scores)

    def __call__(self, name: str) -> np.ndarray:
        return self._uniform(name)

    def _scores(self, name: str) -> np.ndarray:
        from scipy.special import ndtri

        return ndtri(self._uniform(name))


@dataclass(frozen=True)
class Following(Distribution):
    of: Distribution
    loadings: tuple[tuple[str, float], ...]  # (factor, loading)

    def __post_init__(self):
        given = self.loadings.items() if isinstance(self.loadings, dict) else self.loadings
        pairs = tuple((str(name), finite(value, f"factors: {name}")) for name, value in given)
        if not pairs:
            raise ScenarioError("factors: name at least one, for example factors: {market: 0.6}.")
        total = sum(value**2 for _, value in pairs)
        if total > 1 + 1e-12:
            raise ScenarioError(
                f"factors: the squares of the loadings add up to {total:.4g}, more than 1: no such correlation exists. "
                f"Divide every loading by {np.sqrt(total):.4g} or more."
            )
        set_fields(self, loadings=pairs, _own=float(np.sqrt(max(0.0, 1 - total))))

    def on_paths(self, uniform, name):
        from scipy.special import ndtr, ndtri  # most forecasts need no scipy

        score = self._own * ndtri(uniform(name))
        scores = (
            uniform.scores if isinstance(uniform, Draws) else lambda stream: ndtri(uniform(stream))
        )
        for factor, loading in self.loadings:
            score = score + loading * scores(STREAM + factor)
        return self.of.quantile(np.clip(ndtr(score), 1e-12, 1 - 1e-12))

    def quantile(self, u):
        return self.of.quantile(u)

    def cdf(self, x):
        return self.of.cdf(x)

    def exceedance(self, x):
        return self.of.exceedance(x)

    def density(self, x):
        return self.of.density(x)

    def between(self, power, low=-np.inf, high=np.inf):
        return self.of.between(power, low, high)
