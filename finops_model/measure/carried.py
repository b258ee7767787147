"""Whose cost a driver divides: the workloads it drives, by finops.yaml or by the base scenario (docs/method §16.1, §16.3).

Direct cost is that of the workloads a driver names. Fully loaded adds its share of what no driver of the unit drives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ..errors import FinOpsError, listing, nearest, unknown
from ..names import COMPANY
from ..periods import month_column, month_days
from .actuals import cost_rows
from .cycle.types import UnitCostTie, UnitCostTieRow


@dataclass(frozen=True)
class Drives:
    """What one driver or outcome drives: `workloads` of `unit` (None: all of the unit; unit "Company": all units)."""

    unit: str = COMPANY
    workloads: frozenset[str] | None = None
    outcome: bool = False
    shown: bool = (
        True  # False: a driver of the company on the page of a unit, whose cost it takes a part of
    )

    def rows(self, daily: pd.DataFrame) -> pd.DataFrame:
        """The cost rows of its unit."""
        return daily if self.unit == COMPANY else daily[daily["x_BusinessUnit"] == self.unit]

    def mask(self, daily: pd.DataFrame) -> pd.Series:
        """Which rows it drives, (row,) of bool."""
        unit = (
            pd.Series(True, daily.index)
            if self.unit == COMPANY
            else daily["x_BusinessUnit"].eq(self.unit)
        )
        return unit if self.workloads is None else unit & daily["x_Workload"].isin(self.workloads)

    def words(self) -> str:
        """For readers.

        >>> Drives("Risk", frozenset({"scoring", "retraining"})).words(), Drives("Risk").words(), Drives().words()
        ('retraining, scoring', 'all of Risk', 'all of the company')
        """
        whole = "all of the company" if self.unit == COMPANY else f"all of {self.unit}"
        return whole if self.workloads is None else listing(sorted(self.workloads), 4)


def drives(given) -> Drives:
    """What stands in `Facts.carried` as Drives; None and a set of workloads are of the whole company."""
    return (
        given
        if isinstance(given, Drives)
        else Drives(workloads=None if given is None else frozenset(given))
    )


def check(unit_costs: Mapping, daily: pd.DataFrame) -> None:
    """Refuse workloads in finops.yaml `unit_costs` that no bill has, or that another unit has. `daily`: all of the ledger.

    Raises FinOpsError with the nearest name; a workload that has not begun in the month reported is none of these.
    """
    if not any(one.workloads for one in unit_costs.values()):
        return
    pairs = cost_rows(daily)[["x_BusinessUnit", "x_Workload"]].drop_duplicates()
    units = sorted({*pairs["x_BusinessUnit"].astype(str)})
    for name, one in unit_costs.items():
        if one.workloads and one.unit not in (COMPANY, *units):
            guess = nearest(one.unit, [COMPANY, *units])
            hint = f" Did you mean '{guess}'?" if guess else ""
            raise FinOpsError(
                f"finops.yaml: unit_costs/{name}/unit: no bill has a unit '{one.unit}', so it has no workloads.{hint} Units with a bill: "
                f"{listing(units)}. Write one of them, or {COMPANY} for all of them."
            )
        inside = set(Drives(one.unit).rows(pairs)["x_Workload"])
        for workload in one.workloads or ():
            if workload in inside:
                continue
            where, owner = (
                f"finops.yaml: unit_costs/{name}/workloads",
                sorted(set(pairs.loc[pairs["x_Workload"] == workload, "x_BusinessUnit"])),
            )
            if owner:
                raise FinOpsError(
                    f"{where}: '{workload}' is a workload of {listing(owner)}, not of {one.unit}. Name workloads of {one.unit} "
                    f"({listing(sorted(inside))}), or write unit: {owner[0]}."
                )
            raise FinOpsError(unknown(where, "workload", workload, sorted(inside)))


def choose(
    unit_costs: Mapping,
    drivers: pd.DataFrame | None,
    daily: pd.DataFrame,
    follows: Mapping[str, str],
    units: Iterable[str],
) -> dict:
    """{unit: {driver: Drives}}, the company's with every driver (docs/method §16.3).

    unit_costs   of finops.yaml: driver -> its unit and perhaps its workloads;  follows: workload -> driver ("" for none), as the base scenario has it
    Raises FinOpsError for a driver or unit nobody has.
    """
    if drivers is None:
        return {}
    roles = dict(zip(drivers["name"], drivers["role"]))
    names, units = sorted(roles), list(units)
    for name, one in unit_costs.items():
        if name not in names:
            raise FinOpsError(unknown("finops.yaml: unit_costs", "driver", name, names))
        if one.unit not in (COMPANY, *units):
            raise FinOpsError(
                unknown(f"finops.yaml: unit_costs/{name}", "unit", one.unit, [COMPANY, *units])
            )
    pairs = cost_rows(daily)[["x_BusinessUnit", "x_Workload"]].drop_duplicates()
    if unit_costs:
        chosen = {
            name: Drives(
                one.unit, _named(one, name, len(names), follows, pairs), roles[name] == "outcome"
            )
            for name, one in unit_costs.items()
        }
    else:
        chosen = {names[0]: Drives()} if len(names) == 1 else _followed(follows, pairs, roles)
    result: dict = {COMPANY: chosen}
    for name, one in chosen.items():
        if one.unit != COMPANY:
            result.setdefault(one.unit, {})[name] = one
    broad = {
        name: replace(one, shown=False)
        for name, one in chosen.items()
        if one.unit == COMPANY and one.workloads is not None
    }
    return {unit: own if unit == COMPANY else {**own, **broad} for unit, own in result.items()}


def _named(
    one, name: str, count: int, follows: Mapping[str, str], pairs: pd.DataFrame
) -> frozenset | None:
    """Its workloads: as finops.yaml names them, else as the base scenario knows them, else all of the unit."""
    if one.workloads:
        return frozenset(one.workloads)
    inside = set(Drives(one.unit).rows(pairs)["x_Workload"])
    driven = frozenset(
        workload for workload, driver in follows.items() if driver == name and workload in inside
    )
    rest = [
        workload for workload in follows if workload in inside and workload not in driven
    ]  # of what the scenario knows
    return (
        driven if driven and rest and count > 1 else None
    )  # the only driver of a company divides everything


def _followed(follows: Mapping[str, str], pairs: pd.DataFrame, roles: Mapping[str, str]) -> dict:
    """Without `unit_costs`: the drivers that the base scenario knows, each of the one unit that has all its workloads, else of the company."""
    followed = {}
    for name in sorted({driver for driver in follows.values() if driver in roles}):
        workloads = frozenset(
            workload for workload, driver in follows.items() if driver == name
        ) & set(pairs["x_Workload"])
        owners = set(pairs.loc[pairs["x_Workload"].isin(workloads), "x_BusinessUnit"])
        if workloads:
            followed[name] = Drives(
                owners.pop() if len(owners) == 1 and owners != {"All"} else COMPANY,
                workloads,
                roles[name] == "outcome",
            )
    return followed


def beside(carried: Mapping[str, Drives]) -> tuple[str, ...]:
    """Drivers whose costs add up: no charge belongs to two of them. Drivers before outcomes, those that name workloads before those of a whole unit,
    each in their order; the others are views of the same cost.

    >>> one, two = Drives("A", frozenset("ab")), Drives("A", frozenset("bc"), outcome=True)
    >>> beside({"resolved": two, "asked": one}), beside({"resolved": two}), beside({"everything": Drives(), "asked": one})
    (('asked',), ('resolved',), ('asked',))
    """
    shown: list[str] = []
    for name, one in sorted(
        carried.items(), key=lambda item: (item[1].outcome, item[1].workloads is None)
    ):
        if not any(_overlap(one, carried[other]) for other in shown):
            shown.append(name)
    return tuple(shown)


def _overlap(one: Drives, two: Drives) -> bool:
    apart = (
        one.workloads is not None
        and two.workloads is not None
        and not one.workloads & two.workloads
    )
    return not apart and (one.unit == two.unit or COMPANY in (one.unit, two.unit))


def costs(
    daily: pd.DataFrame, name: str, carried: Mapping[str, Drives]
) -> tuple[pd.Series, pd.Series]:
    """(direct, fully loaded) cost of a driver by day, on the days its unit has a charge, from the first charge of its workloads on.

    What no driver drives is shared over the driven workloads of its unit by what they cost in the month; each takes its part of every day. Cost of a
    unit without drivers of its own goes to drivers of the company, where there are any.
    """
    one = carried[name]
    rows = one.rows(daily)
    whole = rows.groupby("ChargeDate")["EffectiveCost"].sum()
    if one.workloads is None:
        return whole, whole
    named = {key: carried[key] for key in dict.fromkeys([*beside(carried), name])}
    inside = {key: each.mask(rows) for key, each in named.items()}
    driven = pd.concat(inside, axis=1).any(axis=1)
    elsewhere = {each.unit for each in named.values()} - {one.unit, COMPANY}
    free = ~driven & ~(
        rows["x_BusinessUnit"].isin(elsewhere)
        if one.unit == COMPANY
        else pd.Series(False, rows.index)
    )
    kin = pd.concat(
        [inside[key] for key, each in named.items() if each.unit == one.unit], axis=1
    ).any(axis=1)
    months = month_column(rows)
    sums = (
        rows[kin]
        .groupby([months[kin], rows["x_Workload"][kin]])["EffectiveCost"]
        .sum()
        .clip(lower=0.0)
    )  # a refund takes no share
    part = sums[sums.index.get_level_values(1).isin(one.workloads)].groupby(level=0).sum()
    total = sums.groupby(level=0).sum()
    share = (part.reindex(total.index, fill_value=0.0) / total.where(total > 0)).fillna(0.0)
    direct, rest = (
        rows[mask].groupby("ChargeDate")["EffectiveCost"].sum().reindex(whole.index, fill_value=0.0)
        for mask in (inside[name], free)
    )
    loaded = direct + rest * share.reindex(whole.index.strftime("%Y-%m")).fillna(0.0).to_numpy()
    begun = whole.index >= rows.loc[inside[name], "ChargeDate"].min()
    return direct[begun], loaded[begun]


def tie(
    daily: pd.DataFrame, drivers: pd.DataFrame, carried: Mapping, month: str
) -> UnitCostTie | None:
    """How the unit costs of a month add up to the cost of the unit or company whose rows `daily` are; None where no driver names its workloads.

    rows: name, unit, count, direct (money), value, fully_loaded (money), fully_loaded_value; uncounted: driven cost of days without a count;
    not_driven: what no driver drives; left: what of it was shared with nobody. Σ direct + uncounted + not_driven = cost (docs/method §16.3).
    """
    chosen = {name: drives(given) for name, given in carried.items()}
    names = beside(chosen)
    part = daily[month_column(daily) == month]
    known = pd.DatetimeIndex(month_days(month))
    rows: list[UnitCostTieRow] = []
    uncounted, loaded_uncounted = 0.0, 0.0
    for name in names:
        if not chosen[name].shown:
            continue
        direct, loaded = (one[one.index.isin(known)] for one in costs(daily, name, chosen))
        counts = drivers[drivers["name"] == name].groupby("date")["value"].sum()
        days = direct.index.intersection(counts[counts > 0].index)
        count, money, full = (
            float(counts.reindex(days).sum()),
            float(direct.reindex(days).sum()),
            float(loaded.reindex(days).sum()),
        )
        uncounted, loaded_uncounted = (
            uncounted + float(direct.sum()) - money,
            loaded_uncounted + float(loaded.sum()) - full,
        )
        if count > 0:
            rows.append(
                {
                    "name": name,
                    "unit": chosen[name].unit,
                    "count": count,
                    "direct": money,
                    "value": money / count,
                    "fully_loaded": full,
                    "fully_loaded_value": full / count,
                }
            )
    if not rows or all(chosen[name].workloads is None for name in names):
        return None
    cost = float(part["EffectiveCost"].sum())
    direct, full = sum(row["direct"] for row in rows), sum(row["fully_loaded"] for row in rows)
    return {
        "cost": cost,
        "rows": rows,
        "uncounted": uncounted,
        "not_driven": cost - direct - uncounted,
        "left": cost - full - loaded_uncounted,
        "loaded_uncounted": loaded_uncounted,
    }
