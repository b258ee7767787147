"""Problem L: 100 workloads, correlated, bursty, with falling prices, commitments, spot and graduated tariffs, as one FlatPlan.

    .venv/bin/python benchmarks/problem_l.py [--paths 2000] [--hourly]

Prints CPU nanoseconds per cell (path × step × workload) of both engines and of three yardsticks, in turn, in one run: blocked float32
NumPy (SFC64, 128 paths, sparse bursts), a float64 NumPy loop over steps, and pandas path by path on a few paths; and whether their
distributions agree.
"""

from __future__ import annotations

import argparse
import importlib.util
import resource
import sys
import time
from pathlib import Path

import numpy as np

from finops_model.outlook.engine import prepare, simulate_paths
from finops_model.outlook.flat import FlatPlan, Form, Table
from finops_model.prices.rates import make

SHARED = Path(__file__).resolve().parents[2] / "shared" / "bench"


def load(name: str):
    """A problem of the shared folder; stops in a sentence where it is not there."""
    path = SHARED / f"{name}.py"
    if not path.is_file():
        sys.exit(f"{path.name}: the shared folder of benchmark problems is not beside the repository; nothing was measured.")
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
    tables = tuple(Table(i, ((0.0, 0.0, np.array([level[i]]), np.array([1.0])),), np.zeros(steps), money=0) for i in range(gpus))
    spans = np.diff(q.mstart)
    fixed = np.zeros((12, 1 + q.V))
    fixed[:, 0] = spans * (q.crate[q.sku[:gpus]] * level).sum()
    forms = tuple(Form(1 + v, (make("graduated", {"starts": [0, *q.tier[v]], "prices": list(q.trate)}),) * 12, 0) for v in range(q.V))
    same = np.concatenate([np.eye(q.K), np.eye(q.K)], axis=1)
    return FlatPlan(
        months=tuple(str(m) for m in range(12)), month_of=q.month, workloads=names, median=q.det.T, columns=("cost", *(f"vendor{v}" for v in range(q.V))),
        units=1, factors=tuple(f"f{f}" for f in range(q.F)), phi=q.phi, sigma=q.sig, centred=False, stationary=False, noise_loadings=q.L,
        burst_rate=q.lam, burst_size=q.m, jumps=tuple(f"sku{k}" for k in range(q.K)), jump_rate=np.full(q.K, q.jrate), jump_law=("uniform",) * q.K,
        jump_low=np.full(q.K, 0.70), jump_high=np.full(q.K, 0.95), jump_line=same,
        lines=(*(f"od{k}" for k in range(q.K)), *(f"spot{k}" for k in range(q.K))), price=np.concatenate([od, od * q.disc], axis=1),
        overhead=np.concatenate([np.zeros(q.K), q.r0]), overhead_sd=np.concatenate([np.zeros(q.K), np.full(q.K, 0.5)]),
        overhead_factor=("",) * q.K + ("f0",) * q.K,
        charge_workload=np.arange(gpus, q.N), charge_column=1 + q.ven[gpus:], charge_line=np.full(q.N - gpus, -1), charge_rate=np.ones((q.N - gpus, steps)),
        pools=names[:gpus], pool_line=weights, member_pool=np.arange(gpus), member_workload=np.arange(gpus), member_units=np.ones((gpus, steps)),
        tables=tables, fixed=fixed, forms=forms)
