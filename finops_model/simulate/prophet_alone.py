"""Prophet alone, of a workspace: the parts of its forecast by workload, and what the base would cost by it (docs/method §2.26).

It is no default (docs/forecasts.md says why); here it is where somebody asks for it.
"""

from __future__ import annotations

from dataclasses import replace

import pandas as pd

from ..errors import ForecastError, unknown
from ..facts.workspace import read_daily
from ..forecasting.covariates.applied import Covariates, apply_covariates
from ..forecasting.covariates.components import Components, add_up, check_horizon, split, why_not
from ..forecasting.history import History
from ..forecasting.widths.demand import Demand
from ..progress import Progress, silent
from ..scenario.document import load_scenario, resolve
from ..scenario.ledger_base import Facts, read_facts
from ..settings import Settings
from ..wording.workload import spoken_apart
from .compile.plan import future
from .run import Run
from .scenarios import demand_of, run_many


def workload_components(
    facts: Facts, days: int, names=None, progress: Progress | None = None
) -> tuple[dict[str, Components], dict[str, str]]:
    """({workload: parts of Prophet's point}, {workload: why there are none}) for so many days; names: some of the workloads, None: all.

    Money of the ledger's currency by day at today's prices. Raises ForecastError with the nearest workload.
    """
    by_page = dict(zip(spoken_apart(facts.names), facts.names))  # as reports name them
    names = None if names is None else [by_page.get(name, name) for name in names]
    for name in names or ():
        if name not in facts.names:
            raise ForecastError(unknown("components", "workload", name, facts.names))
    say, known = progress or silent, facts.covariates.of_workloads(facts, days) or {}
    chosen = [name for name in facts.names if names is None or name in names]
    made: dict[str, Components] = {}
    without: dict[str, str] = {}
    for i, name in enumerate(chosen):
        say(f"Prophet of {name}", i, len(chosen))
        volume = facts.volume[:, facts.names.index(name)]
        applied = apply_covariates(known.get(name, Covariates()), volume, facts.dates, days)
        if why := why_not(applied.base.values):
            without[name] = why
            continue
        made[name] = split(
            applied.base,
            applied.own,
            applied.events,
            applied.late,
            days,
            actual=History(facts.dates, volume),
            most=applied.most,
            name=name,
        )
    say("Prophet", len(chosen), len(chosen))
    return made, without


def of_workspace(
    settings: Settings,
    days: int,
    *,
    workload: str | None = None,
    as_of: str | None = None,
    daily: pd.DataFrame | None = None,
    progress: Progress | None = None,
) -> tuple[Components, dict[str, str], Facts]:
    """Parts of one workload, or of all that Prophet forecasts added up; the workloads left out with the reason; the facts.

    Raises ForecastError where it forecasts none of them.
    """
    check_horizon(days)
    facts = read_facts(read_daily(settings) if daily is None else daily, settings, as_of)
    made, without = workload_components(
        facts, days, None if workload is None else [workload], progress
    )
    if not made:
        name, why = next(iter(without.items()))
        more = f" (and {len(without) - 1} more)" if len(without) > 1 else ""
        raise ForecastError(f"components: {name}{more}: {why}.")
    if workload is not None:
        return next(iter(made.values())), without, facts
    return add_up(list(made.values()), settings.company), without, facts


def demand_by_prophet(
    demand: Demand, facts: Facts, progress: Progress | None = None
) -> Demand | None:
    """The same demand around Prophet's points; None where it forecasts no workload. Widths, noise and what is known stay; so do workloads without it."""
    made, _ = workload_components(facts, len(demand.dates), progress=progress)
    if not made:
        return None
    median = demand.median.copy()
    for name, one in made.items():
        median[:, demand.names.index(name)] = one.point[-one.ahead :]
    return replace(demand, median=median)


def for_report(
    scenario,
    settings: Settings,
    base: Run,
    daily: pd.DataFrame,
    as_of: str,
    progress: Progress | None = None,
) -> Run | None:
    """The base of a report around Prophet's points, on the same draws and by the same engine; None where finops.yaml does not ask
    (`compare_prophet`), where Prophet makes the base itself, and where it forecasts no workload."""
    if not settings.compare_prophet or not base.months or settings.methods == ["prophet"]:
        return None
    facts = read_facts(daily, settings, as_of)
    resolved = resolve(load_scenario(scenario), settings=settings, facts=facts)
    demand = demand_of(facts, len(future(resolved)), resolved.seed, settings.methods, progress)
    alone = demand_by_prophet(demand, facts, progress)
    if alone is None:
        return None
    how = {"daily": daily, "demand": alone, "dials": False, "engine": base.engine}
    return run_many([scenario], settings, as_of, base.paths, progress=progress, **how)[0]
