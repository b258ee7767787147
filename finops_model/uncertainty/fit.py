"""A distribution from data or from stated quantiles, and how well it fits (docs/method §3.24).

likelihood   the parameters under which the data are likeliest
moments      the parameters whose mean and standard deviation are those of the data
quantiles    least squares through P10, P50 and P90 of the data (through stated quantiles: `through`)
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import cast

import numpy as np
from scipy.optimize import brentq, least_squares
from scipy.special import digamma, gammaincinv, ndtri

from ..errors import ScenarioError, unknown
from .distributions import Distribution, make
from .distributions.beta import Beta

METHODS = ("likelihood", "moments", "quantiles")
POSITIVE = ("lognormal", "gamma", "exponential", "weibull", "log_metalog")
KINDS = (
    "beta",
    "discrete",
    "exponential",
    "gamma",
    "log_metalog",
    "lognormal",
    "metalog",
    "normal",
    "poisson",
    "uniform",
    "weibull",
)
STATED = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Fitted:
    """A fit and its goodness."""

    kind: str
    method: str
    distribution: Distribution
    count: int  # data
    log_likelihood: float
    aic: float  # 2 × parameters − 2 × log likelihood: smaller is better
    distance: float  # largest gap between the CDFs of data and fit (Kolmogorov-Smirnov)
    p_value: float  # of that gap; optimistic, because the parameters come from the same data
    quantiles: tuple[tuple[float, float, float], ...]  # (probability, data, fit)

    def __str__(self) -> str:
        rows = "; ".join(
            f"P{100 * p:g} {seen:.4g} in the data, {fitted:.4g} in the fit"
            for p, seen, fitted in self.quantiles
        )
        return (
            f"{self.kind} by {self.method} to {self.count} values: largest gap of the CDFs {self.distance:.3f} "
            f"(p {self.p_value:.2f}), AIC {self.aic:.1f}; {rows}"
        )


def fit(kind: str, data, method: str = "likelihood", **known) -> Fitted:
    """The distribution `kind` fitted to data, (value,).

    known    parameters that are not fitted: min and max of a beta

    Raises ScenarioError: unknown kind or method, too few data, data outside what the form can hold.

    >>> round(fit("normal", [1.0, 2.0, 3.0, 4.0]).distribution.mean, 6)
    2.5
    """
    if kind not in KINDS:
        raise ScenarioError(unknown("", "distribution to fit", kind, KINDS))
    if method not in METHODS:
        raise ScenarioError(unknown("", "method", method, METHODS))
    x = np.sort(_data(kind, data))
    if method == "quantiles" and kind not in ("discrete", "poisson"):
        distribution = through(kind, {q: float(np.quantile(x, q)) for q in STATED}, **known)
    else:
        distribution = _by(kind, x, method, known)
    parameters = {
        "discrete": 0,
        "exponential": 1,
        "poisson": 1,
        "metalog": 3,
        "log_metalog": 3,
    }.get(kind, 2)
    with np.errstate(divide="ignore"):
        likelihood = float(np.log(distribution.density(x)).sum())
    steps = np.arange(len(x) + 1) / len(x)
    before, at = (
        np.asarray(distribution.cdf(np.nextafter(x, -np.inf)), float),
        np.asarray(distribution.cdf(x), float),
    )
    first, last = np.searchsorted(x, x, "left"), np.searchsorted(x, x, "right")
    gap = float(max(np.abs(at - steps[last]).max(), np.abs(before - steps[first]).max()))
    from scipy.stats import kstwo

    table = tuple(
        (q, float(np.quantile(x, q)), float(distribution.quantile(q)))
        for q in (0.05, 0.1, 0.5, 0.9, 0.95)
    )
    return Fitted(
        kind,
        method,
        distribution,
        len(x),
        likelihood,
        2 * parameters - 2 * likelihood,
        gap,
        float(kstwo.sf(gap, len(x))),
        table,
    )


def best_fit(
    data,
    kinds=("normal", "lognormal", "gamma", "weibull", "exponential"),
    method: str = "likelihood",
) -> list[Fitted]:
    """The kinds that can hold the data, best AIC first.

    >>> best_fit([2.0, 2.3, 2.5, 3.0, 4.4])[0].kind
    'lognormal'
    """
    lowest = float(np.min(_data("normal", data)))
    return sorted(
        (fit(kind, data, method) for kind in kinds if lowest > 0 or kind not in POSITIVE),
        key=lambda fitted: fitted.aic,
    )


def through(kind: str, quantiles: dict[float, float], **known) -> Distribution:
    """The distribution `kind` through stated quantiles {probability: value}: exact for as many as it has parameters, else least squares.

    >>> [round(float(x), 9) for x in through("lognormal", {0.1: 80, 0.9: 200}).quantile([0.1, 0.9])]
    [80.0, 200.0]
    """
    from .distributions._logit import in_words, read_quantiles

    if kind in ("metalog", "log_metalog"):
        return make(kind, {"quantiles": quantiles, **known})
    p, v = (
        read_quantiles(kind, quantiles)
        if len(quantiles) > 1
        else (np.array(list(quantiles)), np.array(list(quantiles.values())))
    )
    if len(p) < (1 if kind == "exponential" else 2):
        raise ScenarioError(
            f"{kind}: {in_words(p, v)} alone does not say how wide it is; give another quantile."
        )
    if kind in POSITIVE and v[0] <= 0:
        raise ScenarioError(f"{kind}: {in_words(p[:1], v[:1])}; a {kind} has positive values only.")
    if kind in ("normal", "lognormal"):
        level, spread = _line(ndtri(p), np.log(v) if kind == "lognormal" else v)
        return make(
            kind,
            {"mu": level, "sigma": spread}
            if kind == "lognormal"
            else {"mean": level, "sd": spread},
        )
    if kind == "uniform":
        low, width = _line(p, v)
        return make(kind, {"min": low, "max": low + width})
    if kind == "exponential":
        score = -np.log1p(-p)
        return make(kind, {"mean": float(score @ v / (score @ score))})
    if kind == "weibull":
        level, inverse = _line(np.log(-np.log1p(-p)), np.log(v))
        return make(kind, {"shape": 1 / inverse, "scale": math.exp(level)})
    if kind == "gamma":
        return _gamma_through(p, v)
    if kind == "beta":
        return _beta_through(p, v, known)
    able = (
        "beta",
        "exponential",
        "gamma",
        "log_metalog",
        "lognormal",
        "metalog",
        "normal",
        "uniform",
        "weibull",
    )
    raise ScenarioError(f"{kind}: quantiles do not say this form; they do for {', '.join(able)}.")


def _line(x, y) -> tuple[float, float]:
    """Least squares y = level + slope · x."""
    slope = float(((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum())
    return float(y.mean() - slope * x.mean()), slope


def _gamma_through(p, v) -> Distribution:
    def ratio(log_shape: float) -> float:
        shape = math.exp(log_shape)
        with np.errstate(divide="ignore"):
            return float(
                np.log(gammaincinv(shape, p[-1]))
                - np.log(gammaincinv(shape, p[0]))
                - math.log(v[-1] / v[0])
            )

    start = brentq(ratio, math.log(0.02), math.log(1e8), xtol=1e-14)
    shape = math.exp(start)
    scale = float(v[0] / gammaincinv(shape, p[0]))
    if len(p) > 2:
        solved = least_squares(
            lambda a: np.log(gammaincinv(math.exp(a[0]), p)) + a[1] - np.log(v),
            [start, math.log(scale)],
            xtol=1e-14,
            ftol=1e-14,
            gtol=1e-14,
        )
        shape, scale = math.exp(solved.x[0]), math.exp(solved.x[1])
    return make("gamma", {"shape": shape, "scale": scale})


def _beta_through(p, v, known) -> Distribution:
    from scipy.special import betaincinv

    low, high = known.get("min", 0.0), known.get("max", 1.0)
    y = (v - low) / (high - low)
    if not (y[0] > 0 and y[-1] < 1):
        raise ScenarioError(f"beta: the quantiles must lie between min {low:g} and max {high:g}.")
    solved = least_squares(
        lambda a: betaincinv(math.exp(a[0]), math.exp(a[1]), p) - y,
        [0.5, 0.5],
        xtol=1e-15,
        ftol=1e-15,
        gtol=1e-15,
    )
    return make(
        "beta",
        {"alpha": math.exp(solved.x[0]), "beta": math.exp(solved.x[1]), "min": low, "max": high},
    )


def _data(kind: str, data) -> np.ndarray:
    try:
        x = np.asarray(data, dtype=float).ravel()
    except (TypeError, ValueError):
        raise ScenarioError(
            f"{kind}: data is {str(data)[:40]}; it must be a list of numbers."
        ) from None
    bad = np.flatnonzero(~np.isfinite(x))
    if len(bad):
        raise ScenarioError(f"{kind}: data[{bad[0]}] is {x[bad[0]]}; data must be finite.")
    if len(x) < (1 if kind == "discrete" else 3):
        raise ScenarioError(f"{kind}: {len(x)} values are too few to fit; give 3 or more.")
    if kind in POSITIVE and x.min() <= 0:
        raise ScenarioError(
            f"{kind}: data[{int(np.argmin(x))}] is {x.min():g}; a {kind} has positive values only."
        )
    if kind not in ("discrete", "poisson") and x.min() == x.max():
        raise ScenarioError(
            f"{kind}: all {len(x)} values are {x[0]:g}; there is no spread to fit. Write the number."
        )
    return x


def _by(kind: str, x: np.ndarray, method: str, known: dict) -> Distribution:
    """By likelihood or by moments."""
    mean, sd = float(x.mean()), float(x.std())
    if kind == "discrete":
        return make(kind, {"values": x.tolist()})
    if kind == "poisson":
        if x.min() < 0 or (x != np.floor(x)).any():
            raise ScenarioError("poisson: data must be counts: whole numbers, 0 or more.")
        return make(kind, {"mean": mean})
    if kind == "exponential":
        return make(kind, {"mean": mean})
    if kind == "normal":
        return make(kind, {"mean": mean, "sd": sd})
    if kind in ("metalog", "log_metalog"):
        return through(kind, {q: float(np.quantile(x, q)) for q in STATED}, **known)
    if kind == "uniform":
        return make(
            kind,
            {"min": float(x[0]), "max": float(x[-1])}
            if method == "likelihood"
            else {"min": mean - math.sqrt(3) * sd, "max": mean + math.sqrt(3) * sd},
        )
    if kind == "lognormal":
        return make(
            kind,
            {"mean": mean, "sd": sd}
            if method == "moments"
            else {"mu": float(np.log(x).mean()), "sigma": float(np.log(x).std())},
        )
    if kind == "gamma":
        return (
            make(kind, {"mean": mean, "sd": sd})
            if method == "moments"
            else _gamma_likelihood(x, mean)
        )
    if kind == "weibull":
        return _weibull(x, mean, sd, method)
    return _beta(x, mean, sd, method, known)


def _gamma_likelihood(x, mean: float) -> Distribution:
    """log k − ψ(k) = log(mean) − mean(log)."""
    wanted = math.log(mean) - float(np.log(x).mean())
    shape = math.exp(
        brentq(lambda a: a - float(digamma(math.exp(a))) - wanted, -12, 25, xtol=1e-14)
    )
    return make("gamma", {"shape": shape, "scale": mean / shape})


def _weibull(x, mean: float, sd: float, method: str) -> Distribution:
    logs = np.log(x)
    if method == "moments":

        def miss(a):
            k = math.exp(a)
            return (
                math.lgamma(1 + 2 / k) - 2 * math.lgamma(1 + 1 / k) - math.log1p((sd / mean) ** 2)
            )

        shape = math.exp(brentq(miss, math.log(0.05), math.log(500), xtol=1e-14))
        return make("weibull", {"shape": shape, "scale": mean / math.gamma(1 + 1 / shape)})

    def score(a):
        k = math.exp(a)
        weights = np.exp(k * (logs - logs.max()))
        return float(weights @ logs / weights.sum() - 1 / k - logs.mean())

    shape = math.exp(brentq(score, math.log(0.01), math.log(1e4), xtol=1e-14))
    return make(
        "weibull",
        {
            "shape": shape,
            "scale": float(
                np.exp(logs.max()) * np.mean(np.exp(shape * (logs - logs.max()))) ** (1 / shape)
            ),
        },
    )


def _beta(x, mean: float, sd: float, method: str, known: dict) -> Distribution:
    low, high = known.get("min", 0.0), known.get("max", 1.0)
    y = (x - low) / (high - low)
    if y[0] < 0 or y[-1] > 1:
        raise ScenarioError(
            f"beta: data from {x[0]:g} to {x[-1]:g} do not lie between min {low:g} and max {high:g}; give min and max."
        )
    start = cast(Beta, make("beta", {"mean": mean, "sd": sd, "min": low, "max": high}))
    if method == "moments":
        return start
    if y[0] == 0 or y[-1] == 1:
        raise ScenarioError("beta: values at min or max have no likelihood; use method: moments.")
    wanted = np.array([np.log(y).mean(), np.log1p(-y).mean()])

    def miss(a):
        alpha, beta = np.exp(a)
        return digamma([alpha, beta]) - digamma(alpha + beta) - wanted

    solved = least_squares(
        miss, np.log([start.alpha, start.beta]), xtol=1e-15, ftol=1e-15, gtol=1e-15
    )
    return make(
        "beta",
        {
            "alpha": float(np.exp(solved.x[0])),
            "beta": float(np.exp(solved.x[1])),
            "min": low,
            "max": high,
        },
    )
