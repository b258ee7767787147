"""Use that a balance pays for until it is used up or void: a grant, or one bought in advance (docs/method §3.46, §5.44, §5.45)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from ...checks import number
from ...errors import PriceError, unknown
from ...prices.terms.credits import Credit as Balance
from ...prices.terms.credits import prepaid
from ._base import Months, Settled
from ._fields import amount, known, used

OF_BALANCE = ("amount", "expires", "start", "paid", "share")
ORDERS = ("expiry", "written")


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
    further : list of mapping, optional
        Balances beside it: `{amount, expires, start, paid, share}`; each from its start on, which is the first simulated day where none is said.
    order : str, optional
        Which balance pays first: expiry (the one that is void first), or written.

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
    further: tuple = ()
    order: str = "expiry"

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price",)
    DATED: ClassVar[tuple[str, ...]] = ("price",)

    def __post_init__(self):
        amount(self.price, "credit: price")
        object.__setattr__(self, "block", number(self.block, "credit: block", above_zero=True))
        if not isinstance(self.further, (list, tuple)):
            raise PriceError(
                "credit: further is a list of balances: [{amount: 500, expires: 2027-12}]."
            )
        for i, one in enumerate(self.further, 1):
            known(one, OF_BALANCE, f"credit: further[{i}]", "field of a balance")
            if "amount" not in one:
                raise PriceError(f"credit: further[{i}]: 'amount' is missing; write its money.")
        if self.order not in ORDERS:
            raise PriceError(unknown("credit", "order", str(self.order)[:40], ORDERS))
        self._balances()

    def _balances(self) -> list[Balance]:
        own = {key: getattr(self, key) for key in OF_BALANCE if key != "start"}
        balances = []
        for i, one in enumerate((own, *self.further)):
            terms: dict[str, Any] = {
                key: str(value) if key in ("start", "expires") else value
                for key, value in one.items()
                if value is not None
            }
            balances.append(Balance(**terms, id=f"further {i}" if i else ""))
        return balances

    def _held(self, first) -> list[Balance]:
        """The balances that are not void on the first simulated day, those that began before it without their start."""
        return [
            replace(one, start=None) if one.start and one.valid()[0] <= first else one
            for one in self._balances()
            if one.valid()[1] > first
        ]

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month): what a paid balance loses is cost, as it is drawn or void."""
        quantity = used(use, "use", months)
        listed = quantity / self.block * np.asarray(self.price, float)
        held = np.flatnonzero(months.days)
        cost, cash, drawn, lost = (np.zeros(listed.shape) for _ in range(4))
        parts = {"balance": cost, "beyond": np.zeros(listed.shape)}
        if held.size:
            on = slice(held[0], len(months.names))
            end = (np.datetime64(months.names[-1], "M") + 1).astype("datetime64[D]")
            balances = [one for one in self._held(months.first[held[0]]) if one.valid()[0] < end]
            if balances:
                outcome = prepaid(balances, listed[:, on], months.names[on], self.order)
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
        more = len(self.further)
        beside = f", and {more} more balance{'s' * (more > 1)}" if more else ""
        return f"use × {price}{per}, of it {self.amount:g} from a balance{void}{beside}"
