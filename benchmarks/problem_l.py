"""Problem L: 100 workloads, correlated, bursty, with falling prices, commitments, spot and graduated tariffs, as one FlatPlan.

    .venv/bin/python benchmarks/problem_l.py [--paths 10000] [--repeat 3] [--hourly]

Prints CPU nanoseconds per cell (path × step × workload) of both engines and of the baselines, in turn, in one run: blocked float32
NumPy (SFC64, 128 paths, sparse bursts), float64 NumPy over steps (all paths in one array, as one would write it), and pandas path by path
on a few paths; the roofline of the machine; memory at 100,000 paths; and whether the distributions agree. One thread each.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import time
from pathlib import Path

for _name in (
    "OPENBLAS_NUM_THREADS",
    "OMP_NUM_THREADS",
    "MKL_NUM_THREADS",
):  # a baseline on one core, like the engine
    os.environ.setdefault(_name, "1")

import numpy as np  # noqa: E402

from finops_model.prices.rates import make  # noqa: E402
from finops_model.simulate.kernel.engine import prepare, simulate_paths  # noqa: E402
from finops_model.simulate.kernel.flat import FlatPlan, Form, Table  # noqa: E402

SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"


def load(name: str):
    """A problem of the shared folder; stops in a sentence where it is not there."""
    path = SHARED / f"{name}.py"
    if not path.is_file():
        sys.exit(
            f"{path.name}: the shared folder of benchmark problems is not beside the repository; nothing was measured."
        )
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def flat(problem, q, commitments: float = 1.0) -> FlatPlan:
    """The problem through the public contract: a pool per GPU workload, a usage column per vendor of tokens."""
    gpus, steps = problem.N_GPU, q.T
    names = tuple(f"w{i}" for i in range(q.N))
    level = q.C[:gpus] * commitments
    days = np.arange(steps)
    od = q.od0[None] * np.exp(-q.delta * days[:, None])
    weights = np.zeros((gpus, 2 * q.K))
    weights[np.arange(gpus), q.sku[:gpus]] = 1 - q.sp[:gpus]
    weights[np.arange(gpus), q.K + q.sku[:gpus]] = q.sp[:gpus]
    tables = tuple(
        Table(i, ((0.0, 0.0, np.array([level[i]]), np.array([1.0])),), np.zeros(steps), money=0)
        for i in range(gpus)
    )
    spans = np.diff(q.mstart)
    fixed = np.zeros((12, 1 + q.V))
    fixed[:, 0] = spans * (q.crate[q.sku[:gpus]] * level).sum()
    forms = tuple(
        Form(
            1 + v,
            (make("graduated", {"starts": [0, *q.tier[v]], "prices": list(q.trate)}),) * 12,
            0,
        )
        for v in range(q.V)
    )
    same = np.concatenate([np.eye(q.K), np.eye(q.K)], axis=1)
    return FlatPlan(
        months=tuple(str(m) for m in range(12)),
        month_of=q.month,
        workloads=names,
        median=q.det.T,
        columns=("cost", *(f"vendor{v}" for v in range(q.V))),
        units=1,
        factors=tuple(f"f{f}" for f in range(q.F)),
        phi=q.phi,
        sigma=q.sig,
        centred=False,
        stationary=False,
        noise_loadings=q.L,
        burst_rate=q.lam,
        burst_size=q.m,
        jumps=tuple(f"sku{k}" for k in range(q.K)),
        jump_rate=np.full(q.K, q.jrate),
        jump_law=("uniform",) * q.K,
        jump_low=np.full(q.K, 0.70),
        jump_high=np.full(q.K, 0.95),
        jump_line=same,
        lines=(*(f"od{k}" for k in range(q.K)), *(f"spot{k}" for k in range(q.K))),
        price=np.concatenate([od, od * q.disc], axis=1),
        overhead=np.concatenate([np.zeros(q.K), q.r0]),
        overhead_sd=np.concatenate([np.zeros(q.K), np.full(q.K, 0.5)]),
        overhead_factor=("",) * q.K + ("f0",) * q.K,
        charge_workload=np.arange(gpus, q.N),
        charge_column=1 + q.ven[gpus:],
        charge_line=np.full(q.N - gpus, -1),
        charge_rate=np.ones((q.N - gpus, steps)),
        pools=names[:gpus],
        pool_line=weights,
        member_pool=np.arange(gpus),
        member_workload=np.arange(gpus),
        member_units=np.ones((gpus, steps)),
        tables=tables,
        fixed=fixed,
        forms=forms,
    )


# ---- baselines: what one would write without this engine -------------------------------------------------------------------------


def bursts(rng, rate: float, mean, steps: int, paths: int):
    """Sparse bursts of (path × workload) cells: positions and sizes, drawn by number, not by cell."""
    count = rng.poisson(rate * steps * paths * len(mean))
    where = rng.integers(0, steps * paths * len(mean), count)
    where.sort()
    return where, rng.standard_exponential(count, dtype=np.float32)


def price_paths(q, rng, paths: int, kind):
    """On-demand price by (step, SKU, path)."""
    logs = np.zeros((q.T, q.K, paths), kind)
    count = rng.poisson(q.jrate * q.T * q.K * paths)
    at = (rng.integers(0, q.T, count), rng.integers(0, q.K, count), rng.integers(0, paths, count))
    np.add.at(logs, at, np.log(1 - rng.uniform(0.05, 0.30, count)).astype(kind))
    np.cumsum(logs, axis=0, out=logs)
    logs += (np.log(q.od0) - q.delta * np.arange(q.T)[:, None])[:, :, None].astype(kind)
    return np.exp(logs, out=logs)


def numpy_steps(problem, q, paths: int, seed: int, kind=np.float32, rng=None):
    """One block, a loop over steps on (workload, path) arrays: cost by (path, month). The layout of numpy code that was tuned by hand."""
    rng = rng or np.random.Generator(np.random.SFC64(seed))
    gpus, n = problem.N_GPU, q.N
    phi, a, s, loads = (
        x.astype(kind)[:, None] if x.ndim == 1 else x.astype(kind) for x in (q.phi, q.a, q.s, q.L)
    )
    det, level, sku = q.det.astype(kind), q.C[:gpus].astype(kind)[:, None], q.sku[:gpus]
    share, rate = q.sp[:gpus].astype(kind)[:, None], q.r0.astype(kind)
    price = price_paths(q, rng, paths, kind)
    where, size = bursts(rng, q.lam[0], q.m, q.T, paths)
    cells = n * paths
    cut = np.searchsorted(where, np.arange(q.T + 1) * cells)
    x, d, z, work = (np.zeros((n, paths), kind) for _ in range(4))
    cost, usage = np.zeros((paths, 12)), np.zeros((q.V, paths))
    fee = float((q.crate[sku] * q.C[:gpus]).sum())
    for t in range(q.T):
        factor = rng.standard_normal((q.F, paths), dtype=kind)
        rng.standard_normal(dtype=kind, out=z)
        z *= s
        z += np.matmul(loads, factor, out=work)
        z *= a
        x *= phi
        x += z
        np.exp(x, out=d)
        d *= det[:, t, None]
        hit = where[cut[t] : cut[t + 1]] - t * cells
        np.add.at(d.reshape(-1), hit, size[cut[t] : cut[t + 1]] * q.m[hit // paths].astype(kind))
        over = np.maximum(np.subtract(d[:gpus], level, out=work[:gpus]), 0, out=work[:gpus])
        od = price[t]
        spot = q.disc * (1 + rate[:, None] * np.exp(kind(0.5) * factor[0])) - 1
        over *= od[sku]
        extra = spot[sku]
        extra *= share
        extra += 1
        over *= extra
        month = q.month[t]
        cost[:, month] += over.sum(axis=0, dtype=np.float64) + fee
        for v in range(q.V):
            usage[v] += d[gpus:][q.ven[gpus:] == v].sum(axis=0)
        if t + 1 == q.T or q.month[t + 1] != month:
            for v in range(q.V):
                cost[:, month] += problem.tariff(usage[v], q, v)
            usage[:] = 0
    return cost


def blocked(problem, q, paths: int, seed: int, block: int = 128):
    """Blocked float32 NumPy: the best that numpy gives here."""
    return np.concatenate(
        [
            numpy_steps(
                problem,
                q,
                min(block, paths - b),
                0,
                np.float32,
                np.random.Generator(np.random.SFC64([seed, b])),
            )
            for b in range(0, paths, block)
        ]
    )


def step_loop(problem, q, paths: int, seed: int):
    """Float64 NumPy over (path, workload) arrays of all paths, a loop over steps: what the formulas say, line by line."""
    rng, gpus = np.random.default_rng(seed), problem.N_GPU
    x, cost, usage = np.zeros((paths, q.N)), np.zeros((paths, 12)), np.zeros((paths, q.V))
    price = np.tile(q.od0, (paths, 1))
    for t in range(q.T):
        z = rng.normal(size=(paths, q.F))
        x = q.phi * x + q.a * (z @ q.L.T + q.s * rng.normal(size=(paths, q.N)))
        count = rng.poisson(q.lam, (paths, q.N))
        burst = np.where(count > 0, rng.gamma(np.maximum(count, 1)) * q.m, 0.0)
        d = q.det[:, t] * np.exp(x) + burst
        cuts = rng.poisson(q.jrate, (paths, q.K))
        price = price * np.where(cuts > 0, (1 - rng.uniform(0.05, 0.30, (paths, q.K))) ** cuts, 1.0)
        od = price * np.exp(-q.delta * t)
        rework = q.r0 * np.exp(0.5 * z[:, :1])
        sku, share = q.sku[:gpus], q.sp[:gpus]
        over = np.maximum(d[:, :gpus] - q.C[:gpus], 0.0)
        cost[:, q.month[t]] += (
            q.crate[sku] * q.C[:gpus]
            + over * od[:, sku] * ((1 - share) + share * q.disc * (1 + rework[:, sku]))
        ).sum(axis=1)
        for v in range(q.V):
            usage[:, v] += d[:, gpus:][:, q.ven[gpus:] == v].sum(axis=1)
        if t + 1 == q.T or q.month[t + 1] != q.month[t]:
            for v in range(q.V):
                cost[:, q.month[t]] += problem.tariff(usage[:, v], q, v)
            usage[:] = 0.0
    return cost


def pandas_paths(problem, q, paths: int, seed: int):
    """A DataFrame per path, as in many notebooks."""
    import pandas as pd

    rng = np.random.default_rng(seed)
    gpus, found = problem.N_GPU, []
    for _ in range(paths):
        z, e = rng.normal(size=(q.T, q.F)), rng.normal(size=(q.T, q.N))
        eps = z @ q.L.T + e * q.s
        x, now = np.empty((q.T, q.N)), np.zeros(q.N)
        for t in range(q.T):
            now = q.phi * now + q.a * eps[t]
            x[t] = now
        burst = rng.poisson(q.lam, (q.T, q.N))
        frame = pd.DataFrame(
            q.det.T * np.exp(x)
            + np.where(burst > 0, rng.gamma(np.maximum(burst, 1), 1.0) * q.m, 0.0)
        )
        price = pd.DataFrame(price_paths(q, rng, 1, float)[:, :, 0])
        spot = q.disc * (1 + np.exp(0.5 * z[:, :1]) * q.r0)
        over = (frame.iloc[:, :gpus] - q.C[:gpus]).clip(lower=0).to_numpy() * price[
            q.sku[:gpus]
        ].to_numpy()
        over = over * ((1 - q.sp[:gpus]) + q.sp[:gpus] * spot[:, q.sku[:gpus]])
        by_month = (
            pd.Series(over.sum(axis=1) + (q.crate[q.sku[:gpus]] * q.C[:gpus]).sum())
            .groupby(q.month)
            .sum()
        )
        usage = frame.iloc[:, gpus:].T.groupby(q.ven[gpus:]).sum().T.groupby(q.month).sum()
        for v in range(q.V):
            by_month = by_month + problem.tariff(usage[v].to_numpy(), q, v)
        found.append(by_month.to_numpy())
    return np.array(found)


def measured(call, cells: float, repeat: int = 1) -> tuple[float, object]:
    """Smallest CPU nanoseconds per cell of some runs, and the last result. Process time: other programs do not count."""
    best = np.inf
    for _ in range(repeat):
        start = time.process_time()
        result = call()
        best = min(best, time.process_time() - start)
    return best / cells * 1e9, result


# ---- the run -----------------------------------------------------------------------------------------------------------------------


def compare(step: str, paths: int, repeat: int) -> dict:
    """CPU ns per cell of every approach, in turn, `repeat` times; the smallest counts. And totals of all for the distribution check."""
    problem = load("problem_L")
    q = problem.make(step)
    plan, cells = flat(problem, q), q.T * q.N
    small, few = max(256, paths // 8 // 256 * 256), 50 if step == "day" else 2
    pandas_paths(problem, q, 1, 7)  # imports are nobody's cells
    ways = {
        "engine numba": (
            lambda n: simulate_paths(plan, n, 7, "numba", workers=1).cost[:, :, 0],
            paths,
        ),
        "engine numpy": (
            lambda n: simulate_paths(plan, n, 7, "numpy", workers=1).cost[:, :, 0],
            small,
        ),
        "blocked float32 NumPy": (lambda n: blocked(problem, q, n, 7), small),
        "step-loop float64 NumPy": (
            lambda n: step_loop(problem, q, n, 7),
            paths if step == "day" else small,
        ),
        "pandas per path": (lambda n: pandas_paths(problem, q, n, 7), few),
    }
    times, totals = {name: [] for name in ways}, {}
    for turn in range(repeat):
        for name, (call, n) in ways.items():
            if turn and name in ("step-loop float64 NumPy", "pandas per path"):
                continue
            ns, cost = measured(lambda: call(n), n * cells)
            times[name].append(ns)
            totals[name] = cost.sum(axis=1)
    return {
        "step": step,
        "ns": {name: min(found) for name, found in times.items()},
        "paths": {name: n for name, (_, n) in ways.items()},
        "totals": totals,
    }


def summary(totals: dict) -> list[str]:
    """Mean, sd, P10, P50, P90 of every approach, and how many standard errors each lies from the first."""
    lines, first = [], None
    for name, x in totals.items():
        n = len(x)
        found = [x.mean(), x.std(ddof=1), *np.quantile(x, [0.1, 0.5, 0.9])]
        density = lambda q: np.exp(-0.5 * _z(q) ** 2) / np.sqrt(2 * np.pi)  # noqa: E731  near normal: a year of 100 workloads
        error = [
            x.std() / np.sqrt(n),
            x.std() / np.sqrt(2 * n),
            *(x.std() * np.sqrt(q * (1 - q) / n) / density(q) for q in (0.1, 0.5, 0.9)),
        ]
        if first is None:
            first = found, error
        away = (
            max(abs(a - b) / np.hypot(s, r) for a, b, s, r in zip(found, first[0], error, first[1]))
            if n > 20
            else float("nan")
        )
        lines.append(
            f"| {name} | {n:,} | {found[0] / 1e6:.4f} | {found[1] / 1e3:.1f} | "
            + " | ".join(f"{v / 1e6:.4f}" for v in found[2:])
            + (f" | {away:.1f} |" if n > 20 else " | – |")
        )
    return lines


def _z(q: float) -> float:
    from statistics import NormalDist

    return NormalDist().inv_cdf(q)


def roofline() -> dict:
    """ns per number on one core: normals of both engines, exp, and the memory's GB/s of a triad."""
    from numba import njit

    from finops_model.simulate.kernel import numba_engine as kernel_numba  # noqa: F401
    from finops_model.simulate.kernel.draws import exp32, fill_normals

    @njit
    def normals(out, key, n):
        for block in range(n):
            fill_normals(out, 32, 0, block, key)

    @njit
    def exps(x, out, n):
        for _ in range(n):
            for i in range(x.shape[0]):
                out[i] = exp32(x[i])

    tile, key, x = (
        np.empty((32, 64), np.float32),
        np.arange(4, dtype=np.uint32),
        np.linspace(-1, 1, 2048, dtype=np.float32),
    )
    out, wide = np.empty_like(x), np.empty((256, 512), np.float32)
    rng = np.random.Generator(np.random.SFC64(1))
    a, b = np.ones(20_000_000), np.ones(20_000_000)
    normals(tile, key, 1)
    exps(x, out, 1)
    moved = min(measured(lambda: np.multiply(a, 2.0, out=b), 1)[0] for _ in range(5))
    return {
        "normal float32, compiled (Philox4x32-7, inverse polynomial)": min(
            measured(lambda: normals(tile, key, 2000), 2000 * 2048)[0] for _ in range(5)
        ),
        "normal float32, NumPy SFC64": min(
            measured(lambda: rng.standard_normal(dtype=np.float32, out=wide), wide.size)[0]
            for _ in range(9)
        ),
        "exp float32, compiled": min(
            measured(lambda: exps(x, out, 2000), 2000 * 2048)[0] for _ in range(5)
        ),
        "exp float32, NumPy": min(
            measured(lambda: np.exp(x, out=out), x.size)[0] for _ in range(99)
        ),
        "memory, GB/s (read and write of float64)": 16 * len(a) / moved,
    }


MEMORY = """
import sys
sys.path[:0] = {paths!r}
import problem_l as it
problem = it.load("problem_L"); plan = it.flat(problem, problem.make())
found = it.simulate_paths(plan, {count}, 7, {engine!r})
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""


def memory(count: int, engine: str) -> float:
    """Largest resident memory of a fresh process that simulates `count` paths, MB. Not ru_maxrss: that remembers the parent it was forked from."""
    code = MEMORY.format(paths=[str(Path(__file__).parent), *sys.path], count=count, engine=engine)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return int(done.stdout) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--paths", type=int, default=10_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--hourly", action="store_true")
    parser.add_argument("--json", help="also write the figures to this file")
    given = parser.parse_args()
    prepare()
    found = compare("hour" if given.hourly else "day", given.paths, given.repeat)
    base = found["ns"]["engine numba"]
    print("| approach | paths | CPU ns per cell | × engine numba |\n|---|---|---|---|")
    for name, ns in found["ns"].items():
        print(f"| {name} | {found['paths'][name]:,} | {ns:.2f} | {ns / base:.1f} |")
    print(
        "\n| approach | paths | mean M | sd k | P10 | P50 | P90 | most standard errors from the first |\n|---|---|---|---|---|---|---|---|"
    )
    print("\n".join(summary(found["totals"])))
    if given.json:
        Path(given.json).write_text(
            json.dumps({"ns": found["ns"], "paths": found["paths"]}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
