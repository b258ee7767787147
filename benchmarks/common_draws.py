"""Common draws: how much surer a difference is when two scenarios share their shocks. Problem L, commitments × 1.2.

    .venv/bin/python benchmarks/common_draws.py [--paths 4096]

Ratio of the variance of the difference with independent draws to that with common draws, ± its standard error. For the mean it follows
from single paths (`answers.gain`): paths are independent, so the variance of a mean of n is that of a path ÷ n, and no run has to be
repeated. The same ratio from many runs of 512 paths, the only way for quantiles, has an error a hundred times as large (jackknife). And
the mean by blocked NumPy with one generator for both: what the problem itself has to give.
"""

from __future__ import annotations

import argparse

import numpy as np
from problem_l import blocked, flat, load

from finops_model.simulate.kernel.engine import prepare, simulate_paths
from finops_model.uncertainty import answers

PART, RUNS = 512, 24


def statistics(totals: np.ndarray) -> np.ndarray:
    """Mean, P50, P90, CVaR95 of totals (path,)."""
    x = np.sort(totals)
    return np.array(
        [x.mean(), *np.quantile(x, [0.5, 0.9]), x[-max(1, round(0.05 * len(x))) :].mean()]
    )


def of_runs(common: np.ndarray, apart: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Ratio of variances (statistic,) over runs (run, statistic), and its standard error: the jackknife, one run left out at a time."""

    def ratio(keep):
        return apart[keep].var(axis=0, ddof=1) / common[keep].var(axis=0, ddof=1)

    runs = len(common)
    left = np.array([ratio(np.arange(runs) != i) for i in range(runs)])
    return ratio(np.arange(runs)), np.sqrt(
        (runs - 1) / runs * ((left - left.mean(axis=0)) ** 2).sum(axis=0)
    )


def figures(paths: int = 4096) -> dict[str, tuple[float, float]]:
    """{what: (ratio, its standard error)}."""
    problem = load("problem_L")
    q = problem.make()
    plan, more = flat(problem, q), flat(problem, q, 1.2)
    prepare()
    base, changed = (
        [simulate_paths(p, paths, seed, "numba").cost.sum(axis=(1, 2)) for seed in range(RUNS)]
        for p in (plan, more)
    )
    exact = answers.gain(np.concatenate(base), np.concatenate(changed))
    runs = [
        (changed[i].reshape(-1, PART), base[i].reshape(-1, PART), base[i ^ 1].reshape(-1, PART))
        for i in range(RUNS)
    ]
    common = np.array(
        [statistics(a) - statistics(b) for own, same, _ in runs for a, b in zip(own, same)]
    )
    apart = np.array(
        [statistics(a) - statistics(b) for own, _, other in runs for a, b in zip(own, other)]
    )
    wider = problem.make()
    wider.C = 1.2 * wider.C
    plain = answers.gain(*(blocked(problem, one, 2 * paths, 5).sum(axis=1) for one in (q, wider)))
    names = ("mean, over runs", "P50, over runs", "P90, over runs", "CVaR95, over runs")
    return {
        "mean, from paths": (exact.value, exact.standard_error),
        "mean, from paths, blocked NumPy with one generator": (plain.value, plain.standard_error),
        **{
            name: (float(value), float(error))
            for name, value, error in zip(names, *of_runs(common, apart))
        },
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--paths", type=int, default=4096)
    for name, (value, error) in figures(parser.parse_args().paths).items():
        print(f"{name:52s} {value:6.1f} ± {error:4.1f} × smaller variance")


if __name__ == "__main__":
    main()
