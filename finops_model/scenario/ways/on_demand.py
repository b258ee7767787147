"""On demand, or at a negotiated price: every unit at one price, nothing without use (docs/method §3.43)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...checks import number
from ...errors import PriceError
from ._base import Months, Settled


@dataclass(frozen=True, kw_only=True)
class OnDemand:
    """Every unit at one price.

    Parameters
    ----------
    price : float or array
        Money per `block` units; 0 or more.
    discount : float or array, optional
        Negotiated share off it, 0 to 1.
    block : float, optional
        Units the price is for.

    Source
    ------
    docs/method §3.43.

    Examples
    --------
    >>> way = OnDemand(price=2.0, discount=0.1, block=1000)
    >>> way.settle({"use": np.array([[5000.0]])}, Months.between(("2026-01",), "2026-01-01")).cost
    array([[9.]])
    """

    price: float | np.ndarray
    discount: float | np.ndarray = 0.0
    block: float = 1.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price", "discount")
    DATED: ClassVar[tuple[str, ...]] = ("price", "discount")

    def __post_init__(self):
        object.__setattr__(self, "block", number(self.block, "on_demand: block", above_zero=True))
        for name in self.UNCERTAIN:
            value = getattr(self, name)
            if isinstance(value, (bool, str)) or not np.isfinite(np.asarray(value, float)).all():
                raise PriceError(f"on_demand: {name} is '{str(value)[:40]}'; write a number.")
        if (np.asarray(self.price) < 0).any():
            raise PriceError(f"on_demand: price is {np.min(self.price):g}; it must be 0 or more.")
        if not ((np.asarray(self.discount) >= 0) & (np.asarray(self.discount) <= 1)).all():
            raise PriceError(
                f"on_demand: discount is {np.ravel(self.discount)[0]:g}; it must be a share from 0 to 1."
            )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of each month's use."""
        quantity = use["use"]
        cost = quantity / self.block * np.asarray(self.price) * (1.0 - np.asarray(self.discount))
        return Settled(cost, {"use": cost}, {"use": quantity}, formula=self._words())

    def _words(self) -> str:
        price = f"{self.price:g}" if np.ndim(self.price) == 0 else "a price that is no one number"
        per = f" per {self.block:g}" if self.block != 1 else ""
        less = (
            ""
            if np.ndim(self.discount) == 0 and not self.discount
            else f" × (1 − {self.discount:g})"
            if np.ndim(self.discount) == 0
            else " less its discount"
        )
        return f"use × {price}{per}{less}"
