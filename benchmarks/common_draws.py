"""Common draws: how much surer a difference is when two scenarios share their shocks. Problem L, commitments × 1.2.

    .venv/bin/python benchmarks/common_draws.py [--paths 4096]

Ratio of the variance of the difference with independent draws to that with common draws. The first row is from the spread of single paths
(no replication noise); the others compare many runs of 512 paths.
"""

from __future__ import annotations

import argparse

import numpy as np
from problem_l import flat, load

from finops_model.outlook.engine import prepare, simulate_paths


PART = 512


def statistics(totals: np.ndarray) -> np.ndarray:
    """Mean, P50, P90, CVaR95 of totals (path,)."""
    x = np.sort(totals)
    return np.array([x.mean(), *np.quantile(x, [0.5, 0.9]), x[-max(1, round(0.05 * len(x))):].mean()])


def figures(paths: int = 4096, replications: int = 12) -> dict[str, float]:
    problem = load("problem_L")
    q = problem.make()
    plan, more = flat(problem, q), flat(problem, q, 1.2)
    prepare()
    base, changed = ([simulate_paths(p, paths, seed, "numba").cost.sum(axis=(1, 2)) for seed in range(2 * replications)] for p in (plan, more))
    runs = [(changed[i].reshape(-1, PART), base[i].reshape(-1, PART), base[i ^ 1].reshape(-1, PART)) for i in range(2 * replications)]
    common = np.array([statistics(a) - statistics(b) for own, same, _ in runs for a, b in zip(own, same)])
    apart = np.array([statistics(a) - statistics(b) for own, _, other in runs for a, b in zip(own, other)])
    by_path = np.mean([(changed[i] - base[i]).var() for i in range(2 * replications)])
    independent = np.mean([changed[i].var() + base[i].var() for i in range(2 * replications)])
    ratio = apart.var(axis=0, ddof=1) / common.var(axis=0, ddof=1)
    return {"mean, by path variances": independent / by_path, **dict(zip(("mean, over replications", "P50", "P90", "CVaR95"), ratio))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--paths", type=int, default=4096)
    for name, value in figures(parser.parse_args().paths).items():
        print(f"{name:28s} {value:8.1f} × smaller variance")


if __name__ == "__main__":
    main()
