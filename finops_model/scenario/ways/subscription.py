"""Seats and what they bring: fees by calendar day, a pooled quota, overage, terms that change on a date (docs/method §3.45, §5.42, §5.43)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ...periods import is_date
from ...prices.terms.subscription import Plan
from ...prices.terms.subscription import Subscription as Charges
from ._base import Months, Settled
from ._fields import amount, known, used
from ._terms import start_of

D, M = "datetime64[D]", "datetime64[M]"
OF_PLAN = ("quota", "extra_quota", "overage_block", "overage", "budget", "weight")
CHANGED = ("since", "fee", "base_fee", "overage_price", *OF_PLAN)


@dataclass(frozen=True, kw_only=True)
class Subscription:
    """Seats at a fee a cycle; the use of a cycle beyond the quota of all seats is overage.

    Parameters
    ----------
    seats : float or array
        Seats held; a range, or a number that changes from a date on.
    fee : float or array
        Money per seat and cycle.
    changes : mapping, optional
        Day → seats that come (or, below 0, go).
    seats_growth_per_month : float or array, optional
        Month k after the first has (1 + growth)^k of the seats.
    quota, extra_quota : float, optional
        Units a cycle brings: per seat, and whatever the seats; pooled, nothing carries over.
    overage_price : float or array, optional
        Money per `overage_block` units beyond the quota.
    overage : str, optional
        charged, or blocked: beyond the quota nothing is served.
    budget : float, optional
        Most money for overage in a cycle.
    base_fee : float, optional
        Money a cycle whatever the seats.
    weight : float, optional
        Units of quota that a unit of use takes.
    plans : list of mapping, optional
        Terms from later days on: `{since, fee, quota, …}`; what one does not say stays.
    cycle_months, anchor : int and str, optional
        Months of a cycle, and a first day of one (12 and a day: an annual plan); calendar months where nothing is said.
    minimum_seats, proration, trial_days : optional
        As in §5.42.

    Source
    ------
    docs/method §3.45.

    Examples
    --------
    >>> way = Subscription(seats=5, fee=20, quota=10, overage_price=0.5)
    >>> settled = way.settle({"use": np.array([[60.0]])}, Months.between(("2027-01",), "2027-01-01"))
    >>> settled.cost.round(9), {name: round(float(part.sum()), 9) for name, part in settled.parts.items()}
    (array([[105.]]), {'seats': 100.0, 'overage': 5.0})
    """

    seats: float | np.ndarray
    fee: float | np.ndarray
    changes: Mapping | None = None
    seats_growth_per_month: float | np.ndarray = 0.0
    quota: float = 0.0
    extra_quota: float = 0.0
    overage_price: float | np.ndarray = 0.0
    overage_block: float = 1.0
    overage: str = "charged"
    budget: float | None = None
    base_fee: float = 0.0
    weight: float = 1.0
    plans: tuple = ()
    cycle_months: int = 1
    anchor: str | None = None
    minimum_seats: float = 0.0
    proration: str = "calendar_day"
    trial_days: int = 0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    WINDOWED: ClassVar[bool] = True
    UNCERTAIN: ClassVar[tuple[str, ...]] = (
        "seats",
        "fee",
        "seats_growth_per_month",
        "overage_price",
    )
    DATED: ClassVar[tuple[str, ...]] = ("seats",)
    WITHOUT_USE: ClassVar[bool] = True

    def __post_init__(self):
        amount(self.seats, "subscription: seats")
        amount(self.fee, "subscription: fee")
        amount(self.overage_price, "subscription: overage_price")
        amount(
            self.seats_growth_per_month, "subscription: seats_growth_per_month", -1.0, above=True
        )
        if not isinstance(self.changes, (Mapping, type(None))):
            raise PriceError(
                f"subscription: changes is '{str(self.changes)[:40]}'; write days and seats: {{2027-03-01: 20}}."
            )
        for when, by in (self.changes or {}).items():
            amount(by, f"subscription: changes[{when}]", least=-np.inf)
            if not is_date(str(when)) or len(str(when)) != 10:
                raise PriceError(
                    f"subscription: changes: '{str(when)[:40]}' is no day; write changes: {{2027-03-01: 20}}."
                )
        if not isinstance(self.plans, (list, tuple)):
            raise PriceError(
                "subscription: plans is a list of terms from later days on: [{since: 2027-07-01, fee: 25}]."
            )
        for i, plan in enumerate(self.plans, 1):
            known(plan, CHANGED, f"subscription: plans[{i}]", "term")
            if "since" not in plan:
                raise PriceError(
                    f"subscription: plans[{i}]: 'since' is missing; from when is it in force?"
                )
        if self.plans and any(np.ndim(getattr(self, key)) for key in ("fee", "overage_price")):
            raise PriceError(
                "subscription: fee and overage_price may be ranges, or change by plans; not both. Write a scenario for each."
            )
        if isinstance(self.seats, (int, float)):
            self._charges(float(np.ravel(self.fee)[0]), self.base_fee)

    def _charges(self, fee: float, base: float, price: float | None = None) -> Charges:
        own = {key: getattr(self, key) for key in OF_PLAN}
        first = {
            **own,
            "fee": fee,
            "base_fee": base,
            "overage_price": float(np.ravel(self.overage_price)[0]) if price is None else price,
        }
        plans = [first]
        for later in self.plans:
            plans.append(
                {**plans[-1], **{k: str(v) if k == "since" else v for k, v in later.items()}}
            )
        return Charges(
            plans=tuple(Plan(**plan) for plan in plans),
            minimum_seats=self.minimum_seats,
            months=self.cycle_months,
            anchor=self.anchor,
            proration=self.proration,
            trial_days=self.trial_days,
        )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month): seats by their days, overage in the month in which its cycle ends."""
        quantity, start = used(use, "use", months), start_of(months)
        if start is None:
            nothing = np.zeros(quantity.shape)
            return Settled(nothing, {"seats": nothing}, {"use": quantity}, formula=self._words())
        end = (np.datetime64(months.names[-1], "M") + 1).astype(D)
        several = np.ndim(self.fee) or np.ndim(self.overage_price)
        charges = (
            self._charges(1.0, 0.0, 1.0)
            if several
            else self._charges(float(self.fee), self.base_fee)
        )
        edges = charges.cycles(start, end)
        days = np.arange(edges[0], edges[-1])
        seats = self._seats(months, days, start)
        inside = self._use_by_cycle(quantity, months, edges, days)
        first = str(edges[0])
        outcome = charges.settle(seats, first, inside)
        paid, billed = outcome.effective_by_day, outcome.billed_by_day
        over, price = outcome.overage_cost, np.asarray(1.0)
        if several:
            fee, price = np.asarray(self.fee, float), np.asarray(self.overage_price, float)
            base = self._charges(0.0, self.base_fee).settle(seats, first)
            paid = fee * paid + base.effective_by_day
            billed = fee * billed + base.billed_by_day
        ahead = days >= start  # days before are not simulated
        of_day = (days.astype(M) - np.datetime64(months.names[0], "M")).astype(int)
        seen = ahead & (of_day < len(months.names))
        seat = _by_month(paid, of_day, seen, len(months.names))
        cash = _by_month(billed, of_day, seen, len(months.names))
        last = ((edges[1:] - 1).astype(M) - np.datetime64(months.names[0], "M")).astype(int)
        closed = last < len(months.names)
        overage = _by_month(over, last, closed, len(months.names)) * price
        shape = np.broadcast_shapes(seat.shape, overage.shape, quantity.shape)
        parts = {
            name: np.broadcast_to(part, shape)
            for name, part in (("seats", seat), ("overage", overage))
        }
        meters = {
            "use": quantity,
            "seats": _by_month(seats, of_day, seen, len(months.names))
            / np.maximum(months.whole, 1),
            "over": _by_month(outcome.over, last, closed, len(months.names)),
        }
        if outcome.blocked.any():
            meters["not served"] = _by_month(outcome.blocked, last, closed, len(months.names))
        meters = {name: np.broadcast_to(value, shape) for name, value in meters.items()}
        return Settled(
            parts["seats"] + parts["overage"],
            parts,
            meters,
            np.broadcast_to(cash, shape) + parts["overage"],
            self._words(),
        )

    def _seats(self, months: Months, days, start) -> np.ndarray:
        """Seats by day of whole cycles: none before it begins here, unless a cycle that runs already holds them."""
        of_day = (days.astype(M) - np.datetime64(months.names[0], "M")).astype(int)
        at = np.clip(of_day, 0, len(months.names) - 1)
        seats = np.atleast_2d(np.asarray(self.seats, float))
        seats = (
            seats[:, at] if seats.shape[1] > 1 else np.broadcast_to(seats, (len(seats), len(days)))
        )
        growth = np.atleast_2d(np.asarray(self.seats_growth_per_month, float))
        k = np.maximum((days.astype(M) - start.astype(M)).astype(int), 0)
        seats = seats * (1.0 + growth) ** k
        if self.changes:
            for when, by in self.changes.items():
                seats = seats + float(by) * (days >= np.datetime64(str(when), "D"))
            if (seats < 0).any():
                raise PriceError(
                    f"subscription: seats fall to {seats.min():g}; no more can be given up than are held."
                )
        held = months.dates()
        end = held[-1] + 1
        whole = days >= (
            days[0] if self.anchor and np.datetime64(self.anchor, "D") < start else start
        )
        ends = (np.datetime64(months.names[-1], "M") + 1).astype(D)
        if end < ends:
            whole &= days < end
        return np.where(whole, seats, 0.0)

    @staticmethod
    def _use_by_cycle(quantity, months: Months, edges, days) -> np.ndarray:
        """(path, cycle): the use of a month lies evenly on the days on which it holds."""
        dates = months.dates()
        at = months.by_day(dates)
        cycle = np.searchsorted(edges, dates, side="right") - 1
        weight = np.zeros((len(months.names), len(edges) - 1))
        np.add.at(weight, (at, cycle), 1.0)
        return quantity @ (weight / np.maximum(months.days, 1)[:, None])

    def _words(self) -> str:
        def of(value, unit=""):
            return f"{value:g}{unit}" if np.ndim(value) == 0 else f"a range{unit and ' of'}{unit}"

        words = f"{of(self.seats, ' seats')} × {of(self.fee)}"
        if self.base_fee:
            words += f" + {self.base_fee:g}"
        words += " a month" if self.cycle_months == 1 else f" for {self.cycle_months} months"
        if self.quota or self.extra_quota:
            words += f", {self.quota:g} units a seat"
            words += f" and {self.extra_quota:g} in all" if self.extra_quota else ""
        if self.overage == "blocked":
            words += ", nothing beyond"
        elif np.any(self.overage_price):
            block = f" per {self.overage_block:g}" if self.overage_block != 1 else ""
            words += f", beyond × {of(self.overage_price)}{block}"
        return words + (
            f", later terms from {', '.join(str(p['since']) for p in self.plans)}"
            if self.plans
            else ""
        )


def _by_month(values, at, on, count: int) -> np.ndarray:
    """(…, month): values (…, day or cycle) added up by position of the month, where `on`."""
    weight = np.zeros((len(at), count))
    weight[np.flatnonzero(on), np.asarray(at)[on]] = 1.0
    return np.asarray(values, float) @ weight
