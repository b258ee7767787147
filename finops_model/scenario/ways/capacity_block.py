"""Accelerators booked for some days: paid for whole, used or not; flex-start pays what runs (docs/method §3.56)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError, unknown
from ...prices.capacity.blocks import STOP_EARLY, CalendarReservation, FlexStart
from ...prices.capacity.blocks import CapacityBlock as Block
from ...prices.terms.dates import day
from ._base import Months, Settled
from ._fields import amount, used
from ._terms import due, end_of, ended, start_of

FORMS = ("block", "calendar", "flex_start")


@dataclass(frozen=True, kw_only=True)
class CapacityBlock:
    """Bookings of instances for some days each; `use` is the instance-hours wanted in a month.

    Parameters
    ----------
    instances : int
        Booked.
    rate : float
        Money per instance and hour.
    days : int, optional
        Of each booking; for block and calendar.
    form : str, optional
        block (EC2: 1 to 14 days, or weeks to 182; paid upfront), calendar (Google: at most 90 days, paid with the days), or flex_start (paid
        for the hours that run).
    starts : list of str, optional
        First days of the bookings; one, on the first simulated day, where nothing is said.
    discount : float, optional
        Share off the rate (flex-start: up to 0.53).
    rest : float, optional
        Money per instance-hour for what does not fit into the bookings; without it that is not served.

    Source
    ------
    docs/method §3.56, §5.34.

    Examples
    --------
    >>> way = CapacityBlock(instances=4, rate=39.33, days=7)
    >>> way.settle({}, Months.between(("2026-01",), "2026-01-01")).cost.round(2)
    array([[26429.76]])
    """

    instances: int
    rate: float | np.ndarray
    days: int | None = None
    form: str = "block"
    starts: tuple = ()
    discount: float | np.ndarray = 0.0
    rest: float | np.ndarray | None = None

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = ("rate", "discount", "rest")
    DATED: ClassVar[tuple[str, ...]] = ("rest",)
    WITHOUT_USE: ClassVar[bool] = True

    def __post_init__(self):
        if self.form not in FORMS:
            raise PriceError(unknown("capacity_block", "form", str(self.form)[:40], FORMS))
        for name, most in (("rate", np.inf), ("discount", 1.0)):
            amount(getattr(self, name), f"capacity_block: {name}", most=most)
        if self.rest is not None:
            amount(self.rest, "capacity_block: rest")
        if isinstance(self.starts, (str, Mapping)):
            raise PriceError(
                f"capacity_block: starts is '{str(self.starts)[:40]}'; write a list of days: [2027-01-04, 2027-03-01]."
            )
        firsts = [
            day(start, f"capacity_block: starts[{i}]") for i, start in enumerate(self.starts, 1)
        ]
        if self.form == "flex_start":
            if self.days is not None or self.starts or self.rest is not None:
                raise PriceError(
                    "capacity_block: flex_start pays the hours that run, so days, starts and rest have nothing to act on; take them out."
                )
        elif self.days is None:
            raise PriceError(
                "capacity_block: 'days' is missing; write for how many days it is booked."
            )
        self._booking()
        for before, after in zip(sorted(firsts), sorted(firsts)[1:]):
            if (after - before).astype(int) < int(self.days or 0):
                raise PriceError(
                    f"capacity_block: the booking of {after} begins before that of {before} ends; book more instances in one, or start it later."
                )

    def _booking(self):
        """One booking at a rate of 1: its money is linear in the rate."""
        if self.form == "flex_start":
            return FlexStart(1.0)
        return (Block if self.form == "block" else CalendarReservation)(
            self.instances, 1.0, self.days
        )

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost and cash (path, month)."""
        wanted, booking = used(use, "use", months), self._booking()
        rate = np.asarray(self.rate, float) * (1.0 - np.asarray(self.discount, float))
        start = start_of(months)
        if self.form == "flex_start" or start is None:
            cost = (
                np.asarray(FlexStart(1.0, longest=np.finfo(float).max).settle(wanted).cost) * rate
            )
            return Settled(
                cost,
                {"runs": cost},
                {"use": wanted},
                formula="hours that run × rate less the discount",
            )
        firsts = [day(first, "starts") for first in self.starts] or [start]
        length = self.days or 0  # which only flex_start may leave out
        dates, booked = months.dates(), np.zeros(len(months.names))
        for first in firsts:
            inside = dates[(dates >= first) & (dates < first + np.timedelta64(int(length), "D"))]
            booked += np.bincount(
                np.asarray(months.by_day(inside), int), minlength=len(months.names)
            )
        hours = booked * 24.0 * self.instances
        whole = float(np.asarray(booking.settle(0.0).cost))
        accrued = hours / booking.hours * whole  # money of a booking by the day
        billed = due(months, firsts, [whole] * len(firsts)) if self.form == "block" else accrued
        left = np.zeros(len(months.names))
        if ended(months):
            end = end_of(months)
            rest = [
                min(float(length), float((first + int(length) - end).astype(int)))
                for first in firsts
                if first < end < first + int(length)
            ]
            left[np.flatnonzero(months.days)[-1]] = (
                sum(rest) * 24.0 * self.instances / booking.hours * whole
            )
        stopped = STOP_EARLY * self.instances if self.form == "block" else 0.0
        ends = [first + np.timedelta64(int(length) - 1, "D") for first in firsts]
        served = np.minimum(
            wanted, np.maximum(hours - due(months, ends, [stopped] * len(ends)), 0.0)
        )
        parts = {"bookings": (accrued + left) * rate}
        if self.rest is not None:
            parts["rest"] = np.asarray(self.rest, float) * (wanted - served)
        shape = np.broadcast_shapes(wanted.shape, *(np.shape(part) for part in parts.values()))
        parts = {name: np.broadcast_to(part, shape) for name, part in parts.items()}
        cash = (billed + (left if self.form == "calendar" else 0.0)) * rate + parts.get("rest", 0.0)
        meters = {"use": wanted, "served": served, "unused": np.maximum(hours - served, 0.0)}
        meters["not served" if self.rest is None else "rest"] = wanted - served
        words = f"{len(firsts)} × {self.instances} instances × {self.days} days × 24 hours × rate, used or not"
        return Settled(
            sum(parts.values(), np.zeros(())), parts, meters, np.broadcast_to(cash, shape), words
        )
