"""Spot and preemptible machines: what an interruption bills, what a useful hour costs, when spot wins (docs/method §5.35).

Interruptions are a Poisson process with a constant hazard per hour, the house's assumption for a month's interruption band; prices
are paths given from outside (a spot price is per region and jumps). Checkpoints and rework: checkpoints.py. numpy only.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ...checks import number, quantities
from ...errors import PriceError, unknown
from ..transforms._checks import round_down, round_up, together

SYSTEMS = ("linux", "windows", "rhel", "suse")
CAUSES = ("provider", "user")


@dataclass(frozen=True)
class InterruptionRule:
    """What a vendor bills for the time until a spot machine is interrupted or stopped."""

    free_minutes: float = 0.0  # interrupted by the provider before this: no charge
    minimum_seconds: float = 60.0  # least time billed, where time is billed by the second
    full_hours: tuple[
        str, ...
    ] = ()  # systems billed by whole hours: one the provider breaks is free, one you break is paid

    def __post_init__(self):
        for name in ("free_minutes", "minimum_seconds"):
            object.__setattr__(
                self, name, number(getattr(self, name), f"interruption rule: {name}")
            )
        for system in self.full_hours:
            if system not in SYSTEMS:
                raise PriceError(
                    unknown("interruption rule", "operating system", str(system)[:40], SYSTEMS)
                )

    def billed_hours(self, minutes, by: str = "provider", system: str = "linux"):
        """Hours billed for machines that ran some minutes, number or array.

        by       who ended it: provider (capacity taken back) or user (stopped, terminated, done)
        system   linux, windows, rhel, suse

        >>> EC2.billed_hours([40, 100]), EC2.billed_hours([40, 100], by="user", system="suse")
        (array([0.        , 1.66666667]), array([1., 2.]))
        """
        if by not in CAUSES:
            raise PriceError(unknown("spot", "cause", str(by)[:40], CAUSES))
        if system not in SYSTEMS:
            raise PriceError(unknown("spot", "operating system", str(system)[:40], SYSTEMS))
        minutes = quantities("spot: minutes", minutes)
        hours = minutes / 60
        if system in self.full_hours:
            billed = round_down(hours) if by == "provider" else round_up(hours)
        else:
            billed = np.where(minutes > 0, np.maximum(hours, self.minimum_seconds / 3600), 0.0)
        if by == "provider":
            billed = np.where(minutes < self.free_minutes, 0.0, billed)
        return billed[()]


EC2 = InterruptionRule(
    free_minutes=60.0, full_hours=("suse",)
)  # RHEL by the second since July 2024
EC2_2023 = InterruptionRule(
    free_minutes=60.0, full_hours=("suse", "rhel")
)  # as it was, and still is in the China regions
GOOGLE = InterruptionRule(free_minutes=1.0)  # preempted in its first minute: no charge
BY_THE_SECOND = InterruptionRule(minimum_seconds=0.0)  # no rule of this kind
RULES = {"ec2": EC2, "ec2_2023": EC2_2023, "google": GOOGLE, "by_the_second": BY_THE_SECOND}


def hazard(band, hours: float = 730.0):
    """Interruptions per hour of one machine from the share of machines interrupted in a month: -ln(1 - band) / hours.

    band    share 0 to below 1, number or array; hours   of the month the band is about

    >>> round(float(hazard(0.05)), 9), hazard(0.0)
    (7.0265e-05, np.float64(0.0))
    """
    band = quantities("hazard: band", band)
    if band.size and band.max() >= 1:
        raise PriceError(
            f"hazard: band is {band.max():g}; it must be a share from 0 to below 1 (0.05 is 5 % a month)."
        )
    return (np.abs(np.log1p(-band)) / number(hours, "hazard: hours", above_zero=True))[()]


def fleet_hazard(single, machines):
    """Interruptions per hour of a job that stops when any of its machines does: machines x single, numbers or arrays.

    >>> round(float(fleet_hazard(hazard(0.05), 64)), 6)
    0.004497
    """
    single, machines = together(
        "fleet",
        single=quantities("fleet: hazard", single),
        machines=quantities("fleet: machines", machines),
    )
    return (single * machines)[()]


def billed_share(hazard, free_hours: float = 1.0):
    """Expected share of the running time that is billed where the provider ends every run and a run is free if it ends in its
    first hours: e^(-x)(1 + x), x = hazard x free_hours. 1 where nothing is interrupted.

    >>> round(float(billed_share(0.5)), 6)
    0.909796
    """
    x = quantities("billed share: hazard", hazard) * number(free_hours, "billed share: free_hours")
    return (np.exp(-x) * (1 + x))[()]


def effective_price(spot, on_demand, factor=1.0, fallback=0.0):
    """Money per useful hour: (1 - fallback) x spot x factor + fallback x on-demand, arrays that broadcast.

    factor     hours run per useful hour, 1 or more (Checkpointing.factor)
    fallback   share of the useful hours that runs on demand, where it is not interrupted

    >>> effective_price(1.0, 4.0, factor=1.1, fallback=0.25)
    np.float64(1.8250000000000002)
    """
    spot, on_demand, factor, fallback = together(
        "effective price",
        spot=quantities("effective price: spot", spot),
        on_demand=quantities("effective price: on_demand", on_demand),
        factor=quantities("effective price: factor", factor),
        fallback=quantities("effective price: fallback", fallback),
    )
    if factor.size and factor.min() < 1:
        raise PriceError(
            f"effective price: factor is {factor.min():g}; a useful hour takes an hour or more."
        )
    if fallback.size and fallback.max() > 1:
        raise PriceError(
            f"effective price: fallback is {fallback.max():g}; it must be a share from 0 to 1."
        )
    return ((1 - fallback) * spot * factor + fallback * on_demand)[()]


def break_even_ratio(factor):
    """Spot price over on-demand price above which spot no longer saves: 1 / factor, whatever the fallback.

    >>> break_even_ratio(1.25)
    np.float64(0.8)
    """
    factor = quantities("break even: factor", factor)
    if factor.size and factor.min() < 1:
        raise PriceError(
            f"break even: factor is {factor.min():g}; a useful hour takes an hour or more."
        )
    return (1 / factor)[()]


@dataclass(frozen=True)
class SpotRun:
    """Useful hours bought on spot and on demand, each (..., period); spot_hours are hours run, overhead included."""

    spot_hours: np.ndarray
    fallback_hours: np.ndarray
    spot_cost: np.ndarray
    fallback_cost: np.ndarray

    @property
    def cost(self):
        """Money (..., period)."""
        return self.spot_cost + self.fallback_cost


def run(hours, spot, on_demand, factor=1.0, available=1.0, highest: float = math.inf) -> SpotRun:
    """Useful hours along spot price paths: each period at its own price, what spot cannot give on demand.

    hours       useful hours wanted, (..., period) or anything that broadcasts
    spot        money per hour, (path, period)
    on_demand   money per hour
    factor      hours run per useful hour on spot
    available   share of the wanted hours that spot can give, 0..1: scarcity
    highest     spot is not bought above this price (your maximum price)

    >>> run(10, spot=[1.0, 3.0, 5.0], on_demand=4.0, highest=4.0).cost
    array([10., 30., 40.])
    """
    names = ("hours", "spot", "on_demand", "factor", "available")
    given = (hours, spot, on_demand, factor, available)
    arrays = together(
        "spot", **{name: quantities(f"spot: {name}", value) for name, value in zip(names, given)}
    )
    hours, spot, on_demand, factor, available = arrays
    if factor.size and factor.min() < 1:
        raise PriceError(f"spot: factor is {factor.min():g}; a useful hour takes an hour or more.")
    if available.size and available.max() > 1:
        raise PriceError(f"spot: available is {available.max():g}; it must be a share from 0 to 1.")
    if highest != math.inf:
        highest = number(highest, "spot: highest")
    useful = np.where(spot <= highest, hours * available, 0.0)
    rest = hours - useful
    return SpotRun(
        (useful * factor)[()], rest[()], (useful * factor * spot)[()], (rest * on_demand)[()]
    )
