"""`fm.recover`: the way back under a budget, each set of decisions simulated as one scenario on the base's futures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from ..decide.questions.answer import Answer
from ..decide.questions.decisions import Decision, apart, decisions_of, joint
from ..decide.questions.portfolio import check_level
from ..decide.questions.recover import SHOWN, Way, best_of, recover_of, state_of
from ..decide.questions.search import Members, later, search
from ..errors import InputError, ScenarioError
from ..measure.brief_types import Landing
from ..measure.budget import against
from ..progress import Progress
from ..scenario.document import load_scenario, resolve
from ..scenario.ledger_base import read_facts
from ..settings import Settings, load_settings
from ..simulate.compile.plan import compile_plan, future
from ..simulate.kept_fits import Fits, demand_of
from ..simulate.scenarios import simulate
from ._ground import Ground, ground


def recover(
    settings: Settings | None = None,
    budget: str | None = None,
    level: float = 80,
    *,
    scenarios: Sequence[str | Path] | None = None,
    amount: float | None = None,
    as_of: str | None = None,
    month: str | None = None,
    paths: int | None = None,
    engine: str | None = None,
    progress: Progress | None = None,
) -> Answer:
    r"""The smallest sets of decisions that bring a budget's P80 under it, the last month in which they still do, and what waiting costs.

    Parameters
    ----------
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    budget : str, optional
        The period of the budget: FY2026, FY2026-Q4, 2026-11; None: the fiscal year under way.
    level : float, optional
        Percent, 50 to 99: in 80, 8 of 10 futures are to stay under it.
    scenarios : sequence of path, optional
        What could be decided; None: the decisions among the what-ifs and beside the base scenario.
    amount : float, optional
        A budget of that period in money, instead of the approved one.
    as_of, month : str, optional
        Last day of the bill to use, or the month of the report whose day it is.
    paths : int, optional
        Futures; None: the base's.
    engine, progress : optional
        As in `fm.run`.

    Returns
    -------
    Answer
        `figures["state"]` is reached, cannot, already under, nothing to decide, over or no budget.

    Raises
    ------
    InputError, LedgerError, ScenarioError
        A level, a period or a scenario that cannot be meant.

    Source
    ------
    docs/method §8.74 to §8.77.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> recover(settings, "2025-04", amount=1e6, paths=100).figures["state"]
    'already under'
    """
    settings = settings or load_settings()
    check_level(level)
    if amount is not None and amount < 0:
        raise InputError(f"--amount {amount:g}: a budget is 0 or more.")
    base = ground(
        settings,
        budget,
        as_of=as_of,
        month=month,
        paths=paths,
        engine=engine,
        progress=progress,
    )
    in_force = base.budget() if amount is None else float(amount)
    land = against.landing_beside(base.base, base.daily, in_force, base.period)
    if land["why_none"]:
        raise InputError(
            f"--budget: where {land['period']} lands is not known: {land['why_none']}."
        )
    files = None if scenarios is None else [Path(file) for file in scenarios]
    decisions, notes = decisions_of(settings, base.as_of, files)
    way = Way(
        land=cast(Landing, land),
        base=_totals(base, base.base),
        budget=in_force,
        level=level,
        decisions=decisions,
        currency=base.base.currency,
        as_of=base.as_of,
        first=base.base.months[0],
        stated=amount is not None,
        notes=(*base.notes, *notes),
    )
    if in_force is None or state_of(way) in ("over", "already under") or not decisions:
        return recover_of(replace(way, notes=base.notes) if decisions else way)
    runner = _Runner(base, decisions, progress)
    way = replace(way, found=search(len(decisions), runner, in_force, level))
    return recover_of(replace(way, later=_later(way, runner)))


def _later(way: Way, runner: _Runner) -> dict:
    """The best set in every month until the period ends; the others shown until they no longer reach."""
    last = way.land["last"] or way.first
    known = {}
    for i, one in enumerate(best_of(way)[:SHOWN]):
        begins = min(way.decisions[k].start(way.first) for k in one.members)
        room = (int(last[:4]) - int(begins[:4])) * 12 + int(last[5:7]) - int(begins[5:7])
        stop = None if i == 0 else way.budget
        known[one.members] = later(one.members, runner, max(room, 0), budget=stop, level=way.level)
    return known


def _totals(base: Ground, run) -> np.ndarray:
    """The period's total of every path of a run, what is booked included."""
    land = against.landing_beside(run, base.daily, None, base.period)
    calendar = base.settings.calendar_of() if base.settings.of_weeks else None
    return against.totals_of(run, land, daily=base.daily, calendar=calendar)


class _Runner:
    """Simulates sets of decisions on the facts, demand and draws of the base; called with members and months later."""

    def __init__(self, base: Ground, decisions: Sequence[Decision], progress: Progress | None):
        settings = base.settings
        self.base, self.decisions, self.progress = base, decisions, progress
        self.scenario = load_scenario(
            settings.path(settings.scenario) if settings.scenario else None
        )
        self.facts = read_facts(base.daily, settings, base.as_of)
        plain = self._resolved(self.scenario)
        self.demand = demand_of(
            self.facts,
            len(future(plain)),
            plain.seed,
            settings.methods,
            progress,
            fits=Fits(settings.path(settings.ledger)),
        )
        self.count = 0

    def _resolved(self, scenario):
        return resolve(
            scenario, settings=self.base.settings, facts=self.facts, paths=self.base.base.paths
        )

    def __call__(self, members: Members, delay: int) -> np.ndarray | str:
        chosen = [self.decisions[i] for i in members]
        for i, one in enumerate(chosen):
            for other in chosen[i + 1 :]:
                if path := apart(one, other):
                    return f"both change {path}. Write one scenario that says what holds."
        first = self.base.base.months[0]
        self.count += 1
        try:
            plan = compile_plan(
                self._resolved(joint(self.scenario, chosen, delay, first)), self.demand
            )
        except ScenarioError as problem:
            return str(problem)
        if self.progress:
            self.progress("sets of decisions", self.count, self.count + 1)
        run = simulate(plan, dials=False, engine=self.base.engine)
        return _totals(self.base, run)


__all__ = ["recover"]
