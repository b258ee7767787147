"""The level of an on-and-off workload: its newest weeks' mean, or a method of the shelf that did better before (docs/method §2.17).

Whole weeks drawn again keep giving the shape of a week and the spread; a method only raises or lowers them.
"""

from __future__ import annotations

import numpy as np

from .methods import pick, shelf
from .widths import error_paths

BLOCKS = "weekly_blocks"
MONTH = 30  # a level is held against the total of so many days
CUTOFFS, FEWEST = 8, 4  # earlier days it is graded from: at most, at least
TRAIN = 56  # days known at the earliest of them
BETTER = (
    0.9  # the weeks' mean is kept unless a method missed less than this share of what it missed
)


def level(values: np.ndarray, methods=None) -> tuple[float, str]:
    """What the newest weeks' mean is multiplied by, and whose level that is.

    methods   None or "cheap": the newest weeks' mean itself; "all": the method that did clearly better on earlier days, if there is one; a list or one name:
              of its methods for such demand the one that did best, too short to grade: the first by the alphabet (none: the weeks' mean)

    >>> level(np.tile([0., 0, 4, 0, 0, 0, 0, 0, 0, 0], 20))
    (1.0, 'weekly_blocks')
    """
    asked = methods not in (None, "cheap", "all")
    names = sorted(  # whatever the order of a caller's list: of equals the first by the alphabet
        name
        for name in pick(methods, use="intermittent")
        if getattr(shelf()[name], "FOR", "steady") == "intermittent"
    )
    weeks = float(error_paths.expected_weeks(values, 7).mean())
    if methods in (None, "cheap") or not names or weeks <= 0:
        return 1.0, BLOCKS
    missed = misses(values, [BLOCKS, *names])
    best = 1 + int(np.argmin(missed[1:])) if missed is not None else 1
    if not asked and (missed is None or missed[best] >= BETTER * missed[0]):
        return 1.0, BLOCKS
    chosen = names[best - 1]
    return level_of(chosen, values) / weeks, chosen


def level_of(name: str, values: np.ndarray) -> float:
    """Expected amount of a day."""
    return float(
        (
            error_paths.expected_weeks(values, 7)
            if name == BLOCKS
            else shelf()[name].point(values, None, 1)
        ).mean()
    )


def misses(values, names):
    """Root mean square miss of a month's total from earlier days on (name,); None where there are too few of them."""
    cutoffs = list(range(len(values) - MONTH, TRAIN - 1, -MONTH))[:CUTOFFS]
    if len(cutoffs) < FEWEST:
        return None
    missed = [
        [values[o : o + MONTH].sum() - MONTH * level_of(name, values[:o]) for o in cutoffs]
        for name in names
    ]
    return np.sqrt(np.mean(np.square(missed), axis=1))
