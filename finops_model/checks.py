"""The one home of "is this a good number, share, quantity": each refuses in one sentence with the error of its caller."""

from __future__ import annotations

import math
import re

import numpy as np

from .errors import FinOpsError, ForecastError, PriceError, ScenarioError, as_written

Refusal = type[FinOpsError]
NUMBER = re.compile(r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")


def written_number(value, name: str = "the value") -> float:
    """A plain finite number; text is refused, so that no formula is ever taken for a value.

    >>> written_number(3)
    3.0
    """
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise ValueError(
            f"{name} is {as_written(value)}, not a number. Formulas are not run: write the number, "
            "or a range {p10, p50, p90}."
        )
    if not _is_finite(value):
        raise ValueError(f"{name} is {value}; a number must be finite.")
    return float(value)


def written_share(value) -> float:
    """A plain number from 0 to 1 as people write a discount or a share; raises ValueError.

    >>> written_share(0.37)
    0.37
    """
    value = written_number(value)
    if not 0 <= value <= 1:
        raise ValueError(f"a discount or share is {value:g}; write it from 0 to 1 (0.37 is 37 %).")
    return value


def number_of_text(text: str, what: str, error: Refusal = PriceError) -> float:
    """A number that stands as text in a record: digits, a point, an exponent, and nothing else.

    >>> number_of_text("0.65", "x_EligibleShare")
    0.65
    """
    if not NUMBER.match(text):
        raise error(f"{what} is '{text[:40]}'; it must be a plain number such as 40 or 0.65.")
    return float(text)


def single_number(value, what: str, error: Refusal = ScenarioError) -> float:
    """A plain finite number of any sign; text and ranges are refused."""
    if isinstance(value, str):
        raise error(f"{what} is the text '{value[:40]}'; write a number, without quotes (1000000).")
    if isinstance(value, dict):
        raise error(f"{what} is a range; here it must be one number.")
    return finite(value, what, error)


def in_range(
    value,
    what: str,
    least: float = 0.0,
    most: float = math.inf,
    why: str = "",
    error: Refusal = ScenarioError,
) -> float:
    """A single number from `least` to `most`; why: what to write instead of a larger one."""
    value = single_number(value, what, error)
    if not least <= value <= most:
        limit = f"{least:g} or more" if most == math.inf else f"from {least:g} to {most:g}"
        raise error(f"{what} is {value:g}; it must be {limit}{f' ({why})' if why else ''}.")
    return value


def bounded(
    value,
    what: str,
    least: float = 0.0,
    most: float = math.inf,
    error: Refusal = ForecastError,
) -> float:
    """A finite number from `least` to `most`, refused in one sentence whatever is wrong with it."""
    if not _is_number(value) or not _is_finite(value) or not least <= value <= most:
        bounds = (
            "a finite number"
            + (f", {least:g} or more" if math.isfinite(least) else "")
            + (f", at most {most:g}" if math.isfinite(most) else "")
        )
        raise error(f"{what} is {str(value)[:40]}; it must be {bounds}.")
    return float(value)


def whole(value, what: str, above_zero: bool = False, error: Refusal = PriceError) -> int:
    """A whole number, 0 or more (or above 0): days, months, years; raises `error` otherwise.

    >>> whole(12.0, "months")
    12
    """
    read = number(value, what, above_zero, error)
    if read != int(read):
        raise error(f"{what} is {read:g}; it must be a whole number.")
    return int(read)


def at_least_one(value, what: str, error: Refusal = PriceError) -> int:
    """An integer, 1 or more; a float is refused, whole or not."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or value < 1:
        raise error(f"{what} is {str(value)[:40]}; it must be a whole number, 1 or more.")
    return int(value)


def finite(value, what: str, error: Refusal = ScenarioError) -> float:
    """`value` as a float of any sign; raises `error` unless it is a finite number."""
    if not _is_number(value) or not _is_finite(value):
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


def share_below_one(value, what: str, error: Refusal = PriceError) -> float:
    """`value` as a float from 0 to below 1: of a discount of 1 nothing would be left."""
    part = number(value, what, error=error)
    if part >= 1:
        raise error(f"{what} is {part:g}; write it as a share from 0 to below 1.")
    return part


def number(value, what: str, above_zero: bool = False, error: Refusal = PriceError) -> float:
    """`value` as a float; raises `error` unless it is a finite number, 0 or more (or above 0)."""
    wanted = "a finite number above 0" if above_zero else "a finite number, 0 or more"
    try:
        result = float(value) if _is_number(value) else math.nan
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


def shares(kind: str, values, what: str = "", error: Refusal = PriceError) -> np.ndarray:
    """A share or an array of them, 0..1, as float64; `what` names them where they are above 1 (default: `kind`)."""
    parts = quantities(kind, values, error)
    if parts.size and parts.max() > 1:
        raise error(f"{what or kind} is {parts.max():g}; it must be a share from 0 to 1.")
    return parts


def _is_finite(value) -> bool:
    try:
        return math.isfinite(value)
    except OverflowError:  # an integer beyond what a float holds
        return False


def _is_number(value) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(
        value, (bool, np.bool_)
    )
