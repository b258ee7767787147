"""What every instrument gives back, and how a capacity is handed out in an order (docs/method §5.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown

WINDOWS = ("period", "month", "term")


@dataclass(frozen=True)
class Allocation:
    """What one instrument did with the usage it was offered.

    used + unused = purchased in every window; amount summed over the SKUs and periods of a window is used.
    """

    covered: np.ndarray  # (..., period, sku) units of usage it covers
    amount: (
        np.ndarray
    )  # (..., period, sku) the same in the instrument's own unit (normalised units, or money)
    used: np.ndarray  # (..., window) its own unit
    unused: np.ndarray  # (..., window) paid for and not used
    purchased: np.ndarray  # (window,)
    price: float  # money of one of its own units (EffectiveCost of what it covers)
    fee: np.ndarray  # (window,) effective money, due whether used or not: purchased x price where anything is purchased
    window_of: np.ndarray  # (period,) position of each period's window
    blocked: np.ndarray | None = (
        None  # (..., period, sku) units refused instead of spilled; None: nothing is refused
    )


def hand_out(wanted: np.ndarray, capacity: np.ndarray, order, window_of: np.ndarray | None = None):
    """A capacity handed out first come, first served: by period, within a period by SKU in `order`.

    wanted     (..., period, sku) in the instrument's unit, >= 0
    capacity   (window,) units of each window
    order      (rank,) SKU positions, or (..., period, rank) where it differs from cell to cell
    window_of  (period,) window of each period, in time order; None: each period is its own window

    Returns (taken (..., period, sku), left (..., window)).

    >>> taken, left = hand_out(np.array([[5.0, 3.0]]), np.array([6.0]), [1, 0])
    >>> taken, left
    (array([[3., 3.]]), array([0.]))
    """
    order = np.asarray(order)
    taken = np.zeros_like(wanted)
    if window_of is None:
        left = np.broadcast_to(capacity, wanted.shape[:-1]).copy()
        if order.ndim == 1:
            for s in order:
                np.minimum(wanted[..., s], left, out=taken[..., s])
                left -= taken[..., s]
            return taken, left
        for rank in range(order.shape[-1]):
            at = order[..., rank, None]
            part = np.minimum(np.take_along_axis(wanted, at, -1), left[..., None])
            np.put_along_axis(taken, at, part, -1)
            left -= part[..., 0]
        return taken, left
    left = np.broadcast_to(capacity, (*wanted.shape[:-2], len(capacity))).copy()
    for period, window in enumerate(window_of):  # a window's quota is used up in time order
        row = order if order.ndim == 1 else order[..., period, :]
        part, rest = hand_out(wanted[..., period, :], left[..., window], row)
        taken[..., period, :], left[..., window] = part, rest
    return taken, left


def sizes_of(what: str, skus) -> dict[str, float]:
    """Eligible SKUs with the instrument's units that one unit of each takes: a mapping, or a list (1 each)."""
    if isinstance(skus, str) or not isinstance(skus, (Mapping, list, tuple)) or not skus:
        raise PriceError(
            f"{what}: skus is {str(skus)[:60]}; give the SKUs it covers, as a list or with the units each takes."
        )
    if not isinstance(skus, Mapping):
        skus = dict.fromkeys(skus, 1.0)
    return {
        str(sku): number(size, f"{what}: skus[{sku}]", above_zero=True)
        for sku, size in skus.items()
    }


def positions(what: str, eligible, skus: tuple[str, ...]) -> np.ndarray:
    """Positions of the eligible SKUs in `skus`, in their order; a SKU nobody uses or prices is refused with the nearest."""
    for sku in eligible:
        if sku not in skus:
            raise PriceError(
                unknown(what, "SKU", sku, skus, "An instrument covers SKUs that have a price.")
            )
    return np.array([skus.index(sku) for sku in eligible], dtype=int)


def check_window(what: str, window: str) -> str:
    """`window` if an instrument can settle by it."""
    if window not in WINDOWS:
        raise PriceError(unknown(what, "window", str(window), WINDOWS))
    return window


def allocated(
    covered, taken, left, *, capacity, price: float, window_of, fee=None, blocked=None
) -> Allocation:
    """The Allocation of a capacity that was handed out."""
    windows = np.arange(covered.shape[-2]) if window_of is None else window_of
    return Allocation(
        covered,
        taken,
        capacity - left,
        left,
        capacity,
        price,
        capacity * price if fee is None else fee,
        windows,
        blocked,
    )


def refused(usage, covered, eligible, in_term) -> np.ndarray:
    """Usage above the capacity that is blocked: (..., period, sku), eligible SKUs in term only."""
    return np.where(eligible & np.asarray(in_term)[:, None], np.maximum(usage - covered, 0.0), 0.0)


def capacity_of(quantity: float, in_term: np.ndarray, window_of: np.ndarray | None) -> np.ndarray:
    """Units of each window (window,): none where no period of the window lies in the term."""
    if window_of is None:
        return np.where(in_term, quantity, 0.0)
    live = np.zeros(int(window_of.max()) + 1 if len(window_of) else 0, bool)
    np.logical_or.at(live, window_of, in_term)
    return np.where(live, quantity, 0.0)
