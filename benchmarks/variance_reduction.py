"""Would another way to draw make answers surer? Antithetic pairs, Latin hypercubes, scrambled Sobol points, a control variate.

    .venv/bin/python benchmarks/variance_reduction.py [--runs 200]

Variance of mean, P50, P90 and CVaR95 over many runs with plain draws ÷ that of the method, at the same number of paths: how many times the
paths plain draws would need. Problem S (20 values, the vectorised reference), and for the control variate problem L (the engine): its
control is the demand of all workloads at list price, whose mean has a closed form there. What follows from it: docs/method §3.39.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import replace

import numpy as np
from common_draws import statistics
from problem_l import flat, load
from scipy.special import ndtri
from scipy.stats import qmc

from finops_model.simulate.kernel.engine import prepare, simulate_paths

NAMES = ("mean", "P50", "P90", "CVaR95")


def ways(paths: int, values: int) -> dict:
    """{name: function of a run's number -> normals (path, value)}."""

    def plain(run):
        return np.random.default_rng(run).standard_normal((paths, values))

    def antithetic(run):
        half = np.random.default_rng(run).standard_normal((paths // 2, values))
        return np.concatenate([half, -half])

    def latin(run):
        return ndtri(np.clip(qmc.LatinHypercube(values, rng=run).random(paths), 1e-12, 1 - 1e-12))

    def sobol(run):
        return ndtri(np.clip(qmc.Sobol(values, rng=run).random(paths), 1e-12, 1 - 1e-12))

    return {
        "plain": plain,
        "antithetic pairs": antithetic,
        "Latin hypercube": latin,
        "Sobol points, scrambled": sobol,
    }


def problem_s(runs: int, paths: int = 4096) -> dict:
    """{way: (gain (statistic,), CPU ÷ plain)}."""
    problem = load("problem_S")
    q = problem.make()
    found, spent = {}, {}
    for name, draw in ways(paths, q.D).items():
        start = time.process_time()
        found[name] = np.array(
            [
                statistics(problem.model(q, problem.transform(q, draw(run) @ q.Lc.T)))
                for run in range(runs)
            ]
        )
        spent[name] = time.process_time() - start
    plain = found["plain"].var(axis=0, ddof=1)
    return {
        name: (plain / x.var(axis=0, ddof=1), spent[name] / spent["plain"])
        for name, x in found.items()
    }


def weighted(x: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """Mean, P50, P90, CVaR95 of weighted totals."""
    order = np.argsort(x)
    x, weights = x[order], weights[order] / weights.sum()
    up = np.cumsum(weights) - weights / 2
    worst = np.clip(np.cumsum(weights) - 0.95, 0.0, weights)
    return np.array([weights @ x, *np.interp([0.5, 0.9], up, x), worst @ x / worst.sum()])


def problem_l(runs: int, paths: int = 1024) -> tuple[np.ndarray, float, float]:
    """(gain (statistic,), CPU ÷ plain, correlation of total and control) of demand as a control variate."""
    problem = load("problem_L")
    q = problem.make()
    prepare()
    plan, gpus = flat(problem, q), problem.N_GPU
    price = np.append(q.od0[q.sku[:gpus]], np.full(q.N - gpus, q.trate[1]))
    more = replace(
        plan,
        columns=(*plan.columns, "demand"),
        charge_workload=np.append(plan.charge_workload, np.arange(q.N)),
        charge_column=np.append(plan.charge_column, np.full(q.N, len(plan.columns))),
        charge_line=np.append(plan.charge_line, np.full(q.N, -1)),
        charge_rate=np.concatenate([plan.charge_rate, np.outer(price, np.ones(q.T))]),
        fixed=np.pad(plan.fixed, ((0, 0), (0, 1))),
    )
    spent = []
    for one in (plan, more):
        start = time.process_time()
        simulate_paths(one, 4096, 1, "numba", workers=1)
        spent.append(time.process_time() - start)
    made = simulate_paths(more, runs * paths, 1, "numba", workers=1)
    total, control = (
        part.reshape(runs, paths)
        for part in (made.cost.sum(axis=(1, 2)), made.usage[:, :, -1].sum(axis=1))
    )
    exact = control.mean()  # of all runs: the closed form to within a fiftieth of a run's error
    plain, known = [], []
    for x, c in zip(total, control):
        away = c - c.mean()
        plain.append(weighted(x, np.ones(paths)))
        known.append(weighted(x, 1 / paths + (exact - c.mean()) * away / (away @ away)))
    ratio = np.var(plain, axis=0, ddof=1) / np.var(known, axis=0, ddof=1)
    return ratio, spent[1] / spent[0], float(np.corrcoef(total.ravel(), control.ravel())[0, 1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--runs", type=int, default=200)
    runs = parser.parse_args().runs
    print(f"{runs} runs; a ratio is known to about {100 * np.sqrt(4 / runs):.0f} %\n")
    print("| problem | way | " + " | ".join(NAMES) + " | CPU ÷ plain |\n|---|---|" + "---|" * 5)
    for name, (ratio, cpu) in problem_s(runs).items():
        print(
            f"| S | {name} | " + " | ".join(f"{value:.1f}" for value in ratio) + f" | {cpu:.2f} |"
        )
    ratio, cpu, r = problem_l(runs)
    print(
        f"| L | control variate: demand (r = {r:.2f}) | "
        + " | ".join(f"{value:.1f}" for value in ratio)
        + f" | {cpu:.2f} |"
    )


if __name__ == "__main__":
    main()
