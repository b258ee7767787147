"""Storage is a stock: what is left of yesterday, plus what comes, minus what goes; charged on its average (docs/method §5.37).

Stocks without ages here; storage classes, lifecycle rules and early deletion by age: lifecycle.py. Quantities are in one unit
throughout (GB or GiB, as the price means it: units.convert). numpy only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError
from ..transforms._checks import days_in, together

WHEN = {
    "start": 1.0,
    "even": 0.5,
    "end": 0.0,
}  # share of the period that what moves within it is kept


@dataclass(frozen=True)
class Stock:
    """A stock by period, each (..., period): opening + inflow - outflow = closing, and closing is the next opening."""

    opening: np.ndarray
    inflow: np.ndarray
    outflow: np.ndarray
    closing: np.ndarray
    average: (
        np.ndarray
    )  # what a price per unit and period multiplies: GB-months where the periods are months


def roll(opening, ingest, deleted=0.0, moved_in=0.0, moved_out=0.0, when: str = "even") -> Stock:
    """The stock of each period from what moves in it.

    opening     units before the first period, number or (...)
    ingest, deleted, moved_in, moved_out   units in each period, (..., period) or a number, >= 0
    when        start, even or end of the period: when what moves, moves. Even is a straight line from opening to closing

    Raises PriceError where a stock would fall below 0, with the first place where it does.

    >>> stock = roll(100, ingest=[50, 0], deleted=[0, 30])
    >>> stock.closing, stock.average
    (array([150., 120.]), array([125., 135.]))
    """
    if when not in WHEN:
        raise PriceError(f"storage: when is '{str(when)[:40]}'; it must be start, even or end.")
    names = ("ingest", "deleted", "moved_in", "moved_out")
    given = (ingest, deleted, moved_in, moved_out)
    flows = [
        np.atleast_1d(quantities(f"storage: {name}", value)) for name, value in zip(names, given)
    ]
    opening = quantities("storage: opening", opening)[..., None]
    opening, *flows = together("storage", opening=opening, **dict(zip(names, flows)))
    inflow, outflow = flows[0] + flows[2], flows[1] + flows[3]
    closing = opening + np.cumsum(inflow - outflow, axis=-1)
    scale = opening + np.cumsum(inflow, axis=-1)
    if closing.size and (closing < -1e-12 * scale).any():
        first = tuple(int(i) for i in np.argwhere(closing < -1e-12 * scale)[0])
        raise PriceError(
            f"storage: the stock falls to {closing[first]:g} at position {first}; more is deleted or moved out "
            "than is there."
        )
    closing = np.maximum(closing, 0.0)
    start = np.concatenate([opening[..., :1], closing[..., :-1]], axis=-1)
    share = WHEN[when]
    return Stock(start, inflow, outflow, closing, share * closing + (1 - share) * start)


def sum_by_month(values, dates) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
    """Daily values added up by month: the months, (..., month) sums, and the true number of days of each (also of a part of one).

    values   (..., day) >= 0; dates (day,) consecutive days
    """
    values, dates = quantities("storage", values), np.asarray(dates, dtype="datetime64[D]")
    fits = values.ndim and dates.ndim == 1 and len(dates) and values.shape[-1] == len(dates)
    if not fits or (np.diff(dates).astype(int) != 1).any():
        raise PriceError(
            f"storage: the stock has shape {values.shape} and there are {dates.size} dates; give (..., day) and the "
            "days, one after the other."
        )
    months, starts = np.unique(dates.astype("datetime64[M]"), return_index=True)
    length = np.array([days_in(str(month), "storage") for month in months])
    return tuple(str(month) for month in months), np.add.reduceat(values, starts, axis=-1), length


def average_by_month(stock, dates) -> tuple[tuple[str, ...], np.ndarray]:
    """Unit-months from a stock of each day: the sum over the days of a month over its true number of days.

    stock   (..., day) units kept on each day; dates (day,) consecutive days. A month that is not there as a whole counts its days
            only, as a bill does

    Returns the months and (..., month).

    >>> days = np.arange(np.datetime64("2026-02-01"), np.datetime64("2026-03-02"))
    >>> average_by_month(np.full(29, 28.0), days)
    (('2026-02', '2026-03'), array([28.        ,  0.90322581]))
    """
    months, total, length = sum_by_month(stock, dates)
    return months, total / length


def copies(units, replicas: float = 1.0, snapshots: float = 0.0, changed: float = 0.0):
    """Units billed for something kept in several copies: replicas of the whole, and snapshots of which the first is whole and each
    further one holds the share that changed since.

    replicas    whole copies, the original included (3 where three zones are billed; 1 where the price covers them)
    snapshots   snapshots kept, 0 or more; changed   share of the units that changes from one to the next, 0..1

    >>> copies(1000, replicas=2, snapshots=8, changed=0.05)
    np.float64(3350.0)
    """
    units = quantities("storage", units)
    replicas, snapshots = (
        number(replicas, "storage: replicas"),
        number(snapshots, "storage: snapshots"),
    )
    changed = number(changed, "storage: changed")
    if changed > 1:
        raise PriceError(f"storage: changed is {changed:g}; it must be a share from 0 to 1.")
    kept = min(snapshots, 1.0) + max(snapshots - 1.0, 0.0) * changed
    return (units * (replicas + kept))[()]
