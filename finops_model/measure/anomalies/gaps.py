"""Days on which a source that reports every day said nothing: "no data" is not zero (docs/method §12.5)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

DENSE, WINDOW = 0.9, 28  # a source reports every day when it did on 90 % of the 28 days before


@dataclass(frozen=True)
class Gap:
    """Missing days of one row of a presence matrix; positions, both included."""

    row: int
    first: int
    last: int
    open: bool  # no data since: the last day is the newest day


def gaps(present: np.ndarray, late_days: int) -> tuple[list[Gap], np.ndarray]:
    """(gaps, unknown): missing runs of sources that reported every day, and which cells are not known rather than zero.

    present    (source, day) bool: a row arrived
    late_days  newest days whose absence is late, not missing: unknown, but no gap yet

    A source that reports now and then (weekdays only, job runs) was not missing: it was not used. Before its first day nothing is missing.

    >>> here = np.ones((1, 40), bool); here[0, 30:32] = here[0, 39:] = False
    >>> runs, unknown = gaps(here, late_days=2)
    >>> runs, np.flatnonzero(unknown).tolist()
    ([Gap(row=0, first=30, last=31, open=False)], [30, 31, 39])
    """
    present = np.atleast_2d(np.asarray(present, bool))
    unknown = np.zeros(present.shape, bool)
    missing = []
    end = present.shape[1]
    for row, here in enumerate(present):
        days = np.flatnonzero(here)
        if not len(days):
            continue
        after = np.append(days[1:], end)
        for last, following in zip(days, after):
            if following - last <= 1:
                continue
            window = here[max(last - WINDOW + 1, 0) : last + 1]
            lost = unknown[row, max(last - WINDOW + 1, 0) : last + 1]
            if len(window) < WINDOW or window[~lost].mean() < DENSE:
                continue
            unknown[row, last + 1 : following] = True
            if following < end or following - last - 1 > late_days:
                missing.append(Gap(row, int(last) + 1, int(following) - 1, bool(following == end)))
    return missing, unknown
