"""The facts of KPIs of a unit of a workspace: its cost, drivers, and what the KPIs asked for need besides."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import pandas as pd

from ...facts.plans.read import read_drivers
from ...names import COMPANY
from ...scenario.document import load_scenario, resolve
from .. import carried, kpis
from ..actuals import cost_rows
from .gather import gather


def facts_of(
    settings,
    ledger,
    daily: pd.DataFrame,
    unit: str,
    asked: Sequence[str] | None = None,
) -> kpis.Facts:
    """Facts of a unit ("Company": all) up to the newest complete day, with all that the KPIs of `asked` need (None: the defaults).

    settings, ledger   of the company, or of one entity;  daily: DAILY of it
    Raises FinOpsError for a file that cannot be read, a driver or workload that nobody has.
    """
    carried.check(settings.unit_costs, daily)
    drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    units = sorted({*daily["x_BusinessUnit"].astype(str)})
    own = carried.choose(settings.unit_costs, drivers, daily, _follows(settings, daily), units)
    rows = cost_rows(daily)
    if complete := daily.attrs.get("complete"):  # behind it one source is there and another is not
        rows = rows[rows["ChargeDate"] <= pd.Timestamp(complete)]
    if unit != COMPANY:
        rows = rows[rows["x_BusinessUnit"] == unit]
    return kpis.Facts(
        rows,
        _no_drivers() if drivers is None else drivers,
        own.get(unit, {}),
        settings.currency,
        **gather(settings, ledger, daily, unit, needs_of(asked)),
    )


def for_report(settings, ledger, daily: pd.DataFrame, units: Iterable[str], month: str) -> dict:
    """Unit -> fields of `kpis.CycleFacts` that the KPIs named in finops.yaml need in the report of a month; {} where it names none.

    daily: DAILY up to the day of the report. What was published in the month itself or later is not looked at.
    """
    if settings.kpis is None:
        return {}
    needs = needs_of(settings.kpis)
    return {
        unit: gather(settings, ledger, daily, unit, needs, before=month)
        for unit in (COMPANY, *units)
    }


def needs_of(asked: Iterable[str] | None) -> set[str]:
    """Names of the fields of Facts that KPIs need besides cost and drivers; None: of the defaults."""
    known = kpis.shelf()
    return {need for name in kpis.pick(asked) for need in getattr(known[name], "NEEDS", ())}


def _no_drivers() -> pd.DataFrame:
    return pd.DataFrame({"date": [], "name": [], "role": [], "unit": [], "value": []})


def _follows(settings, daily: pd.DataFrame) -> dict[str, str]:
    """Workload -> the driver it follows in the base scenario, "" for none."""
    if not settings.scenario:
        return {}
    base = resolve(load_scenario(settings.path(settings.scenario)), daily, settings)
    return {name: one.get("driver") or "" for name, one in base.tree["workloads"].items()}
