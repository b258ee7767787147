"""A commitment on the use of a purchase: units or money of each hour (or month), used or not; the rest on demand (docs/method §3.47, §5.10)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...checks import number, whole
from ...errors import PriceError, unknown
from ...prices.instruments import make as make_instrument
from ...prices.terms.dates import day
from ._base import Months, Settled
from ._fields import amount, used
from ._terms import Term, due, end_of, ended, start_of

WINDOWS = ("hour", "month")
SKU = "use"


@dataclass(frozen=True, kw_only=True)
class Committed:
    """So many units (or so much money) of each hour are paid for; what they do not cover costs the on-demand price.

    Parameters
    ----------
    price : float or array
        On-demand money per unit.
    quantity : float, optional
        Committed units of each hour (of each month, with window: month).
    rate : float or array, optional
        Money per committed unit, used or not; with quantity.
    spend : float, optional
        Committed money of each window, at the plan's price; instead of quantity and rate.
    discount : float, optional
        Share off the on-demand price under the plan; with spend.
    eligible_share : float, optional
        Share of the use that may be covered.
    window : str, optional
        hour, or month: take-or-pay, by the days of months that are not held for whole.
    hours : list of 24 numbers, optional
        Use of each hour of the day, relative; alike where nothing is said.
    term_months : int, optional
        Months of the term; without it, it lasts as long as the purchase.
    bought : str, optional
        First day of the term; default: the first simulated day of the purchase.
    upfront_share : float, optional
        Share of the whole term's fee that is billed on its first day; with term_months.

    Source
    ------
    docs/method §3.47, §5.10.

    Examples
    --------
    >>> way = Committed(price=3, quantity=10, rate=2)
    >>> settled = way.settle({"use": np.array([[744 * 12.0]])}, Months.between(("2027-01",), "2027-01-01"))
    >>> {name: float(part.sum()) for name, part in settled.parts.items()}
    {'commitment': 14880.0, 'on demand': 4464.0}
    """

    price: float | np.ndarray
    quantity: float | None = None
    rate: float | np.ndarray | None = None
    spend: float | None = None
    discount: float | None = None
    eligible_share: float = 1.0
    window: str = "hour"
    hours: tuple | None = None
    term_months: int | None = None
    bought: str | None = None
    upfront_share: float = 0.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("price", "rate")
    DATED: ClassVar[tuple[str, ...]] = ("price",)

    def __post_init__(self):
        amount(self.price, "committed: price")
        units, money = self.quantity is not None, self.spend is not None
        if units == money:
            raise PriceError(
                "committed: write quantity with rate (units), or spend with discount (money)"
                + (", not both." if units else ".")
            )
        for key, other in (("quantity", "rate"), ("spend", "discount")):
            if (getattr(self, key) is None) != (getattr(self, other) is None):
                lacking = other if getattr(self, other) is None else key
                raise PriceError(
                    f"committed: '{lacking}' is missing; {key} and {other} belong together."
                )
        if self.window not in WINDOWS:
            raise PriceError(unknown("committed", "window", str(self.window)[:40], WINDOWS))
        if self.rate is not None:
            amount(self.rate, "committed: rate")
        amount(self.upfront_share, "committed: upfront_share", most=1.0)
        amount(self.eligible_share, "committed: eligible_share", most=1.0)
        if self.hours is not None:
            weights = amount(
                list(self.hours) if isinstance(self.hours, (list, tuple)) else self.hours,
                "committed: hours",
            )
            if weights.shape != (24,) or not weights.any():
                raise PriceError(
                    "committed: hours needs 24 numbers, the use of each hour of the day; not all 0."
                )
            if self.window == "month":
                raise PriceError(
                    "committed: hours have nothing to act on with window: month; take one of them out."
                )
        if self.term_months is not None:
            whole(self.term_months, "committed: term_months", above_zero=True)
        elif self.upfront_share:
            raise PriceError(
                "committed: upfront_share is of a whole term's fee; write term_months, the months of the term."
            )
        if self.bought is not None:
            day(str(self.bought), "committed: bought")
        self._instrument()

    def _instrument(self):
        """The instrument that the settlement knows, on one SKU; its fee is that of one own unit."""
        own = {"eligible_share": float(self.eligible_share)}
        if self.quantity is not None:
            fields = {"kind": "units", "quantity": self.quantity, "rate": 1.0, "skus": [SKU]}
        else:
            fields = {
                "kind": "spend",
                "commitment": self.spend,
                "discount": number(self.discount, "committed: discount"),
                "skus": [SKU],
            }
        return make_instrument({**fields, **own}, "committed")

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month)."""
        quantity, start = used(use, "use", months), start_of(months)
        price = np.broadcast_to(np.asarray(self.price, float), quantity.shape)
        if start is None:
            nothing = np.zeros(quantity.shape)
            return Settled(
                nothing, {"on demand": nothing}, {"use": quantity}, formula=self._words()
            )
        term = None
        if self.term_months is not None:
            first = np.datetime64(str(self.bought), "D") if self.bought else start
            term = Term(first, int(self.term_months))
        in_term = months.days if term is None else term.days_in(months)
        part = np.divide(in_term, months.days, out=np.zeros(len(in_term)), where=months.days > 0)
        windows = in_term * 24.0 if self.window == "hour" else in_term / months.whole
        covered, taken = self._covered(quantity * part, price, windows)
        rate = np.asarray(1.0 if self.rate is None else self.rate, float)
        level = self._instrument().quantity
        fee = level * windows * rate
        beyond = (quantity - covered) * price
        left = self._left(term, months, level) * rate
        parts = {"commitment": fee + left, "on demand": beyond}
        shape = np.broadcast_shapes(quantity.shape, fee.shape)
        parts = {name: np.broadcast_to(value, shape) for name, value in parts.items()}
        cash = parts["commitment"] + parts["on demand"]
        if self.upfront_share and term is not None:
            whole_fee = self._windows(term.edges[0], term.end) * level
            ahead = due(months, [term.edges[0]], [whole_fee * self.upfront_share])
            cash = (fee + left) * (1.0 - self.upfront_share) + ahead * rate + beyond
        return Settled(
            parts["commitment"] + parts["on demand"],
            parts,
            {
                "use": quantity,
                "covered": covered,
                "unused": np.maximum(level * windows - taken, 0.0),
            },
            np.broadcast_to(cash, shape),
            self._words(),
        )

    def _covered(self, quantity, price, windows) -> tuple[np.ndarray, np.ndarray]:
        """Units covered, and own units they take, (path, month)."""
        weights = (
            np.ones(1)
            if self.hours is None
            else np.asarray(self.hours, float) * 24 / sum(self.hours)
        )
        each = np.divide(quantity, windows, out=np.zeros(quantity.shape), where=windows > 0)
        levels = each[:, :, None] * weights
        prices = np.broadcast_to(price[:, :, None], levels.shape).reshape(-1, 1)
        allocation = self._instrument().allocate(
            levels.reshape(-1, 1), (SKU,), prices, np.ones(levels.size, bool)
        )
        covered = allocation.covered.reshape(levels.shape).mean(axis=-1) * windows
        taken = allocation.amount.reshape(levels.shape).mean(axis=-1) * windows
        return covered, taken

    def _windows(self, first, last) -> float:
        """Hours (or months, by their days) from a day to another."""
        dates = np.arange(first, last)
        if self.window == "hour":
            return len(dates) * 24.0
        months = dates.astype("datetime64[M]")
        lengths = ((months + 1).astype("datetime64[D]") - months.astype("datetime64[D]")).astype(
            int
        )
        return float((1.0 / lengths).sum())

    def _left(self, term, months: Months, level: float) -> np.ndarray:
        """(month,): what of a term is still owed where the purchase ends before it, in the last month."""
        left = np.zeros(len(months.names))
        if term is not None and ended(months):
            end = end_of(months)
            if end < term.end:
                left[np.flatnonzero(months.days)[-1]] = level * self._windows(end, term.end)
        return left

    def _words(self) -> str:
        def of(value):
            return f"{value:g}" if np.ndim(value) == 0 else "a range"

        what = (
            f"{self.quantity:g} units × {of(self.rate)}"
            if self.quantity is not None
            else f"{self.spend:g} at {float(self.discount or 0):.0%} off"
        )
        return f"{what} of each {self.window}, used or not; the rest × {of(self.price)}"
