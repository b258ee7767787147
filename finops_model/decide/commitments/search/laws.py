"""Demand given as a distribution instead of paths: the best level in closed form (docs/method §8.3, §8.5).

One level of demand for the whole term, not known today. Below 0 counts as 0. Also the oracle of the sampled answers.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ....checks import number
from ....errors import PriceError, listing, unknown

FIELDS = {
    "normal": ("mean", "sd"),
    "exponential": ("mean",),
    "lognormal": ("median", "sigma"),
    "gamma": ("shape", "scale"),
    "uniform": ("low", "high"),
    "triangular": ("low", "mode", "high"),
    "weibull": ("shape", "scale"),
    "constant": ("value",),
}
OTHERS = {
    "lognormal": (("mean", "sd"), ("mu", "sigma"), ("mean", "sigma")),
    "gamma": (("mean", "sd"), ("shape", "mean"), ("shape", "rate")),
    "exponential": (("rate",), ("scale",)),
    "uniform": (("min", "max"), ("a", "b")),
}


def law_of(document: Mapping):
    """A frozen scipy distribution from {dist: normal, mean: 100, sd: 20}. Raises PriceError naming what is known."""
    from scipy import stats

    given = dict(document)
    kind = str(given.pop("dist", ""))
    if kind not in FIELDS:
        raise PriceError(unknown("demand", "distribution", kind, FIELDS))
    values = {
        key: number(value, f"demand: {kind}: {key}")
        if not _may_be_negative(kind, key)
        else float(value)
        for key, value in given.items()
    }
    forms = (FIELDS[kind], *OTHERS.get(kind, ()))
    form = next((names for names in forms if set(names) == set(values)), None)
    if form is None:
        raise PriceError(
            f"demand: {kind} is given by {' or '.join(listing(names) for names in forms)}, not by {listing(values)}."
        )
    v = values
    if kind in ("normal", "lognormal", "gamma", "weibull", "exponential"):
        for key in v:
            if key not in ("mean", "mu") or kind == "exponential":
                number(v[key], f"demand: {kind}: {key}", above_zero=True)
    if kind == "normal":
        return stats.norm(v["mean"], v["sd"])
    if kind == "exponential":
        return stats.expon(scale=1 / v["rate"] if "rate" in v else v.get("mean", v.get("scale")))
    if kind == "lognormal":
        if form == ("mean", "sd"):
            sigma = math.sqrt(math.log1p((v["sd"] / v["mean"]) ** 2))
            return stats.lognorm(sigma, scale=v["mean"] * math.exp(-(sigma**2) / 2))
        middle = v.get("median") or (
            math.exp(v["mu"]) if "mu" in v else v["mean"] * math.exp(-(v["sigma"] ** 2) / 2)
        )
        return stats.lognorm(v["sigma"], scale=middle)
    if kind == "gamma":
        if form == ("mean", "sd"):
            return stats.gamma((v["mean"] / v["sd"]) ** 2, scale=v["sd"] ** 2 / v["mean"])
        return stats.gamma(
            v["shape"],
            scale=v["scale"]
            if "scale" in v
            else v["mean"] / v["shape"]
            if "mean" in v
            else 1 / v["rate"],
        )
    if kind == "weibull":
        return stats.weibull_min(v["shape"], scale=v["scale"])
    if kind == "constant":
        return _Constant(v["value"])
    low, high = (v[key] for key in (form[0], form[-1]))
    if high <= low:
        raise PriceError(
            f"demand: {kind}: the highest value {high:g} is not above the lowest {low:g}."
        )
    if kind == "triangular" and not low <= v["mode"] <= high:
        raise PriceError(
            f"demand: triangular: the mode {v['mode']:g} is not between {low:g} and {high:g}."
        )
    return (
        stats.uniform(low, high - low)
        if kind == "uniform"
        else stats.triang((v["mode"] - low) / (high - low), low, high - low)
    )


def _may_be_negative(kind: str, key: str) -> bool:
    return kind == "lognormal" and key == "mu"


class _Constant:
    """All demand at one level."""

    def __init__(self, value: float):
        self.value = value

    def ppf(self, q):
        return np.full(np.shape(q), self.value) if np.ndim(q) else self.value

    def sf(self, x):
        return (np.asarray(x) < self.value) * 1.0


def above(law, level: float) -> float:
    """E[(D − level)⁺], the mean demand above a level ≥ 0: the integral of the survival function."""
    from scipy.integrate import quad

    if isinstance(law, _Constant):
        return max(law.value - level, 0.0)
    points = [
        float(law.ppf(q))
        for q in (0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1 - 1e-4, 1 - 1e-8, 1 - 1e-12, 1 - 1e-16)
    ]
    edges = sorted({level, *(p for p in points if np.isfinite(p) and p > level)})
    total = sum(quad(law.sf, a, b, epsabs=1e-13, epsrel=1e-12)[0] for a, b in zip(edges, edges[1:]))
    return total + (quad(law.sf, edges[-1], np.inf)[0] if law.sf(edges[-1]) > 1e-15 else 0.0)


def best_of_law(
    law, rate: float, on_demand: float, objective: str = "mean", beta: float = 0.9
) -> float:
    """The best level: F⁻¹(d) for the mean, F⁻¹(1 − (1 − d)(1 − β)) for CVaR of cost, F⁻¹(d (1 − β)) for the downside of savings.

    >>> round(best_of_law(law_of({"dist": "normal", "mean": 100, "sd": 20}), 0.7, 1.0), 5)
    89.51199
    """
    rate, on_demand = number(rate, "rate", above_zero=True), number(on_demand, "on_demand")
    if rate >= on_demand:
        return 0.0
    return max(float(law.ppf(fractile(rate, on_demand, objective, beta))), 0.0)


def fractile(rate: float, on_demand: float, objective: str = "mean", beta: float = 0.9) -> float:
    """The share of demand levels that lie below the best one."""
    saved = max(1 - rate / on_demand, 0.0) if on_demand else 0.0
    if objective == "mean" or not saved:
        return saved
    if objective == "cvar":
        return 1 - (1 - saved) * (1 - beta)
    if objective == "waste":
        return saved * (1 - beta)
    raise PriceError("regret has no closed form here; give demand as paths.")


def cost_of_law(law, level: float, rate: float, on_demand: float) -> float:
    """Expected cost per hour at a level: rate × level + on_demand × E[(D − level)⁺]."""
    return rate * level + on_demand * above(law, level)


def cvar_of_law(law, level: float, rate: float, on_demand: float, beta: float) -> float:
    """Mean cost of the worst 1 − beta of futures at a level, one demand level for each future."""
    if beta >= 1:
        return rate * level + on_demand * max(float(law.ppf(1.0)) - level, 0.0)
    bad = max(float(law.ppf(beta)), 0.0)
    return rate * level + on_demand * (
        above(law, max(level, bad)) / (1 - beta) + max(bad - level, 0.0)
    )


def sample_of(law, paths: int = 200_000) -> np.ndarray:
    """Demand of a law on evenly spaced quantiles, (path, 1): stands for it where a closed form is not there."""
    return np.maximum(np.asarray(law.ppf((np.arange(paths) + 0.5) / paths), float), 0.0).reshape(
        -1, 1
    )


def spend_of_laws(
    demands: Mapping[str, object], discounts: Mapping[str, float]
) -> tuple[float, float, float] | None:
    """A spend plan where at most one SKU is random and the others are steady, in closed form: (level, cost per hour, cost on demand).

    demands   SKU -> law or number, on-demand money per hour. None where two or more are random: use paths.
    """
    order = sorted(discounts, key=lambda sku: -discounts[sku])
    random = [
        sku
        for sku in order
        if hasattr(demands[sku], "ppf") and not isinstance(demands[sku], _Constant)
    ]
    if len(random) > 1:
        return None
    law = demands[random[0]] if random else None
    scale, steady, layers = 0.0, 0.0, []  # S_k = steady + scale × X
    for sku in order:
        rate = 1 - discounts[sku]
        if sku in random:
            scale = rate
        else:
            steady += rate * float(getattr(demands[sku], "value", demands[sku]))
        layers.append((1 / rate, steady, scale))
    worth = [worth for worth, _, _ in layers] + [0.0]
    steps = [(worth[k] - worth[k + 1], *layers[k][1:]) for k in range(len(layers))]

    def over(level):
        """P(S > level) of each layer, weighed: what one more unit saves."""
        return sum(
            step * (float(law.sf((level - flat) / wide)) if wide else float(flat > level))
            for step, flat, wide in steps
        )

    def mean_below(flat, wide, level):
        """E min(S, level)."""
        if not wide:
            return min(flat, level)
        return (
            flat
            + wide * above(law, 0.0)
            - (
                wide * above(law, (level - flat) / wide)
                if level > flat
                else flat - level + wide * above(law, 0.0)
            )
        )

    whole = sum(
        above(demands[sku], 0.0)
        if sku in random
        else float(getattr(demands[sku], "value", demands[sku]))
        for sku in demands
    )
    if over(0.0) <= 1 * (1 + 1e-12):
        return 0.0, whole, whole
    top = max(flat + (wide * float(law.ppf(1 - 1e-12)) if wide else 0.0) for _, flat, wide in steps)
    low, high = 0.0, max(top, 1e-300)
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (low, middle) if over(middle) <= 1 + 1e-12 else (middle, high)
    level = next(
        (flat for _, flat, _ in steps if abs(flat - high) <= 1e-9 * max(flat, 1e-300)), high
    )
    return (
        level,
        whole + level - sum(step * mean_below(flat, wide, level) for step, flat, wide in steps),
        whole,
    )
