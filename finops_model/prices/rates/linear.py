"""One price for every unit: on demand, pay as you go."""

from __future__ import annotations

from dataclasses import dataclass

from ...checks import number, quantities
from ._parts import Parts, charged


@dataclass(frozen=True, slots=True)
class Linear:
    price: float  # money per `block` units
    block: float = 1.0  # units the price is for (1e6 for a price per million tokens)

    def __post_init__(self):
        object.__setattr__(self, "price", number(self.price, "linear: price"))
        object.__setattr__(self, "block", number(self.block, "linear: block", above_zero=True))

    def charge(self, quantity):
        """ListCost of each quantity, same shape.

        >>> Linear(0.40, block=1e6).charge(2_500_000)
        np.float64(1.0)
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """All of it is use (docs/method §5.15)."""
        return Parts(quantities("linear", quantity) / self.block * self.price)
