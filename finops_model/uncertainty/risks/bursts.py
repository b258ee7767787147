"""Training campaigns: bursts of use that come at random and fade (docs/method §3.34)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from ...checks import positive, single_number
from ...errors import ScenarioError
from ..distributions._checks import set_fields
from ._base import Risk, read_number, the


@dataclass(frozen=True, kw_only=True)
class Bursts(Risk):
    """Campaigns of a workload beyond what its history shows: compound Poisson, each of exponential size. Their use is a row of its own.

    per_year       expected campaigns a year, in each of the workloads
    cost           mean money of one, at today's cost of the workload's use; or
    days_of_use    mean size of one in usual days of the workload
    lasts_days     how long one is felt on average; 1: it is spent on one day
    """

    per_year: float
    cost: float | None = None
    days_of_use: float | None = None
    lasts_days: float = 1.0

    acts: ClassVar[tuple[str, ...]] = ("demand",)
    needs: ClassVar[tuple[str, ...]] = ("demand",)

    def check(self):
        read_number(self, "per_year", most=3660, why="ten a day is the most")
        read_number(self, "lasts_days", 1.0, 3660)
        if (self.cost is None) == (self.days_of_use is None):
            raise ScenarioError(
                "bursts: how large is one? Write cost (money) or days_of_use (usual days), one of them."
            )
        key = "cost" if self.days_of_use is None else "days_of_use"
        set_fields(self, **{key: positive(single_number(getattr(self, key), key), key)})

    @property
    def idle(self) -> bool:
        return self.per_year == 0

    @property
    def stays(self) -> float:
        """Share of a burst that is still there a day later."""
        return 1 - 1 / self.lasts_days

    def first_day(self, unit_cost: float, usual: float) -> float:
        """Mean volume of a burst on its first day; unit_cost: money per unit of volume, usual: volume of a usual day.

        >>> Bursts(workloads="train", per_year=4, days_of_use=10, lasts_days=4).first_day(1.0, 100.0)
        250.0
        """
        if self.days_of_use is not None:
            whole = self.days_of_use * usual
        else:
            whole = self.cost / unit_cost if self.cost is not None and unit_cost > 0 else 0.0
        return whole * (1 - self.stays) if self.lasts_days > 1 else whole

    def words(self) -> str:
        size = (
            f"{self.days_of_use:g} usual days of use"
            if self.cost is None
            else f"a cost of {self.cost:,.0f}"
        )
        where = the(self, "demand")
        if where == "everything":
            where = "every workload"
        elif len(self.workloads) > 1 or "*" in where:
            where = (
                f"each of {where}"  # a rate of its own for each: two workloads have twice as many
            )
        return f"{self.per_year:g} campaigns a year on average come on top in {where}, each of {size} on average, felt for {self.lasts_days:g} days"
