"""Levels, and what several of them are together (docs/method §18.1, §18.2)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from ...settings import Steps

NO_DATA = None
NAMES = ("below crawl", "crawl", "walk", "run")
OVERALL = Fraction(33, 100)  # of the capabilities' levels: two in three are at least there


def name_of(level: int | None) -> str:
    """A level in words.

    >>> name_of(2), name_of(0), name_of(None)
    ('walk', 'below crawl', 'no data')
    """
    return "no data" if level is None else NAMES[level]


def level_of(figure: float | None, steps: Steps) -> int | None:
    """The last step that a figure has reached: 0 none, 1 crawl, 2 walk, 3 run; None where there is no figure.

    >>> shares, misses = Steps(crawl=0.5, walk=0.8, run=0.9), Steps(crawl=0.2, walk=0.15, run=0.12)
    >>> [level_of(x, shares) for x in (0.49, 0.5, 0.89, 0.9, None)], [level_of(x, misses) for x in (0.21, 0.2, 0.13, 0.0)]
    ([0, 1, 2, 3, None], [0, 1, 2, 3])
    """
    if figure is None or not math.isfinite(figure):
        return NO_DATA
    sign = 1 if steps.rising else -1
    return sum(sign * figure >= sign * step for step in (steps.crawl, steps.walk, steps.run))


def overall(levels: Sequence[int | None]) -> int | None:
    """The 33rd percentile of the levels that are known, between neighbours in proportion, rounded down; None where none is known.

    >>> overall([3, 3, 1, None]), overall([0, 3]), overall([None]), overall([2])
    (2, 0, None, 2)
    """
    known = sorted(level for level in levels if level is not None)
    if not known:
        return NO_DATA
    place = OVERALL * (len(known) - 1)
    low = math.floor(place)
    high = min(low + 1, len(known) - 1)
    return math.floor(known[low] + (place - low) * (known[high] - known[low]))
