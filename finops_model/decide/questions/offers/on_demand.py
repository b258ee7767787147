"""On demand: every unit at the price of its month, or by a rate form on the month's use (docs/method §8.61, §5.1)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....checks import number
from ....errors import InputError, PriceError
from ....prices.rates import make as make_rate
from ....prices.settle.windows import charge_months
from ._base import Ledger, World, money, monthly, part


@dataclass(frozen=True, kw_only=True)
class OnDemand:
    """Paid by the unit, nothing committed; the price moves with `prices`.

    Parameters
    ----------
    price : float or range, optional
        Money per unit today; default: the `on_demand` of the file.
    rate : mapping, optional
        Instead of a price: a rate form on the month's use, `{kind: graduated, starts: [0, 10], prices: [2, 1]}`.
    discount : float or range, optional
        Share off the price of a unit.
    block : float, optional
        Units the price is for.

    Source
    ------
    docs/method §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[10.0]]))
    >>> OnDemand(price=4.0, discount=0.25).settle(world).cost.tolist()
    [[30.0]]
    """

    price: object = None
    rate: Mapping | None = None
    discount: object = 0.0
    block: float = 1.0

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price", "discount")
    term: ClassVar[int] = 0

    def __post_init__(self):
        if self.rate is not None and self.price is not None:
            raise InputError("on_demand: there are a price and a rate; keep one of them.")
        money(self.price, "price")
        part(self.discount, "discount")
        number(self.block, "block", above_zero=True, error=InputError)
        if self.rate is not None:
            self._form()

    def _form(self):
        if not isinstance(self.rate, Mapping):
            raise InputError(
                "on_demand: rate is a mapping with its kind, such as {kind: graduated, …}."
            )
        fields = dict(self.rate)
        try:
            return make_rate(str(fields.pop("kind", "")), fields, "rate")
        except PriceError as problem:
            raise InputError(str(problem)) from None

    def settle(self, world: World) -> Ledger:
        """Cost of each month's use; paid when the month is over."""
        factor = world.prices * (1 - np.asarray(self.discount, float))
        if self.rate is not None:
            cost = charge_months([self._form()] * world.span, world.use, factor=factor)
            return monthly(world, cost, formula=f"{self.rate['kind']} on the month's use")
        price = world.price(self.price, "on_demand")
        return monthly(world, world.use / self.block * price * factor, formula="use × price")
