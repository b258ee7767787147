"""The one home of "is this a good number, share, quantity": each refuses in one sentence with the error of its caller."""

from __future__ import annotations

import math


def finite(value, name: str = "the value") -> float:
    """A plain finite number; text is refused, so that no formula is ever taken for a value.

    >>> finite(3)
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
