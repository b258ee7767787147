"""Seats: a fee for each seat, with a quota of usage that all seats share; beyond it usage is charged or refused.

The quota does not carry over. A quota of each seat for itself, proration and dated terms: prices/terms/subscription.py.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from ._base import (
    Allocation,
    allocated,
    capacity_of,
    check_window,
    hand_out,
    positions,
    refused,
    sizes_of,
)
from .capacity import ABOVE


@dataclass(frozen=True, kw_only=True)
class Seats:
    seats: float  # seats paid in each window
    fee: float  # money per seat and window
    included: float  # units of the pooled quota that each seat brings
    skus: dict  # eligible SKU -> units of the quota that one unit of usage takes; a list: 1 each
    id: str = "seats"
    minimum: float = 0.0  # seats paid at least
    above: str = "spill"  # spill: beyond the quota on demand; block: refused
    window: str = "month"
    start: str | None = None
    end: str | None = None
    upfront_share: float = 0.0
    priority: float | None = None
    rank = 0

    def __post_init__(self):
        what = f"seats '{self.id}'"
        for name in ("seats", "fee", "included", "minimum"):
            object.__setattr__(self, name, number(getattr(self, name), f"{what}: {name}"))
        object.__setattr__(self, "skus", sizes_of(what, self.skus))
        object.__setattr__(self, "window", check_window(what, self.window))
        if self.above not in ABOVE:
            raise PriceError(unknown(what, "word for above", str(self.above), ABOVE))

    @property
    def eligible(self) -> tuple[str, ...]:
        return tuple(self.skus)

    @property
    def paid(self) -> float:
        """Seats that are paid: at least the minimum."""
        return max(self.seats, self.minimum)

    @property
    def quantity(self) -> float:
        """Units of the pooled quota of a window: only seats that exist bring some."""
        return self.seats * self.included

    def allocate(self, usage, skus, prices, in_term, window_of=None) -> Allocation:
        """See instruments.__init__. The fee is per seat, so a unit of quota costs fee x seats / quota.

        >>> Seats(seats=2, fee=30.0, included=100, skus=["credits"]).allocate(np.array([[250.0]]), ("credits",), None, np.array([True])).covered
        array([[200.]])
        """
        at = positions(f"seats '{self.id}'", self.skus, skus)
        size = np.zeros(len(skus))
        size[at] = list(self.skus.values())
        capacity = capacity_of(self.quantity, in_term, window_of)
        taken, left = hand_out(usage * size, capacity, at, window_of)
        covered = taken / np.where(size > 0, size, 1.0)
        blocked = refused(usage, covered, size > 0, in_term) if self.above == "block" else None
        live = capacity_of(1.0, in_term, window_of)
        price = self.paid * self.fee / self.quantity if self.quantity else 0.0
        return allocated(
            covered,
            taken,
            left,
            capacity=capacity,
            price=price,
            window_of=window_of,
            fee=live * self.paid * self.fee,
            blocked=blocked,
        )
