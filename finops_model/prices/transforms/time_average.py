"""The average over a month of something kept: GB-months from byte-hours, in months of 672 to 744 hours."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ... import units
from ...checks import number, quantities
from ...errors import PriceError
from ._checks import days_in


@dataclass(frozen=True, slots=True)
class TimeAverage:
    of: float | None = None  # hours of the window: 730 for estimates, 672 to 744 on bills
    month: str | None = None  # instead of `of`: the hours of this month, YYYY-MM
    unit: str = "GB"  # what the quantity is measured in; GB is 10^9 bytes, GiB 2^30 (§4.2)
    to: str = "GB"  # what is billed: GB or GiB, as the vendor means it

    def __post_init__(self):
        if (self.of is None) == (self.month is None):
            raise PriceError(
                "time_average: give the hours of the window as 'of', or the month as 'month'; exactly one of them."
            )
        hours = (
            days_in(self.month, "time_average") * 24
            if self.of is None
            else number(self.of, "time_average: of", above_zero=True)
        )
        object.__setattr__(self, "of", float(hours))
        units.factor(
            self.unit, self.to
        )  # refuses what cannot be converted now, not when it is used

    def apply(self, quantity, held=None):
        """Average over the window, in `to`: what a price per GB-month multiplies.

        quantity   without `held`: unit-hours added up already (byte-hours), number or array;
                   with `held`: (..., part) units kept in each part of the window
        held       (part,) hours of each part, at most the window in all; where they are less, nothing was kept before

        >>> TimeAverage(month="2024-03").apply([100, 102400], held=[15 * 24, 16 * 24])
        np.float64(52900.0)
        """
        quantity = quantities("time_average", quantity)
        if held is not None:
            held = quantities("time_average: held", held)
            if quantity.ndim == 0 or held.ndim == 0 or quantity.shape[-1] != held.shape[-1]:
                raise PriceError(
                    f"time_average: quantity has shape {quantity.shape} and held {held.shape}; give (..., part) "
                    "units and the hours of each part."
                )
            total = float(np.max(held.sum(axis=-1), initial=0.0))
            if total > self.of * (1 + 1e-12):
                raise PriceError(
                    f"time_average: the parts last {total:g} hours, longer than the window of {self.of:g}."
                )
            quantity = (quantity * held).sum(axis=-1)
        return (quantity * units.factor(self.unit, self.to) / self.of)[()]
