"""Leased hardware: monthly payments for a term, running cost, what is above rented or refused (docs/method §8.61, §5.48)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from ....checks import number, whole
from ....errors import InputError, PriceError
from ....prices.capacity.hardware import Hardware
from ._base import ABOVE, Ledger, World, money, word
from .owned import running


@dataclass(frozen=True, kw_only=True)
class Leased:
    """Machines for monthly payments over a term, then leased again at the price of then.

    Parameters
    ----------
    gpus : float
        How many.
    lease_monthly : float
        Money a month for all of them.
    lease_months : int, optional
        Of the term.
    lease_advance : bool, optional
        Paid on the first day of the month, else when it is over.
    kilowatts, idle_share, pue, power_price, colocation_monthly, staff_monthly, other_monthly, availability : float, optional
        Of running them.
    above, on_demand : optional
        As of `owned`.

    Source
    ------
    docs/method §5.48, §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01", "2026-02"], np.array([[744.0, 672.0]]))
    >>> Leased(gpus=1, lease_monthly=500.0, lease_months=2).settle(world).cost.tolist()
    [[500.0, 500.0]]
    """

    gpus: float
    lease_monthly: float
    lease_months: int = 36
    lease_advance: bool = True
    kilowatts: float = 0.0
    idle_share: float = 1.0
    pue: float = 1.0
    power_price: float = 0.0
    colocation_monthly: float = 0.0
    staff_monthly: float = 0.0
    other_monthly: float = 0.0
    availability: float = 1.0
    above: str = "on_demand"
    on_demand: object = None

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("on_demand",)

    def __post_init__(self):
        number(self.lease_monthly, "lease_monthly", error=InputError)
        whole(self.lease_months, "lease_months", True, error=InputError)
        if not isinstance(self.lease_advance, bool):
            raise InputError(
                f"lease_advance is '{str(self.lease_advance)[:40]}'; write true or false."
            )
        money(self.on_demand, "on_demand")
        word(self.above, "word for above", ABOVE)
        self.hardware(730.0)

    @property
    def term(self) -> int:
        """Months of the lease."""
        return int(self.lease_months)

    def hardware(self, hours: float) -> Hardware:
        """The machines in a month of so many hours: what running them costs."""
        own = {f.name for f in fields(self)} & {f.name for f in fields(Hardware)}
        own -= {"lease_monthly", "lease_months", "lease_advance"}
        try:
            return Hardware(**{name: getattr(self, name) for name in own}, hours_per_month=hours)
        except PriceError as problem:
            raise InputError(str(problem)) from None

    def settle(self, world: World) -> Ledger:
        """The payments of each month at the price of its term's first month; running cost; the rest rented."""
        starts = np.concatenate(
            [np.full(stop - first, first) for first, stop in world.terms(self.term)]
        )
        cost = self.lease_monthly * world.prices[:, starts]
        months = np.array(world.months, "datetime64[M]") + (0 if self.lease_advance else 1)
        leased = Ledger(cost, months.astype("datetime64[D]") + world.net_days, cost)
        return running(world, self, leased)
