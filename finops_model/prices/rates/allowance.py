"""An allowance: a fee (0 for a free tier) covers the first units of a window, the rest is paid by unit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ._parts import Parts, charged


@dataclass(frozen=True, slots=True)
class Allowance:
    included: float  # units per window covered by the fee; what is not used is lost
    price: float  # money per `block` units beyond them
    fee: float = 0.0  # money per window, used or not
    block: float = 1.0  # units the price is for; included is in units, not in blocks

    def __post_init__(self):
        for name in ("included", "price", "fee"):
            object.__setattr__(self, name, number(getattr(self, name), f"allowance: {name}"))
        object.__setattr__(self, "block", number(self.block, "allowance: block", above_zero=True))

    def charge(self, quantity):
        """ListCost of each quantity, same shape.

        >>> Allowance(included=400, price=0.5).charge([100, 500])
        array([ 0., 50.])
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """The fee is due without use (docs/method §5.15)."""
        beyond = np.maximum(quantities("allowance", quantity) - self.included, 0.0)
        return Parts(beyond / self.block * self.price, fee=self.fee)
