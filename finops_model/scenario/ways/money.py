"""Money that somebody states: a sum a month, or one for all days that are held, a number or a range (docs/method §3.49)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ._base import Months, Settled
from ._fields import amount, used
from ._terms import ended


@dataclass(frozen=True, kw_only=True)
class Money:
    """A cost that is stated, whatever is used; with `for:` it stands in place of what that use would cost.

    Parameters
    ----------
    per_month : float or array, optional
        Money of a whole month, evenly on its days.
    total : float or array, optional
        Instead: money of all days from the first simulated one to `until`, evenly.

    Source
    ------
    docs/method §3.49.

    Examples
    --------
    >>> way = Money(per_month=3100)
    >>> way.settle({}, Months.between(("2027-01", "2027-02"), "2027-01-11")).cost.round(2)
    array([[2100., 3100.]])
    """

    per_month: float | np.ndarray | None = None
    total: float | np.ndarray | None = None

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("per_month", "total")
    DATED: ClassVar[tuple[str, ...]] = ("per_month",)
    WITHOUT_USE: ClassVar[bool] = True
    ANY_UNIT: ClassVar[bool] = True

    def __post_init__(self):
        if (self.per_month is None) == (self.total is None):
            raise PriceError(
                "money: write per_month, or total for all days until the purchase ends"
                + (", not both." if self.total is not None else ".")
            )
        key = "per_month" if self.total is None else "total"
        amount(getattr(self, key), f"money: {key}")

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month)."""
        quantity = used(use, "use", months)
        if self.total is not None:
            if months.days.any() and not ended(months):
                raise PriceError(
                    "money: total is for all days until the purchase ends, and it does not end within the run. Write until: the first day "
                    "after them, or per_month."
                )
            cost = np.asarray(self.total, float) * (months.days / max(months.days.sum(), 1))
        else:
            cost = np.asarray(self.per_month, float) * months.share
        cost = np.broadcast_to(cost, np.broadcast_shapes(cost.shape, quantity.shape)).copy()
        given = self.per_month if self.total is None else self.total
        value, what = np.asarray(given, float), "a month" if self.total is None else "in all"
        words = f"{value:g} {what}" if value.ndim == 0 else f"a range of money {what}"
        return Settled(cost, {"stated": cost}, {"use": quantity}, formula=words)
