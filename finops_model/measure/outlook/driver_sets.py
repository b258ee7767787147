"""Named sets of drivers: inside a set Σ unit cost × count + what it does not drive = cost, in whole cents; between sets nothing is added (docs/method §16.54)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

import pandas as pd

from ...errors import InputError, unknown
from ...periods import month_days
from ..carried import Drives, beside, drives


@dataclass(frozen=True, kw_only=True)
class DriverCost:
    """A driver of a set in a month; `cost` is exact, `count` as it was counted."""

    name: str
    of: str  # whose cost, in words
    cost: Decimal
    count: Fraction
    days: int

    @property
    def unit_cost(self) -> Fraction:
        """Cost ÷ count, exact: unit cost × count is the cost, without a cent lost."""
        return Fraction(self.cost) / self.count


@dataclass(frozen=True, kw_only=True)
class SetTie:
    """A set of drivers in a month: Σ unit cost × count + uncounted + not_driven = cost."""

    name: str
    month: str
    drivers: tuple[DriverCost, ...]
    uncounted: Decimal  # driven, on days without a count
    not_driven: Decimal
    cost: Decimal


def sets_of(named: Mapping[str, Sequence[str]], carried: Mapping) -> dict[str, tuple[str, ...]]:
    """Set -> its drivers: as finops.yaml names them, else the drivers that share no charge, and each other view by itself.

    Raises InputError for a driver that nobody carries, one twice in a set, or two in a set that drive the same charge.
    """
    known = {name: drives(given) for name, given in carried.items()}
    if not named:
        apart = beside(known)
        views = {name: (name,) for name in sorted(known) if name not in apart}
        return ({"all drivers": apart} if apart else {}) | views
    sets: dict[str, tuple[str, ...]] = {}
    for title, names in named.items():
        where = f"finops.yaml: driver_sets/{title}"
        for i, name in enumerate(names):
            if name not in known:
                raise InputError(unknown(where, "driver", name, sorted(known)))
            if name in names[:i]:
                raise InputError(f"{where}: '{name}' stands in it twice. Write it once.")
            for other in names[:i]:
                if len(beside({name: known[name], other: known[other]})) < 2:
                    raise InputError(
                        f"{where}: '{other}' and '{name}' divide the same cost ({_shared(known[other], known[name])}), so it would count twice in "
                        "one sum. Put them into two sets, or name the workloads of each under unit_costs."
                    )
        sets[title] = tuple(names)
    return sets


def _shared(one: Drives, two: Drives) -> str:
    if one.workloads is not None and two.workloads is not None:
        return ", ".join(sorted(one.workloads & two.workloads))
    return (one if one.workloads is None else two).words()


def set_tie(
    charges: pd.DataFrame,
    drivers: pd.DataFrame,
    carried: Mapping,
    month: str,
    name: str,
    members: Sequence[str],
) -> SetTie:
    """How the unit costs of a set add up in a month.

    charges    exact cost rows (facts.daily.charges): ChargeDate, x_Workload, x_BusinessUnit, EffectiveCost (Decimal)
    drivers    date, name, value
    Days count as in a report (§16.1): those on which the driver's unit has a charge, from the first charge of its workloads on, with a count.
    """
    days = pd.DatetimeIndex(month_days(month))
    inside = charges["ChargeDate"].isin(days)
    part = charges[inside]
    whole = _sum(part["EffectiveCost"])
    rows, driven, uncounted = [], Decimal(0), Decimal(0)
    for each in members:
        own = drives(carried[each])
        mask = own.mask(charges)
        mine = part[mask[inside]]
        money = _sum(mine["EffectiveCost"])
        driven += money
        begun = charges.loc[mask, "ChargeDate"].min()
        charged = pd.DatetimeIndex(own.rows(part)["ChargeDate"].unique())
        counts = drivers[(drivers["name"] == each) & drivers["date"].isin(days)]
        counts = counts.groupby("date")["value"].sum()
        counted = counts[(counts > 0) & counts.index.isin(charged) & (counts.index >= begun)]
        cost = _sum(mine.loc[mine["ChargeDate"].isin(counted.index), "EffectiveCost"])
        uncounted += money - cost
        if len(counted):
            rows.append(
                DriverCost(
                    name=each,
                    of=own.words(),
                    cost=cost,
                    count=sum((Fraction(str(value)) for value in counted), Fraction(0)),
                    days=len(counted),
                )
            )
    return SetTie(
        name=name,
        month=month,
        drivers=tuple(rows),
        uncounted=uncounted,
        not_driven=whole - driven,
        cost=whole,
    )


def _sum(values: pd.Series) -> Decimal:
    return sum(values, Decimal(0))
