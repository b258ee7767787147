"""Tiers of a month's use: graduated, volume, package, minimum, allowance, one price (docs/method §3.41, §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...prices.rates import make as make_rate
from ...prices.settle.windows import charge_months
from ._base import Months, Settled
from ._fields import amount


@dataclass(frozen=True, kw_only=True)
class Tiered:
    """A rate form on the month's use, pooled over what the purchase takes; each month a window of its own.

    Parameters
    ----------
    rate : mapping
        As in a price document: `{kind: graduated, starts: [0, 10], prices: [2, 1]}`.
    discount : float, optional
        Share off the price of a unit; fees and minima stay (§5.15).

    Source
    ------
    docs/method §5.1.

    Examples
    --------
    >>> way = Tiered(rate={"kind": "graduated", "starts": [0, 10], "prices": [2.0, 1.0]})
    >>> way.settle({"use": np.array([[12.0]])}, Months.between(("2026-01",), "2026-01-01")).cost
    array([[22.]])
    """

    rate: Mapping
    discount: float | np.ndarray = 0.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    WINDOWED: ClassVar[bool] = True
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("discount",)

    def __post_init__(self):
        amount(self.discount, "tiered: discount", most=1.0)
        self._rate()

    def _rate(self):
        fields = dict(self.rate)
        return make_rate(str(fields.pop("kind", "")), fields, "rate")

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of each month's use."""
        rate, quantity = self._rate(), use["use"]
        held = months.days > 0
        factor = np.broadcast_to(1.0 - np.asarray(self.discount, float), quantity.shape)
        cost = np.where(
            held, charge_months([rate] * len(months.names), quantity, factor=factor), 0.0
        )
        return Settled(
            cost,
            {"use": cost},
            {"use": quantity},
            formula=f"{self.rate['kind']} on the month's use",
        )
