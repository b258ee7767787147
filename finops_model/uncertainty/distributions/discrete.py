"""A value out of a list: {values, probabilities}; without probabilities each is as likely. Data go in as they are (empirical)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ...checks import finite, share
from ...errors import ScenarioError
from ._base import Distribution
from ._checks import set_fields


@dataclass(frozen=True)
class Discrete(Distribution):
    values: tuple[float, ...]
    probabilities: tuple[float, ...] | None = None

    def __post_init__(self):
        if (
            isinstance(self.values, (str, bytes, dict))
            or not hasattr(self.values, "__len__")
            or not len(self.values)
        ):
            raise ScenarioError(
                f"discrete: values is {str(self.values)[:40]}; it must be a list of numbers."
            )
        numbers = [finite(value, f"discrete: values[{i}]") for i, value in enumerate(self.values)]
        chances = (
            [1 / len(numbers)] * len(numbers) if self.probabilities is None else self.probabilities
        )
        if (
            isinstance(chances, (str, bytes, dict))
            or not hasattr(chances, "__len__")
            or len(chances) != len(numbers)
        ):
            count = (
                len(chances)
                if hasattr(chances, "__len__") and not isinstance(chances, str)
                else "no list of"
            )
            raise ScenarioError(
                f"discrete: {len(numbers)} values but {count} probabilities; give one for each value."
            )
        chances = [
            share(chance, f"discrete: probabilities[{i}]") for i, chance in enumerate(chances)
        ]
        if abs(sum(chances) - 1) > 1e-9:
            raise ScenarioError(
                f"discrete: the probabilities add up to {sum(chances):.6g}; they must add up to 1."
            )
        order = np.argsort(numbers, kind="stable")
        kept = [i for i in order if chances[i] > 0]
        set_fields(
            self,
            values=tuple(numbers[i] for i in kept),
            probabilities=tuple(chances[i] for i in kept),
        )

    @cached_property
    def _x(self) -> np.ndarray:
        return np.array(self.values)

    @cached_property
    def _p(self) -> np.ndarray:
        return np.array(self.probabilities)

    @cached_property
    def _up(self) -> np.ndarray:
        return np.cumsum(self._p)

    @cached_property
    def variance(self) -> float:
        return float(self._p @ (self._x - self._p @ self._x) ** 2)

    def quantile(self, u):
        u = np.asarray(u, float)
        at = np.searchsorted(self._up, u - 1e-15, side="left")
        return self._x[np.minimum(at, len(self._x) - 1)]

    def cdf(self, x):
        at = np.searchsorted(self._x, np.asarray(x, float), side="right")
        return np.concatenate([[0.0], self._up])[at]

    def density(self, x):
        """Probability of exactly x."""
        return (np.equal.outer(np.asarray(x, float), self._x) @ self._p)[()]

    def between(self, power, low=-np.inf, high=np.inf):
        inside = (self._x > low) & (self._x <= high)
        return float(self._p[inside] @ self._x[inside] ** power)

    def _overage(self, commit, power):
        return float(self._p @ np.maximum(self._x - commit, 0.0) ** power)

    def _waste(self, commit, power):
        return float(self._p @ np.maximum(commit - self._x, 0.0) ** power)
