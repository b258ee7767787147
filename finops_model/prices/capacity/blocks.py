"""Accelerators booked for some days: EC2 Capacity Blocks, Google calendar reservations and flex-start (docs/method §5.34).

A booking is paid for whole instances and the whole period; flex-start pays the time in use. No other discount stacks on either.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...checks import at_least_one, number, quantities
from ...errors import PriceError
from ..transforms._checks import together

STOP_EARLY = 0.5  # hours before its end at which EC2 begins to terminate what runs in a block


@dataclass(frozen=True)
class Booked:
    """Instance-hours of a booking and its money; used + unused = paid hours."""

    used: np.ndarray  # instance-hours
    unused: np.ndarray  # instance-hours paid for and not used; 0 where only use is paid
    cost: np.ndarray  # money


@dataclass(frozen=True)
class CapacityBlock:
    """An EC2 Capacity Block: whole days, up to 14 by the day and up to 182 by the week; all upfront, no cancelling, no change."""

    instances: int
    rate: float  # money per instance and hour, fixed when it is bought
    days: int
    accelerators: int = 1  # of one instance: 8 in a p5.48xlarge

    def __post_init__(self):
        for name in ("instances", "days", "accelerators"):
            at_least_one(getattr(self, name), f"capacity block: {name}")
        object.__setattr__(self, "rate", number(self.rate, "capacity block: rate"))
        if self.days > 182 or (self.days > 14 and self.days % 7):
            raise PriceError(
                f"capacity block: {self.days} days are not sold; take 1 to 14 days, or whole weeks up to 182 days."
            )

    @property
    def hours(self) -> float:
        """Instance-hours paid for."""
        return self.instances * self.days * 24.0

    @property
    def upfront(self) -> float:
        """Money paid when it is bought: the whole of it.

        >>> round(CapacityBlock(4, 39.33, 7).upfront, 2)
        26429.76
        """
        return self.hours * self.rate

    @property
    def accelerator_rate(self) -> float:
        """Money per accelerator and hour."""
        return self.rate / self.accelerators

    @property
    def usable_hours(self) -> float:
        """Instance-hours that can be used: termination begins half an hour before the end, which is paid all the same."""
        return self.instances * (self.days * 24.0 - STOP_EARLY)

    def settle(self, used=0.0) -> Booked:
        """Cost for instance-hours used, number or array: always the upfront fee."""
        return _booked("capacity block", used, self.hours, self.upfront)


@dataclass(frozen=True)
class CalendarReservation:
    """A Google future reservation in calendar mode: the whole period is billed, used or not; at most 90 days."""

    instances: int
    rate: float  # money per instance and hour
    days: int
    longest: int = 90

    def __post_init__(self):
        for name in ("instances", "days", "longest"):
            at_least_one(getattr(self, name), f"calendar reservation: {name}")
        object.__setattr__(self, "rate", number(self.rate, "calendar reservation: rate"))
        if self.days > self.longest:
            raise PriceError(
                f"calendar reservation: {self.days} days are longer than the {self.longest} that are sold; "
                "book less or take a reservation with a commitment."
            )

    @property
    def hours(self) -> float:
        """Instance-hours paid for."""
        return self.instances * self.days * 24.0

    @property
    def cost(self) -> float:
        """Money for the whole period.

        >>> CalendarReservation(2, 10.0, days=3).cost
        1440.0
        """
        return self.hours * self.rate

    def settle(self, used=0.0) -> Booked:
        """Cost for instance-hours used, number or array: always the whole period."""
        return _booked("calendar reservation", used, self.hours, self.cost)


@dataclass(frozen=True)
class FlexStart:
    """Google flex-start: started when capacity is there, paid while in use, at most 7 days in one run."""

    on_demand: float  # money per instance and hour
    discount: float = 0.0  # share off it, 0..1: up to 0.53
    longest: float = 168.0  # hours of one run

    def __post_init__(self):
        for name in ("on_demand", "discount"):
            object.__setattr__(self, name, number(getattr(self, name), f"flex-start: {name}"))
        object.__setattr__(
            self, "longest", number(self.longest, "flex-start: longest", above_zero=True)
        )
        if self.discount > 1:
            raise PriceError(
                f"flex-start: discount is {self.discount:g}; it must be a share from 0 to 1."
            )

    @property
    def rate(self) -> float:
        """Money per instance and hour."""
        return self.on_demand * (1 - self.discount)

    def settle(self, hours, instances=1) -> Booked:
        """Cost of runs of `hours` each on `instances`, numbers or arrays; nothing is unused.

        >>> FlexStart(10.0, discount=0.5).settle([10, 168]).cost
        array([ 50., 840.])
        """
        hours, instances = together(
            "flex-start",
            hours=quantities("flex-start: hours", hours),
            instances=quantities("flex-start: instances", instances),
        )
        if hours.size and hours.max() > self.longest:
            raise PriceError(
                f"flex-start: a run of {hours.max():g} hours is longer than the {self.longest:g} that are given; "
                "save and start again."
            )
        used = hours * instances
        return Booked(used[()], np.zeros_like(used)[()], (used * self.rate)[()])


def _booked(what: str, used, hours: float, cost: float) -> Booked:
    used = quantities(f"{what}: used", used)
    if used.size and used.max() > hours * (1 + 1e-12):
        raise PriceError(
            f"{what}: {used.max():g} instance-hours are more than the {hours:g} that were bought."
        )
    return Booked(used[()], np.maximum(hours - used, 0.0)[()], np.full(used.shape, cost)[()])
