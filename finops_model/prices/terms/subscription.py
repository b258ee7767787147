"""Subscriptions: seats by calendar day, quotas pooled or for each seat, overage, terms that change on a date (docs/method §5.42, §5.43).

Everything follows from two numbers a day: seats paid for and the fee in force. Within a cycle seats only go up (who leaves is
paid to its end), so paid seats are the running maximum of the cycle; a cycle costs the mean over its days of paid seats x fee.
Seats are (..., day), usage (..., cycle): leading axes (paths) are free. numpy only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities, whole
from ...errors import PriceError, unknown
from .dates import D, M, day, later
from .dates import months as months_of

QUOTAS = ("pooled", "per_seat")
OVERAGES = ("charged", "blocked")
PRORATIONS = ("calendar_day", "full")


@dataclass(frozen=True)
class Plan:
    """Terms of a subscription, in force from a day on.

    Raises PriceError for a negative or non-finite number and unknown words.
    """

    fee: float  # money per seat and cycle
    since: str | None = None  # first day it is in force; None: from the beginning
    quota: float = 0.0  # units each seat brings in a cycle; nothing carries over
    extra_quota: float = (
        0.0  # units a cycle brings whatever the seats (freemium: 0 seats, an allowance)
    )
    overage_price: float = 0.0  # money per `overage_block` units beyond the quota
    overage_block: float = 1.0
    overage: str = "charged"  # or "blocked": beyond the quota nothing is served
    budget: float | None = (
        None  # most money for overage in a cycle; what it does not buy is blocked
    )
    base_fee: float = 0.0  # money per cycle whatever the seats
    weight: float = 1.0  # units of quota that one unit of usage takes

    def __post_init__(self):
        for key in ("fee", "quota", "extra_quota", "overage_price", "base_fee", "weight"):
            object.__setattr__(self, key, number(getattr(self, key), f"plan: {key}"))
        object.__setattr__(
            self,
            "overage_block",
            number(self.overage_block, "plan: overage_block", above_zero=True),
        )
        if self.budget is not None:
            object.__setattr__(self, "budget", number(self.budget, "plan: budget"))
        if self.overage not in OVERAGES:
            raise PriceError(unknown("plan", "overage", self.overage, OVERAGES))
        if self.since is not None:
            day(self.since, "plan: since")


@dataclass(frozen=True)
class Subscription:
    """Seats under plans that change on dates.

    A dearer plan counts from its day on, charged for the days left; a cheaper one counts from the
    next cycle on.

    Parameters
    ----------
    plans : tuple of Plan
        In the order of their dates.
    minimum_seats : float, optional
        Seats that are paid for at least.
    months : int, optional
        Months of a cycle: 1 monthly, 12 annual (the fee is then for a year).
    anchor : str, optional
        First day of a cycle; None: cycles are calendar months.
    pool : str, optional
        Quota: "pooled" over seats, or "per_seat".
    proration : str, optional
        "calendar_day", or "full": a seat added in a cycle is paid for all of it.
    trial_days : int, optional
        First days from the anchor that cost nothing.

    Raises
    ------
    PriceError
        No plan, plans out of order, a number or a word that makes no sense, cycles without their
        day.

    Source
    ------
    docs/method §5.42, §5.43.

    Examples
    --------
    >>> team = Subscription(plans=(Plan(fee=20.0),))
    >>> float(team.settle(np.full(31, 5.0), "2027-01-01").seat_cost.sum())
    100.0
    """

    plans: tuple[Plan, ...]
    minimum_seats: float = 0.0
    months: int = 1
    anchor: str | None = None
    pool: str = "pooled"
    proration: str = "calendar_day"
    trial_days: int = 0

    def __post_init__(self):
        object.__setattr__(self, "plans", tuple(self.plans))
        if not self.plans:
            raise PriceError("subscription: there is no plan; give at least one.")
        since = [
            day(plan.since, "plan: since") if plan.since else np.datetime64("0001-01-01")
            for plan in self.plans
        ]
        if any(b <= a for a, b in zip(since, since[1:])):
            raise PriceError(
                "subscription: plans must stand in the order of their dates, one for each date."
            )
        object.__setattr__(
            self, "minimum_seats", number(self.minimum_seats, "subscription: minimum_seats")
        )
        object.__setattr__(
            self, "months", whole(self.months, "subscription: months", above_zero=True)
        )
        object.__setattr__(self, "trial_days", whole(self.trial_days, "subscription: trial_days"))
        for key, allowed in (("pool", QUOTAS), ("proration", PRORATIONS)):
            if getattr(self, key) not in allowed:
                raise PriceError(unknown("subscription", key, getattr(self, key), allowed))
        if self.anchor is None and (self.months != 1 or self.trial_days):
            raise PriceError(
                "subscription: cycles longer than a month, and trials, need their first day; give anchor."
            )
        if self.anchor is not None:
            day(self.anchor, "subscription: anchor")

    def cycles(self, first, last) -> np.ndarray:
        """Edges of the cycles from `first` to `last` (exclusive), datetime64[D] (cycle + 1,): whole cycles, the first holds `first`."""
        first, last = day(first, "subscription: first"), day(last, "subscription: last")
        anchor = day(self.anchor, "anchor") if self.anchor else first.astype(M).astype(D)
        if first < anchor:
            raise PriceError(
                f"subscription: the first day is {first}, before the first cycle begins on {anchor}."
            )
        days, count = [anchor], 1
        while days[-1] < last:
            days.append(later(anchor, self.months * count))
            count += 1
        edges = np.array(days, dtype=D)
        return edges[max(int(np.searchsorted(edges, first, side="right")) - 1, 0) :]

    def settle(self, seats, first, usage=None) -> Charged:
        """Charge seats and usage cycle by cycle.

        Parameters
        ----------
        seats : array (..., day)
            Seats held on each day from `first` on; the days must fill whole cycles.
        first : str
            The first day, one that begins a cycle.
        usage : array (..., cycle), optional
            Units; with pool "per_seat" (..., cycle, seat), each seat's own. None: nothing is used.

        Returns
        -------
        Charged
            Money (..., cycle).

        Raises
        ------
        PriceError
            Negative seats or usage, days that do not fill whole cycles.

        Source
        ------
        docs/method §5.42, §5.43.

        Examples
        --------
        >>> plan = Plan(fee=20.0, quota=10, overage_price=0.5)
        >>> month = Subscription(plans=(plan,)).settle(np.full(31, 5.0), "2027-01-01", [60.0])
        >>> month.seat_cost.tolist(), month.over.tolist(), month.overage_cost.tolist()
        ([100.0], [10.0], [5.0])
        """
        seats = quantities("seats", seats)
        first = day(first, "subscription: first")
        if not seats.ndim or not seats.shape[-1]:
            raise PriceError("subscription: there are no days; give seats (..., day).")

        days = first + np.arange(seats.shape[-1])
        edges = self.cycles(first, days[-1] + 1)
        if edges[0] != first or edges[-1] != days[-1] + 1:
            raise PriceError(
                f"subscription: the days run from {first} to {days[-1]}, but the cycles around them from {edges[0]} to "
                f"{edges[-1] - 1}; give seats for whole cycles."
            )

        cycle = np.searchsorted(edges, days, side="right") - 1
        length, left = np.diff(edges).astype(int)[cycle], (edges[cycle + 1] - days).astype(int)
        plan = self._plan_of(days, edges, cycle)
        paid, held = (
            _running(np.maximum(seats, self.minimum_seats), edges, first),
            _running(seats, edges, first),
        )
        fee = (
            np.array([p.fee for p in self.plans])[plan] * paid
            + np.array([p.base_fee for p in self.plans])[plan]
        )
        if self.trial_days:
            fee = np.where(days < day(self.anchor, "anchor") + self.trial_days, 0.0, fee)

        opens = np.isin(days, edges)
        step = np.diff(fee, axis=-1, prepend=0.0)
        step = np.where(opens, fee, step)
        billed = step * (left / length if self.proration == "calendar_day" else 1.0)
        expensed = billed / left  # each bill over the days that are left of its cycle
        starts = (edges[:-1] - first).astype(int)
        begun = np.cumsum(expensed, axis=-1)
        before = np.take(begun - expensed, starts[cycle], axis=-1)

        last_plan, last_held = (
            plan[starts + np.diff(edges).astype(int) - 1],
            held[..., starts + np.diff(edges).astype(int) - 1],
        )
        quota, over, charge, refused = self._overage(last_plan, last_held, usage)

        return Charged(
            days,
            edges,
            billed,
            begun - before,
            np.add.reduceat(billed, starts, axis=-1),
            quota,
            over,
            charge,
            refused,
        )

    def _plan_of(self, days, edges, cycle):
        """The plan that counts on each day: as dated at the start of its cycle, or a dearer one since."""
        since = np.array(
            [day(p.since, "since") if p.since else np.datetime64("0001-01-01") for p in self.plans],
            dtype=D,
        )
        dated = np.searchsorted(since, days, side="right") - 1
        if dated[0] < 0:
            raise PriceError(
                f"subscription: no plan is in force on {days[0]}; the first one begins on {since[0]}."
            )
        plan = dated.copy()
        fee = np.array([p.fee for p in self.plans])
        for i in range(1, len(days)):
            if cycle[i] == cycle[i - 1] and fee[dated[i]] <= fee[plan[i - 1]]:
                plan[i] = plan[i - 1]
        return plan

    def _overage(self, plan, held, usage):
        """Quota, units beyond it, money for them, units refused: each (..., cycle)."""

        def get(key):
            return np.array([getattr(p, key) for p in self.plans], float)[plan]

        pooled = self.pool == "pooled"
        quota = held * get("quota") + get("extra_quota")
        usage = np.zeros(quota.shape) if usage is None else quantities("usage", usage)
        want = quota.shape[-1]
        fits = usage.ndim >= (1 if pooled else 2) and usage.shape[-1 if pooled else -2] == want
        if not fits and not (usage.ndim == quota.ndim and not usage.any()):
            raise PriceError(
                f"subscription: usage has shape {usage.shape}; it must be (..., cycle) with {want} cycles"
                f"{'' if pooled else ' and then one entry for each seat'}."
            )
        if pooled or usage.shape == quota.shape:
            over = np.maximum(usage * get("weight") - quota, 0.0)
        else:
            over = np.maximum(usage * get("weight")[:, None] - get("quota")[:, None], 0.0).sum(
                axis=-1
            )
            over = np.maximum(over - get("extra_quota"), 0.0)
        price = get("overage_price") / get("overage_block")
        most = np.array([np.inf if p.budget is None else p.budget for p in self.plans])[plan]
        blocked = np.array([p.overage == "blocked" for p in self.plans])[plan]
        affordable = np.where(price > 0, most / np.where(price > 0, price, 1.0), np.inf)
        served = np.where(blocked, 0.0, np.minimum(over, affordable))
        return quota, over, served * price, over - served


@dataclass(frozen=True)
class Charged:
    """A subscription charged. billed over a cycle = effective over its days = seat cost of the cycle."""

    days: np.ndarray  # (day,)
    edges: np.ndarray  # (cycle + 1,) first days of the cycles, and the end
    billed_by_day: np.ndarray  # (..., day) seat money invoiced on each day
    effective_by_day: np.ndarray  # (..., day) seat money expensed on each day
    seat_cost: np.ndarray  # (..., cycle) money
    quota: np.ndarray  # (..., cycle) units included at the end of the cycle
    over: np.ndarray  # (..., cycle) units beyond it
    overage_cost: np.ndarray  # (..., cycle) money, invoiced after the cycle
    blocked: np.ndarray  # (..., cycle) units beyond it that were not served

    @property
    def cost(self) -> np.ndarray:
        """Seats and overage, money (..., cycle)."""
        return self.seat_cost + self.overage_cost

    def by_month(self, by_day, months: Sequence[str]) -> np.ndarray:
        """Money of days added up by month (..., month)."""
        names = months_of(months)
        return (by_day[..., None, :] * (self.days.astype(M)[None, :] == names[:, None])).sum(
            axis=-1
        )


def _running(seats, edges, first):
    """Running maximum of seats within each cycle (..., day)."""
    result = np.array(seats, float)
    for a, b in zip((edges[:-1] - first).astype(int), (edges[1:] - first).astype(int)):
        result[..., a:b] = np.maximum.accumulate(result[..., a:b], axis=-1)
    return result


def seats_by_day(seats, changes, first, last) -> np.ndarray:
    """Seats held on each day from `first` to `last` (exclusive): a start and dated changes (day, plus or minus seats).

    seats   at the start, a number or (...); changes of one day add up. Raises PriceError where they fall below 0.

    >>> seats_by_day(10, [("2027-01-30", 5), ("2027-02-01", -3)], "2027-01-29", "2027-02-02").tolist()
    [10.0, 15.0, 15.0, 12.0]
    """
    first, last = day(first, "seats: first"), day(last, "seats: last")
    days = np.arange(first, last)
    held = np.repeat(quantities("seats", seats)[..., None], len(days), axis=-1)
    for when, by in changes:
        if isinstance(by, bool) or not np.isfinite(np.asarray(by, float)).all():
            raise PriceError(
                f"seats: the change on {when} is {by}; it must be a number, below 0 where seats are given up."
            )
        on = day(when, "seats: change")
        if not first <= on < last:
            raise PriceError(f"seats: the change on {on} lies outside {first} to {last - 1}.")
        held = held + np.asarray(by, float)[..., None] * (days >= on)
    if (held < 0).any():
        raise PriceError(
            f"seats: they fall to {held.min():g}; no more can be given up than are held."
        )
    return held


def units_of_budget(budget, price: float, block: float = 1.0):
    """How many units a budget buys at a price per block.

    >>> float(units_of_budget(10, 0.01))
    1000.0
    """
    return (
        quantities("budget", budget)
        / number(price, "price", above_zero=True)
        * number(block, "block", above_zero=True)
    )
