"""Answers from path totals, each with the error that chance alone leaves in it (docs/method §3.26).

Everything takes totals (path,), money or anything else, and gives an `Estimate`: value, standard error, 95 % interval. The standard error
is that of the simulation: what a run with other draws would move. It says nothing about the model being wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv

from ..errors import ScenarioError, unknown
from .chances import SURE, Estimate, checked, overrun, share
from .distributions import Distribution

WANTED = ("mean", "p10", "p50", "p80", "p90", "cvar95")


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ScenarioError(f"level is {level:g}; it must lie between 0 and 1 (0.9 is P90).")
    return float(level)


def _around(value: float, error: float, paths: int) -> Estimate:
    return Estimate(
        float(value), float(error), float(value - SURE * error), float(value + SURE * error), paths
    )


def mean(totals) -> Estimate:
    """Mean over paths; standard error sd ÷ √paths.

    >>> print(mean([1.0, 2.0, 3.0]))
    2 ± 0.58
    """
    x = checked(totals)
    return _around(x.mean(), x.std(ddof=1) / math.sqrt(len(x)), len(x))


def quantile(totals, level: float) -> Estimate:
    """Quantile over paths (numpy's); standard error by Maritz & Jarrett (1978), interval by order statistics (distribution-free).

    The k-th smallest of n paths has a beta(k, n − k + 1) rank; the standard error is that of the path at such a rank, so no density has
    to be smoothed. Where the tail holds too few paths for a 95 % interval, its end is infinite.
    """
    x, q = np.sort(checked(totals, 3)), _level(level)
    n = len(x)
    a, b = (n + 1) * q, (n + 1) * (1 - q)
    reach = 12 * math.sqrt(n * q * (1 - q)) + 40
    first, last = max(0, math.floor(n * q - reach)), min(n, math.ceil(n * q + reach))
    edges = betainc(a, b, np.arange(first, last + 1) / n)
    weights = np.diff(edges)
    weights /= weights.sum()
    centre = weights @ x[first:last]
    error = math.sqrt(max(weights @ (x[first:last] - centre) ** 2, 0.0))
    low, high = _order_interval(n, q)
    return Estimate(
        float(np.quantile(x, q)),
        error,
        float(x[low]) if low is not None else -math.inf,
        float(x[high]) if high is not None else math.inf,
        n,
    )


def _order_interval(n: int, q: float) -> tuple[int | None, int | None]:
    """Positions of the order statistics that hold the quantile in 95 % of the runs, 2.5 % outside at each end at most; None: none does."""
    from scipy.special import bdtr

    k = np.arange(n)
    below = bdtr(k, n, q)  # P(at most k paths lie below the quantile)
    low = np.flatnonzero(below <= 0.025)
    high = np.flatnonzero(below >= 0.975)
    lower = int(low[-1]) if len(low) else None
    upper = int(high[0]) if len(high) else None
    return lower, upper


def cvar(totals, level: float = 0.95) -> Estimate:
    """Mean of the worst 1 − level of the paths; the path on the edge counts in part.

    Standard error: sd of the excess over the quantile ÷ ((1 − level) √paths). Source: Rockafellar & Uryasev (2002); Trindade et al. (2007).
    """
    x, q = np.sort(checked(totals)), _level(level)
    n = len(x)
    at = x[min(int(math.ceil(n * q - 1e-9)), n) - 1]
    excess = np.maximum(x - at, 0.0)
    value = at + excess.sum() / (n * (1 - q))
    return _around(value, excess.std(ddof=1) / ((1 - q) * math.sqrt(n)), n)


def quantile_error(distribution: Distribution, level: float, paths) -> np.ndarray:
    """Standard error of the quantile of `paths` draws: √(level (1 − level) ÷ paths) ÷ density at the quantile.

    >>> from finops_model.uncertainty.distributions import make
    >>> round(float(quantile_error(make("normal", {"mean": 0.0, "sd": 1.0}), 0.95, 10_000)), 12)
    0.02113187511
    """
    q, paths = _level(level), _some(paths)
    density = float(distribution.density(float(distribution.quantile(q))))
    if not density > 0:
        raise ScenarioError(
            f"there is no density at the quantile {q:g}, so its standard error is not known."
        )
    return (np.sqrt(q * (1 - q) / paths) / density)[()]


def _some(paths) -> np.ndarray:
    """Numbers of paths; raises ScenarioError unless each is a whole number, 1 or more."""
    values = np.asarray(paths, dtype=float)
    wrong = ~(np.isfinite(values) & (values >= 1) & (values == np.floor(values)))
    if wrong.any():
        raise ScenarioError(
            f"paths is {values[wrong].flat[0]:g}; a simulation needs a whole number of paths, 1 or more."
        )
    return values


def order_statistic_error(distribution: Distribution, level: float, paths: int) -> float:
    """The same by the rank of the path: exact spread of the order statistic, ∫ (Q(v) − mean)² dBeta(v)."""
    q, nodes, n = _level(level), np.polynomial.legendre.leggauss(200), float(_some(paths))
    a, b = (n + 1) * q, (n + 1) * (1 - q)
    u = (nodes[0] + 1) / 2 * (1 - 2e-14) + 1e-14
    x = distribution.quantile(
        np.clip(betaincinv(a, b, u), 1e-300, np.nextafter(1.0, 0.0))
    )  # few paths: the rank of the last may round to 1
    centre = nodes[1] @ x / 2
    return float(np.sqrt(nodes[1] @ (x - centre) ** 2 / 2))


def answer(totals, what: str) -> Estimate:
    """mean, p10 … p99.9, or cvar90 … cvar99: an answer by its name.

    >>> print(answer(np.arange(1001.0), "p50"))
    500 ± 16
    """
    if what == "mean":
        return mean(totals)
    for prefix, function in (("cvar", cvar), ("p", quantile)):
        number = what[len(prefix) :] if isinstance(what, str) and what.startswith(prefix) else ""
        if number.replace(".", "", 1).isdigit() and 0 < float(number) < 100:
            return function(totals, float(number) / 100)
    raise ScenarioError(
        unknown("", "answer", str(what), WANTED, "Any percentile will do: p95, p99.9, cvar90.")
    )


@dataclass(frozen=True)
class Enough:
    """Whether the paths are enough for a target, and how many would be."""

    what: str
    target: float  # relative standard error asked for
    estimate: Estimate
    enough: bool
    wanted: int  # paths at which the target is reached, if the spread stays

    def __str__(self) -> str:
        e = self.estimate
        head = f"{self.what} {e.value:,.4g} ± {e.standard_error:,.2g} ({e.relative_error:.2%}) from {e.paths:,} paths"
        return (
            f"{head}: enough for {self.target:.2%}"
            if self.enough
            else f"{head}: {self.wanted:,} paths are needed for {self.target:.2%}"
        )


def enough_paths(
    totals, target: float = 0.01, what: str = "p90", budget: float | None = None
) -> Enough:
    """Stop rule: the relative standard error of an answer against a target; the error falls with the root of the paths.

    what     an answer by its name, or "overrun" with a budget (then the target is in points of probability: 0.01 is one point)

    >>> enough_paths(np.arange(1000.0), 0.001, "mean").wanted
    334336
    """
    if not 0 < target < 1:
        raise ScenarioError(f"target is {target:g}; it must lie between 0 and 1 (0.01 is 1 %).")
    if what == "overrun":
        if budget is None:
            raise ScenarioError("the chance of an overrun needs a budget.")
        estimate = overrun(totals, budget)
        error = estimate.standard_error
    else:
        estimate = answer(totals, what)
        if estimate.value == 0 and estimate.standard_error > 0:
            raise ScenarioError(
                f"{what} is 0 ± {estimate.standard_error:,.2g}: no error can be a share of 0. Ask for another figure, or for the "
                "chance of an overrun."
            )
        error = estimate.relative_error if estimate.standard_error > 0 else 0.0
    wanted = math.ceil(estimate.paths * (error / target) ** 2 - 1e-9)
    return Enough(what, target, estimate, error <= target, max(wanted, 1))


def converge(totals, what: str = "p90", steps: int = 8) -> list[Estimate]:
    """The answer from the first ½^k of the paths, fewest first: whether it has settled. Each begins with the same paths."""
    x = checked(totals, 16)
    counts = sorted({max(len(x) >> k, 16) for k in range(steps)})
    return [answer(x[:count], what) for count in counts]


@dataclass(frozen=True)
class Difference:
    """An answer of one run less that of another on the same draws."""

    what: str
    estimate: Estimate
    independent_error: float  # what the standard error would be without common draws


def difference(base, other, what: str = "mean", budget: float | None = None) -> Difference:
    """other − base, path by path on common draws, with its standard error.

    what     an answer by its name, or "overrun" with a budget: by how much the chance of exceeding it changes

    The mean is that of the differences, and so is the chance of an overrun. Of quantiles, the errors of both runs and the correlation of their paths at the quantile count:
    se² = a² + b² − 2·r·a·b, r the correlation of "above its quantile"; CVaR with the excesses.
    """
    x, y = checked(base), checked(other)
    if len(x) != len(y):
        raise ScenarioError(
            f"{len(x)} paths here and {len(y)} there; only runs on the same draws have a difference by path."
        )
    if what == "overrun":
        if budget is None:
            raise ScenarioError("the chance of an overrun needs a budget.")
        alone = math.hypot(overrun(x, budget).standard_error, overrun(y, budget).standard_error)
        moved = (y > budget).astype(float) - (x > budget)
        # where no path crosses the budget, one that was not seen still may
        error = mean(moved).standard_error if moved.any() else share(0, len(x)).standard_error
        return Difference(what, _around(moved.mean(), error, len(x)), alone)
    if what == "mean":
        paired, alone = mean(y - x), math.hypot(mean(x).standard_error, mean(y).standard_error)
        return Difference(what, paired, alone)
    one, two = answer(x, what), answer(y, what)
    level = float(what.removeprefix("cvar").removeprefix("p")) / 100
    cut = [np.quantile(v, level) for v in (x, y)]
    marks = [
        np.maximum(v - c, 0.0) if what.startswith("cvar") else (v > c).astype(float)
        for v, c in zip((x, y), cut)
    ]
    spread = [float(m.std()) for m in marks]
    r = float(np.corrcoef(marks[0], marks[1])[0, 1]) if min(spread) > 0 else 0.0
    a, b = one.standard_error, two.standard_error
    error = math.sqrt(max(a * a + b * b - 2 * r * a * b, 0.0))
    return Difference(what, _around(two.value - one.value, error, len(x)), math.hypot(a, b))


def gain(base, other) -> Estimate:
    """How many times the paths it would take to know the mean of other − base as well from runs with draws of their own.

    (Var base + Var other) ÷ Var(other − base), path by path on common draws: exact for means of independent paths, so no run has to be
    repeated. Standard error by the delta method: that of the mean of ((x − x̄)² + (y − ȳ)² − ratio·(d − d̄)²) ÷ Var d.

    >>> x = np.arange(8.0) % 4
    >>> round(gain(x, 1.5 * x).value, 12)        # (1 + 2.25) ÷ 0.25
    13.0
    """
    x, y = checked(base), checked(other)
    if len(x) != len(y):
        raise ScenarioError(
            f"{len(x)} paths here and {len(y)} there; only runs on the same draws have a difference by path."
        )
    apart, common = (x - x.mean()) ** 2 + (y - y.mean()) ** 2, (y - x - (y - x).mean()) ** 2
    if not common.mean() > 0:
        raise ScenarioError(
            "the two runs differ by the same amount on every path; their difference has no error to compare."
        )
    ratio = apart.mean() / common.mean()
    return _around(
        ratio, (apart - ratio * common).std(ddof=1) / (common.mean() * math.sqrt(len(x))), len(x)
    )
