"""CPU of compiling and of drawing a scenario: this checkout beside another one, in turns (issue 18).

    python benchmarks/engines_beside.py --beside CHECKOUT [--rounds 5] [--paths 2000]

The company is made here (24 workloads on six SKUs, two commitments, a range); both checkouts read it. Each turn is a process of its own
per checkout, which reads facts and fits demand once and then measures, in CPU time of the process: compiling (resolve, plan, flat) and
drawing with each engine, after a first call that makes the compiled engine ready. The smallest of the rounds counts.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
SKUS = {"GPU A": 2.0, "GPU B": 1.2, "Tokens": 0.5, "Storage": 0.02, "Egress": 0.09, "CPU": 0.04}

MEASURE = """
import json, sys, time
import numpy as np
from importlib import import_module
def of(name, *modules):
    for module in modules:  # where it is today, then where checkouts of before the rooms have it
        try:
            return getattr(import_module("finops_model." + module), name)
        except (ImportError, AttributeError):
            continue
    raise SystemExit(f"no {name} in {', '.join(modules)}")
compile_plan = of("compile_plan", "simulate.compile.plan", "outlook.plan")
compile_flat = of("compile_flat", "simulate.compile.to_flat", "outlook.kernel_plan")
simulate_paths = of("simulate_paths", "simulate.kernel.engine", "outlook.engine")
demand_of = of("demand_of", "simulate.scenarios", "outlook.simulate")
load_scenario = of("load_scenario", "scenario.document", "outlook.scenario")
resolve = of("resolve", "scenario.document", "outlook.scenario")
read_facts = of("read_facts", "scenario.ledger_base", "outlook.base")
read_daily = of("read_daily", "facts.workspace", "outlook.simulate")
from finops_model.settings import load_settings
settings = load_settings(sys.argv[1])
facts = read_facts(read_daily(settings), settings, None, False)
loaded = load_scenario(settings.path("scenarios/what_if.yaml"))
paths, cpu = int(sys.argv[2]), time.process_time
resolved = resolve(loaded, settings=settings, facts=facts)
demand = demand_of(facts, 470, 0, "cheap", None)
def compiled():
    return compile_flat(compile_plan(resolve(loaded, settings=settings, facts=facts), demand))
made, best = compiled(), {}
for engine in ("numpy", "numba"):
    simulate_paths(made.flat, 256, 7, engine, workers=1)
for _ in range(3):
    began = cpu(); compiled(); best["compile"] = min(best.get("compile", 9e9), cpu() - began)
    for engine in ("numpy", "numba"):
        began = cpu(); total = simulate_paths(made.flat, paths, 7, engine, workers=1)
        best[engine] = min(best.get(engine, 9e9), cpu() - began)
print(json.dumps({**best, "workloads": len(made.flat.workloads), "steps": len(made.flat.month_of)}))
"""


def company(folder: Path) -> Path:
    """A workspace of 24 workloads; its folder."""
    rows = ["Date,Cost (USD),Team,Service,SKU,Quantity,Unit"]
    for n in range(24):
        sku, price = list(SKUS.items())[n % len(SKUS)]
        for day in range(400):
            units = (60 + 7 * n) * (1 + 0.15 * math.sin(2 * math.pi * day / 7 + n) + 0.0007 * day)
            when = date(2025, 9, 1) + timedelta(days=day)
            rows.append(f"{when},{units * price:.4f},team{n},{sku} service,{sku},{units:.4f},Hours")
    bill = folder / "bill.csv"
    bill.write_text("\n".join(rows) + "\n", encoding="utf-8")
    made = folder / "company"
    subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys, finops_model as fm; fm.start(sys.argv[1], folder=sys.argv[2], name='Bench')",
            str(bill),
            str(made),
        ],
        check=True,
        env=of(HERE),
        cwd=folder,
    )
    held = "{ContractCommitmentQuantity: %d, ContractCommitmentUnit: Hours, x_SkuIds: [%s], x_Rate: %s}"
    (made / "scenarios" / "what_if.yaml").write_text(
        "name: What if\nbase: 00_base.yaml\nchanges:\n"
        + "".join(
            f"  - {{path: commitments/{name}, op: add, since: 2026-11, because: x, value: {held % (quantity, sku, rate)}}}\n"
            for name, quantity, sku, rate in (("a", 20, "GPU A", 1.3), ("b", 12, "GPU B", 0.8))
        )
        + "  - {path: workloads/*/demand/level, op: set, value: {p10: 0.9, p50: 1, p90: 1.2}, because: x}\n",
        encoding="utf-8",
    )
    return made


def of(tree: Path) -> dict[str, str]:
    """The environment in which a checkout is what is imported, one thread."""
    return {**os.environ, "PYTHONPATH": str(tree), "OMP_NUM_THREADS": "1"}


def python_of(tree: Path) -> str:
    own = tree / ".venv" / "bin" / "python"
    return str(own) if own.is_file() else sys.executable


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--beside", type=Path, required=True)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--paths", type=int, default=2000)
    given = asked.parse_args()
    trees = {"beside": given.beside.resolve(), "here": HERE}
    with tempfile.TemporaryDirectory() as temporary:
        made = company(Path(temporary))
        best: dict[str, dict[str, float]] = {name: {} for name in trees}
        for turn in range(given.rounds):
            for name in list(trees)[:: 1 if turn % 2 else -1]:
                done = subprocess.run(
                    [python_of(trees[name]), "-c", MEASURE, str(made), str(given.paths)],
                    capture_output=True,
                    text=True,
                    env=of(trees[name]),
                    cwd=made,
                )
                if done.returncode:
                    sys.exit(f"{trees[name]}: {done.stderr[-2000:]}")
                for key, value in json.loads(done.stdout.splitlines()[-1]).items():
                    best[name][key] = min(best[name].get(key, math.inf), value)
    for key in ("compile", "numpy", "numba"):
        here, beside = best["here"][key], best["beside"][key]
        print(f"{key}: {here:.3f} s here, {beside:.3f} s beside, ratio {here / beside:.2f}")
    print(json.dumps(best))


if __name__ == "__main__":
    main()
