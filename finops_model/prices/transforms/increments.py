"""A minimum charge and rounding up, event by event: seconds with a minute at least, hours begun, 128 KB objects."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError
from ._checks import round_up, together


@dataclass(frozen=True, slots=True)
class Increments:
    step: float = 0.0  # a step begun is a step paid, same unit as the quantity; 0: to the last bit
    minimum: float = 0.0  # each event is billed as at least this much
    charge_zero: bool = (
        False  # whether an event of size 0 is billed too; no: 0 means that it did not happen
    )

    def __post_init__(self):
        for name in ("step", "minimum"):
            object.__setattr__(self, name, number(getattr(self, name), f"increments: {name}"))
        if not isinstance(self.charge_zero, bool):
            raise PriceError(
                f"increments: charge_zero is {str(self.charge_zero)[:40]}; it must be true or false."
            )

    def apply(self, quantity, count=1):
        """Billed quantity: ceil(max(quantity, minimum) / step) x step of one event, times `count` events like it.

        quantity   size of one event (seconds of a run, KB of an object), number or array
        count      events of that size, number or array

        >>> Increments(step=3600).apply([1, 3600, 3601])
        array([3600., 3600., 7200.])
        >>> Increments(minimum=128).apply([4, 200], count=1000)
        array([128000., 200000.])
        """
        quantity, count = together(
            "increments",
            quantity=quantities("increments", quantity),
            count=quantities("increments: count", count),
        )
        billed = np.maximum(quantity, self.minimum)
        if self.step:
            billed = round_up(billed / self.step) * self.step
        if not self.charge_zero:
            billed = np.where(quantity > 0, billed, 0.0)
        return (billed * count)[()]
