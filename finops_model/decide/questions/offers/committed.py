"""Committed use: so many units an hour, paid used or not; what is above is on demand (docs/method §8.61, §5.3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....checks import number, share
from ....errors import InputError
from ._base import Ledger, Paid, World, joined, money, monthly, part, word

THEN = ("renew", "on_demand")


@dataclass(frozen=True, kw_only=True)
class Committed(Paid):
    """A commitment in units an hour, or in money an hour at its own rate.

    Parameters
    ----------
    quantity : float, optional
        Units an hour.
    spend : float, optional
        Instead of a quantity: money an hour, used at the price of the plan.
    rate : float or range, optional
        Money per unit and hour, used or not.
    discount : float or range, optional
        Instead of a rate: share off the on-demand price.
    on_demand, price : float or range, optional
        Money per unit on demand, also of what is above; default: the file's.
    eligible_share : float, optional
        Share of the use that it may cover.
    then : str, optional
        renew at the price of then, or on_demand: the term is not renewed.

    Source
    ------
    docs/method §5.3, §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[744.0 * 5]]), on_demand=2.0)
    >>> Committed(quantity=4, discount=0.5).settle(world).cost.round(6).tolist()
    [[4464.0]]
    """

    quantity: float | None = None
    spend: float | None = None
    rate: object = None
    discount: object = None
    on_demand: object = None
    price: object = None
    eligible_share: float = 1.0
    then: str = "renew"

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("rate", "discount", "on_demand", "price")

    def __post_init__(self):
        super().__post_init__()
        if (self.quantity is None) == (self.spend is None):
            raise InputError(
                "committed: write quantity (units an hour) or spend (money an hour), one of them."
            )
        if (self.rate is None) == (self.discount is None):
            raise InputError(
                "committed: write rate (money per unit and hour) or discount (share off the on-demand price), one of them."
            )
        for name in ("quantity", "spend"):
            if getattr(self, name) is not None:
                number(getattr(self, name), name, error=InputError)
        money(self.rate, "rate")
        if self.on_demand is not None and self.price is not None:
            raise InputError("committed: on_demand and price say the same thing; keep one of them.")
        money(self.on_demand, "on_demand")
        money(self.price, "price")
        if self.discount is not None:
            part(self.discount, "discount")
        share(self.eligible_share, "eligible_share", InputError)
        word(self.then, "word for then", THEN)

    def level(self, rate) -> float:
        """Units an hour."""
        if self.quantity is not None:
            return float(self.quantity)
        if np.ndim(rate) or not rate > 0:
            raise InputError(
                "committed: spend needs one rate above 0; write quantity (units an hour) beside a range."
            )
        return float(self.spend or 0.0) / float(rate)

    def settle(self, world: World) -> Ledger:
        """The fee by its payment option, what is above it month by month."""
        price = world.price(self.price if self.on_demand is None else self.on_demand, "committed")
        rate = self.rate if self.discount is None else price * (1 - np.asarray(self.discount))
        level = self.level(rate)
        part_of = self.eligible_share
        last = min(self.term_months, world.span) if self.then == "on_demand" else world.span
        held = np.arange(world.span) < last
        covered = np.where(held, part_of * world.use - world.above(level, part_of), 0.0)
        spill, unused = world.use - covered, np.where(held, level * world.hours, 0.0) - covered
        fees = self.fees(world, level * np.asarray(rate, float), last)
        above = monthly(world, spill * price * world.prices)
        return joined(
            [fees, above], {"unused": unused}, f"{level:,.6g} an hour committed, the rest on demand"
        )
