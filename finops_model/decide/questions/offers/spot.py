"""Spot: cheaper and interrupted, so some work runs again; what spot cannot give runs on demand (docs/method §8.61, §5.35, §5.36)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....checks import number, share_below_one
from ....errors import InputError
from ....prices.capacity.checkpoints import Checkpointing
from ....prices.capacity.spot import hazard, run
from ._base import Ledger, World, money, monthly, part


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Useful hours on machines that may be taken back.

    Parameters
    ----------
    price : float or range, optional
        Money per hour of spot today.
    discount : float or range, optional
        Instead of a price: share off the on-demand price.
    rework : float or range, optional
        Share of the work that runs again: 0.1 takes 1.1 hours for a useful one.
    interrupted_per_month : float, optional
        Instead of rework: share of the machines interrupted in a month, with the next three.
    checkpoint_minutes, restart_minutes, every_minutes : float, optional
        Time of a checkpoint and of a restart; useful work between two (default: the best).
    available : float or range, optional
        Share of the use that spot can give; the rest runs on demand.
    on_demand : float or range, optional
        Money per unit of the rest; default: the file's.

    Source
    ------
    docs/method §5.35, §5.36.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[100.0]]), on_demand=4.0)
    >>> Spot(price=1.0, rework=0.1, available=0.5).settle(world).cost.round(6).tolist()
    [[255.0]]
    """

    price: object = None
    discount: object = None
    rework: object = None
    interrupted_per_month: float | None = None
    checkpoint_minutes: float = 0.0
    restart_minutes: float = 0.0
    every_minutes: float | None = None
    available: object = 1.0
    on_demand: object = None

    UNCERTAIN: ClassVar[tuple[str, ...]] = (
        "price",
        "discount",
        "rework",
        "available",
        "on_demand",
    )
    term: ClassVar[int] = 0

    def __post_init__(self):
        if (self.price is None) == (self.discount is None):
            raise InputError(
                "spot: write price (money per hour) or discount (share off the on-demand price), one of them."
            )
        if (self.rework is None) == (self.interrupted_per_month is None):
            raise InputError(
                "spot: say what interruptions cost: rework (share run again; 0 is a statement too) or interrupted_per_month, one of them."
            )
        for name in ("price", "on_demand", "rework"):
            money(getattr(self, name), name)
        if self.discount is not None:
            part(self.discount, "discount")
        part(self.available, "available")
        if self.interrupted_per_month is not None:
            share_below_one(self.interrupted_per_month, "interrupted_per_month", InputError)
        for name in ("checkpoint_minutes", "restart_minutes"):
            number(getattr(self, name), name, error=InputError)
        if self.every_minutes is not None:
            number(self.every_minutes, "every_minutes", above_zero=True, error=InputError)

    @property
    def factor(self):
        """Hours run for a useful one, 1 or more."""
        if self.interrupted_per_month is None:
            return 1.0 + np.asarray(self.rework, float)
        rate = float(hazard(self.interrupted_per_month))
        mtbf = 1 / rate if rate > 0 else np.inf
        work = Checkpointing(self.checkpoint_minutes / 60, mtbf, self.restart_minutes / 60)
        every = None if self.every_minutes is None else self.every_minutes / 60
        return float(work.factor(every))

    def settle(self, world: World) -> Ledger:
        """Cost of useful hours on spot and on demand, month by month."""
        whole = bool(np.all(np.asarray(self.available, float) >= 1))
        known = world.on_demand is not None or self.on_demand is not None
        needed = self.discount is not None or not whole or known
        price = np.asarray(world.price(self.on_demand, "spot") if needed else 0.0, float)
        spot = price * (1 - np.asarray(self.discount)) if self.discount is not None else self.price
        done = run(
            world.use,
            np.asarray(spot, float) * world.prices,
            price * world.prices,
            self.factor,
            self.available,
        )
        return monthly(world, done.cost, formula="use × hours for a useful one × spot price")
