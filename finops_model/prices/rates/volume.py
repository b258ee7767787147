"""Volume tiers: all units at the price of the tier reached; so the cost may fall where a tier begins."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ._checks import flat_fees, tiers
from ._parts import Parts, charged


@dataclass(frozen=True, slots=True)
class Volume:
    starts: tuple[
        float, ...
    ]  # units per window above which a tier is reached ("up to and including": the
    prices: tuple[
        float, ...
    ]  # boundary unit belongs to the tier below); money per `block` units, for all units
    block: float = 1.0  # units a price is for; starts are in units, not in blocks
    flat: tuple[
        float, ...
    ] = ()  # money per window of the tier reached, not by unit; the first is due without use

    def __post_init__(self):
        starts, prices = tiers("volume", self.starts, self.prices)
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "block", number(self.block, "volume: block", above_zero=True))
        object.__setattr__(self, "flat", flat_fees("volume", self.flat, starts))

    def charge(self, quantity):
        """ListCost of each quantity, same shape.

        >>> Volume((0, 5, 10), (7.0, 6.5, 6.0)).charge([5, 6, 20])
        array([ 35.,  39., 120.])
        >>> Volume((0, 5, 10), (5.0, 4.0, 3.0), flat=(10, 20, 30)).charge([0, 12])
        array([10., 66.])
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """The flat fee of the tier reached stands beside the use (docs/method §5.15)."""
        quantity = quantities("volume", quantity)
        tier = np.maximum(np.searchsorted(self.starts, quantity, side="left") - 1, 0)
        cost = quantity / self.block * np.asarray(self.prices)[tier]
        return Parts(cost, fee=np.asarray(self.flat)[tier] if self.flat else 0.0)
