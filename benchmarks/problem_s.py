"""Problem S: 12 months, 20 correlated drivers, 10,000 paths, and a slider on the commitments: what a warm what-if takes.

    .venv/bin/python benchmarks/problem_s.py [--repeat 15]

Cold: everything is drawn. Warm: draws are kept, only the commitment moves. Medians of CPU milliseconds, beside the vectorised reference
of the shared problem, in turn, in one run, on one thread; and whether the totals agree.
"""

from __future__ import annotations

import argparse
import statistics
import time

import numpy as np
from problem_l import load

from finops_model.prices.rates import make
from finops_model.simulate.kernel.engine import prepare
from finops_model.simulate.kernel.flat import FlatPlan, Form, PathValue, Table
from finops_model.simulate.kernel.kept import keep_draws
from finops_model.uncertainty.distributions import make as law
from finops_model.uncertainty.following import Following

PATHS, MONTHS = 10_000, 12


def flat(q, level: float = 1.0) -> FlatPlan:
    """The problem through the public contract; a step is a month."""
    months = np.arange(MONTHS, dtype=float)

    def value(name, of, kind="level", scale=1.0):
        return PathValue(((name, Following(of, (("all", np.sqrt(0.3)),))),), kind, scale)

    values = [
        value(f"base/{i}", law("lognormal", {"mu": q.mu[i], "sigma": q.sg[i]})) for i in range(10)
    ]
    values += [
        value(f"growth/{j}", law("normal", {"mean": q.gm[j], "sd": q.gs[j]}), "rate")
        for j in range(8)
    ]
    values += [
        value("decay", law("pert", dict(zip(("min", "mode", "max"), q.pert))), "growth", -1.0),
        value("spot", law("triangular", dict(zip(("min", "mode", "max"), q.tri)))),
    ]
    demand, line = np.zeros((20, 10)), np.zeros((20, 2))
    demand[np.arange(10), np.arange(10)] = 1
    demand[10 + q.gi, np.arange(10)] = 1
    line[18], line[19, 1] = 1, 1
    fixed = np.zeros((MONTHS, 4))
    fixed[:, 0] = (q.C * level * q.cr).sum()
    return FlatPlan(
        months=tuple(str(m) for m in range(MONTHS)),
        month_of=np.arange(MONTHS),
        workloads=tuple(f"w{i}" for i in range(10)),
        median=np.ones((MONTHS, 10)),
        columns=("cost", "units7", "units8", "units9"),
        units=1,
        values=tuple(values),
        profile=np.concatenate(
            [np.ones((10, MONTHS)), np.tile(months, (8, 1)), [months / 12], np.ones((1, MONTHS))]
        ),
        value_demand=demand,
        value_line=line,
        lines=("list", "spot"),
        price=np.ones((MONTHS, 2)),
        charge_workload=[7, 8, 9],
        charge_column=[1, 2, 3],
        charge_line=[-1] * 3,
        charge_rate=np.ones((3, MONTHS)),
        pools=tuple(f"p{i}" for i in range(7)),
        pool_line=q.od0[:, None] * np.array([1 - q.s, q.s]),
        member_pool=np.arange(7),
        member_workload=np.arange(7),
        member_units=np.ones((7, MONTHS)),
        tables=tables(q, level),
        fixed=fixed,
        forms=tuple(
            Form(
                1 + j,
                (make("graduated", {"starts": [0, *q.tier[j]], "prices": list(q.tr)}),) * MONTHS,
                0,
            )
            for j in range(3)
        ),
    )


def tables(q, level: float) -> tuple[Table, ...]:
    return tuple(
        Table(
            i, ((0.0, 0.0, np.array([q.C[i] * level]), np.array([1.0])),), np.zeros(MONTHS), money=0
        )
        for i in range(7)
    )


def figures(repeat: int) -> dict:
    problem = load("problem_S")
    q = problem.make()
    prepare()
    plan, found, totals = flat(q), {}, {}
    normals = np.random.default_rng(1).normal(size=(PATHS, 20)) @ q.Lc.T
    drivers = problem.transform(q, normals)
    kept = {which: keep_draws(plan, PATHS, 7, which) for which in ("numba", "numpy")}
    scales = 1 + 0.01 * np.arange(repeat + 1)
    ways = {
        "reference, warm": lambda k: problem.model(q, drivers, q.C * k),
        "engine numba, warm": lambda k: _moved(kept["numba"], plan, q, k),
        "engine numpy, warm": lambda k: _moved(kept["numpy"], plan, q, k),
        "reference, cold": lambda k: problem.model(
            q,
            problem.transform(q, np.random.default_rng(1).normal(size=(PATHS, 20)) @ q.Lc.T),
            q.C * k,
        ),
        "engine numba, cold": lambda k: (
            keep_draws(flat(q, k), PATHS, 7, "numba").settle().cost.sum(axis=(1, 2))
        ),
        "engine numpy, cold": lambda k: (
            keep_draws(flat(q, k), PATHS, 7, "numpy").settle().cost.sum(axis=(1, 2))
        ),
    }
    times = {name: [] for name in ways}
    for turn, scale in enumerate(scales):
        for name, call in ways.items():
            start = time.process_time()
            result = call(float(scale))
            if turn:  # the first turn warms caches
                times[name].append((time.process_time() - start) * 1e3)
            if turn == 0:
                totals[name] = result
    for name in ways:
        found[name] = {
            "ms": statistics.median(times[name]),
            "mean": float(totals[name].mean()),
            "p90": float(np.quantile(totals[name], 0.9)),
        }
    return found


def _moved(kept, plan, q, scale):
    fixed = plan.fixed.copy()
    fixed[:, 0] = (q.C * scale * q.cr).sum()
    return kept.settle(plan.with_tables(tables(q, scale), fixed=fixed)).cost.sum(axis=(1, 2))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--repeat", type=int, default=15)
    found = figures(parser.parse_args().repeat)
    print("| approach | CPU ms | ÷ reference | mean k | P90 k |\n|---|---|---|---|---|")
    for name, row in found.items():
        base = found["reference, " + name.split(", ")[1]]["ms"]
        print(
            f"| {name} | {row['ms']:.2f} | {row['ms'] / base:.2f} | {row['mean'] / 1e3:.2f} | {row['p90'] / 1e3:.2f} |"
        )


if __name__ == "__main__":
    main()
