"""Uncertain values {p10, p50, p90} as metalogs, one uniform draw per path (docs/method.md §3.4)."""

from __future__ import annotations

from dataclasses import dataclass
from math import log

import numpy as np

from ..errors import ScenarioError

L = log(9.0)     # logit of 0.9


@dataclass(frozen=True)
class Metalog:
    """Quantile function through three quantiles: shift + exp(metalog) where bounded below, else the metalog itself."""

    location: float
    scale: float
    skew: float
    bound: float | None = None       # lower bound; None: unbounded

    def quantile(self, u) -> np.ndarray:
        """Value at each probability u in (0, 1), same shape.

        >>> [round(float(x), 6) for x in elicit(1.0, 2.0, 5.0).quantile([0.1, 0.5, 0.9])]
        [1.0, 2.0, 5.0]
        """
        u = np.asarray(u, dtype=float)
        odds = np.log(u) - np.log1p(-u)
        inner = self.location + self.scale * odds + self.skew * (u - 0.5) * odds
        return inner if self.bound is None else self.bound + np.exp(inner)


def elicit(p10: float, p50: float, p90: float, where: str = "", bound: float | None = 0.0) -> Metalog:
    """The three-term metalog through p10, p50, p90; with `bound` the log-metalog above it.

    Raises ScenarioError where the three do not rise, touch the bound, or bend more than one smooth distribution can.
    Source: Keelin (2016), The Metalog Distributions, Decision Analysis 13(4).
    """
    place = f"{where}: " if where else ""
    if not p10 < p50 < p90:
        raise ScenarioError(f"{place}p10 {p10:g}, p50 {p50:g}, p90 {p90:g} must rise. For a certain value write one number.")
    if bound is not None and p10 <= bound:
        raise ScenarioError(f"{place}p10 is {p10:g}; all values here must be above {bound:g}.")
    low, mid, high = (v if bound is None else log(v - bound) for v in (p10, p50, p90))
    scale, skew = (high - low) / (2 * L), (high + low - 2 * mid) / (0.8 * L)
    u = np.concatenate([np.geomspace(1e-9, 0.5, 400), 1 - np.geomspace(1e-9, 0.5, 400)])
    slope = scale / (u * (1 - u)) + skew * ((u - 0.5) / (u * (1 - u)) + np.log(u) - np.log1p(-u))
    if not (slope > 0).all():
        reach = high - low
        first, last = (v if bound is None else bound + np.exp(v) for v in (low + 0.17 * reach, high - 0.17 * reach))
        raise ScenarioError(f"{place}p10 {p10:g}, p50 {p50:g}, p90 {p90:g} bend too sharply for one distribution. "
                            f"Between p10 {p10:g} and p90 {p90:g} the p50 may lie from {first:.4g} to {last:.4g}.")
    return Metalog(mid, scale, skew, bound)
