"""SHELF of KPIs: one file per KPI; adding a file adds a KPI and moves no report (docs/method §16).

A file holds `parts(facts) -> list[Part]`: names, units, daily numerators and denominators. Only a KPI that says `DEFAULT = True` stands in every
report; any other where `kpis:` of finops.yaml names it. The value of a month is the sum of the numerator over the sum of the denominator, **on days
that have both**; a month with fewer such days than it has days is marked partial.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from types import ModuleType

import pandas as pd

from ...errors import InputError, unknown
from ...periods import month_days
from ...shelf import Contract, Function, defaults, modules, wrong
from ..brief_types import UnitCost, UnitCostMonth

CONTRACT = Contract("KPI", {"parts": Function(("facts",))}, {"DEFAULT": bool})


@dataclass(frozen=True)
class Facts:
    """What KPIs are made of: daily cost rows of one unit, drivers, and which drivers the unit carries."""

    daily: pd.DataFrame  # DAILY of the unit, cost rows only
    drivers: pd.DataFrame  # date, name, role, unit, value
    carried: dict  # driver -> measure.carried.Drives; a set of workloads is of the company, None all of them
    currency: str


@dataclass(frozen=True)
class Part:
    """One KPI line: daily numerator and denominator, indexed by day."""

    name: str
    unit: str
    numerator: pd.Series
    denominator: pd.Series
    better: str = "lower"
    loaded: pd.Series | None = (
        None  # the numerator with a share of what no driver drives; None: there is no such view
    )
    of: str = ""  # whose cost it is, in words


def shelf() -> dict[str, ModuleType]:
    """The KPI modules of this folder by name. Raises FinOpsError for a file that does not hold what a KPI holds."""
    return modules(__name__, CONTRACT)


def pick(asked: Iterable[str] | None = None) -> tuple[str, ...]:
    """Names of the KPIs of a report: the defaults of the shelf, or those that finops.yaml names, in its order. Raises InputError for one that is none.

    >>> pick(), pick(["cost_per_gpu_hour"])
    (('commitment_utilization', 'cost_per_driver', 'cost_per_gpu_hour', 'cost_per_million_tokens'), ('cost_per_gpu_hour',))
    """
    known = shelf()
    if asked is None:
        return defaults(known)
    for name in (names := tuple(dict.fromkeys(asked))):
        if name not in known:
            raise InputError(unknown("finops.yaml: kpis", "KPI", name, known))
    return names


def by_day(frame: pd.DataFrame, column: str) -> pd.Series:
    """Sum of a column per ChargeDate."""
    return frame.groupby("ChargeDate")[column].sum()


def monthly(part: Part) -> list[UnitCostMonth]:
    """Value, days and whether partial, month by month.

    >>> day = pd.to_datetime(["2026-02-01", "2026-02-02"])
    >>> monthly(Part("a", "USD", pd.Series([3.0, 5.0], day), pd.Series([4.0], day[:1])))
    [{'month': '2026-02', 'value': 0.75, 'days': 1, 'partial': True}]
    """
    both = pd.concat({"n": part.numerator, "d": part.denominator}, axis=1, join="inner").dropna()
    if both.empty:
        return []
    months = both.index.to_series().dt.strftime("%Y-%m").to_numpy()
    rows: list[UnitCostMonth] = []
    for month, group in both.groupby(months, sort=True):
        if group["d"].sum() > 0:
            rows.append(
                {
                    "month": month,
                    "value": float(group["n"].sum() / group["d"].sum()),
                    "days": len(group),
                    "partial": len(group) < len(month_days(month)),
                }
            )
    return rows


def _parts(module: ModuleType, facts: Facts) -> list[Part]:
    """The lines of one KPI. Raises FinOpsError where its file gives something else."""
    parts = module.parts(facts)
    if not isinstance(parts, (list, tuple)):
        raise wrong(module, "parts", parts, "a list of Part")
    for part in parts:
        if not isinstance(part, Part):
            raise wrong(module, "parts", part, "a list of Part")
    return list(parts)


def unit_costs(
    facts: Facts, month: str, trend: int = 13, asked: Iterable[str] | None = None
) -> list[UnitCost]:
    """The KPI lines of a brief: value in `month`, in the month before, and the trend of up to `trend` months; asked: as in `pick`."""
    lines: list[UnitCost] = []
    known = shelf()
    for module in (known[name] for name in pick(asked)):
        for part in _parts(module, facts):
            rows = [row for row in monthly(part) if row["month"] <= month][-trend:]
            now = next((row for row in rows if row["month"] == month), None)
            if now is None:
                continue
            before = next((row for row in reversed(rows) if row["month"] < month), None)
            change = now["value"] / before["value"] - 1 if before and before["value"] else None
            line: UnitCost = {
                "name": part.name,
                "unit": part.unit,
                "value": now["value"],
                "previous": before["value"] if before else None,
                "change_pct": change,
                "days": now["days"],
                "partial": now["partial"],
                "better": part.better,
                "by_month": rows,
            }
            if part.of:
                line["of"] = part.of
            if part.loaded is not None:
                loaded = monthly(replace(part, numerator=part.loaded))
                full = {row["month"]: row["value"] for row in loaded}
                line["fully_loaded"] = full.get(month)
                line["fully_loaded_previous"] = full.get(before["month"]) if before else None
            lines.append(line)
    return lines
