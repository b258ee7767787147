"""A distribution given that it lies from min to max: {of, min, max}; by its CDF, never by clipping (docs/method §3.22).

Clipping would pile up what is outside on the two ends and move the mean to the wrong place.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ScenarioError
from ._base import Distribution
from ._checks import finite, set_fields

LEAST = 1e-6  # share of the futures that must be left


@dataclass(frozen=True)
class Truncated(Distribution):
    of: Distribution
    min: float | None = None
    max: float | None = None

    def __post_init__(self):
        if not isinstance(self.of, Distribution):
            raise ScenarioError(
                f"truncate: {str(self.of)[:40]} is certain; only an uncertain value can be truncated."
            )
        low = -np.inf if self.min is None else finite(self.min, "truncate: min")
        high = np.inf if self.max is None else finite(self.max, "truncate: max")
        if self.min is None and self.max is None:
            raise ScenarioError("truncate: give min, max or both.")
        if low >= high:
            raise ScenarioError(f"truncate: min {low:g}, max {high:g}: min must be below max.")
        below = float(self.of.cdf(np.nextafter(low, -np.inf))) if np.isfinite(low) else 0.0
        above = float(self.of.exceedance(high)) if np.isfinite(high) else 0.0
        mass = self.of.between(0, np.nextafter(low, -np.inf), high)
        if mass < LEAST:
            raise ScenarioError(
                f"truncate: from {low:g} to {high:g} lies {mass:.2g} of the distribution, less than one in a million; "
                "check the ends."
            )
        set_fields(self, _low=low, _high=high, _below=below, _above=above, _mass=mass)

    def quantile(self, u):
        u = np.asarray(u, float)
        return np.clip(self.of.quantile(self._below + u * self._mass), self._low, self._high)

    def cdf(self, x):
        x = np.asarray(x, float)
        return np.where(
            x < self._low,
            0.0,
            np.clip((self.of.cdf(np.minimum(x, self._high)) - self._below) / self._mass, 0.0, 1.0),
        )[()]

    def density(self, x):
        x = np.asarray(x, float)
        return np.where((x >= self._low) & (x <= self._high), self.of.density(x) / self._mass, 0.0)[
            ()
        ]

    def between(self, power, low=-np.inf, high=np.inf):
        low, high = max(low, np.nextafter(self._low, -np.inf)), min(high, self._high)
        return self.of.between(power, low, high) / self._mass if high > low else 0.0
