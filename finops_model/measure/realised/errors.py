"""How far the unit cost of coming weeks lies from that of the weeks before, learnt from the weeks before alone (docs/method §17.63)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp
from scipy.stats import t as student

BEFORE = (4, 8, 12)  # weeks of a unit cost before; the least wrong is taken
DRIFTS = (
    0.0,
    *np.geomspace(0.001, 3.0, 18).tolist(),
)  # of the level a week ÷ noise of a week, variances
FLAT = 0.3  # weight of a level that does not drift, before anything is seen


@dataclass(frozen=True)
class Errors:
    """The error of `mean of h coming weeks − mean of the last B weeks`, a mixture over how fast the level drifts.

    Parameters
    ----------
    scales : array
        (drift,), standard errors.
    weights : array
        (drift,), they add up to 1.
    freedom : int
        Degrees of freedom.
    """

    scales: np.ndarray
    weights: np.ndarray
    freedom: int

    @property
    def exact(self) -> bool:
        """Whether the weeks before were all the same: nothing to be wrong by."""
        return not self.scales.max() > 1e-9

    def below(self, value: float) -> float:
        """The chance that the error is at most `value`."""
        if self.exact:
            return 1.0 if value > 0 else 0.5 if value == 0 else 0.0
        return float(
            self.weights @ student.cdf(value / np.maximum(self.scales, 1e-12), self.freedom)
        )

    def quantile(self, chance: float) -> float:
        """The error that is not exceeded with `chance`: by halving an interval."""
        if self.exact:
            return 0.0
        wide = abs(student.ppf(chance, self.freedom)) * self.scales.max() + 1e-12
        low, high = -wide, wide
        for _ in range(60):
            middle = (low + high) / 2
            low, high = (middle, high) if self.below(middle) < chance else (low, middle)
        return (low + high) / 2

    @property
    def spread(self) -> float:
        """Mean standard error."""
        return float(self.weights @ self.scales)


def errors(weeks: Sequence[float], before: int, coming: int) -> Errors:
    """The errors of a unit cost of the last `before` weeks, held against the mean of `coming` weeks.

    weeks   (week,) of the log of unit cost (or its ratio to the mean), oldest first; at least 4.

    A level that drifts and a noise around it; how fast it drifts is weighed by how well it foretells the weeks before. With noise variance r
    and drift variance λr a week: variance ÷ r = 1/h + 1/B + λ (Σ (b/B)², b < B, + Σ (i/h)², i ≤ h).

    >>> steady = errors([0.0, 0.1, -0.1, 0.0, 0.1, -0.1, 0.0, 0.0], 4, 8)
    >>> round(float(steady.quantile(0.9)), 2), abs(round(float(steady.quantile(0.5)), 2)), round(steady.below(0.0), 2)
    (0.08, 0.0, 0.5)
    """
    steps = np.diff(np.asarray(weeks, float))
    n = len(steps)
    drifts = np.array(DRIFTS)
    near = 2 * np.eye(n) - np.eye(n, k=1) - np.eye(n, k=-1)
    own, wide = np.linalg.eigh(near)  # of all drifts at once: λ only shifts the eigenvalues
    turned = (wide.T @ steps) ** 2
    squares = (turned / (own + drifts[:, None])).sum(axis=1)
    logs = np.log(own + drifts[:, None]).sum(axis=1)
    prior = np.where(drifts == 0, FLAT, (1 - FLAT) / (len(drifts) - 1))
    seen = np.log(prior) - logs / 2 - n / 2 * np.log(np.maximum(squares, 1e-300))
    factor = 1 / coming + 1 / before + drifts * _moved(before, coming)
    return Errors(
        scales=np.sqrt(squares / n * factor), weights=np.exp(seen - logsumexp(seen)), freedom=n
    )


def _moved(before: int, coming: int) -> float:
    """What a drift of 1 a week adds to the variance."""
    return float(
        ((np.arange(1, before) / before) ** 2).sum()
        + ((np.arange(1, coming + 1) / coming) ** 2).sum()
    )


def least_wrong(weeks: Sequence[float], coming: int) -> tuple[int, Errors]:
    """How many weeks before to take (4, 8 or 12, as there are), and their errors."""
    several = [(before, errors(weeks, before, coming)) for before in BEFORE if before <= len(weeks)]
    return min(several, key=lambda pair: (round(pair[1].spread, 9), pair[0]))
