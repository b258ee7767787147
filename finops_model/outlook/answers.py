"""Answers from path totals, each with the error that chance alone leaves in it (docs/method.md §3.26).

Everything takes totals (path,), money or anything else, and gives an `Estimate`: value, standard error, 95 % interval. The standard error
is that of the simulation: what a run with other draws would move. It says nothing about the model being wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import betainc, betaincinv

from ..errors import ScenarioError, unknown
from .distributions import Distribution

SURE = 1.959963984540054          # 95 % on both sides
WANTED = ("mean", "p10", "p50", "p80", "p90", "cvar95")


@dataclass(frozen=True)
class Estimate:
    """A number from paths."""

    value: float
    standard_error: float
    low: float                    # 95 % interval of what endlessly many paths would give
    high: float
    paths: int

    @property
    def relative_error(self) -> float:
        """Standard error ÷ |value|; infinite where the value is 0."""
        return self.standard_error / abs(self.value) if self.value else math.inf

    def __str__(self) -> str:
        return f"{self.value:,.6g} ± {self.standard_error:,.2g}"


def _paths(totals, least: int = 2) -> np.ndarray:
    values = np.asarray(totals, dtype=float)
    if values.ndim != 1 or len(values) < least:
        raise ScenarioError(f"totals of shape {values.shape}; this needs one number for each of at least {least} paths.")
    if not np.isfinite(values).all():
        bad = int(np.flatnonzero(~np.isfinite(values))[0])
        raise ScenarioError(f"the total of path {bad} is {values[bad]}; totals must be finite.")
    return values


def _level(level: float) -> float:
    if not 0 < level < 1:
        raise ScenarioError(f"level is {level:g}; it must lie between 0 and 1 (0.9 is P90).")
    return float(level)


def _around(value: float, error: float, paths: int) -> Estimate:
    return Estimate(float(value), float(error), float(value - SURE * error), float(value + SURE * error), paths)


def mean(totals) -> Estimate:
    """Mean over paths; standard error sd ÷ √paths.

    >>> print(mean([1.0, 2.0, 3.0]))
    2 ± 0.58
    """
    x = _paths(totals)
    return _around(x.mean(), x.std(ddof=1) / math.sqrt(len(x)), len(x))


def quantile(totals, level: float) -> Estimate:
    """Quantile over paths (numpy's); standard error by Maritz & Jarrett (1978), interval by order statistics (distribution-free).

    The k-th smallest of n paths has a beta(k, n − k + 1) rank; the standard error is that of the path at such a rank, so no density has
    to be smoothed. Where the tail holds too few paths for a 95 % interval, its end is infinite.
    """
    x, q = np.sort(_paths(totals, 3)), _level(level)
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
    return Estimate(float(np.quantile(x, q)), error, float(x[low]) if low is not None else -math.inf,
                    float(x[high]) if high is not None else math.inf, n)


def _order_interval(n: int, q: float) -> tuple[int | None, int | None]:
    """Positions of the order statistics that hold the quantile in 95 % of the runs, 2.5 % outside at each end at most; None: none does."""
    from scipy.special import bdtr

    k = np.arange(n)
    below = bdtr(k, n, q)                                      # P(at most k paths lie below the quantile)
    low = np.flatnonzero(below <= 0.025)
    high = np.flatnonzero(below >= 0.975)
    lower = int(low[-1]) if len(low) else None
    upper = int(high[0]) if len(high) else None
    return lower, upper


def cvar(totals, level: float = 0.95) -> Estimate:
    """Mean of the worst 1 − level of the paths; the path on the edge counts in part.

    Standard error: sd of the excess over the quantile ÷ ((1 − level) √paths). Source: Rockafellar & Uryasev (2002); Trindade et al. (2007).
    """
    x, q = np.sort(_paths(totals)), _level(level)
    n = len(x)
    at = x[min(int(math.ceil(n * q - 1e-9)), n) - 1]
    excess = np.maximum(x - at, 0.0)
    value = at + excess.sum() / (n * (1 - q))
    return _around(value, excess.std(ddof=1) / ((1 - q) * math.sqrt(n)), n)


def overrun(totals, budget: float) -> Estimate:
    """Probability that a path exceeds the budget, never 0 or 1.

    The interval is Wilson's (1927). Where no path (or every path) exceeds the budget, the value is the middle of Wilson's interval of one
    standard error, half a path in paths + 1: what has not been seen in n paths may still happen.

    >>> e = overrun(np.zeros(1000), 1.0); round(e.value, 6), round(e.high, 4)
    (0.0005, 0.0038)
    """
    x = _paths(totals, 1)
    if not np.isfinite(budget):
        raise ScenarioError(f"budget is {budget}; it must be a finite number.")
    return share(int((x > budget).sum()), len(x))


def share(count: int, paths: int) -> Estimate:
    """A share of paths with Wilson's interval; see `overrun`."""
    if paths < 1 or not 0 <= count <= paths:
        raise ScenarioError(f"{count} of {paths} paths is no share; there must be at least one path, and no more than there are.")
    seen = count / paths
    centre, half = _wilson(seen, paths, 1.0)
    middle, reach = _wilson(seen, paths, SURE)
    inside = 0 < count < paths
    error = math.sqrt(seen * (1 - seen) / paths) if inside else half
    return Estimate(seen if inside else centre, error, max(middle - reach, 0.0), min(middle + reach, 1.0), paths)


def _wilson(seen: float, n: int, z: float) -> tuple[float, float]:
    scale = 1 + z * z / n
    return (seen + z * z / (2 * n)) / scale, z * math.sqrt(seen * (1 - seen) / n + z * z / (4 * n * n)) / scale


@dataclass(frozen=True)
class Breach:
    """When the money runs out, over paths."""

    months: tuple[str, ...]
    probability: tuple[Estimate, ...]       # that it runs out in this very month
    ever: Estimate                          # that it runs out inside the months at all
    typical: str | None                     # median month, given that it runs out
    earliest: str | None                    # P10 and P90 of it
    latest: str | None

    def __str__(self) -> str:
        chance = f"{100 * self.ever.value:.1f} %" if 0.0005 <= self.ever.value <= 0.9995 else "under 0.1 %" if self.ever.value < 0.5 else "over 99.9 %"
        if self.typical is None:
            return f"the budget is exceeded in {chance} of the futures"
        return (f"the budget is exceeded in {chance} of the futures; if exceeded, typically in {self.typical} "
                f"(eight of ten between {self.earliest} and {self.latest})")


def breach(monthly, months, budget: float, booked: float = 0.0) -> Breach:
    """The month in which booked + cumulative cost first exceeds the budget. monthly (path, month).

    Costs may be negative in a month (a refund): the first time counts.

    >>> print(breach([[30.0, 30.0], [10.0, 10.0]], ("2026-11", "2026-12"), 50.0))
    the budget is exceeded in 50.0 % of the futures; if exceeded, typically in 2026-12 (eight of ten between 2026-12 and 2026-12)
    """
    costs, months = np.asarray(monthly, dtype=float), tuple(months)
    if costs.ndim != 2 or costs.shape[1] != len(months) or not costs.size:
        raise ScenarioError(f"costs of shape {costs.shape} for {len(months)} months; there must be one row a path and one column a month.")
    wrong = ~np.isfinite(costs)
    if wrong.any():
        path, m = np.argwhere(wrong)[0]
        raise ScenarioError(f"the cost of path {path} in {months[m]} is {costs[path, m]}; costs must be finite.")
    if not (np.isfinite(budget) and np.isfinite(booked)):
        raise ScenarioError(f"budget is {budget}, booked {booked}; both must be finite numbers.")
    over = booked + np.cumsum(costs, axis=1) > budget
    ever = over.any(axis=1)
    counts = np.bincount(over.argmax(axis=1)[ever], minlength=len(months))
    paths, hit = len(costs), int(ever.sum())
    found = [None, None, None]
    if hit:
        up = np.cumsum(counts) / hit
        found = [months[int(np.searchsorted(up, q - 1e-12))] for q in (0.5, 0.1, 0.9)]
    return Breach(months, tuple(share(int(count), paths) for count in counts), share(hit, paths), *found)


def quantile_error(distribution: Distribution, level: float, paths) -> np.ndarray:
    """Standard error of the quantile of `paths` draws: √(level (1 − level) ÷ paths) ÷ density at the quantile.

    >>> from finops_model.outlook.distributions import make
    >>> round(float(quantile_error(make("normal", {"mean": 0.0, "sd": 1.0}), 0.95, 10_000)), 12)
    0.02113187511
    """
    q, paths = _level(level), _some(paths)
    density = float(distribution.density(float(distribution.quantile(q))))
    if not density > 0:
        raise ScenarioError(f"there is no density at the quantile {q:g}, so its standard error is not known.")
    return (np.sqrt(q * (1 - q) / paths) / density)[()]


def _some(paths) -> np.ndarray:
    """Numbers of paths; raises ScenarioError unless each is a whole number, 1 or more."""
    found = np.asarray(paths, dtype=float)
    wrong = ~(np.isfinite(found) & (found >= 1) & (found == np.floor(found)))
    if wrong.any():
        raise ScenarioError(f"paths is {found[wrong].flat[0]:g}; a simulation needs a whole number of paths, 1 or more.")
    return found


def order_statistic_error(distribution: Distribution, level: float, paths: int) -> float:
    """The same by the rank of the path: exact spread of the order statistic, ∫ (Q(v) − mean)² dBeta(v)."""
    q, nodes, n = _level(level), np.polynomial.legendre.leggauss(200), float(_some(paths))
    a, b = (n + 1) * q, (n + 1) * (1 - q)
    u = (nodes[0] + 1) / 2 * (1 - 2e-14) + 1e-14
    x = distribution.quantile(np.clip(betaincinv(a, b, u), 1e-300, np.nextafter(1.0, 0.0)))      # few paths: the rank of the last may round to 1
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
        number = what[len(prefix):] if isinstance(what, str) and what.startswith(prefix) else ""
        if number.replace(".", "", 1).isdigit() and 0 < float(number) < 100:
            return function(totals, float(number) / 100)
    raise ScenarioError(unknown("", "answer", str(what), WANTED, "Any percentile will do: p95, p99.9, cvar90."))


@dataclass(frozen=True)
class Enough:
    """Whether the paths are enough for a target, and how many would be."""

    what: str
    target: float                 # relative standard error asked for
    estimate: Estimate
    enough: bool
    wanted: int                   # paths at which the target is reached, if the spread stays

    def __str__(self) -> str:
        e = self.estimate
        head = f"{self.what} {e.value:,.4g} ± {e.standard_error:,.2g} ({e.relative_error:.2%}) from {e.paths:,} paths"
        return f"{head}: enough for {self.target:.2%}" if self.enough else f"{head}: {self.wanted:,} paths are needed for {self.target:.2%}"


def enough_paths(totals, target: float = 0.01, what: str = "p90", budget: float | None = None) -> Enough:
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
        found = overrun(totals, budget)
        error = found.standard_error
    else:
        found = answer(totals, what)
        if found.value == 0 and found.standard_error > 0:
            raise ScenarioError(f"{what} is 0 ± {found.standard_error:,.2g}: no error can be a share of 0. Ask for another figure, or for the "
                                "chance of an overrun.")
        error = found.relative_error if found.standard_error > 0 else 0.0
    wanted = math.ceil(found.paths * (error / target) ** 2 - 1e-9)
    return Enough(what, target, found, error <= target, max(wanted, 1))


def converge(totals, what: str = "p90", steps: int = 8) -> list[Estimate]:
    """The answer from the first ½^k of the paths, fewest first: whether it has settled. Each begins with the same paths."""
    x = _paths(totals, 16)
    counts = sorted({max(len(x) >> k, 16) for k in range(steps)})
    return [answer(x[:count], what) for count in counts]


@dataclass(frozen=True)
class Difference:
    """An answer of one run less that of another on the same draws."""

    what: str
    estimate: Estimate
    independent_error: float      # what the standard error would be without common draws


def difference(base, other, what: str = "mean", budget: float | None = None) -> Difference:
    """other − base, path by path on common draws, with its standard error.

    what     an answer by its name, or "overrun" with a budget: by how much the chance of exceeding it changes

    The mean is that of the differences, and so is the chance of an overrun. Of quantiles, the errors of both runs and the correlation of their paths at the quantile count:
    se² = a² + b² − 2·r·a·b, r the correlation of "above its quantile"; CVaR with the excesses.
    """
    x, y = _paths(base), _paths(other)
    if len(x) != len(y):
        raise ScenarioError(f"{len(x)} paths here and {len(y)} there; only runs on the same draws have a difference by path.")
    if what == "overrun":
        if budget is None:
            raise ScenarioError("the chance of an overrun needs a budget.")
        alone = math.hypot(overrun(x, budget).standard_error, overrun(y, budget).standard_error)
        moved = (y > budget).astype(float) - (x > budget)
        # where no path crosses the budget, one that was not seen still may
        error = mean(moved).standard_error if moved.any() else share(0, len(x)).standard_error
        return Difference(what, _around(moved.mean(), error, len(x)), alone)
    if what == "mean":
        found, alone = mean(y - x), math.hypot(mean(x).standard_error, mean(y).standard_error)
        return Difference(what, found, alone)
    one, two = answer(x, what), answer(y, what)
    level = float(what.removeprefix("cvar").removeprefix("p")) / 100
    cut = [np.quantile(v, level) for v in (x, y)]
    marks = [np.maximum(v - c, 0.0) if what.startswith("cvar") else (v > c).astype(float) for v, c in zip((x, y), cut)]
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
    x, y = _paths(base), _paths(other)
    if len(x) != len(y):
        raise ScenarioError(f"{len(x)} paths here and {len(y)} there; only runs on the same draws have a difference by path.")
    apart, common = (x - x.mean()) ** 2 + (y - y.mean()) ** 2, (y - x - (y - x).mean()) ** 2
    if not common.mean() > 0:
        raise ScenarioError("the two runs differ by the same amount on every path; their difference has no error to compare.")
    ratio = apart.mean() / common.mean()
    return _around(ratio, (apart - ratio * common).std(ddof=1) / (common.mean() * math.sqrt(len(x))), len(x))
