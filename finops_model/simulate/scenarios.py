"""Run scenarios: facts → demand → plan → paths → Run (docs/method §3.9). Scenarios of one day share facts and demand."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict

import numpy as np
import pandas as pd

from ..errors import ScenarioError
from ..executors import map_blocks
from ..facts.workspace import fingerprint, read_daily
from ..forecasting.covariates.overrides import compare_overrides
from ..forecasting.widths.demand import Demand
from ..progress import Progress, part
from ..scenario.document import Scenario, horizon, load_scenario, resolve
from ..scenario.ledger_base import read_facts
from ..settings import Settings, load_settings
from ..streams import BLOCK
from ..uncertainty.answers import answer, enough_paths
from .capped import CapTally
from .compile.plan import Plan, compile_plan, future
from .compile.to_flat import Tallies, compile_flat
from .compile.to_flat import by_workload as money_by_workload
from .dials import FirstPaths
from .kept_fits import Fits, demand_of
from .kernel.engine import label, stream
from .kernel.limits import check
from .purchases.agreed import AgreementTally
from .purchases.settled import Tally, lines_of
from .run import Run

MAX_PATHS = 100_000  # of a run that stops by itself
Keep = Callable[[Plan, int, np.ndarray], None]
CUBE = 60_000_000  # numbers kept for quantiles by workload; beyond it, the first paths only


def simulate(
    plan: Plan,
    paths: int | None = None,
    seed: int | None = None,
    progress: Progress | None = None,
    *,
    dials: bool = True,
    threads: int = 2,
    engine: str | None = None,
    executor="threads",
    keep: Keep | None = None,
) -> Run:
    """Simulate a plan.

    Memory is bounded by the totals kept, not by days; blocks are reduced in their order.

    Parameters
    ----------
    plan : Plan
        As `compile_plan` gives it.
    paths, seed : int, optional
        Instead of the plan's own.
    progress : callable, optional
        Called with (text, done, total).
    dials : bool, optional
        Also keep what a dashboard's sliders re-settle, of the first paths.
    threads : int, optional
        Workers; the bits are the same for any number.
    engine : str, optional
        "numpy", "numba" or "auto" (engine.py); which one ran stands in the run.
    executor : str or client, optional
        Where blocks run (executors.py).
    keep : callable, optional
        Given (plan, first path, cost (path, month, workload)) of every block: costs by workload
        that a run itself does not keep.

    Returns
    -------
    Run
        EffectiveCost (path, month, unit), in the ledger's currency.

    Source
    ------
    docs/method §3.17.
    """
    paths, seed = (
        plan.about.paths if paths is None else paths,
        plan.about.seed if seed is None else seed,
    )
    engine = label(engine)
    months, workloads, compiled = len(plan.months), len(plan.names), compile_flat(plan)
    check(compiled.flat, paths, columns=len(plan.units) + 1)
    first_paths = (
        FirstPaths(plan, compiled, paths, seed) if dials and not plan.commitments.caps else None
    )
    blocks = stream(
        compiled.flat,
        paths,
        seed,
        engine,
        executor=executor,
        workers=threads,
        volume=True,
        progress=progress,
        **(first_paths.ahead if first_paths else {}),
    )

    effective = np.empty((paths, months, len(plan.units)))
    cube = np.empty(
        (min(paths, max(1, CUBE // (months * workloads))), months, workloads), dtype=np.float32
    )
    horizon = np.empty((paths, workloads))
    mean, sums = np.zeros((len(plan.dates), plan.demand.count)), np.zeros((months, workloads))
    belongs = plan.booked.paid_by
    tallies = Tallies(
        Tally(plan.commitments.purchases), AgreementTally(plan.commitments.agreements), CapTally()
    )
    for block in blocks:
        of_block = first_paths.take(block) if first_paths else compiled
        own = money_by_workload(of_block, block, seed, tallies) + plan.booked.recurring
        first, count = block.path0, len(own)
        effective[first : first + count] = own @ belongs + plan.booked.so_far
        horizon[first : first + count] = own.sum(axis=1)
        sums += own.sum(axis=0)
        if keep is not None:
            keep(plan, first, own + plan.booked.so_far_by)
        room = max(0, min(count, len(cube) - first))
        cube[first : first + room] = (own + plan.booked.so_far_by)[:room]
        mean += block.volume

    purchases = tallies.purchases.rows(plan.months, plan.names)
    by_workload = np.empty((workloads, months, 4))
    by_workload[:, :, 0] = (sums / paths + plan.booked.so_far_by).T
    for i, q in enumerate((0.1, 0.5, 0.9), 1):
        by_workload[:, :, i] = np.quantile(cube, q, axis=0).T

    return Run(
        name=plan.about.name,
        question=plan.about.question,
        currency=plan.about.currency,
        as_of=plan.about.as_of,
        months=plan.months,
        units=plan.units,
        workloads=plan.names,
        unit_of=tuple(plan.units[u] for u in plan.booked.unit_of),
        effective=effective,
        so_far=plan.booked.so_far,
        by_workload=by_workload,
        range_share=variance_shares(horizon, belongs),
        dials=first_paths.dials(effective, engine, threads) if first_paths else {},
        lines=lines(plan, mean / paths, by_workload, purchases),
        purchases=purchases,
        agreements=tallies.agreements.rows(plan.months),
        caps=tallies.caps.rows(plan),
        assumptions=[dict(note) for note in plan.about.assumptions],
        seed=seed,
        paths=paths,
        engine=engine,
        scenario_hash=plan.about.scenario_hash,
        ledger="",
        excluded=[dict(item) for item in plan.booked.excluded],
    )


def variance_shares(totals: np.ndarray, paid_by: np.ndarray) -> np.ndarray:
    """Covariance of each workload with the total of its unit, and of the company (last column), ÷ its variance.

    totals   (path, workload);  paid_by: (workload, unit). A column adds up to 1 where there is any variance; a share may be negative (a hedge).
    """
    centred = totals - totals.mean(axis=0)
    units = paid_by.shape[1]
    shares = np.zeros((totals.shape[1], units + 1))
    for unit in range(units + 1):
        weights = np.ones(totals.shape[1]) if unit == units else paid_by[:, unit]
        members = weights > 0
        mine = centred[:, members] * weights[members]
        total = mine.sum(axis=1)
        variance = total @ total
        if variance > 0:
            shares[members, unit] = mine.T @ total / variance
    return shares


def lines(plan: Plan, mean: np.ndarray, by_workload: np.ndarray, purchases=()) -> list[dict]:
    """Expected quantity × price by month, workload and SKU; the rest of a workload's expected cost in one line of its own."""
    rows, listed = [], np.zeros((len(plan.names), len(plan.months)))
    inside = plan.month_of >= 0
    for workload, sku, service, unit, quantity, price, w in plan.prices.items:
        amount, own = mean[:, w] * quantity, plan.prices.paid.get((workload, sku), 1.0)
        counts = np.bincount(plan.month_of[inside], amount[inside], len(plan.months))
        costs = np.bincount(plan.month_of[inside], (amount * price)[inside], len(plan.months))
        for m, month in enumerate(plan.months):
            if counts[m] > 0:
                listed[plan.names.index(workload), m] += costs[m]
                rows.append(
                    {
                        "month": month,
                        "workload": workload,
                        "service": service,
                        "sku": sku,
                        "unit": unit,
                        "quantity": float(counts[m]) / own,
                        "unit_price": float(costs[m] / counts[m]) * own,
                        "cost": float(costs[m]),
                    }
                )
    for line in lines_of(purchases):
        listed[plan.names.index(line["workload"]), plan.months.index(line["month"])] += line["cost"]
        rows.append(line)
    for w, workload in enumerate(plan.names):
        for m, month in enumerate(plan.months):
            parts = (
                ("booked so far", plan.booked.so_far_by[m, w]),
                ("recurring", plan.booked.recurring[m, w]),
            )
            rest = by_workload[w, m, 0] - listed[w, m] - sum(value for _, value in parts)
            for what, value in (*parts, ("commitments, tiers and uncertain prices", rest)):
                if abs(value) > 0.005:
                    rows.append(
                        {
                            "month": month,
                            "workload": workload,
                            "service": what,
                            "sku": "",
                            "unit": "charge",
                            "quantity": 1.0,
                            "unit_price": float(value),
                            "cost": float(value),
                        }
                    )
    return rows


def run(
    scenario=None,
    settings: Settings | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    *,
    months: int | None = None,
    daily: pd.DataFrame | None = None,
    demand: Demand | None = None,
    methods=None,
    dials: bool = True,
    progress: Progress | None = None,
    engine: str | None = None,
    executor="threads",
    workers: int = 2,
    target_error: float | None = None,
    of: str = "p90",
    max_paths: int = MAX_PATHS,
) -> Run:
    r"""Simulate one scenario from the ledger.

    Parameters
    ----------
    scenario : path or None
        A file; None: nothing changes.
    settings : Settings, optional
        The workspace; None: finops.yaml here.
    as_of : str, optional
        Last day of actuals used, YYYY-MM-DD; None: the newest.
    paths : int, optional
        Instead of the scenario's.
    months, daily, demand, methods, dials, progress
        As in `run_many`.
    engine, executor, workers, target_error, of, max_paths
        As in `run_many`.

    Returns
    -------
    Run
        EffectiveCost (path, month, unit), in the ledger's currency.

    Raises
    ------
    ScenarioError, LedgerError, ForecastError
        The scenario makes no sense, the ledger is empty, the history is too short.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> base = run(None, settings, paths=64, months=2)
    >>> base.months, base.total().shape
    (('2025-03', '2025-04'), (64,))
    """
    return run_many(
        [scenario],
        settings,
        as_of,
        paths,
        months=months,
        daily=daily,
        demand=demand,
        methods=methods,
        dials=dials,
        progress=progress,
        engine=engine,
        executor=executor,
        workers=workers,
        target_error=target_error,
        of=of,
        max_paths=max_paths,
    )[0]


def run_many(
    scenarios,
    settings: Settings | None = None,
    as_of: str | None = None,
    paths: int | None = None,
    *,
    months: int | None = None,
    daily: pd.DataFrame | None = None,
    demand: Demand | None = None,
    methods=None,
    dials: bool = True,
    progress: Progress | None = None,
    engine: str | None = None,
    executor="threads",
    workers: int = 2,
    target_error: float | None = None,
    of: str = "p90",
    max_paths: int = MAX_PATHS,
    fits: Fits | None = None,
    keep: Keep | None = None,
) -> list[Run]:
    r"""Simulate several scenarios on the same facts, demand and draws, in their order.

    Parameters
    ----------
    scenarios : sequence of path, Scenario or None
        All files are checked before anything long runs.
    settings, as_of, paths : optional
        As in `run`.
    months : int, optional
        How many, instead of the scenario's horizon.
    daily, demand : frame and Demand, optional
        DAILY, and what was fitted on the same facts; None: read and fitted here.
    methods : str or list of str, optional
        Forecasters; "cheap": a replay of an earlier day, which knows no later price or contract.
    dials : bool, optional
        Keep what a dashboard re-settles, of the first scenario (the base).
    progress : callable, optional
        Called with (text, done, total).
    engine : str, optional
        "numpy", "numba" or "auto" (None: FINOPS_ENGINE, else numpy); runs of two are not compared.
    executor, workers : optional
        serial, threads, processes, dask or a client (executors.py), and its workers: same bits.
    target_error : float, optional
        Paths are added until the standard error of `of` of every scenario's total is this share of
        it, or max_paths are drawn; the number stands in the run, and running with it gives the same
        bits.
    of, max_paths : optional
        mean, p90, cvar95 …; at least 100 paths.
    fits : Fits, optional
        Where fits of demand are kept between sessions; None: fitted here.
    keep : callable, optional
        As in `simulate`, of every scenario.

    Returns
    -------
    list of Run
        EffectiveCost (path, month, unit), in the ledger's currency.

    Raises
    ------
    ScenarioError, LedgerError, ForecastError
        A scenario or an argument makes no sense, the ledger is empty, the history is too short.

    Source
    ------
    docs/method §3.3, §3.37.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> runs = run_many([None, None], settings, paths=64, months=1)
    >>> [one.name for one in runs], bool((runs[0].total() == runs[1].total()).all())
    (['Base', 'Base'], True)
    """
    check_how(
        target_error, of, engine=engine, executor=executor, workers=workers, max_paths=max_paths
    )

    settings, engine = settings or load_settings(), label(engine)
    replay = isinstance(methods, str) and methods == "cheap"
    loaded = [
        one if isinstance(one, Scenario) else load_scenario(one) for one in scenarios
    ]  # all files are checked before anything long runs
    facts = read_facts(read_daily(settings) if daily is None else daily, settings, as_of, replay)
    resolved = [
        resolve(one, settings=settings, facts=facts, months=months, paths=paths, replay=replay)
        for one in loaded
    ]

    longest = max((future(one) for one in resolved), key=len)
    if demand is None:
        demand = demand_of(
            facts,
            len(longest),
            resolved[0].seed,
            settings.methods if methods is None else methods,
            progress,
            fits=fits,
        )

    plans = [compile_plan(one, demand) for one in resolved]
    mark = fingerprint(facts.daily)

    def simulated(count: int | None) -> list[Run]:
        runs = []
        for i, plan in enumerate(plans):
            result = simulate(
                plan,
                count,
                dials=dials and i == 0,
                progress=part(progress, f"{plan.about.name}: ") if progress else None,
                engine=engine,
                executor=executor,
                threads=workers,
                keep=keep,
            )
            follows = {
                name: values.get("driver") or ""
                for name, values in resolved[i].tree["workloads"].items()
            }
            runs.append(
                Run(
                    **{
                        **result.__dict__,
                        "ledger": mark,
                        "unfinished": [asdict(day) for day in facts.unfinished],
                        "overrides": compare_overrides(facts.covariates.overrides, result),
                        "follows": follows,
                    }
                )
            )
        return runs

    runs = simulated(None)
    while target_error is not None:
        wanted = more_paths([one.total() for one in runs], target_error, of, max_paths)
        if wanted is None:
            break
        runs = simulated(wanted)
    return runs


def months_of(
    scenario, as_of: str, fiscal_year_starts: int = 1, months: int | None = None
) -> tuple[str, ...]:
    """The months that a scenario (a file; None: nothing changes) simulates from a day on, or so many of them."""
    return horizon(load_scenario(scenario), as_of, fiscal_year_starts, months, False)


def more_paths(totals, target: float, of: str, most: int) -> int | None:
    """How many paths to draw next so that `of` of every total is known to the target; None: enough, or already the most.

    Whole blocks, a tenth more than the spread so far asks for, at least twice as many: a few rounds settle it.

    >>> more_paths([np.arange(1.0, 1001.0)], 0.5, "mean", 4096), more_paths([np.arange(1.0, 1001.0)], 0.01, "mean", 4096)
    (None, 3840)
    """
    asked = [enough_paths(total, target, of) for total in totals]
    now = len(totals[0])
    if all(one.enough for one in asked) or now >= most:
        return None
    wanted = max(2 * now, max(math.ceil(1.1 * one.wanted) for one in asked))
    return min(most, -(-wanted // BLOCK) * BLOCK)


def check_how(
    target_error: float | None = None,
    of: str = "p90",
    *,
    engine: str | None = None,
    executor="threads",
    workers: int = 2,
    max_paths: int = MAX_PATHS,
) -> None:
    """Refuse what cannot be meant before anything long runs. Raises ScenarioError: an engine or executor that is not there, a target that cannot be met."""
    label(engine)
    map_blocks(abs, (), executor, workers)
    answer(np.arange(1.0, 4.0), of)
    if target_error is not None:
        enough_paths(np.arange(1.0, 4.0), target_error, of)
        if not 100 <= max_paths <= MAX_PATHS:
            raise ScenarioError(
                f"max_paths is {max_paths}; it must lie between 100 and {MAX_PATHS:,}."
            )
