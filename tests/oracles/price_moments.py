"""Closed forms of the price processes: mean and second moment of the factor (docs/method §3.29). Oracles of price_risk.py."""

from __future__ import annotations

import math

import numpy as np

from finops_model.checks import finite, positive, share, zero_or_more
from finops_model.errors import ScenarioError
from finops_model.uncertainty.distributions import Distribution
from finops_model.uncertainty.distributions.discrete import Discrete
from finops_model.uncertainty.distributions.normal import Normal
from finops_model.uncertainty.distributions.uniform import Uniform
from finops_model.uncertainty.spot_price import Spot

from .closed_forms import ou_at, since


def moments_of(value: Distribution | float, what: str = "a price factor") -> tuple[float, float]:
    """E[J], E[J²]; a single number is 0 or more."""
    if isinstance(value, Distribution):
        return value.mean, value.variance + value.mean**2
    number = zero_or_more(value, what)
    return number, number**2


def jump_moments(per_year: float, factor: Distribution | float, drift_per_year: float, years):
    """Mean and second moment of exp(drift·t) × Π jumps at `years`, number or array:
    exp(d·t + λt(E[J] − 1)), exp(2d·t + λt(E[J²] − 1)).

    >>> from finops_model.uncertainty.distributions import make
    >>> [round(float(v), 12) for v in jump_moments(2.0, make("uniform", {"min": 0.7, "max": 0.95}), -0.2, 1.0)]
    [0.57694981038, 0.357602468289]
    """
    t, per_year = since(years, "jumps: years"), zero_or_more(per_year, "jumps: per_year")
    first, second = moments_of(factor)
    return (
        np.exp(drift_per_year * t + per_year * t * (first - 1))[()],
        np.exp(2 * drift_per_year * t + per_year * t * (second - 1))[()],
    )


def jump_month_moments(
    per_year: float, factor: Distribution | float, drift_per_year: float, month
) -> tuple[np.ndarray, np.ndarray]:
    """The same for the mean over month 0, 1, …: ∫ g and 2 ∫∫ of E[P(s)P(t)] = e^{h s + g (t − s)} over the month."""
    first, second = moments_of(factor)
    per_year, month = zero_or_more(per_year, "jumps: per_year"), since(month, "jumps: month")
    g, h = drift_per_year + per_year * (first - 1), 2 * drift_per_year + per_year * (second - 1)
    start, width = month / 12, 1 / 12
    mean = np.exp(g * start) * _average(g * width)
    nodes, weights = np.polynomial.legendre.leggauss(24)  # smooth: 24 nodes are exact to rounding
    s = (nodes + 1) / 2
    inner = np.array(
        [np.exp(h * width * at) * (1 - at) * _average(g * width * (1 - at)) for at in s]
    )
    return mean[()], (np.exp(h * start) * 2 * float(weights @ inner / 2))[()]


def _average(x: float) -> float:
    """∫ exp(x·s) ds over 0 … 1."""
    return math.expm1(x) / x if x else 1.0


def migration_counts(interval: Distribution | float, months: float) -> np.ndarray:
    """P(exactly n successors have come after `months`), (n,). interval: one number, or uniform (then Irwin-Hall)."""
    if isinstance(interval, Uniform):
        low, high = interval.min, interval.max
    elif isinstance(interval, Distribution):
        raise ScenarioError("migrations: only a fixed or a uniform interval has a closed form.")
    else:
        low = high = finite(interval, "interval")
    months = float(since(months, "migrations: months"))
    if low < 0 or high <= 0:
        raise ScenarioError(
            f"migrations: an interval of {low:g} months is possible; it must be above 0 (4 to 8 months is usual)."
        )
    reached = [1.0]
    while reached[-1] > 1e-18:  # P(n or more have come), n = 0, 1, …
        n = len(reached)
        reached.append(
            _irwin_hall((months - n * low) / (high - low), n)
            if high > low
            else float(n * low <= months + 1e-12)
        )
    return np.array(reached) - np.append(reached[1:], 0.0)


def _irwin_hall(x: float, n: int) -> float:
    """P(sum of n uniforms <= x); the alternating sum in whole numbers, because floats would cancel from n = 20 on."""
    if x <= 0 or x >= n:
        return float(x >= n)
    if x > n / 2:
        return 1 - _irwin_hall(n - x, n)
    whole = 1 << 40
    steps = round(x * whole)
    total = sum((-1) ** k * math.comb(n, k) * (steps - k * whole) ** n for k in range(int(x) + 1))
    return total / (math.factorial(n) * whole**n)


def migration_moments(
    interval, factor: Distribution | float, months: float, adopted: float = 1.0
) -> tuple[float, float]:
    """Mean and second moment of the product of price ratios after `months`: Σ P(n) E[J]ⁿ; who does not move has ratio 1."""
    chances, adopted = migration_counts(interval, months), share(adopted, "adopted")
    n = np.arange(len(chances))
    first, second = (
        float(chances @ (1 + adopted * (moment - 1)) ** n) for moment in moments_of(factor)
    )
    return first, second


def spot_moments(
    model: Spot, months: int, moving: bool | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and second moment of the price ÷ today's after 1 … months, (month,), while the bounds are far: two states, rest and move.

    v[m] = v[m−1] T,  T = [[1 − a, a·E[e^{kJ}]], [1 − b, b·E[e^{kJ}]]],  a, b the chances of a change after rest and after a change.
    """
    if model.persistence:
        raise ScenarioError(
            "spot: changes that persist have no closed form; it holds for persistence 0."
        )
    on = model.change_share if moving is None else float(moving)
    moments = []
    for power in (1, 2):
        size = (
            model.change.exponential_moment(power)
            if hasattr(model.change, "exponential_moment")
            else _exponential(model.change, power)
        )
        a, b = model.after_rest, model.after_change
        step, state, row = (
            np.array([[1 - a, a * size], [1 - b, b * size]]),
            np.array([1 - on, on]),
            [],
        )
        for _ in range(months):
            state = state @ step
            row.append(state.sum())
        moments.append(np.array(row))
    return moments[0], moments[1]


def _exponential(change: Distribution, power: float) -> float:
    """E[exp(power · X)] of a normal, a uniform or a list of values."""
    if isinstance(change, Uniform):
        return math.exp(power * change.min) * _average(power * (change.max - change.min))
    if isinstance(change, Normal):
        return math.exp(power * change.mean + power**2 * change.variance / 2)
    if isinstance(change, Discrete):
        return float(np.array(change.probabilities) @ np.exp(power * np.array(change.values)))
    raise ScenarioError(
        f"spot: the moments of {type(change).__name__.casefold()} steps have no closed form; normal, uniform, discrete and measured steps have."
    )


def reverting_moments(kappa: float, sigma: float, years, start: float = 1.0, level: float = 1.0):
    """Mean and second moment of exp(X) at `years`: lognormal with the mean and variance of the reverting X."""
    start, level = positive(start, "reverting: start"), positive(level, "reverting: level")
    mean, variance = ou_at(
        kappa, sigma, since(years, "reverting: years"), math.log(start), math.log(level)
    )
    return np.exp(mean + variance / 2)[()], np.exp(2 * mean + 2 * variance)[()]


def scarcity_share(starts: float, ends: float, months, scarce_now: bool = False):
    """P(scarce) after `months`, number or array: π + (now − π)(1 − starts − ends)^months."""
    total, months = (
        share(starts, "scarcity: starts") + share(ends, "scarcity: ends"),
        since(months, "scarcity: months"),
    )
    long_run = starts / total if total else float(scarce_now)
    return (long_run + (float(scarce_now) - long_run) * (1 - total) ** months)[()]


def scarcity_moments(
    starts: float,
    ends: float,
    availability: Distribution | float,
    price: Distribution | float,
    months,
    scarce_now: bool = False,
) -> tuple:
    """Means of availability and price factor after `months`: a spell's depth does not depend on how long it lasts."""
    chance = scarcity_share(starts, ends, months, scarce_now)
    return tuple(
        1 - chance + chance * moments_of(value, f"scarcity: {what}")[0]
        for what, value in (("availability", availability), ("price", price))
    )


def fx_moments(volatility: float, drift_per_year: float, kappa: float, month):
    """Mean and second moment of the rate ÷ plan rate in the middle of month 0, 1, ….

    >>> fx_moments(0.1, 0.0, 0.0, 5)[0]
    np.float64(1.0)
    """
    t, kappa = (since(month, "fx: month") + 0.5) / 12, zero_or_more(kappa, "fx: kappa")
    variance = zero_or_more(volatility, "fx: volatility") ** 2 * (
        -np.expm1(-2 * kappa * t) / (2 * kappa) if kappa else t
    )
    return np.exp(drift_per_year * t)[()], np.exp(2 * drift_per_year * t + variance)[()]
