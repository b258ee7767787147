"""Capacity by the unit: each serves so much an hour, for a term; what is above is on demand or refused (docs/method §8.61, §5.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....checks import number
from ....errors import InputError
from ._base import ABOVE, Ledger, Paid, World, joined, money, monthly, word


@dataclass(frozen=True, kw_only=True)
class Capacity(Paid):
    """Units that serve so much each hour, paid used or not, whatever hour the use falls in.

    Parameters
    ----------
    units : float
        How many are bought.
    serves : float
        Units of the demand that one of them serves in an hour.
    rate : float or range
        Money per unit and hour.
    above : str, optional
        on_demand: charged as you go; block: refused, neither served nor charged.
    on_demand : float or range, optional
        Money per unit of the demand above it; default: the file's.

    Source
    ------
    docs/method §5.31, §5.33.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[744.0 * 5]]), on_demand=2.0)
    >>> Capacity(units=2, serves=2.0, rate=1.0).settle(world).cost.round(6).tolist()
    [[2976.0]]
    """

    units: float
    serves: float
    rate: object
    above: str = "on_demand"
    on_demand: object = None
    term_months: int = 1

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("rate", "on_demand")

    def __post_init__(self):
        super().__post_init__()
        number(self.units, "units", error=InputError)
        number(self.serves, "serves", above_zero=True, error=InputError)
        money(self.rate, "rate")
        money(self.on_demand, "on_demand")
        word(self.above, "word for above", ABOVE)

    def settle(self, world: World) -> Ledger:
        """The fee of the units, and what is above them hour by hour."""
        capacity = self.units * self.serves
        over = world.above(capacity)
        unused = capacity * world.hours - (world.use - over)
        fees = self.fees(world, self.units * np.asarray(self.rate, float))
        words = f"{self.units:,.6g} units, each {self.serves:,.6g} an hour"
        if self.above == "block":
            return joined([fees], {"unused": unused, "refused": over}, words)
        price = world.price(self.on_demand, "capacity")
        return joined(
            [fees, monthly(world, over * price * world.prices)], {"unused": unused}, words
        )
