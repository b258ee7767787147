"""From days to hours: the day's usage spread by each workload's hour-of-week shape (docs/method §5.4). numpy only."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from ...checks import quantities
from ...errors import PriceError

HOURS = 24


def days_of(month: str) -> np.ndarray:
    """The days of a month YYYY-MM, datetime64[D]."""
    start = np.datetime64(month, "M")
    return np.arange(start.astype("datetime64[D]"), (start + 1).astype("datetime64[D]"))


def weekday_of(dates) -> np.ndarray:
    """Weekday of each day, 0 = Monday (1970-01-01 was a Thursday).

    >>> weekday_of(np.array(["2026-11-24"], "datetime64[D]"))
    array([1])
    """
    return (np.asarray(dates, dtype="datetime64[D]").astype(np.int64) + 3) % 7


def day_shapes(shapes) -> np.ndarray:
    """Hour shapes made to share out a day: (workload, 7, 24), each day's 24 numbers add up to 1.

    shapes   (workload, 168) from Monday 00:00, or (workload, 24) for every day alike; any scale, >= 0

    The level of a day comes from its daily usage; a shape only says how it lies within the day. A day of zeros is flat.
    """
    shapes = np.atleast_2d(quantities("shape", shapes))
    if shapes.shape[-1] not in (HOURS, 7 * HOURS):
        raise PriceError(
            f"a shape has {shapes.shape[-1]} hours; give 168 (from Monday 00:00) or 24 for each workload."
        )
    if shapes.shape[-1] == HOURS:
        shapes = np.tile(shapes, (1, 7))
    shapes = shapes.reshape(len(shapes), 7, HOURS)
    total = shapes.sum(axis=-1, keepdims=True)
    return np.where(total > 0, shapes / np.where(total > 0, total, 1.0), 1.0 / HOURS)


def hourly(usage_by_day, shapes, first_weekday: int) -> np.ndarray:
    """Pooled usage hour by hour: day usage x hour shape, summed over workloads.

    usage_by_day   (path, day, workload) units per day
    shapes         (workload, 168) or (workload, 24), see day_shapes
    first_weekday  weekday of the first day, 0 = Monday

    Returns (path, day, 24) units per hour; the 24 hours of a day add up to its usage. One matmul per weekday, so nothing
    of size path x day x workload x hour is ever made. For many paths use settle_days, which works in blocks.

    >>> hourly(np.full((1, 1, 2), 24.0), np.ones((2, 168)), 0)[0, 0, :3]
    array([2., 2., 2.])
    """
    usage = np.asarray(usage_by_day, dtype=float)
    shares = day_shapes(shapes)
    if usage.ndim != 3 or usage.shape[2] != len(shares):
        raise PriceError(
            f"usage has shape {usage.shape} and there are {len(shares)} shapes; "
            "usage must be (path, day, workload) with one shape for each workload."
        )
    pooled = np.empty((usage.shape[0], usage.shape[1], HOURS))
    for weekday in range(7):
        first = (weekday - first_weekday) % 7
        pooled[:, first::7] = usage[:, first::7] @ shares[:, weekday]
    return pooled


def blocks(
    usage_by_day, shapes, first_weekday: int, block: int = 256
) -> Iterator[tuple[slice, np.ndarray]]:
    """Hourly pooled usage in blocks of paths: (paths of the block, (path, day, 24)). Bounded memory, fixed order."""
    for start in range(0, len(usage_by_day), block):
        paths = slice(start, min(start + block, len(usage_by_day)))
        yield paths, hourly(usage_by_day[paths], shapes, first_weekday)
