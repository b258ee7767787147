"""Freemium: units of each month that cost nothing, then a price, or a plan with a fee that is bought once they are used up (docs/method §3.43)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...checks import number
from ...prices.rates import make as make_rate
from ._base import Months, Settled


@dataclass(frozen=True, kw_only=True)
class Freemium:
    """The first units of each month are free; beyond them a price, and a fee in months that go beyond.

    Parameters
    ----------
    free : float
        Units of each calendar month that cost nothing; what is not used is lost.
    price : float
        Money per `block` units beyond them.
    fee : float, optional
        Money of a month that goes beyond what is free: the plan that is bought then.
    included : float, optional
        Units that this fee brings beside the free ones.
    block : float, optional
        Units the price is for.

    Source
    ------
    docs/method §3.43, §5.1.

    Examples
    --------
    >>> way, month = Freemium(free=100, price=0.5), Months.between(("2026-01",), "2026-01-01")
    >>> way.settle({"use": np.array([[80.0], [120.0]])}, month).cost.tolist()
    [[0.0], [10.0]]
    """

    free: float
    price: float
    fee: float = 0.0
    included: float = 0.0
    block: float = 1.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    WINDOWED: ClassVar[bool] = True
    UNCERTAIN: ClassVar[tuple[str, ...]] = ()

    def __post_init__(self):
        for name in ("free", "price", "fee", "included"):
            object.__setattr__(self, name, number(getattr(self, name), f"freemium: {name}"))
        object.__setattr__(self, "block", number(self.block, "freemium: block", above_zero=True))

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of each month's use."""
        quantity = use["use"]
        rate = make_rate(
            "allowance",
            {"included": self.free + self.included, "price": self.price, "block": self.block},
            "freemium",
        )
        over = rate.charge(quantity)
        fee = np.where(quantity > self.free, self.fee, 0.0)
        words = f"{self.free:g} units a month free, then {self.price:g}" + (
            f" per {self.block:g}" if self.block != 1 else ""
        )
        if self.fee or self.included:
            words += f", with a fee of {self.fee:g} that brings {self.included:g} units"
        return Settled(
            over + fee,
            {"use": over, "fee": fee} if self.fee else {"use": over},
            {"use": quantity, "free": np.minimum(quantity, self.free)},
            formula=words,
        )
