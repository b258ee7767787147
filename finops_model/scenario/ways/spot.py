"""Spot machines: useful hours with rework after interruptions, the rest on demand (docs/method §3.54)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import PriceError
from ...prices.capacity.checkpoints import Checkpointing
from ...prices.capacity.spot import fleet_hazard, hazard, run
from ._base import Months, Settled
from ._fields import amount, used

HOURS = 60.0  # minutes


@dataclass(frozen=True, kw_only=True)
class Spot:
    """Useful machine-hours bought on spot, each taking longer by rework; what spot cannot give, or gives too dear, runs on demand.

    Parameters
    ----------
    spot : float
        Money per machine and hour on spot.
    on_demand : float
        Money per machine and hour on demand.
    available : float, optional
        Share of the wanted hours that spot gives, 0..1; the rest runs on demand.
    interrupted : float, optional
        Share of machines that are interrupted in a month, 0 to below 1; or
    mtbf_hours : float, optional
        hours between two interruptions of one machine.
    machines : float, optional
        That stop together when one of them does.
    checkpoint_minutes, restart_minutes : float, optional
        Time of a checkpoint, and to start again.
    interval_minutes : float, optional
        Useful work between two checkpoints; without it the best one.
    rework : float, optional
        Instead of all these: hours run per useful hour, 1 or more.
    highest : float, optional
        Spot is not bought above this price.
    discount : float, optional
        Share off both prices.

    Source
    ------
    docs/method §3.54, §5.35, §5.36.

    Examples
    --------
    >>> way = Spot(spot=1.0, on_demand=4.0, rework=1.1, available=0.75)
    >>> way.settle({"use": np.array([[100.0]])}, Months.between(("2026-01",), "2026-01-01")).cost
    array([[182.5]])
    """

    spot: float | np.ndarray
    on_demand: float | np.ndarray
    available: float | np.ndarray = 1.0
    interrupted: float | np.ndarray | None = None
    mtbf_hours: float | np.ndarray | None = None
    machines: float | np.ndarray = 1.0
    checkpoint_minutes: float | np.ndarray = 0.0
    restart_minutes: float | np.ndarray = 0.0
    interval_minutes: float | np.ndarray | None = None
    rework: float | np.ndarray | None = None
    highest: float | None = None
    discount: float | np.ndarray = 0.0

    METERS: ClassVar[tuple[str, ...]] = ("use",)
    UNCERTAIN: ClassVar[tuple[str, ...]] = (
        "spot",
        "on_demand",
        "available",
        "interrupted",
        "mtbf_hours",
        "checkpoint_minutes",
        "restart_minutes",
        "interval_minutes",
        "rework",
        "discount",
    )
    DATED: ClassVar[tuple[str, ...]] = UNCERTAIN

    def __post_init__(self):
        for name in ("spot", "on_demand", "checkpoint_minutes", "restart_minutes"):
            amount(getattr(self, name), f"spot: {name}")
        for name in ("available", "discount"):
            amount(getattr(self, name), f"spot: {name}", most=1.0)
        if self.highest is not None:
            amount(self.highest, "spot: highest")
        amount(self.machines, "spot: machines", above=True)
        ways = [
            name
            for name in ("interrupted", "mtbf_hours", "rework")
            if getattr(self, name) is not None
        ]
        if len(ways) > 1:
            raise PriceError(
                f"spot: {' and '.join(ways)} are two ways to say how often work is interrupted; write one of them."
            )
        if self.rework is not None:
            amount(self.rework, "spot: rework", least=1.0)
        if self.mtbf_hours is not None:
            amount(self.mtbf_hours, "spot: mtbf_hours", above=True)
        if (
            self.interrupted is not None
            and (amount(self.interrupted, "spot: interrupted", most=1.0) >= 1).any()
        ):
            raise PriceError(
                "spot: interrupted is 1; it must be a share of machines a month below 1 (0.05: 5 %), since some are left."
            )
        lost = [
            name
            for name in ("checkpoint_minutes", "restart_minutes", "interval_minutes")
            if np.any(getattr(self, name))
        ]
        if lost and not {"interrupted", "mtbf_hours"} & set(ways):
            raise PriceError(
                f"spot: {lost[0]} is given, but not how often machines are interrupted; write interrupted (share a month) or mtbf_hours."
            )
        if self.interval_minutes is not None:
            amount(self.interval_minutes, "spot: interval_minutes", above=True)

    def factor(self):
        """Hours run per useful hour, 1 or more: a number or (path, 1)."""
        if self.rework is not None:
            return np.asarray(self.rework, float)
        if self.interrupted is None and self.mtbf_hours is None:
            return np.ones(())
        often = (
            hazard(self.interrupted)
            if self.interrupted is not None
            else 1.0 / np.asarray(self.mtbf_hours, float)
        )
        often = np.asarray(fleet_hazard(often, self.machines))
        between = np.where(often > 0, 1.0 / np.where(often > 0, often, 1.0), np.inf)
        work = Checkpointing(
            np.asarray(self.checkpoint_minutes, float) / HOURS,
            between,
            np.asarray(self.restart_minutes, float) / HOURS,
        )
        interval = (
            None if self.interval_minutes is None else np.asarray(self.interval_minutes) / HOURS
        )
        return np.asarray(work.factor(interval))

    def settle(self, use: Mapping[str, np.ndarray], months: Months) -> Settled:
        """Cost (path, month) of the useful hours."""
        hours, off = used(use, "use", months), 1.0 - np.asarray(self.discount, float)
        factor = self.factor()
        if not np.isfinite(factor).all():
            raise PriceError(
                "spot: with interruptions this frequent and checkpoints this far apart the work never ends; "
                "write a shorter interval_minutes, or leave it out for the best one."
            )
        bought = run(
            hours,
            np.asarray(self.spot, float) * off,
            np.asarray(self.on_demand, float) * off,
            factor,
            np.asarray(self.available, float),
            math.inf if self.highest is None else float(self.highest),
        )
        useful = hours - bought.fallback_hours
        return Settled(
            bought.cost,
            {"spot": bought.spot_cost, "on demand": bought.fallback_cost},
            {
                "use": hours,
                "spot hours": bought.spot_hours,
                "rework hours": bought.spot_hours - useful,
                "on demand hours": bought.fallback_hours,
            },
            formula=f"useful hours on spot × {float(factor.mean()):.4g} hours run for each × spot price + the rest × on demand",
        )
