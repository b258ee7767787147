"""A subscription: a fee per seat with a quota that all seats share, and what is above it (docs/method §8.61, §5.42)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ....errors import InputError, PriceError
from ....prices.instruments import make as make_instrument
from ._base import ABOVE, Ledger, World, joined, money, monthly, word


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Seats paid every month, used or not.

    Parameters
    ----------
    seats : float
        How many.
    fee : float or range
        Money per seat and month.
    included : float, optional
        Units of the demand that each seat brings in a month; 0: none.
    minimum : float, optional
        Seats paid at least.
    above : str, optional
        on_demand: charged at `overage`; block: refused.
    overage : float or range, optional
        Money per unit above the quota; default: the file's on-demand price.
    term_months : int, optional
        For which the fee holds; then it is the price of then.

    Source
    ------
    docs/method §5.10, §8.61.

    Examples
    --------
    >>> world = World.of(["2026-01"], np.array([[250.0]]))
    >>> Subscription(seats=2, fee=30.0, included=100, overage=0.5).settle(world).cost.tolist()
    [[85.0]]
    """

    seats: float
    fee: object
    included: float = 0.0
    minimum: float = 0.0
    above: str = "on_demand"
    overage: object = None
    term_months: int = 12

    UNCERTAIN: ClassVar[tuple[str, ...]] = ("fee", "overage")

    def __post_init__(self):
        money(self.fee, "fee")
        money(self.overage, "overage")
        word(self.above, "word for above", ABOVE)
        self._held()

    @property
    def term(self) -> int:
        """Months for which the fee holds."""
        return int(self.term_months)

    def _held(self):
        fields = {"seats": self.seats, "included": self.included, "minimum": self.minimum}
        try:
            return make_instrument(
                {"kind": "seats", **fields, "fee": 1.0, "skus": ["use"], "window": "period"}
            )
        except PriceError as problem:
            raise InputError(str(problem)) from None

    def settle(self, world: World) -> Ledger:
        """The fee of the seats, and what is above their quota month by month."""
        held = self._held()
        done = held.allocate(world.use[..., None], ("use",), None, np.ones(world.span, bool))
        over = world.use - done.covered[..., 0]
        starts = np.concatenate(
            [np.full(stop - first, first) for first, stop in world.terms(self.term)]
        )
        fees = monthly(world, held.paid * np.asarray(self.fee, float) * world.prices[:, starts])
        words = f"{held.paid:,.6g} seats × fee"
        if self.above == "block":
            return joined([fees], {"refused": over}, words)
        price = world.price(self.overage, "subscription") if over.any() else 0.0
        return joined([fees, monthly(world, over * price * world.prices)], {}, words)
