"""The actions of a workspace, and what its bill says of those that are said to be done."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import pandas as pd

from ...facts.cycle.actions import Action, read_actions
from ...facts.daily import resources
from ...facts.plans.read import read_drivers
from ...scenario.document import load_scenario, resolve
from ..actuals import cost_rows
from .actions import Outcome, outcomes
from .pipeline import Asked, pipeline
from .section import section
from .types import ActionsOf


def actions_of(settings) -> list[Action]:
    """The table of actions, rows of the entity; empty where finops.yaml names none."""
    if not settings.actions:
        return []
    own = settings.own.name if settings.own else ""
    return read_actions(
        settings.path(settings.actions), settings.currency, own, [e.name for e in settings.entities]
    )


def outcomes_of(
    settings, ledger, daily: pd.DataFrame, actions: Sequence[Action], last=None
) -> list[Outcome]:
    """What the bill says of the actions that are said to be done, up to `last` (None: the newest complete day)."""
    drivers = read_drivers(settings.files(settings.drivers)) if settings.drivers else None
    last = last or ledger.last_day(settings.time_zone)
    rows = cost_rows(daily)
    return outcomes(
        [one for one in actions if one.done_on is None or one.done_on <= last],
        rows[rows["ChargeDate"] <= pd.Timestamp(last)],
        pd.DataFrame({"date": [], "name": [], "value": []}) if drivers is None else drivers,
        follows=_follows(settings, daily, drivers),
        last=last,
        where=settings.actions or "actions",
        by_resource=lambda: cost_rows(resources.resources(ledger, settings, last)),
    )


def section_of(
    settings, ledger, daily: pd.DataFrame, as_of: str, asked: Asked, runs: Sequence
) -> ActionsOf | None:
    """What the company's brief says of its actions, up to `as_of`; None where there is no table.

    runs   base, what-ifs, then one for each of `asked.scenarios`
    """
    actions = actions_of(settings)
    beside = runs[len(runs) - len(asked.scenarios) :]
    measured = outcomes_of(settings, ledger, daily, actions, dt.date.fromisoformat(as_of))
    rows = pipeline(actions, as_of, asked, runs[0], beside)
    return section(actions, measured, rows, settings.currency, as_of)


def _follows(settings, daily: pd.DataFrame, drivers: pd.DataFrame | None) -> dict[str, str]:
    """Workload -> the driver that finops.yaml (unit_costs) names for it, else the one it follows in the base scenario; outcomes are none."""
    result: dict[str, str] = {}
    if settings.scenario:
        base = resolve(load_scenario(settings.path(settings.scenario)), daily, settings)
        result = {name: one.get("driver") or "" for name, one in base.tree["workloads"].items()}
    roles = {} if drivers is None else dict(zip(drivers["name"], drivers["role"], strict=True))
    for driver, one in settings.unit_costs.items():
        if roles.get(driver) == "driver":
            result |= dict.fromkeys(one.workloads or (), driver)
    return result
