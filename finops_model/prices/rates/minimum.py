"""A minimum spend: usage at one price, but never less than the minimum of the window."""

from __future__ import annotations

from dataclasses import dataclass

from ...checks import number, quantities
from ._parts import Parts, charged


@dataclass(frozen=True, slots=True)
class Minimum:
    price: float  # money per `block` units
    minimum: float  # money per window, also where nothing is used
    block: float = 1.0  # units the price is for

    def __post_init__(self):
        object.__setattr__(self, "price", number(self.price, "minimum: price"))
        object.__setattr__(self, "minimum", number(self.minimum, "minimum: minimum"))
        object.__setattr__(self, "block", number(self.block, "minimum: block", above_zero=True))

    def charge(self, quantity):
        """ListCost of each quantity, same shape.

        >>> Minimum(price=1.0, minimum=50.0).charge([20, 80])
        array([50., 80.])
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """The minimum is due whatever share is negotiated (docs/method §5.15)."""
        return Parts(quantities("minimum", quantity) / self.block * self.price, least=self.minimum)
