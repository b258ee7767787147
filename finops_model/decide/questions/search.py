"""The smallest sets of decisions that bring a total under a budget at a level, on common draws (docs/method §8.76, §8.77)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np

LARGEST = 3  # decisions of a set
MOST = 8  # decisions that sets are made of; of more, those that alone bring the total lowest

Members = tuple[int, ...]
Totals = Callable[[Members, int], "np.ndarray | str"]  # (path,), or why they cannot be taken


@dataclass(frozen=True)
class Tried:
    """A set of decisions and its total on every path."""

    members: Members
    totals: np.ndarray

    def at(self, level: float) -> float:
        return float(np.quantile(self.totals, level / 100))


@dataclass(frozen=True)
class Found:
    """What came of a search; `tried` by size, then by what the total is at the level."""

    tried: tuple[Tried, ...]
    size: int | None  # of the smallest sets that reach; None: none does
    refused: Mapping[Members, str]
    left: tuple[int, ...]  # decisions that no set of several was made of

    def reaching(self, budget: float, level: float) -> list[Tried]:
        """The sets of the smallest size that bring the level to the budget or under it, the lowest first."""
        return [
            one for one in self.tried if len(one.members) == self.size and one.at(level) <= budget
        ]


def search(count: int, totals_of: Totals, budget: float, level: float = 80) -> Found:
    """The sets of one, two, then three of `count` decisions, until a size has one that reaches; of more than three, then all at once.

    totals_of   (members, months later) -> total by path, all on the same draws: the joint effect, never a sum of single ones

    >>> base, less = np.full(100, 10.0), (1.0, 2.0, 3.0)
    >>> found = search(3, lambda who, later: base - sum(less[i] for i in who), budget=5.0)
    >>> found.size, [one.members for one in found.reaching(5.0, 80)]
    (2, [(1, 2)])
    """
    tried: list[Tried] = []
    refused: dict[Members, str] = {}
    left: tuple[int, ...] = ()
    pool = list(range(count))
    for size in range(1, min(LARGEST, count) + 1):
        if size == 2 and count > MOST:
            alone = sorted(tried, key=lambda one: one.at(level))[:MOST]
            pool = sorted(one.members[0] for one in alone)
            left = tuple(i for i in range(count) if i not in pool)
        if _size(pool, size, totals_of, tried, refused, budget, level):
            return _found(tried, size, refused, left, level)
    if len(pool) > LARGEST:
        _size(pool, len(pool), totals_of, tried, refused, budget, level)
        if tried and tried[-1].members == tuple(pool) and tried[-1].at(level) <= budget:
            return _found(tried, len(pool), refused, left, level)
    return _found(tried, None, refused, left, level)


def _size(pool, size, totals_of, tried, refused, budget, level) -> bool:
    """Try all sets of a size; whether one reaches. A set that holds one that is refused is not tried."""
    reached = False
    for members in combinations(pool, size):
        if any(set(one) <= set(members) for one in refused):
            continue
        totals = totals_of(members, 0)
        if isinstance(totals, str):
            refused[members] = totals
            continue
        tried.append(Tried(members, totals))
        reached |= tried[-1].at(level) <= budget
    return reached


def _found(tried, size, refused, left, level) -> Found:
    order = sorted(tried, key=lambda one: (len(one.members), one.at(level), one.members))
    return Found(tuple(order), size, refused, left)


def later(
    members: Members,
    totals_of: Totals,
    most: int,
    *,
    budget: float | None = None,
    level: float = 80,
) -> list[np.ndarray] | str:
    """Totals of a set begun one, two … `most` months later; with a budget, up to the first that no longer reaches it. Text: it cannot be moved."""
    found: list[np.ndarray] = []
    for delay in range(1, most + 1):
        totals = totals_of(members, delay)
        if isinstance(totals, str):
            return totals if delay == 1 else found
        found.append(totals)
        if budget is not None and np.quantile(totals, level / 100) > budget:
            break
    return found


__all__ = ["LARGEST", "MOST", "Found", "Tried", "later", "search"]
