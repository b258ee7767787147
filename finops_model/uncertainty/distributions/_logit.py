"""Quantile functions that are sums of terms in the log odds: the metalog family (docs/method §3.21).

M(u) = a1 + a2·L + a3·(u − ½)·L + a4·(u − ½) + a5·(u − ½)² + a6·(u − ½)²·L + …,  L = ln(u / (1 − u)); as many terms as quantiles.
Everything is computed in t = L, where both tails have room. Source: Keelin (2016), The Metalog Distributions, Decision Analysis 13(4).
"""

from __future__ import annotations

import math
from functools import cached_property

import numpy as np
from scipy.special import expit

from ...checks import finite
from ...errors import ScenarioError
from ._base import Distribution, solve
from ._checks import set_fields

NODES, WEIGHTS = np.polynomial.legendre.leggauss(20)
FAR = 60.0  # beyond it u − ½ is ±½ to the last bit
GRID = np.concatenate([-np.geomspace(FAR, 1e-3, 600), [0.0], np.geomspace(1e-3, FAR, 600)])


def terms(t, count: int) -> np.ndarray:
    """The first `count` terms at log odds t, (..., term)."""
    t = np.asarray(t, float)
    half = expit(t) - 0.5
    return np.stack([half**power * (t if odds else 1.0) for power, odds in _shape(count)], axis=-1)


def slopes(t, count: int) -> np.ndarray:
    """Derivatives of the terms by t, (..., term)."""
    t = np.asarray(t, float)
    half = expit(t) - 0.5
    inner = 0.25 - half**2
    columns = []
    for power, odds in _shape(count):
        turn = power * half ** max(power - 1, 0) * inner if power else np.zeros_like(t)
        columns.append(half**power + turn * t if odds else turn)
    return np.stack(columns, axis=-1)


def weighted(parts: np.ndarray, coefficients) -> np.ndarray:
    """Σ coefficient × part over the last axis, one after the other: the bits of a number and of an array are the same."""
    total = coefficients[0] * parts[..., 0]
    for k in range(1, len(coefficients)):
        total = total + coefficients[k] * parts[..., k]
    return total


def _shape(count: int) -> list[tuple[int, bool]]:
    """(power of u − ½, times the log odds) of each term, in Keelin's order."""
    order = [(0, False), (0, True), (1, True), (1, False)]
    power = 2
    while len(order) < count:
        order += [(power, False), (power, True)]
        power += 1
    return order[:count]


def read_quantiles(kind: str, quantiles) -> tuple[np.ndarray, np.ndarray]:
    """Probabilities and values, in order; raises ScenarioError where they do not rise."""
    if not isinstance(quantiles, (dict, tuple, list)) or len(quantiles) < 2:
        raise ScenarioError(f"{kind}: give at least two quantiles, for example {{p10, p50, p90}}.")
    pairs = sorted(
        quantiles.items() if isinstance(quantiles, dict) else (tuple(pair) for pair in quantiles)
    )
    chances = np.array([finite(p, f"{kind}: a probability") for p, _ in pairs])
    values = np.array([finite(v, f"{kind}: {percent(p)}") for p, v in pairs])
    if chances[0] <= 0 or chances[-1] >= 1:
        raise ScenarioError(
            f"{kind}: quantiles lie between p0 and p100, both left out; for an end write truncate."
        )
    if len(pairs) > 8:
        raise ScenarioError(
            f"{kind}: {len(pairs)} quantiles are more than one smooth distribution should follow; give at most 8, "
            "or the data themselves."
        )
    if not (np.diff(values) > 0).all():
        raise ScenarioError(
            f"{in_words(chances, values)} must rise. For a certain value write one number."
        )
    return chances, values


def percent(chance: float) -> str:
    """The name of a quantile.

    >>> percent(0.1), percent(0.05), percent(0.975)
    ('p10', 'p05', 'p97.5')
    """
    number = f"{100 * chance:.10g}"
    return f"p{number.zfill(2) if '.' not in number else number}"


def in_words(chances, values) -> str:
    return ", ".join(f"{percent(p)} {v:g}" for p, v in zip(chances, values))


def fit(kind: str, chances, values, forward, backward) -> tuple[float, ...]:
    """Coefficients through the quantiles. forward: value -> the scale the terms live on; backward: its inverse.

    Raises ScenarioError where the terms would fall somewhere, with the range that the middle quantile may have.
    """
    count, on_scale = len(values), forward(values)
    odds = np.log(chances) - np.log1p(-chances)
    inverse = np.linalg.inv(terms(odds, count))
    if (
        count == 3 and chances[1] == 0.5 and abs(chances[0] + chances[2] - 1) < 1e-15
    ):  # Keelin's closed form
        low, middle, high = on_scale
        reach = float(odds[2])
        a = np.array(
            [
                middle,
                (high - low) / (2 * reach),
                (high + low - 2 * middle) / (2 * (chances[2] - 0.5) * reach),
            ]
        )
    else:
        a = inverse @ on_scale
    bend = slopes(GRID, count)
    if (bend @ a > 0).all():
        return tuple(float(x) for x in a)
    middle = count // 2
    per_unit, rest = (
        bend @ inverse[:, middle],
        bend @ (inverse @ np.where(np.arange(count) == middle, 0.0, on_scale)),
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        edge = -rest / per_unit
    least, most = (
        edge[per_unit > 1e-300].max(initial=-np.inf),
        edge[per_unit < -1e-300].min(initial=np.inf),
    )
    least, most = (
        max(least, on_scale[middle - 1]),
        min(most, on_scale[middle + 1]) if middle + 1 < count else most,
    )
    name, text = percent(chances[middle]), in_words(chances, values)
    if least < most and math.isfinite(least) and math.isfinite(most):
        inside = 1e-4 * (most - least)
        raise ScenarioError(
            f"{text} bend too sharply for one distribution. Between {percent(chances[0])} {values[0]:g} and "
            f"{percent(chances[-1])} {values[-1]:g} the {name} may lie from {_inwards(backward(least + inside), 1):.10g} to "
            f"{_inwards(backward(most - inside), -1):.10g}."
        )
    raise ScenarioError(
        f"{text} bend too sharply for one distribution, whatever the {name} is. Leave a quantile out, or write a mixture."
    )


def _inwards(value: float, up: int) -> float:
    """Four digits of a value, never outside the range it ends.

    >>> _inwards(14.58231, 1), _inwards(14.58231, -1)
    (14.59, 14.58)
    """
    if value == 0:
        return 0.0
    step = 10.0 ** (math.floor(math.log10(abs(value))) - 3)
    return up * math.ceil(up * value / step - 1e-9) * step


class LogOdds(Distribution):
    """A distribution given by M in t; `bound` None: M itself, else bound + exp(M)."""

    coefficients: tuple[float, ...]
    bound: float | None

    def _value(self, t):
        inner = weighted(terms(t, len(self.coefficients)), self.coefficients)
        if self.bound is None:
            return inner
        with np.errstate(over="ignore"):
            return self.bound + np.exp(inner)

    def quantile(self, u):
        u = np.asarray(u, dtype=float)
        with np.errstate(divide="ignore"):
            t = np.log(u) - np.log1p(-u)
        if not np.isfinite(t).all():
            low = -np.inf if self.bound is None else self.bound
            return np.where(
                u <= 0, low, np.where(u >= 1, np.inf, self._value(np.clip(t, -700, 700)))
            )[()]
        return self._value(t)

    def _odds(self, x):
        """t at value x."""
        x = np.asarray(x, float)
        if self.bound is None:
            inner = x
        else:
            with np.errstate(divide="ignore"):
                inner = np.log(np.maximum(x - self.bound, 0.0))
        a = self.coefficients
        odds = solve(
            lambda t: weighted(terms(t, len(a)), a),
            np.nan_to_num(inner, posinf=1e300, neginf=-1e300),
            -700.0,
            700.0,
        )
        return np.where(inner == -np.inf, -np.inf, np.where(inner == np.inf, np.inf, odds))[()]

    def cdf(self, x):
        return expit(self._odds(x))

    def exceedance(self, x):
        return expit(-self._odds(x))

    def density(self, x):
        t = np.clip(self._odds(x), -700, 700)
        steep = weighted(slopes(t, len(self.coefficients)), self.coefficients)
        if self.bound is not None:
            steep = steep * np.maximum(np.asarray(x, float) - self.bound, 0.0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(steep > 0, expit(t) * expit(-t) / steep, 0.0)[()]

    @cached_property
    def variance(self) -> float:
        if self.between(2) == math.inf:
            return math.inf
        return self._integral(lambda x: (x - self.mean) ** 2, -np.inf, np.inf) + self._far(
            2, np.inf
        )

    def between(self, power, low=-np.inf, high=np.inf):
        a, b = float(self._odds(low)), float(self._odds(high))
        return (
            self._integral(lambda x: x**power, a, b)
            + self._far(power, b)
            - (self._far(power, a) if a > FAR else 0.0)
        )

    def _integral(self, function, a: float, b: float) -> float:
        """∫ function(value) du for log odds from a to b inside ±FAR."""
        a, b = np.clip((a, b), -FAR, FAR)
        if not b > a:
            return 0.0
        edges = np.linspace(a, b, max(2, int(math.ceil(b - a)) + 1))
        middle, half = (edges[1:] + edges[:-1]) / 2, (edges[1:] - edges[:-1]) / 2
        t = middle[:, None] + half[:, None] * NODES
        return float(
            (half[:, None] * WEIGHTS * function(self._value(t)) * expit(t) * expit(-t)).sum()
        )

    def _far(self, power: int, b: float) -> float:
        """E[value^power] for log odds from FAR to b: only a log-metalog has weight there; inf where its moment is infinite."""
        if self.bound is None or power == 0 or b <= FAR:
            return 0.0
        total = 0.0
        for k in range(1, power + 1):
            scale = (
                math.comb(power, k) * self.bound ** (power - k) if self.bound or k == power else 0.0
            )
            level, slope = (
                float(weighted(f(FAR, len(self.coefficients)), self.coefficients))
                for f in (terms, slopes)
            )
            rate = k * slope - 1
            if rate >= 0 and b == np.inf:
                return math.inf
            start = math.exp(min(k * level - FAR, 700.0))
            stretch = (
                -1 / rate
                if b == np.inf
                else (math.expm1(rate * (b - FAR)) / rate if rate else b - FAR)
            )
            total += scale * start * stretch
        return total


def fill(form, kind: str, quantiles, bound) -> None:
    """Check the quantiles of a metalog and set its fields."""
    chances, values = read_quantiles(kind, quantiles)
    if bound is not None and values[0] <= bound:
        raise ScenarioError(
            f"{percent(chances[0])} is {values[0]:g}; all values here must be above {bound:g}."
        )
    forward = (
        (lambda v: np.asarray(v, float))
        if bound is None
        else (lambda v: np.log(np.asarray(v, float) - bound))
    )
    backward = float if bound is None else (lambda v: bound + math.exp(v))
    set_fields(
        form,
        quantiles=tuple(zip(chances.tolist(), values.tolist())),
        coefficients=fit(kind, chances, values, forward, backward),
        bound=bound,
    )
