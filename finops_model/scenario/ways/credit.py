"""Use that a balance pays for until it is used up or void: a grant, or one bought in advance (docs/method §3.46, §5.44, §5.45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...checks import number
from ...prices.terms.credits import Credit as Balance
from ...prices.terms.credits import prepaid
from ._base import Months, Settled
from ._fields import amount, used


@dataclass(frozen=True, kw_only=True)
class Credit:
    """Use at a price, paid from a balance first.

    Parameters
    ----------
    amount : float
        Money of the balance on the first simulated day of the purchase, at the rate card.
    price : float or array
        Money per `block` units: the rate card, for what the balance pays and for what it does not.
    expires : str, optional
        First day on which the balance is void; a month: after its last day.
    paid : float, optional
        Money paid for the balance on that first day; 0: a gift, or paid before.
    share : float, optional
        Share of the cost that the balance may pay.
    block : float, optional
        Units the price is for.

    Source
    ------
    docs/method §3.46.

    Examples
    --------
    >>> way = Credit(amount=100, price=2, expires="2027-02", paid=80)
    >>> months = Months.between(("2027-01", "2027-02", "2027-03"), "2027-01-01")
    >>> settled = way.settle({"use": np.array([[20.0, 20.0, 20.0]])}, months)
    >>> settled.cost.tolist(), settled.billed.tolist()
    ([[32.0, 48.0, 40.0]], [[80.0, 0.0, 40.0]])
    """

    amount: float
    price: float | np.ndarray
    expires: str | None = None
    paid: float = 0.0
    share: float = 1.0
    block: float = 1.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price",)
    DATED: ClassVar[tuple[str, ...]] = ("price",)

    def __post_init__(self):
        amount(self.price, "credit: price")
        object.__setattr__(self, "block", number(self.block, "credit: block", above_zero=True))
        self._balance()

    def _balance(self) -> Balance:
        return Balance(
            self.amount,
            expires=None if self.expires is None else str(self.expires),
            share=self.share,
            paid=self.paid,
        )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month): what a paid balance loses is cost, as it is drawn or void."""
        quantity = used(use, "use", months)
        listed = quantity / self.block * np.asarray(self.price, float)
        held = np.flatnonzero(months.days)
        cost, cash, drawn, lost = (np.zeros(listed.shape) for _ in range(4))
        parts = {"balance": cost, "beyond": np.zeros(listed.shape)}
        if held.size:
            on = slice(held[0], len(months.names))
            balance = self._balance()
            if balance.valid()[1] > months.first[held[0]]:
                outcome = prepaid([balance], listed[:, on], months.names[on])
                cash[:, on], drawn[:, on] = outcome.billed, outcome.drawn
                lost[:, on], parts["beyond"][:, on] = outcome.expired, outcome.overage
                parts["balance"][:, on] = outcome.effective - outcome.overage
            else:
                cash[:, on] = parts["beyond"][:, on] = listed[:, on]
        return Settled(
            parts["balance"] + parts["beyond"],
            parts,
            {"use": quantity, "drawn": drawn, "void": lost},
            cash,
            self._words(),
        )

    def _words(self) -> str:
        price = f"{self.price:g}" if np.ndim(self.price) == 0 else "its price"
        per = f" per {self.block:g}" if self.block != 1 else ""
        void = (
            f", void from {self.expires} on" if self.expires and len(str(self.expires)) > 7 else ""
        )
        void = f", void after {self.expires}" if self.expires and not void else void
        return f"use × {price}{per}, of it {self.amount:g} from a balance{void}"
