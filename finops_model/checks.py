"""The one home of "is this a good number, share, quantity": each refuses in one sentence with the error of its caller."""

from __future__ import annotations

import math

import numpy as np

from .errors import FinOpsError, PriceError, ScenarioError

Refusal = type[FinOpsError]


def written_number(value, name: str = "the value") -> float:
    """A plain finite number; text is refused, so that no formula is ever taken for a value.

    >>> written_number(3)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(
            f"{name} is '{str(value)[:60]}', not a number. Formulas are not run: write the number, "
            "or a range {p10, p50, p90}."
        )
    if not math.isfinite(value):
        raise ValueError(f"{name} is {value}; a number must be finite.")
    return float(value)


def finite(value, what: str, error: Refusal = ScenarioError) -> float:
    """`value` as a float of any sign; raises `error` unless it is a finite number."""
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )
    if not good or not math.isfinite(value):
        raise error(f"{what} is {str(value)[:40]}; it must be a finite number.")
    return float(value)


def positive(value, what: str, error: Refusal = ScenarioError) -> float:
    """`value` as a float above 0; raises `error`."""
    whole = isinstance(value, float) and value.is_integer()
    return number(int(value) if whole else value, what, above_zero=True, error=error)


def zero_or_more(value, what: str, error: Refusal = ScenarioError) -> float:
    """`value` as a float, 0 or more; raises `error`."""
    if finite(value, what, error) < 0:
        raise error(f"{what} is {float(value):g}; it must be 0 or more.")
    return float(value)


def share(value, what: str, error: Refusal = ScenarioError) -> float:
    """`value` as a float from 0 to 1; raises `error`."""
    if not 0 <= finite(value, what, error) <= 1:
        raise error(f"{what} is {float(value):g}; it must be from 0 to 1.")
    return float(value)


def number(value, what: str, above_zero: bool = False, error: Refusal = PriceError) -> float:
    """`value` as a float; raises `error` unless it is a finite number, 0 or more (or above 0)."""
    wanted = "a finite number above 0" if above_zero else "a finite number, 0 or more"
    good = isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )
    try:
        result = float(value) if good else math.nan
    except OverflowError:
        result = math.inf
    if not math.isfinite(result) or result < 0 or (above_zero and result == 0):
        raise error(f"{what} is {str(value)[:40]}; it must be {wanted}.")
    return result


def numbers(values, what: str, error: Refusal = PriceError) -> tuple[float, ...]:
    """A list of numbers as a tuple of floats, each checked."""
    if isinstance(values, (str, bytes, dict)) or not hasattr(values, "__len__") or not len(values):
        raise error(
            f"{what} is {str(values)[:40]}; it must be a list of numbers, one for each tier."
        )
    return tuple(number(value, f"{what}[{i}]", error=error) for i, value in enumerate(values))


def quantities(kind: str, quantity, error: Refusal = PriceError) -> np.ndarray:
    """A quantity or an array of them as float64; raises `error` for NaN, infinite or negative ones."""
    try:
        values = np.asarray(quantity, dtype=float)
    except (TypeError, ValueError):
        raise error(
            f"{kind}: quantity is {str(quantity)[:40]}; it must be a number or an array of numbers."
        ) from None
    if values.size and not (values.min() >= 0 and values.max() < np.inf):  # a NaN is neither
        first = tuple(int(i) for i in np.argwhere(~(np.isfinite(values) & (values >= 0)))[0])
        at = f" at position {first}" if first else ""
        raise error(f"{kind}: quantity is {values[first]:g}{at}; it must be finite and 0 or more.")
    return values
