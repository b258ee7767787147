"""One of several distributions, each with its weight: {parts, weights}; in documents {p, a, b} is b with chance p, else a.

One uniform draw goes through the inverse CDF of the whole, so that `set` and `scale` keep the draw.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtr

from ...checks import finite, share
from ...errors import ScenarioError
from ._base import Distribution, solve, solve_smooth
from ._checks import set_fields
from .discrete import Discrete
from .poisson import Poisson


@dataclass(frozen=True)
class Mixture(Distribution):
    parts: tuple[Distribution, ...]  # a number may be given: a value that is certain
    weights: tuple[float, ...]

    def __post_init__(self):
        if (
            not isinstance(self.parts, (tuple, list))
            or not isinstance(self.weights, (tuple, list))
            or len(self.parts) < 1
            or len(self.parts) != len(self.weights)
        ):
            raise ScenarioError("mixture: give parts and weights, two lists of one length.")
        weights = [share(weight, f"mixture: weights[{i}]") for i, weight in enumerate(self.weights)]
        if abs(sum(weights) - 1) > 1e-9:
            raise ScenarioError(
                f"mixture: the weights add up to {sum(weights):.6g}; they must add up to 1."
            )
        parts = [
            part
            if isinstance(part, Distribution)
            else Discrete((finite(part, f"mixture: parts[{i}]"),))
            for i, part in enumerate(self.parts)
        ]
        kept = [i for i, weight in enumerate(weights) if weight > 0]
        set_fields(
            self, parts=tuple(parts[i] for i in kept), weights=tuple(weights[i] for i in kept)
        )

    def _sum(self, of) -> np.ndarray:
        return sum(weight * of(part) for weight, part in zip(self.weights, self.parts))

    @cached_property
    def mean(self) -> float:
        return float(self._sum(lambda part: part.mean))

    @cached_property
    def variance(self) -> float:
        return float(self._sum(lambda part: part.variance + (part.mean - self.mean) ** 2))

    def quantile(self, u):
        """The quantile of the whole lies between those of its parts at the same probability."""
        u = np.asarray(u, float)
        each = np.stack([np.broadcast_to(part.quantile(u), u.shape) for part in self.parts])
        low, high = each.min(axis=0), each.max(axis=0)
        inside = (u > 0) & (u < 1) & (low < high)
        value = np.where(u <= 0, low, high)
        if inside.any():
            value = np.array(value)
            reach = (
                low[inside] - 1e-12 * np.abs(low[inside]) - 1e-300
            )  # an atom at the lower end is reached too
            if self._smooth:
                value[inside] = solve_smooth(
                    self.cdf,
                    self.density,
                    u[inside],
                    reach,
                    high[inside],
                    np.interp(u[inside], *self._knots),
                )
            else:
                value[inside] = solve(self.cdf, u[inside] - 1e-15, reach, high[inside])
        return value[()]

    @cached_property
    def _knots(self) -> tuple[np.ndarray, np.ndarray]:
        """CDF and value at the quantiles of the parts: where the search begins."""
        u = ndtr(np.linspace(-7, 7, 281))
        x = np.unique(np.concatenate([part.quantile(u) for part in self.parts]))
        return self.cdf(x), x

    @cached_property
    def _smooth(self) -> bool:
        """No atoms: the density is the slope of the CDF."""

        def atoms(part) -> bool:
            inner = getattr(part, "parts", None) or ((part.of,) if hasattr(part, "of") else ())
            return isinstance(part, (Discrete, Poisson)) or any(atoms(other) for other in inner)

        return not any(atoms(part) for part in self.parts)

    def cdf(self, x):
        return self._sum(lambda part: part.cdf(x))

    def exceedance(self, x):
        return self._sum(lambda part: part.exceedance(x))

    def density(self, x):
        return self._sum(lambda part: part.density(x))

    def between(self, power, low=-np.inf, high=np.inf):
        return float(self._sum(lambda part: part.between(power, low, high)))

    def _overage(self, commit, power):
        return float(self._sum(lambda part: part._overage(commit, power)))

    def _waste(self, commit, power):
        return float(self._sum(lambda part: part._waste(commit, power)))
