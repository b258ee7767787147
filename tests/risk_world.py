"""The small company with risks: cost by month and path in either engine, demand without noise unless asked for."""

from __future__ import annotations

import numpy as np
from scenario_world import demand_for, settings, world

from finops_model.scenario import document as scenario
from finops_model.scenario import ledger_base as base
from finops_model.simulate.compile.plan import compile_plan, future
from finops_model.simulate.scenarios import simulate

DAY = {
    "train": 480.0,
    "chat": 6.0,
    "lake": 20.0,
}  # money a day: H100 240 hours at 2, tokens on `large`, storage


def facts_in(folder, as_of="2026-10-31"):
    return base.read_facts(world(), settings(folder), as_of=as_of)


def resolved(folder, facts, text, months=6, **how):
    (folder / "s.yaml").write_text("name: a\n" + text)
    return scenario.resolve(
        scenario.load_scenario(folder / "s.yaml"),
        settings=settings(folder),
        facts=facts,
        months=months,
        **how,
    )


def plan_of(folder, facts, text="", months=6, sigma=0.0, spread=0.0):
    found = resolved(folder, facts, text, months)
    return compile_plan(found, demand_for(facts, len(future(found)), spread=spread, sigma=sigma))


def costs(plan, paths=4096, engine="numpy", seed=7, **how):
    """Cost (path, month) still to come by business unit."""
    run = simulate(plan, paths, seed, dials=False, engine=engine, **how)
    return {unit: run.effective[:, :, u] - run.so_far[:, u] for u, unit in enumerate(run.units)}


def workload(plan, name, paths=4096, engine="numpy", seed=7):
    """Mean cost by month of one workload still to come."""
    run = simulate(plan, paths, seed, dials=False, engine=engine)
    w = run.workloads.index(name)
    return run.by_workload[w, :, 0] - plan.booked.so_far_by[:, w]


def day_counts(plan, of_day, count):
    """(month, month of the risk): days."""
    found = np.zeros((len(plan.months), count))
    for m, k in zip(plan.month_of, of_day):
        if m >= 0 and k >= 0:
            found[m, k] += 1
    return found


def hits(values, mean, second=None, share=0.01):
    """The mean of paths (path, month) is the closed form within 4 standard errors of at most `share` of it; so is the second moment."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    assert (error <= share * np.abs(mean) + 1e-12).all(), (error / mean).max()
    assert (np.abs(values.mean(axis=0) - mean) <= 4 * error + 2e-6 * np.abs(mean)).all(), (
        values.mean(axis=0) / mean - 1,
        error / mean,
    )
    if second is not None:
        squares = values**2
        error = squares.std(axis=0, ddof=1) / np.sqrt(len(values))
        assert (np.abs(squares.mean(axis=0) - second) <= 4 * error + 4e-6 * second).all()
