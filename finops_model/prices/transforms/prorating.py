"""Prorating: a part of a window is paid in proportion: minutes of an hour, days of a month of 28 to 31."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError
from ._checks import days_in, together


@dataclass(frozen=True, slots=True)
class Prorating:
    of: float | None = (
        None  # length of the window, same unit as `held`: 60 for the minutes of an hour
    )
    month: str | None = None  # instead of `of`: the days of this month, YYYY-MM

    def __post_init__(self):
        if (self.of is None) == (self.month is None):
            raise PriceError(
                "prorating: give the length of the window as 'of', or the month as 'month'; exactly one of them."
            )
        length = (
            days_in(self.month, "prorating")
            if self.of is None
            else number(self.of, "prorating: of", above_zero=True)
        )
        object.__setattr__(self, "of", float(length))

    def apply(self, quantity, held):
        """Quantity x held / of. Raises PriceError where something is held for longer than the window.

        >>> Prorating(of=60).apply(300, held=15)
        np.float64(75.0)
        """
        quantity, held = together(
            "prorating",
            quantity=quantities("prorating", quantity),
            held=quantities("prorating: held", held),
        )
        if held.size and held.max() > self.of * (1 + 1e-12):
            raise PriceError(
                f"prorating: held is {held.max():g}, longer than the window of {self.of:g}; "
                "give each window its own part."
            )
        return (quantity * np.minimum(held / self.of, 1.0))[()]
