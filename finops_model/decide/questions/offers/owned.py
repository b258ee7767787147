"""Owned hardware: capital, power, space and people; what it cannot serve is rented or refused (docs/method §8.61, §5.48)."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from ....checks import number, whole
from ....errors import InputError, PriceError
from ....prices.capacity.hardware import Hardware
from ._base import ABOVE, Ledger, World, joined, money, monthly, word


@dataclass(frozen=True, kw_only=True)
class Owned:
    """Machines bought at the beginning of their life, and again at its end at the price of then.

    Parameters
    ----------
    gpus : float
        How many; each gives an hour of the demand's unit in an hour.
    capital : float
        Money for all of them, paid on the first day.
    life_months : int, optional
        After which they are bought again.
    kilowatts, idle_share, pue, power_price, colocation_monthly, staff_monthly, maintenance_share, other_monthly, availability : float, optional
        Of running them (prices/capacity/hardware.py).
    above : str, optional
        on_demand: what they cannot serve is rented; block: it is refused.
    on_demand : float or range, optional
        Money per unit above; default: the file's.

    Source
    ------
    docs/method §5.48, §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01", "2026-02"], np.array([[744.0, 672.0]]), on_demand=2.0)
    >>> Owned(gpus=1, capital=1200.0, life_months=2).settle(world).cost.tolist()
    [[600.0, 600.0]]
    """

    gpus: float
    capital: float
    life_months: int = 48
    kilowatts: float = 0.0
    idle_share: float = 1.0
    pue: float = 1.0
    power_price: float = 0.0
    colocation_monthly: float = 0.0
    staff_monthly: float = 0.0
    maintenance_share: float = 0.0
    other_monthly: float = 0.0
    availability: float = 1.0
    above: str = "on_demand"
    on_demand: object = None

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("on_demand",)

    def __post_init__(self):
        number(self.capital, "capital", error=InputError)
        whole(self.life_months, "life_months", True, error=InputError)
        money(self.on_demand, "on_demand")
        word(self.above, "word for above", ABOVE)
        self.hardware(730.0)

    @property
    def term(self) -> int:
        """Months until it is bought again."""
        return int(self.life_months)

    def hardware(self, hours: float) -> Hardware:
        """The machines in a month of so many hours, without capital: what running them costs."""
        own = {f.name for f in fields(self)} & {f.name for f in fields(Hardware)}
        try:
            return Hardware(
                **{name: getattr(self, name) for name in own - {"life_months"}},
                hours_per_month=hours,
            )
        except PriceError as problem:
            raise InputError(str(problem)) from None

    def settle(self, world: World) -> Ledger:
        """Capital spread straight over the months it is held; running cost by utilisation; the rest rented."""
        spent, dates, paid = np.zeros_like(world.use), [], []
        for first, stop in world.terms(self.term):
            price = self.capital * world.prices[:, first]
            paid.append(price)
            dates.append(world.day(first))
            spent[:, first:stop] = price[:, None] / (stop - first)
        bought = Ledger(
            spent, np.array(dates, "datetime64[D]") + world.net_days, np.stack(paid, axis=1)
        )
        return running(world, self, bought)


def running(world: World, held, bought: Ledger) -> Ledger:
    """What machines cost in all: what was paid for them, running them, and what they cannot serve.

    Parameters
    ----------
    world : World
        Use, shape, prices.
    held : Owned or Leased
        The machines.
    bought : Ledger
        Capital or lease.

    Returns
    -------
    Ledger
        With meters unused and, where use is blocked, refused.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[744.0]]), on_demand=2.0)
    >>> running(world, Owned(gpus=2, capital=0.0), monthly(world, 0.0)).meters["unused"].tolist()
    [[744.0]]
    """
    capacity = held.gpus * held.availability
    over = world.above(capacity)
    served = world.use - over
    full = capacity * world.hours
    cost = np.stack(
        [
            held.hardware(float(world.hours[m])).running(
                np.clip(served[:, m] / full[m] if full[m] else 0.0, 0.0, 1.0)
            )
            for m in range(world.span)
        ],
        axis=1,
    )
    meters = {"unused": full - served}
    words = f"{held.gpus:,.6g} GPUs held"
    if held.above == "block":
        return joined([bought, monthly(world, cost)], {**meters, "refused": over}, words)
    price = world.price(held.on_demand, "above the machines") if over.any() else 0.0
    return joined(
        [bought, monthly(world, cost), monthly(world, over * price * world.prices)], meters, words
    )
