"""What advice saves: its changes as a scenario over the base, on the same facts, demand and draws (docs/method §17.21)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ...documents import Document, checked
from ...errors import FinOpsError, ScenarioError
from ...periods import fiscal_months, month_days, month_of
from ...progress import Progress
from ...scenario.document import Layer, Scenario, resolve
from ...scenario.schema import ScenarioDocument
from ...simulate.kept_fits import Fits
from ...simulate.scenarios import run_many
from ..advice import Ground, Recommendation

YEAR = 12  # months of a run rate


@dataclass(frozen=True, kw_only=True)
class Bench:
    """What every simulation of advice shares: the ground, the base, how many futures, where fits are kept."""

    ground: Ground
    base: Scenario
    paths: int
    fits: Fits
    engine: str | None = None
    progress: Progress | None = None


def scenario_of(base: Scenario, advice: Sequence[Recommendation], name: str = "") -> Scenario:
    """The changes of advice, each a layer over the base, in their order."""
    layers = []
    for each in advice:
        document = Document({"name": each.title, "changes": [dict(c) for c in each.changes]})
        document.path, document.lines = f"advice {each.id}", {}
        layers.append(Layer(checked(ScenarioDocument, document, ScenarioError), document))
    title = name or " + ".join(each.title for each in advice)
    return Scenario(title, base.question, base.path, (*base.layers, *layers))


def possible(
    bench: Bench, advice: Sequence[Recommendation], over: Sequence[Recommendation] = ()
) -> tuple[list[Recommendation], dict[str, str]]:
    """Advice whose changes the scenario language takes over the base and `over`, and by id why it does not."""
    kept, refused = [], {}
    for each in advice:
        try:
            resolve(
                scenario_of(bench.base, [*over, each]),
                settings=bench.ground.settings,
                facts=bench.ground.facts,
            )
        except FinOpsError as problem:
            refused[each.id] = str(problem).splitlines()[0].removeprefix(f"advice {each.id}: ")
        else:
            kept.append(each)
    return kept, refused


def costs(
    bench: Bench, sets: Sequence[Sequence[Recommendation]]
) -> tuple[list[np.ndarray], tuple[str, ...]]:
    """Cost (path, month) of the base under each set of advice, money, all on the same draws; and the months."""
    runs = run_many(
        [scenario_of(bench.base, each, "advice") if each else bench.base for each in sets],
        bench.ground.settings,
        bench.ground.as_of,
        bench.paths,
        daily=bench.ground.facts.daily,
        dials=False,
        progress=bench.progress,
        engine=bench.engine,
        fits=bench.fits,
    )
    return [run.effective.sum(axis=2) for run in runs], runs[0].months


def simulated(
    bench: Bench, advice: Sequence[Recommendation], over: Sequence[Recommendation]
) -> tuple[list[Recommendation], list[np.ndarray], tuple[str, ...], dict[str, str]]:
    """(advice that could be simulated, costs of `over` and of each on top of it, months, by id why one could not).

    All in one; where that is refused, each by itself, so that one that cannot be meant does not take the others with it.
    """
    try:
        paths, months = costs(bench, [over, *([*over, a] for a in advice)])
        return list(advice), paths, months, {}
    except ScenarioError:
        pass  # which of them it is, the runs below say
    kept, refused, alone = [], dict[str, str](), []
    below, months = costs(bench, [over])
    for each in advice:
        try:
            (cost,), _ = costs(bench, [[*over, each]])
        except ScenarioError as problem:
            refused[each.id] = str(problem).splitlines()[0].removeprefix(f"advice {each.id}: ")
        else:
            kept.append(each)
            alone.append(cost)
    return kept, [*below, *alone], months, refused


def within_evidence(
    advice: Recommendation, saving: np.ndarray, months: tuple[str, ...]
) -> np.ndarray:
    """Saving (path, month) of which no month is expected to save more than what goes costs by its evidence: idle machines do not grow with the work beside them.

    The spread over paths stays; a month in which less is expected stays as it is.
    """
    if advice.steady is None:
        return saving
    most = advice.steady * np.array([len(month_days(month)) for month in months])
    expected = saving.mean(axis=0)
    return saving * np.where(expected > most, most / np.where(expected > 0, expected, 1.0), 1.0)


def valued(
    advice: Recommendation, saving: np.ndarray, months: tuple[str, ...], bench: Bench
) -> Recommendation:
    """Advice with what it saves; saving (path, month), money, before what it costs once."""
    year = fiscal_months(month_of(bench.ground.as_of), bench.ground.settings.fiscal_year_starts)
    within = saving[:, [m in year for m in months]].sum(axis=1) - advice.one_off
    later = [m for m in months if m >= advice.since[:7]][:YEAR]
    rate = saving[:, [m in later for m in months]].sum(axis=1) / max(len(later), 1)
    low, high = np.quantile(within, (0.1, 0.9))
    return replace(
        advice,
        run_rate=float(rate.mean()),
        in_year=float(within.mean()),
        in_year_p10=float(low),
        in_year_p90=float(high),
        horizon=float(saving.sum(axis=1).mean() - advice.one_off),
    )
