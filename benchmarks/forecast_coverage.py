"""Coverage of 80 % ranges of month totals on simulated truth, where the right answer is known.

    python benchmarks/forecast_coverage.py [series per process]

Five processes, one independent series per window set: random-walk level, mean-reverting level, growth whose rate wanders,
yearly season, bursts. For every lead 1–3: share of truths inside P10–P90, from `forecast` paths and from the Demand
noise simulated on its own. Standard error of a share over n windows: 0.4 ÷ √n.
"""

import sys
import time

import numpy as np

from finops_model.outlook import ensemble
from finops_model.outlook.demand import fit_demand, simulate_days
from finops_model.outlook.history import History
from finops_model.outlook.noise import EDGES
from finops_model.streams import generator

START, DAYS, AHEAD = np.datetime64("2024-01-01"), 760, EDGES[-1]
WEEK = np.array([1.1, 1.15, 1.1, 1.1, 1.0, 0.8, 0.75])


def _ar(rng, n, phi, sd):
    out, value = np.empty(n), sd * rng.standard_normal()
    for day, shock in enumerate(rng.standard_normal(n)):
        value = phi * value + sd * np.sqrt(1 - phi ** 2) * shock
        out[day] = value
    return out


def walk(rng, n):
    return np.cumsum(0.012 * rng.standard_normal(n))


def reverting(rng, n):
    return _ar(rng, n, 0.98, 0.15)


def growth(rng, n):
    return np.cumsum(0.0015 + _ar(rng, n, 0.98, 0.001) + 0.006 * rng.standard_normal(n))


def season(rng, n):
    return 0.25 * np.sin(2 * np.pi * (np.arange(n) / 365.25 + rng.random())) + np.cumsum(0.005 * rng.standard_normal(n))


def bursts(rng, n):
    return np.cumsum(0.008 * rng.standard_normal(n)) + np.where(rng.random(n) < 0.02, np.log(4.0), 0.0)


PROCESSES = {process.__name__: process for process in (walk, reverting, growth, season, bursts)}


def series(process: str, number: int) -> np.ndarray:
    """One simulated series (day,) of a process: DAYS of history and AHEAD of truth."""
    rng = generator(number, f"coverage/{process}")
    n = DAYS + AHEAD
    return 100 * np.resize(WEEK, n) * np.exp(PROCESSES[process](rng, n) + _ar(rng, n, 0.4, 0.08))


def windows(process: str, count: int, paths: int = 600) -> tuple[np.ndarray, np.ndarray]:
    """inside (series, lead) of forecast paths and of the Demand noise."""
    dates = START + np.arange(DAYS)
    months = list(zip(EDGES, EDGES[1:]))
    inside, simulated = np.zeros((count, len(months)), bool), np.zeros((count, len(months)), bool)
    for number in range(count):
        y = series(process, number)
        truth = [y[DAYS + first:DAYS + last].sum() for first, last in months]
        drawn = ensemble.forecast(History(dates, y[:DAYS]), AHEAD, paths, number).paths
        demand = fit_demand(y[:DAYS, None], ["w"], dates, AHEAD, number)
        (_, process_paths), = simulate_days(demand, paths, number)
        for out, sample in ((inside, drawn), (simulated, process_paths)):
            for lead, (first, last) in enumerate(months):
                low, high = np.quantile(sample[:, first:last].sum(axis=1), (0.1, 0.9))
                out[number, lead] = low <= truth[lead] <= high
    return inside, simulated


if __name__ == "__main__":
    per_process = int(sys.argv[1]) if len(sys.argv) > 1 else 120
    started = time.process_time()
    both = {name: windows(name, per_process) for name in PROCESSES}
    print(f"{'process':12s} {'forecast 1':>10s} {'2':>6s} {'3':>6s}   {'demand 1':>10s} {'2':>6s} {'3':>6s}")
    for name, (drawn, simulated) in both.items():
        print(f"{name:12s} " + "   ".join("{:10.3f} {:6.3f} {:6.3f}".format(*part.mean(axis=0)) for part in (drawn, simulated)))
    for label, which in (("forecast", 0), ("demand", 1)):
        pooled = np.concatenate([pair[which] for pair in both.values()])
        print(f"{label}: {pooled.mean():.3f} of {pooled.size} windows inside (by lead {pooled.mean(axis=0).round(3)}), "
              f"standard error {0.4 / np.sqrt(pooled.size / 3):.3f}")
    print(f"{time.process_time() - started:.0f} s CPU")
