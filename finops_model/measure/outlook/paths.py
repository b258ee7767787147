"""Ratios of path, month and group with their quantiles, and counts tied to costs as the record ties them (docs/method §16.51 to §16.53)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from ...streams import uniforms

QUANTILES = (0.1, 0.5, 0.9)
FEWEST_MONTHS = 6  # pairs of months from which a record ties cost and count
WORTH = 6.0  # months that no tie counts as


@dataclass(frozen=True, kw_only=True)
class Ratios:
    """A ratio by month and group: quantiles over paths, and the ratio of the means; nan where it has none."""

    quantiles: np.ndarray  # (quantile, month, group)
    expected: np.ndarray  # (month, group): mean numerator ÷ mean denominator
    without: (
        np.ndarray
    )  # (month, group): paths whose denominator is 0 or below, so that there is no ratio


def ratios(
    numerator: np.ndarray, denominator: np.ndarray, q: Sequence[float] = QUANTILES
) -> Ratios:
    """Quantiles over paths of numerator ÷ denominator, both (path, month, group), month by month: no second cube is made.

    Where any path has a denominator of 0 or below, the month and group have no ratio: a quantile of the others would be one
    of futures that were chosen.

    >>> cost, count = np.array([[[2.0]], [[6.0]]]), np.array([[[1.0]], [[2.0]]])
    >>> ratios(cost, count, (0.5,)).quantiles.item(), round(ratios(cost, count).expected.item(), 4)
    (2.5, 2.6667)
    """
    paths, months, groups = numerator.shape
    values = np.full((len(q), months, groups), np.nan)
    expected, without = np.full((months, groups), np.nan), np.zeros((months, groups), int)
    each = np.empty((groups, paths))
    for m in range(months):
        above, below = numerator[:, m, :], denominator[:, m, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            np.copyto(
                each, (above / below).T
            )  # a division along the grain, then turned: a third of the time
        without[m] = (below <= 0).sum(axis=0)
        known = without[m] == 0
        if not known.any():
            continue
        own = each if known.all() else each[known]
        values[:, m, known] = np.quantile(own, q, axis=1, overwrite_input=True)
        expected[m, known] = above.mean(axis=0)[known] / below.mean(axis=0)[known]
    return Ratios(quantiles=values, expected=expected, without=without)


def tie_of(volume: Sequence[float], count: Sequence[float]) -> tuple[float, int]:
    """How the use behind a cost and a count moved together from month to month: correlation drawn towards 0, and of how many months.

    volume, count   of the same months in their order, whole ones; months in which either is 0 or below are left out
    The correlation of their log changes × n ÷ (n + WORTH); 0 where there are fewer than FEWEST_MONTHS.

    >>> round(tie_of([1, 2, 3, 5, 4, 6, 9, 8], [2, 4, 6, 10, 8, 12, 18, 16])[0], 4)
    0.5385
    """
    pairs = [(float(v), float(c)) for v, c in zip(volume, count, strict=True) if v > 0 and c > 0]
    n = len(pairs) - 1
    if n < FEWEST_MONTHS:
        return 0.0, max(n, 0)
    moved = np.diff(np.log(np.array(pairs)), axis=0)
    spread = moved.std(axis=0)
    if (spread < 1e-12).any():
        return 0.0, n
    rho = float(np.corrcoef(moved.T)[0, 1])
    return rho * n / (n + WORTH), n


def tied(count: np.ndarray, cost: np.ndarray, rho: float, seed: int, name: str) -> np.ndarray:
    """Paths of a count in the order that goes with paths of a cost: both (path, month); each count path stays whole.

    Paths are ranked by their totals; the ranks have a normal copula of correlation rho. Which count goes with which cost is all that changes:
    quantiles of the count are what they were.

    >>> cost = np.array([[1.0], [2.0], [3.0]])
    >>> tied(np.array([[9.0], [7.0], [8.0]]), cost, 1.0, 1, "chats").ravel().tolist()
    [7.0, 8.0, 9.0]
    """
    paths = len(cost)
    normal = ndtri((_ranks(cost.sum(axis=1)) + 0.5) / paths)
    own = ndtri(uniforms(seed, f"kpi/{name}", paths))
    wanted = _ranks(rho * normal + np.sqrt(1.0 - rho * rho) * own)
    return count[np.argsort(count.sum(axis=1), kind="stable")][wanted]


def _ranks(values: np.ndarray) -> np.ndarray:
    return np.argsort(np.argsort(values, kind="stable"), kind="stable")
