"""Parts of a total at a level: each alone, together, what keeping them together saves, and who carries it (docs/method §8.71, §8.72)."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ... import streams
from ...errors import InputError
from ...uncertainty import answers, chances
from ...uncertainty.chances import Estimate

LEAST = 500  # futures from which a share at three ranks is said
BESIDE = 1  # ranks in percent on both sides of the level
AGAIN = 100  # times that the paths are drawn again of themselves, for standard errors
NEAR = 2.0  # by which factor shares are scaled at most, up or down


@dataclass(frozen=True, kw_only=True)
class Portfolio:
    """Parts (part,) of one total at a level, money."""

    level: float  # percent
    whole: Estimate  # quantile of the total
    mean: float
    alone: np.ndarray  # (part,) quantile of each part by itself
    means: np.ndarray  # (part,)
    diversification: float  # sum of `alone` − `whole`
    diversification_error: float
    shares: np.ndarray  # (part,) of whole − mean
    errors: np.ndarray  # (part,) standard error of each share
    left: float  # of whole − mean, what is given to no part
    ranks: int  # futures at the ranks around the level
    paths: int


def check_level(level: float, option: str = "--level") -> float:
    """A level in percent. Raises InputError outside 50 to 99."""
    if not 50 <= level <= 99:
        meant = f" Did you mean {100 * level:g}?" if 0.5 <= level <= 0.99 else ""
        raise InputError(
            f"{option} {level:g}: a level is a percentage from 50 to 99: in 80, 8 of 10 futures stay under the amount.{meant}"
        )
    return float(level)


def around(total: np.ndarray, level: float) -> np.ndarray:
    """Positions of the futures whose rank lies within 1 % of the level, by their total.

    >>> len(around(np.arange(1000.0), 80)), float(np.arange(1000.0)[around(np.arange(1000.0), 80)].mean())
    (20, 799.5)
    """
    count = len(total)
    first = math.floor(count * (level - BESIDE) / 100 + 1e-9)
    last = math.ceil(count * (level + BESIDE) / 100 - 1e-9)
    return np.argsort(total, kind="stable")[first:last]


def _shares(parts: np.ndarray, level: float) -> tuple[np.ndarray, float]:
    """Shares (part,) of quantile − mean, and what of it no part has.

    E[part | total near the level] − mean, times one factor so that they add up. Where the level lies at the mean the factor says
    nothing: shares stay as they are, and the difference is told.
    """
    total = parts.sum(axis=1)
    target = float(np.quantile(total, level / 100) - total.mean())
    raw = parts[around(total, level)].mean(axis=0) - parts.mean(axis=0)
    sum_of = float(raw.sum())
    if chances.without_width(total):
        return np.zeros(parts.shape[1]), target
    factor = target / sum_of if sum_of else math.inf
    if not 1 / NEAR <= factor <= NEAR:
        return raw, target - sum_of
    return raw * factor, 0.0


def portfolio(parts, level: float = 80) -> Portfolio:
    """The parts of a total, path by path.

    parts   (path, part) money, at least 500 paths
    level   percent: 80

    Standard errors by the bootstrap: all of it again on paths drawn of these paths, so that the level, the ranks, the means and the
    scaling count. The same paths give the same errors.

    >>> a = np.arange(1000.0)
    >>> found = portfolio(np.stack([a, a[::-1]], axis=1))  # one is what the other is not
    >>> float(found.whole.value), round(found.diversification), found.shares.tolist()
    (999.0, 599, [0.0, 0.0])
    """
    values = np.asarray(parts, float)
    check_level(level)
    if len(values) < LEAST:
        raise InputError(
            f"{len(values)} futures are too few for a share at ranks {level - BESIDE:g} to {level + BESIDE:g}: take {LEAST} or more."
        )
    total, q = values.sum(axis=1), level / 100
    alone = np.quantile(values, q, axis=0)
    whole = _quantile(total, q)
    shares, left = _shares(values, level)
    draw = streams.generator(0, "portfolio")
    again = [
        _again(values[draw.integers(0, len(values), len(values))], level) for _ in range(AGAIN)
    ]
    apart = np.std([moved for moved, _ in again], ddof=1)
    errors = np.std(np.stack([own for _, own in again]), axis=0, ddof=1)
    return Portfolio(
        level=float(level),
        whole=whole,
        mean=float(total.mean()),
        alone=alone,
        means=values.mean(axis=0),
        diversification=float(alone.sum() - whole.value),
        diversification_error=float(apart),
        shares=shares,
        errors=errors,
        left=float(left),
        ranks=len(around(total, level)),
        paths=len(values),
    )


def _quantile(total: np.ndarray, q: float) -> Estimate:
    if chances.without_width(total):
        value = float(np.quantile(total, q))
        return Estimate(value, 0.0, value, value, len(total))
    return answers.quantile(total, q)


def _again(values: np.ndarray, level: float) -> tuple[float, np.ndarray]:
    q = level / 100
    apart = np.quantile(values, q, axis=0).sum() - np.quantile(values.sum(axis=1), q)
    return float(apart), _shares(values, level)[0]


__all__ = ["BESIDE", "LEAST", "Portfolio", "around", "check_level", "portfolio"]
