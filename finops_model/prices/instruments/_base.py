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

    In every window used + unused = purchased, and amount summed over its SKUs and periods is
    used. "Own unit": normalised units, or money for a commitment to spend.

    Parameters
    ----------
    covered : array (..., period, sku)
        Units of usage that it covers.
    amount : array (..., period, sku)
        The same in its own unit.
    used : array (..., window)
        In its own unit.
    unused : array (..., window)
        Paid for and not used, in its own unit.
    purchased : array (window,)
        In its own unit.
    price : float
        Money of one of its own units: EffectiveCost of what it covers.
    fee : array (window,)
        Effective money, due whether used or not: purchased × price where anything is purchased.
    window_of : array (period,)
        Position of each period's window.
    blocked : array (..., period, sku), optional
        Units refused instead of spilled; None: nothing is refused.

    Examples
    --------
    >>> plan = Allocation(
    ...     covered=np.array([[3.0]]), amount=np.array([[3.0]]), used=np.array([3.0]),
    ...     unused=np.array([1.0]), purchased=np.array([4.0]), price=2.0, fee=np.array([8.0]),
    ...     window_of=np.array([0]),
    ... )
    >>> (plan.used + plan.unused == plan.purchased).all()
    np.True_
    """

    covered: np.ndarray
    amount: np.ndarray
    used: np.ndarray
    unused: np.ndarray
    purchased: np.ndarray
    price: float
    fee: np.ndarray
    window_of: np.ndarray
    blocked: np.ndarray | None = None


def hand_out(wanted: np.ndarray, capacity: np.ndarray, order, window_of: np.ndarray | None = None):
    """A capacity handed out first come, first served: by period, within a period by SKU in `order`.

    Parameters
    ----------
    wanted : array (..., period, sku)
        In the instrument's unit, >= 0.
    capacity : array (window,)
        Units of each window.
    order : array (rank,) or (..., period, rank)
        SKU positions; the longer shape where the order differs from cell to cell.
    window_of : array (period,), optional
        Window of each period, in time order; None: each period is its own window.

    Returns
    -------
    taken : array (..., period, sku)
        What each SKU gets.
    left : array (..., window)
        What nobody took.

    Examples
    --------
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
    """Eligible SKUs with the instrument's units that one unit of each takes.

    Parameters
    ----------
    what : str
        The instrument, for messages.
    skus : mapping or list of str
        As a document has them; a list is 1 each.

    Returns
    -------
    dict of str to float
        SKU -> units, above 0.

    Raises
    ------
    PriceError
        No SKU, or a size that is no number above 0.

    Examples
    --------
    >>> sizes_of("plan", ["small", "large"])
    {'small': 1.0, 'large': 1.0}
    """
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
    """Positions of the eligible SKUs in `skus`, in their order.

    Parameters
    ----------
    what : str
        The instrument, for messages.
    eligible : iterable of str
        What it covers.
    skus : tuple of str
        Names of the usage's last axis.

    Returns
    -------
    array (eligible,)
        Whole numbers.

    Raises
    ------
    PriceError
        A SKU nobody uses or prices, with the nearest.

    Examples
    --------
    >>> positions("plan", ["b"], ("a", "b")).tolist()
    [1]
    """
    for sku in eligible:
        if sku not in skus:
            raise PriceError(
                unknown(what, "SKU", sku, skus, "An instrument covers SKUs that have a price.")
            )
    return np.array([skus.index(sku) for sku in eligible], dtype=int)


def check_window(what: str, window: str) -> str:
    """The window by which an instrument settles, checked.

    Parameters
    ----------
    what : str
        The instrument, for messages.
    window : str
        period, month or term.

    Returns
    -------
    str
        The same word.

    Raises
    ------
    PriceError
        Another word, with the nearest.

    Examples
    --------
    >>> check_window("plan", "month")
    'month'
    """
    if window not in WINDOWS:
        raise PriceError(unknown(what, "window", str(window), WINDOWS))
    return window


def allocated(
    covered, taken, left, *, capacity, price: float, window_of, fee=None, blocked=None
) -> Allocation:
    """The Allocation of a capacity that was handed out.

    Parameters
    ----------
    covered, taken : array (..., period, sku)
        Units of usage covered, and the same in the instrument's own unit.
    left : array (..., window)
        What nobody took.
    capacity : array (window,)
        What was handed out.
    price : float
        Money of one of its own units.
    window_of : array (period,) or None
        Window of each period; None: each is its own.
    fee : array (window,), optional
        Money; None: capacity × price.
    blocked : array (..., period, sku), optional
        Units refused; None: nothing is.

    Returns
    -------
    Allocation
        used + unused = purchased in every window.

    Examples
    --------
    >>> usage = np.array([[3.0]])
    >>> held = allocated(
    ...     usage, usage, np.array([1.0]), capacity=np.array([4.0]), price=2.0, window_of=None
    ... )
    >>> held.used.tolist(), held.fee.tolist()
    ([3.0], [8.0])
    """
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
    """Usage above the capacity that is blocked.

    Parameters
    ----------
    usage, covered : array (..., period, sku)
        Units.
    eligible : array (sku,)
        Whether each SKU is covered by the instrument.
    in_term : array (period,)
        Whether each period lies in the term.

    Returns
    -------
    array (..., period, sku)
        Units; 0 for other SKUs and outside the term.

    Examples
    --------
    >>> refused(np.array([[5.0, 5.0]]), np.array([[3.0, 0.0]]), np.array([True, False]), [True]).tolist()
    [[2.0, 0.0]]
    """
    return np.where(eligible & np.asarray(in_term)[:, None], np.maximum(usage - covered, 0.0), 0.0)


def capacity_of(quantity: float, in_term: np.ndarray, window_of: np.ndarray | None) -> np.ndarray:
    """Units of each window; none where no period of the window lies in the term.

    Parameters
    ----------
    quantity : float
        Units of a window.
    in_term : array (period,)
        Whether each period lies in the term.
    window_of : array (period,) or None
        Window of each period; None: each is its own.

    Returns
    -------
    array (window,)
        Units.

    Examples
    --------
    >>> capacity_of(4.0, np.array([True, False, False]), np.array([0, 0, 1])).tolist()
    [4.0, 0.0]
    """
    if window_of is None:
        return np.where(in_term, quantity, 0.0)
    live = np.zeros(int(window_of.max()) + 1 if len(window_of) else 0, bool)
    np.logical_or.at(live, window_of, in_term)
    return np.where(live, quantity, 0.0)
