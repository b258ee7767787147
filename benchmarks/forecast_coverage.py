"""Coverage of 80 % ranges of month totals on simulated truth, where the right answer is known.

    python benchmarks/forecast_coverage.py [series per process]

Five processes, every series drawn for itself: random-walk level, mean-reverting level, growth whose rate wanders, yearly season,
bursts. For every lead 1–3: share of truths inside P10–P90 by four ways to make paths of the same fit: the kernel on the calibrated
`Demand`, its plain reference, the error paths of `forecast`, and, as a baseline, days that err by as much but each for itself, as
in-sample residuals and Prophet have it. Standard error of a share over n series: 0.4 ÷ √n. tests/test_coverage.py asserts the shares.
"""

import dataclasses
import sys
import time

import numpy as np

from finops_model.forecasting import ensemble
from finops_model.forecasting.history import History
from finops_model.forecasting.series import forecast
from finops_model.forecasting.widths.demand import (
    Demand,
    fit_demand,
    level_increment_sd,
    simulate_days,
)
from finops_model.forecasting.widths.noise import EDGES
from finops_model.simulate.kernel.engine import simulate_paths
from finops_model.simulate.kernel.flat import FlatPlan
from finops_model.streams import generator

START, DAYS, AHEAD = np.datetime64("2024-01-01"), 760, EDGES[-1]
DATES = START + np.arange(DAYS)
WEEK = np.array([1.1, 1.15, 1.1, 1.1, 1.0, 0.8, 0.75])


def _ar(rng, n, phi, sd):
    out, value = np.empty(n), sd * rng.standard_normal()
    for day, shock in enumerate(rng.standard_normal(n)):
        value = phi * value + sd * np.sqrt(1 - phi**2) * shock
        out[day] = value
    return out


def walk(rng, n):
    return np.cumsum(0.012 * rng.standard_normal(n))


def reverting(rng, n):
    return _ar(rng, n, 0.98, 0.15)


def growth(rng, n):
    return np.cumsum(0.0015 + _ar(rng, n, 0.98, 0.001) + 0.006 * rng.standard_normal(n))


def season(rng, n):
    return 0.25 * np.sin(2 * np.pi * (np.arange(n) / 365.25 + rng.random())) + np.cumsum(
        0.005 * rng.standard_normal(n)
    )


def bursts(rng, n):
    return np.cumsum(0.008 * rng.standard_normal(n)) + np.where(
        rng.random(n) < 0.02, np.log(4.0), 0.0
    )


PROCESSES = {process.__name__: process for process in (walk, reverting, growth, season, bursts)}


def series(process: str, number: int) -> np.ndarray:
    """One simulated series (day,) of a process: DAYS of history and AHEAD of truth."""
    rng = generator(number, f"coverage/{process}")
    n = DAYS + AHEAD
    return 100 * np.resize(WEEK, n) * np.exp(PROCESSES[process](rng, n) + _ar(rng, n, 0.4, 0.08))


def worlds(per_process: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Series (day, series) and their names `process/number`, process after process."""
    names = [(process, number) for process in PROCESSES for number in range(per_process)]
    return np.stack([series(*name) for name in names], axis=1), tuple(
        f"{process}/{number}" for process, number in names
    )


def month_totals(days: np.ndarray) -> np.ndarray:
    """Totals of the lead months: days along the last axis."""
    return np.add.reduceat(days, EDGES[:-1], axis=-1)


def by_kernel(demand: Demand, paths: int, seed: int, engine: str = "numpy") -> np.ndarray:
    """Month totals (path, lead, series) of a Demand as the kernel simulates it: one plan, a column for each series."""
    count = len(demand.names)
    plan = FlatPlan(
        months=("1", "2", "3"),
        month_of=np.repeat([0, 1, 2], np.diff(EDGES)),
        workloads=demand.names,
        median=demand.median,
        columns=demand.names,
        units=count,
        factors=("common",),
        phi=demand.phi,
        sigma=demand.sigma,
        level_step=level_increment_sd(demand),
        level_loadings=demand.loading[:, None],
        charge_workload=np.arange(count),
        charge_column=np.arange(count),
        charge_line=np.full(count, -1),
        charge_rate=np.ones((count, AHEAD)),
    )
    return simulate_paths(plan, paths, seed, engine, workers=1).cost


def by_error_paths(y: np.ndarray, paths: int) -> np.ndarray:
    """The same of `forecast`, each series with draws of its own."""
    return np.stack(
        [
            month_totals(forecast(History(DATES, y[:DAYS, w]), AHEAD, paths=paths, seed=w).paths)
            for w in range(y.shape[1])
        ],
        axis=-1,
    )


def by_reference(demand: Demand, paths: int, seed: int) -> np.ndarray:
    """The same of demand.simulate_days."""
    return np.stack([month_totals(days) for _, days in simulate_days(demand, paths, seed)], axis=-1)


def independent_days(demand: Demand, y: np.ndarray) -> Demand:
    """The same medians; each day errs by the whole spread of past day errors, for itself: right for a day, wrong for a month."""
    spread = np.array(
        [ensemble.fit(History(DATES, y[:DAYS, w]), AHEAD).errors.std() for w in range(y.shape[1])]
    )
    nothing = np.zeros_like
    return dataclasses.replace(
        demand,
        level_sd=nothing(demand.level_sd),
        extra_variance=nothing(demand.extra_variance),
        phi=nothing(demand.phi),
        sigma=spread,
    )


def inside(totals: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Whether truth (lead, series) lies in P10–P90 of totals (path, lead, series)."""
    low, high = np.quantile(totals, (0.1, 0.9), axis=0)
    return (low <= truth) & (truth <= high)


def widths(totals: np.ndarray) -> np.ndarray:
    """log(P90 ÷ P10) by (lead, series)."""
    low, high = np.quantile(totals, (0.1, 0.9), axis=0)
    return np.log(high / low)


def effective(hits: np.ndarray) -> float:
    """How many independent windows the (lead, series) windows are worth for their mean: leads of one series hang together."""
    p = hits.mean()
    return float(p * (1 - p) / (hits.mean(axis=0).var(ddof=1) / hits.shape[1]))


def main(per_process: int, paths: int = 1024) -> None:
    started = time.process_time()
    y, names = worlds(per_process)
    demand, truth = fit_demand(y[:DAYS], names, DATES, AHEAD, seed=1), month_totals(y[DAYS:].T).T
    ways = {
        "kernel": by_kernel(demand, paths, 3),
        "reference": by_reference(demand, paths, 3),
        "forecast": by_error_paths(y, paths),
        "days apart": by_kernel(independent_days(demand, y), paths, 3),
    }
    found = {way: inside(totals, truth) for way, totals in ways.items()}
    print(f"{'':10s} " + "  ".join(f"{way:>14s} 1     2     3" for way in ways))
    for p, process in enumerate(PROCESSES):
        rows = (
            hits[:, p * per_process : (p + 1) * per_process].mean(axis=1) for hits in found.values()
        )
        print(f"{process:10s} " + "  ".join("{:16.3f} {:.3f} {:.3f}".format(*row) for row in rows))
    for way, hits in found.items():
        print(
            f"{way}: {hits.mean():.3f} of {hits.size} windows inside (worth {effective(hits):.0f} independent ones; "
            f"by lead {hits.mean(axis=1).round(3)}, standard error {0.4 / np.sqrt(hits.shape[1]):.3f})"
        )
    ratio = widths(ways["kernel"]) / widths(ways["forecast"])
    print(
        f"widths, kernel ÷ forecast: median by lead {np.median(ratio, axis=1).round(3)}, within 10 %: {(abs(ratio - 1) < 0.1).mean(axis=1).round(3)}"
    )
    print(f"{time.process_time() - started:.0f} s CPU")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
