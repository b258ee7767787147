"""The chance that a budget is exceeded, and when: one home for report, workbook, dashboard, command line and studies (docs/method §3.26, §9.5).

Numbers only; what is said of them stands in `wording.landing`. Numpy only: the page for leadership loads this and no SciPy.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError

SURE = 1.959963984540054  # 95 % on both sides
FLAT = 1e-9  # totals whose whole range is this share of them have no width


@dataclass(frozen=True)
class Estimate:
    """A number from paths."""

    value: float
    standard_error: float
    low: float  # 95 % interval of what endlessly many paths would give
    high: float
    paths: int

    @property
    def relative_error(self) -> float:
        """Standard error ÷ |value|; infinite where the value is 0."""
        return self.standard_error / abs(self.value) if self.value else math.inf

    def __str__(self) -> str:
        return f"{self.value:,.6g} ± {self.standard_error:,.2g}"


def checked(totals, least: int = 2) -> np.ndarray:
    values = np.asarray(totals, dtype=float)
    if values.ndim != 1 or len(values) < least:
        raise ScenarioError(
            f"totals of shape {values.shape}; this needs one number for each of at least {least} paths."
        )
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ScenarioError(f"the total of path {bad} is {values[bad]}; totals must be finite.")
    return values


def without_width(totals) -> bool:
    """Whether all paths have the same total: then there is a figure, but neither a range nor a chance.

    >>> without_width(np.full(1000, 30600.0)), without_width(np.array([1.0, 1.1]))
    (True, False)
    """
    values = np.asarray(totals, dtype=float)
    return bool(np.ptp(values) <= FLAT * np.abs(values).max(initial=0.0)) if values.size else True


def overrun(totals, budget: float) -> Estimate:
    """Probability that a path exceeds the budget, never 0 or 1.

    The interval is Wilson's (1927). Where no path (or every path) exceeds the budget, the value is the middle of Wilson's interval of one
    standard error, half a path in paths + 1: what has not been seen in n paths may still happen.

    >>> e = overrun(np.zeros(1000), 1.0); round(e.value, 6), round(e.high, 4)
    (0.0005, 0.0038)
    """
    x = checked(totals, 1)
    if not np.isfinite(budget):
        raise ScenarioError(f"budget is {budget}; it must be a finite number.")
    return share(int((x > budget).sum()), len(x))


def share(count: int, paths: int) -> Estimate:
    """A share of paths with Wilson's interval; see `overrun`."""
    if paths < 1 or not 0 <= count <= paths:
        raise ScenarioError(
            f"{count} of {paths} paths is no share; there must be at least one path, and no more than there are."
        )
    seen = count / paths
    centre, half = _wilson(seen, paths, 1.0)
    middle, reach = _wilson(seen, paths, SURE)
    inside = 0 < count < paths
    error = math.sqrt(seen * (1 - seen) / paths) if inside else half
    return Estimate(
        seen if inside else centre, error, max(middle - reach, 0.0), min(middle + reach, 1.0), paths
    )


def _wilson(seen: float, n: int, z: float) -> tuple[float, float]:
    scale = 1 + z * z / n
    return (seen + z * z / (2 * n)) / scale, z * math.sqrt(
        seen * (1 - seen) / n + z * z / (4 * n * n)
    ) / scale


@dataclass(frozen=True)
class Breach:
    """When the money runs out, over paths."""

    months: tuple[str, ...]
    probability: tuple[Estimate, ...]  # that it runs out in this very month
    ever: Estimate  # that it runs out inside the months at all
    typical: str | None  # median month, given that it runs out
    earliest: str | None  # P10 and P90 of it
    latest: str | None


def breach(monthly, months, budget: float, booked: float = 0.0) -> Breach:
    """The month in which booked + cumulative cost first exceeds the budget. monthly (path, month).

    Costs may be negative in a month (a refund): the first time counts.

    >>> answer = breach([[30.0, 30.0], [10.0, 10.0]], ("2026-11", "2026-12"), 50.0)
    >>> answer.ever.value, answer.typical
    (0.5, '2026-12')
    """
    costs, months = np.asarray(monthly, dtype=float), tuple(months)
    if costs.ndim != 2 or costs.shape[1] != len(months) or not costs.size:
        raise ScenarioError(
            f"costs of shape {costs.shape} for {len(months)} months; there must be one row a path and one column a month."
        )
    wrong = ~np.isfinite(costs)
    if wrong.any():
        path, m = np.argwhere(wrong)[0]
        raise ScenarioError(
            f"the cost of path {path} in {months[m]} is {costs[path, m]}; costs must be finite."
        )
    if not (np.isfinite(budget) and np.isfinite(booked)):
        raise ScenarioError(f"budget is {budget}, booked {booked}; both must be finite numbers.")
    over = booked + np.cumsum(costs, axis=1) > budget
    ever = over.any(axis=1)
    counts = np.bincount(over.argmax(axis=1)[ever], minlength=len(months))
    paths, hit = len(costs), int(ever.sum())
    when = [None, None, None]
    if hit:
        up = np.cumsum(counts) / hit
        when = [months[int(np.searchsorted(up, q - 1e-12))] for q in (0.5, 0.1, 0.9)]
    return Breach(
        months, tuple(share(int(count), paths) for count in counts), share(hit, paths), *when
    )
