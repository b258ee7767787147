"""What transforms share: rounding up that float noise cannot push, months, shapes that fit."""

from __future__ import annotations

import numpy as np

from ...errors import InputError, PriceError
from ...periods import check_month, month_days
from ..rates.package import DUST


def round_up(values):
    """Whole numbers at or above each value, >= 0; float noise of a sum buys no further one (as packages do, §5.1).

    >>> round_up([0.0, 2.1 / 0.7, 3.001])
    array([0., 3., 4.])
    """
    values = np.asarray(values, dtype=float)
    return np.ceil(values - np.minimum(values * DUST, 1e-6))


def round_down(values):
    """Whole numbers at or below each value, >= 0, with the same tolerance.

    >>> round_down([2.9999999999999996, 2.5])
    array([3., 2.])
    """
    values = np.asarray(values, dtype=float)
    return np.floor(values + np.minimum(values * DUST, 1e-6))


def days_in(month: str, kind: str) -> int:
    """Days of a month 'YYYY-MM', 28 to 31. Raises PriceError where it is none."""
    try:
        return len(month_days(check_month(month, f"{kind}: month")))
    except InputError as problem:
        raise PriceError(str(problem)) from None


def together(kind: str, **arrays):
    """The arrays broadcast to one shape. Raises PriceError that names the shapes where they do not fit."""
    try:
        return np.broadcast_arrays(*arrays.values())
    except ValueError:
        shapes = ", ".join(f"{name} {np.shape(array)}" for name, array in arrays.items())
        raise PriceError(
            f"{kind}: the shapes do not fit together: {shapes}; give one shape or numbers."
        ) from None
