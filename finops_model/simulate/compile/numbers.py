"""Hourly instruments compiled to piecewise-linear tables of a day's level (docs/method §3.14).

used_i(u) = min((u − what the instruments before it cover)·share_i, quantity_i) is piecewise linear in the hour's usage u, as the settlement
has it (§5.10); a day is the sum over its hours of used_i(level × share of the hour), piecewise linear in the day's level. So the table is exact, and one
step per day settles what a loop over 24 hours would.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

Piece = tuple[float, float, np.ndarray, np.ndarray]  # base, slope at 0, knots, bends
SMALL = 1e-12
FAR = 1e150  # no hour uses as much: a share next to nothing is never full (and a knot that far overflows)


def evaluate(piece: Piece, level) -> np.ndarray:
    """Value of a piece at any level, same shape.

    >>> evaluate(hour_pieces([(1.0, 8.0)])[0], np.array([0.0, 5.0, 12.0]))
    array([0., 5., 8.])
    """
    level = np.asarray(level, float)
    base, slope, knots, bends = piece
    return base + slope * level + (np.maximum(level[..., None] - knots, 0.0) * bends).sum(axis=-1)


def hour_pieces(instruments: Sequence[tuple[float, float]]) -> list[Piece]:
    """Units used of each instrument as a function of an hour's usage; instruments (eligible share, quantity) in their order.

    >>> first, second = hour_pieces([(1.0, 10.0), (0.5, 5.0)])
    >>> [float(evaluate(one, 16.0)) for one in (first, second)]
    [10.0, 3.0]
    """
    breaks, covered, end = (
        np.zeros(1),
        np.zeros(1),
        0.0,
    )  # what is covered so far, straight between breaks
    pieces = []
    for share, quantity in instruments:
        open_ = share * (breaks - covered)  # what this one may still cover
        rest = share * (1 - end)
        slope = (
            np.append(np.diff(open_) / np.diff(breaks), rest)
            if len(breaks) > 1
            else np.array([rest])
        )
        points = [breaks]
        for target in (0.0, quantity):  # where it begins, and where it is full
            with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
                crossing = breaks + (target - open_) / slope
            right = np.append(breaks[1:], np.inf)
            points.append(crossing[(crossing < FAR) & (crossing > breaks) & (crossing < right)])
        points = np.unique(np.concatenate(points))
        before = np.interp(points, breaks, covered) + np.maximum(points - breaks[-1], 0.0) * end
        used = np.clip(share * (points - before), 0.0, quantity)
        beyond = points[-1] + max(points[-1], 1.0)
        after = np.interp(beyond, breaks, covered) + (beyond - breaks[-1]) * end
        last = (np.clip(share * (beyond - after), 0.0, quantity) - used[-1]) / (beyond - points[-1])
        pieces.append(_piece(points, used, last))
        breaks, covered, end = points, before + used, end + last
    return pieces


def _piece(points, values, last: float) -> Piece:
    slopes = np.append(np.diff(values) / np.diff(points), last)
    bends = np.diff(slopes)
    keep = np.abs(bends) > SMALL
    return float(values[0]), float(slopes[0]), points[1:][keep], bends[keep]


def day_piece(piece: Piece, shares: np.ndarray | None) -> Piece:
    """The same function summed over the 24 hours of a day, of the day's level; shares (24,) add up to 1, None: all alike.

    >>> flat = day_piece(hour_pieces([(1.0, 2.0)])[0], None)
    >>> round(float(evaluate(flat, 100.0)), 9), round(float(evaluate(flat, 24.0)), 9)
    (48.0, 24.0)
    """
    base, slope, knots, bends = piece
    shares = np.full(24, 1 / 24) if shares is None else np.asarray(shares, float)
    on = shares[shares > 0]
    with np.errstate(over="ignore"):
        at = (knots[None] / on[:, None]).ravel()
    weight = (bends[None] * on[:, None]).ravel()
    at, weight = (
        at[np.isfinite(at)],
        weight[np.isfinite(at)],
    )  # an hour with next to nothing never fills an instrument
    order = np.argsort(at, kind="stable")
    at, weight = at[order], weight[order]
    if len(at):  # hours that are alike share a knot
        new = np.append(True, np.diff(at) > SMALL * np.maximum(at[1:], 1.0))
        at, weight = at[new], np.add.reduceat(weight, np.flatnonzero(new))
    return 24 * base, slope * float(shares.sum()), at, weight


def above(level: float, share: float) -> Piece:
    """Units of an hour's eligible usage above a level: max(u·share − level, 0)."""
    if share == 0:
        return 0.0, 0.0, np.empty(0), np.empty(0)
    return 0.0, 0.0, np.array([level / share]), np.array([share])


def nothing() -> Piece:
    return 0.0, 0.0, np.empty(0), np.empty(0)
