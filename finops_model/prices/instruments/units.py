"""Commitments in units: reserved instances, reservations, resource commitments, provisioned units paid by reservation.

Each window has `quantity` units at `rate`, used or not. With sizes (`skus: {m5.large: 4, m5.xlarge: 8}`) the units are normalised
and the smallest size is served first (AWS instance size flexibility); without, SKUs are served as listed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number
from ._base import Allocation, allocated, capacity_of, check_window, hand_out, positions, sizes_of


@dataclass(frozen=True, kw_only=True)
class Units:
    quantity: float  # units of each window (an hour unless periods are longer)
    rate: float  # money per unit and window, used or not
    skus: dict  # eligible SKU -> committed units that one unit of usage takes; a list: 1 each
    id: str = "units"
    first: tuple[
        str, ...
    ] = ()  # SKUs served before the others (usage of the account that owns the commitment)
    eligible_share: float = 1.0  # share of the usage that may be covered, 0..1
    window: str = "period"  # period, month or term
    start: str | None = None  # first day (or hour) of the term; None: always
    end: str | None = None  # the first one after it
    upfront_share: float = 0.0  # share of the fee billed on the first day
    priority: float | None = (
        None  # smaller applies earlier; default: the vendor's order (docs/method §5.12)
    )
    rank = 20

    def __post_init__(self):
        what = f"units '{self.id}'"
        object.__setattr__(self, "quantity", number(self.quantity, f"{what}: quantity"))
        object.__setattr__(self, "rate", number(self.rate, f"{what}: rate"))
        object.__setattr__(self, "skus", sizes_of(what, self.skus))
        object.__setattr__(self, "window", check_window(what, self.window))
        object.__setattr__(self, "first", tuple(self.first))
        positions(f"{what}: first", self.first, tuple(self.skus))

    @property
    def eligible(self) -> tuple[str, ...]:
        return tuple(self.skus)

    def order(self) -> list[str]:
        """Eligible SKUs as they are served: those of `first`, then the smallest size, then as listed."""
        return sorted(self.skus, key=lambda sku: (sku not in self.first, self.skus[sku]))

    def allocate(self, usage, skus, prices, in_term, window_of=None) -> Allocation:
        """See instruments.__init__.

        >>> Units(quantity=16, rate=1.0, skus={"large": 4, "xlarge": 8}).allocate(np.array([[2.0, 2.0]]), ("large", "xlarge"), None, np.array([True])).covered
        array([[2., 1.]])
        """
        at = positions(f"units '{self.id}'", self.order(), skus)
        size = np.zeros(len(skus))
        size[at] = [self.skus[sku] for sku in self.order()]
        capacity = capacity_of(self.quantity, in_term, window_of)
        taken, left = hand_out(usage * (size * self.eligible_share), capacity, at, window_of)
        covered = taken / np.where(size > 0, size, 1.0)
        return allocated(
            covered, taken, left, capacity=capacity, price=self.rate, window_of=window_of
        )
