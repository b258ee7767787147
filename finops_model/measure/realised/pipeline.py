"""Actions that are not decided: what each would save, and how likely it is done; never in a budget, a headline or an accrual (docs/method §17.72)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import FinOpsError
from ...facts.cycle.actions import Action
from ...periods import add_months, month_of
from ...scenario.document import Scenario, load_scenario, resolve
from ...scenario.layering.approved import open_scenario
from ...scenario.ledger_base import read_facts
from .actions import chance_of_adoption

MOST = 12  # scenarios of open actions that are simulated
YEAR = 12  # months of a mean saving
STEADY = (
    "idle_endpoints",
    "stale_storage",
)  # kinds of advice that take away what is the same every day
SIMULATED, SAID, NOT_KNOWN = "simulated", "as the owner says", "not known"


@dataclass(frozen=True)
class Asked:
    """Open actions with a scenario each, and why the file of others does not hold."""

    scenarios: tuple[tuple[Action, Scenario], ...] = ()
    refused: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Open:
    """An open action: its saving a month (mean of the first 12 months; None: nobody says), P10 and P90 of it where it is simulated, and its chance."""

    action: Action
    chance: float
    saving: float | None
    low: float | None = None
    high: float | None = None
    how: str = NOT_KNOWN

    @property
    def weighed(self) -> float | None:
        """Chance × saving."""
        return None if self.saving is None else self.chance * self.saving


def open_of(actions: Sequence[Action], as_of: str) -> list[Action]:
    """Actions proposed or planned by their owners, whose time to decide is not over."""
    day = dt.date.fromisoformat(as_of)
    return [
        one
        for one in actions
        if one.decision in ("proposed", "planned")
        and not (one.expires and one.expires < day)
        and not (one.proposed_on and one.proposed_on > day)
    ]


def asked_of(settings, actions: Sequence[Action], daily: pd.DataFrame, as_of: str) -> Asked:
    """The scenarios whose runs beside the base tell what open actions save; at most 12, in the order of the table."""
    some = [one for one in open_of(actions, as_of) if one.scenario]
    if not some:
        return Asked()
    base = load_scenario(settings.path(settings.scenario) if settings.scenario else None)
    facts = read_facts(daily, settings, as_of)
    kept, refused = [], {}
    for one in some:
        try:
            scenario = open_scenario(one, base, settings, as_of)
            resolve(scenario, settings=settings, facts=facts)
        except FinOpsError as problem:  # a file that is out of date stops no report
            refused[one.id] = str(problem).splitlines()[0]
        else:
            kept.append((one, scenario))
    for one, _ in kept[MOST:]:
        refused[one.id] = f"the first {MOST} open actions with a scenario file are simulated"
    return Asked(tuple(kept[:MOST]), refused)


def pipeline(
    actions: Sequence[Action], as_of: str, asked: Asked, base, runs: Sequence
) -> list[Open]:
    """Each open action with its saving; base and runs are Runs on the same draws, one for each of `asked.scenarios`.

    base   None: nothing was simulated, and what owners say stands.
    """
    simulated = {
        one.id: _capped(
            one,
            _saving(base, run, str(one.starts or f"{add_months(month_of(as_of), 1)}-01")[:7]),
        )
        for (one, _), run in zip(asked.scenarios, runs, strict=True)
    }
    rows = []
    for one in open_of(actions, as_of):
        chance = chance_of_adoption(one, actions)
        if one.id in simulated:
            saving, low, high = simulated[one.id]
            row = Open(action=one, chance=chance, saving=saving, low=low, high=high, how=SIMULATED)
        elif one.monthly_saving is not None:
            row = Open(action=one, chance=chance, saving=float(one.monthly_saving), how=SAID)
        else:
            row = Open(action=one, chance=chance, saving=None)
        rows.append(row)
    return rows


def _saving(base, run, since: str) -> tuple[float, float, float]:
    """Mean, P10, P90 of the mean saving a month of the first 12 months from `since` that are simulated."""
    months = [i for i, month in enumerate(base.months) if month >= since][:YEAR]
    if not months:
        return 0.0, 0.0, 0.0
    by_path = (base.effective.sum(axis=2) - run.effective.sum(axis=2))[:, months].mean(axis=1)
    low, high = np.quantile(by_path, [0.1, 0.9])
    return float(by_path.mean()), float(low), float(high)


def _capped(action: Action, saving: tuple[float, float, float]) -> tuple[float, ...]:
    """What is switched off or deleted saves no more than what it costs: it does not grow with the work beside it (§17.21).

    >>> _capped(Action(id="a", action="off", kind="idle_endpoints", monthly_saving=100), (200.0, 160.0, 240.0))
    (100.0, 80.0, 120.0)
    """
    most = float(action.monthly_saving or 0.0)
    if action.kind not in STEADY or not 0 < most < saving[0]:
        return saving
    return tuple(amount * most / saving[0] for amount in saving)
