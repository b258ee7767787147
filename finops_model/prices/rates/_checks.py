"""What every rate form checks before it believes a number."""

from __future__ import annotations

import math

import numpy as np

from ...errors import PriceError


def number(value, what: str, above_zero: bool = False) -> float:
    """`value` as a float; raises PriceError unless it is a finite number, 0 or more (or above 0)."""
    wanted = "a finite number above 0" if above_zero else "a finite number, 0 or more"
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )
    try:
        result = float(value) if good else math.nan
    except OverflowError:
        result = math.inf
    if not math.isfinite(result) or result < 0 or (above_zero and result == 0):
        raise PriceError(f"{what} is {str(value)[:40]}; it must be {wanted}.")
    return result


def numbers(values, what: str) -> tuple[float, ...]:
    """A list of numbers as a tuple of floats, each checked."""
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__len__") or not len(values):
        raise PriceError(
            f"{what} is {str(values)[:40]}; it must be a list of numbers, one for each tier."
        )
    return tuple(number(value, f"{what}[{i}]") for i, value in enumerate(values))


def tiers(kind: str, starts, prices) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Starts and prices of tiers, checked: as many, first start 0, strictly rising."""
    starts, prices = numbers(starts, f"{kind}: starts"), numbers(prices, f"{kind}: prices")
    if len(starts) != len(prices):
        raise PriceError(
            f"{kind}: {len(starts)} starts but {len(prices)} prices; give one price for each start."
        )
    if starts[0] != 0:
        raise PriceError(
            f"{kind}: the first start is {starts[0]:g}; the first tier must start at 0."
        )
    for before, after in zip(starts, starts[1:]):
        if after <= before:
            raise PriceError(
                f"{kind}: start {after:g} comes after {before:g}; each start must be above the one before."
            )
    return starts, prices


def flat_fees(kind: str, flat, starts) -> tuple[float, ...]:
    """Flat fees of tiers, checked: one for each start, or none at all."""
    if isinstance(flat, (tuple, list)) and not flat:
        return ()
    flat = numbers(flat, f"{kind}: flat")
    if len(flat) != len(starts):
        raise PriceError(
            f"{kind}: {len(starts)} starts but {len(flat)} flat fees; give one flat fee for each start (0 where a tier has none)."
        )
    return flat


def quantities(kind: str, quantity) -> np.ndarray:
    """A quantity or an array of them as float64; raises PriceError for NaN, infinite or negative ones."""
    try:
        values = np.asarray(quantity, dtype=float)
    except (TypeError, ValueError):
        raise PriceError(
            f"{kind}: quantity is {str(quantity)[:40]}; it must be a number or an array of numbers."
        ) from None
    if values.size and not (values.min() >= 0 and values.max() < np.inf):  # a NaN is neither
        first = tuple(int(i) for i in np.argwhere(~(np.isfinite(values) & (values >= 0)))[0])
        at = f" at position {first}" if first else ""
        raise PriceError(
            f"{kind}: quantity is {values[first]:g}{at}; it must be finite and 0 or more."
        )
    return values
