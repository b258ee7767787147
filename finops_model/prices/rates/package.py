"""Packages: only whole blocks are sold; a block begun is a block paid."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ._parts import Parts, charged

DUST = 1e-12  # share of a block that float noise of a sum may add: 2.1 / 0.7 is 3 packages, not 4


@dataclass(frozen=True, slots=True)
class Package:
    price: float  # money per whole block
    block: float = 1.0  # units in a block

    def __post_init__(self):
        object.__setattr__(self, "price", number(self.price, "package: price"))
        object.__setattr__(self, "block", number(self.block, "package: block", above_zero=True))

    def charge(self, quantity):
        """ListCost of each quantity, same shape.

        >>> Package(5.0, block=1000).charge([0, 1, 1000, 1001])
        array([ 0.,  5.,  5., 10.])
        """
        return charged(self.parts(quantity))

    def parts(self, quantity) -> Parts:
        """Whole blocks are use: without use there is none to pay (docs/method §5.15)."""
        blocks = quantities("package", quantity) / self.block
        return Parts(np.ceil(blocks - np.minimum(blocks * DUST, 1e-6)) * self.price)
