"""Closed forms of what a simulation estimates: oracles of the kernel, and answers that need no paths (docs/method §3.25).

Pure functions; each is exact to rounding. Distributions have their own (distributions/_base.py: mean, cvar, overage, waste).
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import gammaincc, ndtr, ndtri

from finops_model.checks import finite, positive, zero_or_more
from finops_model.errors import ScenarioError, unknown
from finops_model.uncertainty.correlate import check_correlation
from finops_model.uncertainty.distributions import Distribution
from finops_model.uncertainty.distributions.discrete import Discrete
from finops_model.uncertainty.distributions.exponential import Exponential
from finops_model.uncertainty.distributions.gamma import Gamma
from finops_model.uncertainty.distributions.normal import Normal, phi
from finops_model.uncertainty.distributions.poisson import chance


def lognormal_sum(mu, sigma, correlation=None, weights=None) -> tuple[float, float]:
    """Mean and variance of Σ weight · exp(N(mu, sigma²)) with correlated logarithms.

    mu, sigma     (n,);  correlation (n, n) of the logarithms, None: independent;  weights (n,), None: 1

    >>> lognormal_sum([0.0], [1.0])[0] == math.exp(0.5)
    True
    """
    mu, sigma = _vectors("lognormal sum", mu=mu, sigma=sigma)
    if (sigma < 0).any():
        raise ScenarioError("lognormal sum: a sigma is below 0; a standard deviation is 0 or more.")
    r = np.eye(len(mu)) if correlation is None else _fits(correlation, len(mu))
    w = (
        np.ones(len(mu))
        if weights is None
        else _vectors("lognormal sum", mu=mu, weights=weights)[1]
    )
    with np.errstate(over="ignore", invalid="ignore"):
        m = np.exp(mu + sigma**2 / 2) * w
        mean, variance = float(m.sum()), float(m @ np.expm1(r * np.outer(sigma, sigma)) @ m)
    if not (math.isfinite(mean) and math.isfinite(variance)):
        raise ScenarioError(
            "lognormal sum: mean or variance is larger than a number can be; mu and sigma are those of the logarithm."
        )
    return mean, max(variance, 0.0)


def normal_sum(mean, sd, correlation=None, weights=None) -> Distribution:
    """The normal distribution of Σ weight · N(mean, sd²) with correlation (n, n); one certain value where everything cancels.

    >>> normal_sum([100, 200], [30, 40]).sd
    50.0
    >>> normal_sum([100, 200], [10, 10], [[1, -1], [-1, 1]]).support
    (300.0, 300.0)
    """
    mean, sd = _vectors("portfolio", mean=mean, sd=sd)
    if (sd < 0).any():
        raise ScenarioError("portfolio: an sd is below 0; a standard deviation is 0 or more.")
    r = np.eye(len(mean)) if correlation is None else _fits(correlation, len(mean))
    w = (
        np.ones(len(mean))
        if weights is None
        else _vectors("portfolio", mean=mean, weights=weights)[1]
    )
    variance, whole = float((w * sd) @ r @ (w * sd)), float(np.abs(w * sd).sum())
    if variance <= 1e-15 * whole**2:  # what is left of a hedge that is complete is rounding
        return Discrete((float(w @ mean),), (1.0,))
    return Normal(float(w @ mean), math.sqrt(variance))


def overrun(mean, sd, correlation, budget):
    """P(Σ > budget) of a portfolio of correlated normal costs; budget number or array.

    >>> round(float(overrun([100, 200, 50], [10, 30, 20], [[1, 0.3, 0], [0.3, 1, -0.2], [0, -0.2, 1]], 400)), 12)
    0.085985818058
    """
    return normal_sum(mean, sd, correlation).exceedance(budget)


def tiered_mean(demand: Distribution, starts, prices) -> float:
    """Expected cost of graduated tiers: Σ (price − price before) · E[max(demand − start, 0)].

    >>> from finops_model.uncertainty.distributions import make
    >>> tiered_mean(make("uniform", {"min": 0.0, "max": 200.0}), [0, 50, 120], [3, 2, 1])
    227.75
    """
    from finops_model.errors import PriceError
    from finops_model.prices.rates.graduated import Graduated

    try:
        rate = Graduated(tuple(starts), tuple(prices))
    except PriceError as problem:
        raise ScenarioError(str(problem)) from None
    if float(demand.quantile(0.0)) < 0:
        raise ScenarioError(
            "tiers: demand below 0 is possible; usage is 0 or more. Write truncate: {min: 0}."
        )
    steps = np.diff((0.0, *rate.prices))
    return float(sum(step * demand.overage(start) for step, start in zip(steps, rate.starts)))


def compound_poisson(events: float, jump: Distribution | float) -> tuple[float, float]:
    """Mean and variance of the sum of N ~ Poisson(events) jumps: events · E[J], events · E[J²]. events 0: no jump ever.

    >>> compound_poisson(3.0, 5.0)
    (15.0, 75.0)
    """
    events = zero_or_more(events, "bursts: expected events")
    first, second = _moments(jump)
    return events * first, events * second


def _moments(value: Distribution | float) -> tuple[float, float]:
    """E[J], E[J²]."""
    if isinstance(value, Distribution):
        return value.mean, value.variance + value.mean**2
    number = finite(value, "a size")
    return number, number**2


def compound_poisson_tail(events: float, jump: Distribution | float, x) -> np.ndarray:
    """P(S > x), S the sum of N ~ Poisson(events) jumps: Σ P(N = n) · P(n jumps > x). x number or array.

    jump   a number, exponential, gamma or normal; other sums have no closed form

    >>> from finops_model.uncertainty.distributions import make
    >>> round(float(compound_poisson_tail(7.3, make("exponential", {"mean": 50.0}), 600)), 12)
    0.116172098086
    """
    events = zero_or_more(events, "bursts: expected events")
    x = np.asarray(x, dtype=float)
    reach = 14 * math.sqrt(events) + 60
    n = np.arange(max(0.0, math.floor(events - reach)), math.ceil(events + reach))
    counted = chance(n, events)
    single = (
        jump.values[0]
        if isinstance(jump, Discrete) and len(jump.values) == 1
        else None
        if isinstance(jump, Distribution)
        else finite(jump, "a size")
    )
    over = x[..., None]
    with np.errstate(divide="ignore", invalid="ignore"):
        if isinstance(jump, (Exponential, Gamma)):
            shape, scale = (
                (1.0, jump.mean) if isinstance(jump, Exponential) else (jump.shape, jump.scale)
            )
            beyond = np.where(
                n > 0, gammaincc(np.maximum(n * shape, 1e-300), np.maximum(over, 0.0) / scale), 0.0
            )
            beyond = np.where(over < 0, 1.0, beyond)
        elif isinstance(jump, Normal):
            beyond = np.where(
                n > 0,
                ndtr((n * jump.mean - over) / (np.sqrt(np.maximum(n, 1)) * jump.sd)),
                over < 0,
            )
        elif single is not None:
            beyond = (n * single > over + 1e-14 * np.abs(over)).astype(float)
        else:
            raise ScenarioError(
                f"bursts: the sum of {type(jump).__name__.casefold()} jumps has no closed form; exponential, gamma, normal and a single "
                "value have. Its mean and variance are known (compound_poisson)."
            )
    return (beyond * counted).sum(axis=-1)[()]


def ar1(
    phi_: float, innovation_sd: float | None = None, stationary_sd: float | None = None
) -> tuple[float, float]:
    """(stationary sd, innovation sd) of x[t] = phi · x[t−1] + N(0, innovation sd²), one of the two given.

    >>> round(ar1(0.9, 0.2)[0], 12)
    0.458831467741
    """
    f = finite(phi_, "ar1: phi")
    if not -1 < f < 1:
        raise ScenarioError(
            f"ar1: phi is {f:g}; it must lie between -1 and 1, else there is no stationary state."
        )
    if (innovation_sd is None) == (stationary_sd is None):
        raise ScenarioError("ar1: give innovation_sd or stationary_sd, one of the two.")
    root = math.sqrt((1 - f) * (1 + f))
    if innovation_sd is not None:
        return zero_or_more(innovation_sd, "ar1: innovation_sd") / root, float(innovation_sd)
    sd = zero_or_more(stationary_sd, "ar1: stationary_sd")
    return sd, sd * root


def ar1_sum_variance(phi_: float, innovation_sd: float, steps, start: str = "stationary"):
    """Variance of x[1] + … + x[n], number or array of steps; start: stationary, or zero (x[0] = 0).

    >>> round(float(ar1_sum_variance(0.9, 0.2, 30)), 10)
    83.7116649452
    """
    if start not in ("stationary", "zero"):
        raise ScenarioError(unknown("ar1", "start", start, ("stationary", "zero")))
    ar1(phi_, innovation_sd)
    n, f = np.asarray(steps, dtype=float), float(phi_)
    if not ((n >= 0) & (n == np.floor(n))).all():
        raise ScenarioError(
            f"ar1: steps is {str(steps)[:40]}; it must be a whole number, 0 or more."
        )
    s2, one, both = float(innovation_sd) ** 2, 1 - f, (1 - f) * (1 + f)
    slow = (f > 0) & (
        n * one < 0.1
    )  # then the closed form takes nearly equal numbers from one another
    # 1 − f^n, without losing it next to 1
    gone = -np.expm1(n * math.log(abs(f))) if f else np.where(n > 0, 1.0, 0.0)
    gone = np.where((f < 0) & (n % 2 == 1), 2 - gone, gone)
    if start == "stationary":
        variance = s2 / both * (n * both - 2 * f * gone) / one**2
        exact = lambda k: s2 / both * (k + 2 * _added(lambda m: (k - m) * f**m, k - 1))
    else:
        # shock j (1 … n) is in the sum with weight (1 − f^(n−j+1)) / (1 − f)
        variance = s2 * (n - 2 * f * gone / one + f * f * (gone * (2 - gone)) / both) / one**2
        exact = lambda k: s2 * _added(lambda m: (-np.expm1(m * math.log(f)) / one) ** 2, k)
    variance = np.array(variance)
    for i in np.ndindex(variance.shape):
        if slow[i]:
            variance[i] = exact(float(n[i])) if n[i] else 0.0
    return variance[()]


def _added(term, count: float) -> float:
    """term(1) + … + term(count) of a smooth term: one by one up to a million, beyond by the midpoint rule, 24 nodes."""
    if count <= 1_000_000:
        return float(term(np.arange(1.0, count + 1)).sum())
    nodes, weights = np.polynomial.legendre.leggauss(24)
    return float(weights @ term(0.5 + (nodes + 1) / 2 * count)) * count / 2


def ou_at(
    kappa: float, sigma: float, time, start: float = 0.0, level: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and variance at `time` (number or array) of a process that starts at `start` and reverts to `level`."""
    k, s, t = (
        positive(kappa, "ou: kappa"),
        zero_or_more(sigma, "ou: sigma"),
        since(time, "ou: time"),
    )
    return (level + (start - level) * np.exp(-k * t))[()], (
        s * s * -np.expm1(-2 * k * t) / (2 * k)
    )[()]


def since(time, what: str) -> np.ndarray:
    """Times as an array of floats; raises ScenarioError unless every one is finite and 0 or more."""
    t = np.asarray(time, dtype=float)
    wrong = ~(np.isfinite(t) & (t >= 0))
    if wrong.any():
        raise ScenarioError(f"{what} is {t[wrong].flat[0]:g}; it must be 0 or more.")
    return t


def spot_rework(interruptions, lost: Distribution | float):
    """Mean and variance of the hours of work lost: interruptions ~ Poisson, each loses `lost` hours.

    interruptions   expected, number or array: hazard per hour × hours of the job (× machines, where one stops all)

    >>> [float(v) for v in spot_rework(3.0, 0.25)]
    [0.75, 0.1875]
    """
    events = np.asarray(interruptions, dtype=float)[()]
    if not (np.isfinite(events) & (np.asarray(events) >= 0)).all():
        raise ScenarioError(
            f"interruptions is {str(interruptions)[:40]}; it must be finite and 0 or more."
        )
    first, second = _moments(
        lost if isinstance(lost, Distribution) else zero_or_more(lost, "lost hours")
    )
    return events * first, events * second


def paths_for_quantile(distribution: Distribution, level: float, relative: float) -> int:
    """Paths at which the standard error of the quantile is `relative` of it."""
    from finops_model.uncertainty.answers import quantile_error

    at = abs(float(distribution.quantile(level)))
    if at == 0:
        raise ScenarioError(
            f"the quantile at {level:g} is 0; a relative error of it means nothing."
        )
    return math.ceil(
        (quantile_error(distribution, level, 1) / (positive(relative, "relative error") * at)) ** 2
        - 1e-9
    )


def normal_tail(mean: float, sd: float, level: float) -> tuple[float, float]:
    """(value at risk, CVaR) of a normal: mean + sd·z, mean + sd·φ(z)/(1 − level)."""
    z = float(ndtri(level))
    return mean + sd * z, mean + sd * float(phi(z)) / (1 - level)


def _vectors(what: str, **given) -> list[np.ndarray]:
    vectors, length = [], None
    for name, values in given.items():
        try:
            vector = np.atleast_1d(np.asarray(values, dtype=float))
        except (TypeError, ValueError):
            raise ScenarioError(
                f"{what}: {name} is {str(values)[:40]}; it must be a list of numbers."
            ) from None
        if vector.ndim != 1 or not len(vector) or not np.isfinite(vector).all():
            raise ScenarioError(
                f"{what}: {name} is {str(values)[:40]}; it must be a list of finite numbers, at least one."
            )
        if length is not None and len(vector) != length:
            raise ScenarioError(
                f"{what}: {name} has {len(vector)} values, the others {length}; give one for each."
            )
        length = len(vector)
        vectors.append(vector)
    return vectors


def _fits(correlation, count: int) -> np.ndarray:
    matrix = check_correlation(correlation)
    if len(matrix) != count:
        raise ScenarioError(
            f"correlation: {len(matrix)} rows for {count} values; give one row for each."
        )
    return matrix
