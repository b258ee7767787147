"""Provisioned capacity: so many units of throughput in each window, paid used or not; traffic above it is spilled or refused.

What one unit of usage takes of the capacity stands in `skus` (tokens of an output SKU may take eight times an input token's).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import PriceError, unknown
from ._base import Allocation, refused
from .units import Units

ABOVE = ("spill", "block")


@dataclass(frozen=True, kw_only=True)
class Capacity(Units):
    id: str = "capacity"
    above: str = (
        "spill"  # spill: charged on demand; block: refused (HTTP 429), neither served nor charged
    )
    available: float | None = None  # units there are; a quantity above it is refused
    rank = 10

    def __post_init__(self):
        super().__post_init__()
        if self.above not in ABOVE:
            raise PriceError(
                unknown(f"capacity '{self.id}'", "word for above", str(self.above), ABOVE)
            )
        if self.available is not None and self.quantity > self.available:
            raise PriceError(
                f"capacity '{self.id}': {self.quantity:g} units are committed but only {self.available:g} are available; "
                "commit at most what there is."
            )

    def allocate(self, usage, skus, prices, in_term, window_of=None) -> Allocation:
        """See instruments.__init__.

        >>> Capacity(quantity=10, rate=1.0, skus=["in"], above="block").allocate(np.array([[12.0]]), ("in",), None, np.array([True])).blocked
        array([[2.]])
        """
        allocation = super().allocate(usage, skus, prices, in_term, window_of)
        if self.above == "spill":
            return allocation
        return replace(
            allocation,
            blocked=refused(usage, allocation.covered, np.isin(skus, self.eligible), in_term),
        )
