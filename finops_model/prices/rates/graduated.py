"""Graduated tiers: each tier prices only the units that fall inside it (FOCUS: block pricing)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ._checks import flat_fees, tiers
from ._parts import Parts, charged


@dataclass(frozen=True, slots=True)
class Graduated:
    starts: tuple[float, ...]  # units per window at which a tier begins; the first is 0
    prices: tuple[float, ...]  # money per `block` units inside that tier
    block: float = 1.0  # units a price is for; starts are in units, not in blocks
    flat: tuple[
        float, ...
    ] = ()  # money per window for each tier reached, not by unit; the first is due without use

    def __post_init__(self):
        starts, prices = tiers("graduated", self.starts, self.prices)
        object.__setattr__(self, "starts", starts)
        object.__setattr__(self, "prices", prices)
        object.__setattr__(self, "block", number(self.block, "graduated: block", above_zero=True))
        object.__setattr__(self, "flat", flat_fees("graduated", self.flat, starts))

    def charge(self, quantity):
        """ListCost of each quantity, same shape: 10 units at 2, then 2 units at 1.

        >>> Graduated((0, 10), (2.0, 1.0)).charge([5, 12])
        array([10., 22.])
        >>> Graduated((0, 10), (2.0, 1.0), flat=(5.0, 3.0)).charge([0, 10, 11])
        array([ 5., 25., 29.])
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """The flat fees of the tiers reached stand beside the use (docs/method §5.15)."""
        quantity = quantities("graduated", quantity)
        cost = np.zeros_like(quantity)
        flat: float | np.ndarray = 0.0
        for start, end, price in zip(self.starts, (*self.starts[1:], np.inf), self.prices):
            cost = cost + (np.clip(quantity, start, end) - start) / self.block * price
        for start, fee in zip(self.starts, self.flat):
            flat = flat + np.where((quantity > start) | (start == 0), fee, 0.0)
        return Parts(cost, fee=flat)
