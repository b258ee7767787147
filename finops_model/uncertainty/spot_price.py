"""Spot prices of a region: rests and moves in runs, bounded by shares of the on-demand price (docs/method §3.29)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.special import ndtr, ndtri

from ..checks import finite, positive, share
from ..errors import ScenarioError, unknown
from .distributions import Distribution
from .uniforms import monthly_uniforms, path_uniforms, span_of


@dataclass(frozen=True)
class Spot:
    """Constants of a region's spot price, by month (risks/gcp_spot.json has measured ones)."""

    after_change: float  # chance of a change in a month that follows a change
    after_rest: float  # … that follows none
    change: Distribution  # of the log price, given that it changes
    low: float = 0.0  # share of the on-demand price that it does not fall below
    high: float = np.inf  # … or rise above
    persistence: float = (
        0.0  # correlation, on the normal scale, of a change with the change before it
    )

    def __post_init__(self):
        share(self.after_change, "spot: after_change")
        share(self.after_rest, "spot: after_rest")
        if not 0 <= finite(self.persistence, "spot: persistence") < 1:
            raise ScenarioError(
                f"spot: persistence is {self.persistence:g}; it must be from 0 to below 1."
            )
        if not 0 <= self.low < self.high:
            raise ScenarioError(
                f"spot: low {self.low:g}, high {self.high:g}: shares of the on-demand price, low below high."
            )

    @property
    def change_share(self) -> float:
        """Share of the months in which the price changes, in the long run."""
        a, b = self.after_rest, self.after_change
        if a == 0 and b == 1:
            raise ScenarioError(
                "spot: after_rest 0 and after_change 1: what rests stays and what moves goes on, for ever, so there is no long "
                "run. Say which it is: moving, yes or no."
            )
        return a / (1 - b + a)


@dataclass(frozen=True)
class Steps(Distribution):
    """A distribution given by knots of its quantile function, straight lines between them."""

    knots: tuple[tuple[float, float], ...]

    def quantile(self, u):
        p, v = np.array(self.knots).T
        return np.interp(u, p, v)

    def cdf(self, x):
        p, v = np.array(self.knots).T
        return np.interp(x, v, p)

    def density(self, x):
        p, v = np.array(self.knots).T
        with np.errstate(divide="ignore", invalid="ignore"):
            slopes = np.where(np.diff(v) > 0, np.diff(p) / np.diff(v), 0.0)
        piece = np.clip(np.searchsorted(v, x, side="right") - 1, 0, len(slopes) - 1)
        return np.where((np.asarray(x) >= v[0]) & (np.asarray(x) < v[-1]), slopes[piece], 0.0)

    def between(self, power, low=-np.inf, high=np.inf):
        total = 0.0
        for (p0, v0), (p1, v1) in zip(self.knots, self.knots[1:]):
            a, b = max(low, v0), min(high, v1)
            if v1 > v0 and b > a:
                total += (p1 - p0) / (v1 - v0) * (b ** (power + 1) - a ** (power + 1)) / (power + 1)
            elif v1 == v0 and low < v0 <= high:
                total += (p1 - p0) * v0**power
        return total

    def exponential_moment(self, power: float) -> float:
        """E[exp(power · X)]."""
        total = 0.0
        for (p0, v0), (p1, v1) in zip(self.knots, self.knots[1:]):
            width = power * (v1 - v0)
            total += (p1 - p0) * np.exp(power * v0) * (np.expm1(width) / width if width else 1.0)
        return float(total)


def read_spot(path, kind: str = "pooled") -> Spot:
    """Measured constants by instance type, or pooled. Raises ScenarioError with the nearest type."""
    models = json.loads(Path(path).read_text(encoding="utf-8"))["models"]
    if kind not in models:
        raise ScenarioError(unknown(str(path), "spot model", kind, models))
    own = models[kind]
    bounds = own["ratio_to_on_demand"]
    return Spot(
        own["p_change_after_change"],
        own["p_change_after_rest"],
        Steps(tuple((float(p), float(v)) for p, v in own["change_quantiles"])),
        bounds["low"],
        bounds["high"],
        own["persistence"],
    )


def spot(
    seed: int,
    name: str,
    paths: int | range,
    months: int,
    model: Spot,
    start: float,
    moving: bool | None = None,
) -> np.ndarray:
    """Spot price ÷ on-demand price, (path, month), of one region; name it by region, so that regions are drawn apart.

    start    today's ratio;  moving  whether the price changed last month; None: as often as in the long run
    A step that would leave low … high ends on the bound.
    """
    start = positive(start, "spot: start")
    if not model.low <= start <= model.high:
        raise ScenarioError(
            f"spot: start is {start:g} of the on-demand price; the model holds from {model.low:g} to {model.high:g}."
        )
    count = len(span_of(paths))
    change = monthly_uniforms(seed, f"{name}/change", paths, months)
    drawn = monthly_uniforms(seed, f"{name}/size", paths, months)
    keep, score = model.persistence, ndtri(path_uniforms(seed, f"{name}/last", paths))
    before = (
        path_uniforms(seed, f"{name}/start", paths) < model.change_share
        if moving is None
        else np.full(count, bool(moving))
    )
    level, logs = np.full(count, np.log(start)), np.empty((count, months))
    low, high = (np.log(v) if v > 0 else -np.inf for v in (model.low, model.high))
    for m in range(months):
        before = change[:, m] < np.where(before, model.after_change, model.after_rest)
        if keep:
            score = np.where(
                before, keep * score + np.sqrt(1 - keep * keep) * ndtri(drawn[:, m]), score
            )
        size = model.change.quantile(ndtr(score) if keep else drawn[:, m])
        level = np.where(before, np.clip(level + size, low, high), level)
        logs[:, m] = level
    return np.exp(logs)
