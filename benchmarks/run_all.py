"""All benchmarks of the simulation in one run: benchmarks/RESULTS.md and benchmarks/cost_against_size.svg.

    .venv/bin/python benchmarks/run_all.py [--quick]

Times are CPU times of one thread (other programs do not count), the smallest of some turns; read the ratios, they move less than the figures.
"""

from __future__ import annotations

import argparse
import datetime
import os
import platform
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import common_draws
import numpy as np
import problem_l  # sets one thread for BLAS before numpy is imported
import problem_s

from finops_model.simulate.kernel.engine import prepare, simulate_paths

HERE = Path(__file__).resolve().parent


def machine() -> str:
    from importlib.metadata import version

    model = next(
        (
            line.split(":")[1].strip()
            for line in _lines("/proc/cpuinfo")
            if line.startswith("model name")
        ),
        platform.processor(),
    )
    wide = any("avx512f" in line for line in _lines("/proc/cpuinfo"))
    names = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "llvmlite"))
    return f"{os.cpu_count()} cores, {model}{' (AVX-512)' if wide else ''}, Python {platform.python_version()}, {names}; load {os.getloadavg()[0]:.1f}"


def _lines(path: str) -> list[str]:
    return Path(path).read_text().splitlines() if Path(path).is_file() else []


def sizes(plan) -> dict[str, list[tuple[float, float, float]]]:
    """(size, CPU seconds of numba, of numpy) as paths, days or workloads grow from problem L cut down."""

    def seconds(one, paths, engine):
        return (
            problem_l.measured(lambda: simulate_paths(one, paths, 7, engine, workers=1), 1)[0] / 1e9
        )

    def days(count):
        return replace(
            plan,
            month_of=plan.month_of[:count],
            months=plan.months[: int(plan.month_of[count - 1]) + 1],
            median=plan.median[:count],
            level_step=None,
            price=plan.price[:count],
            charge_rate=plan.charge_rate[:, :count],
            profile=None,
            member_units=plan.member_units[:, :count],
            member_money=plan.member_money[:, :count],
            tables=tuple(replace(t, of_step=t.of_step[:count]) for t in plan.tables),
            fixed=None,
            forms=tuple(
                replace(f, rates=f.rates[: int(plan.month_of[count - 1]) + 1]) for f in plan.forms
            ),
        )

    def works(count):
        """The first `count` workloads, GPU pools only."""
        return replace(
            plan,
            workloads=plan.workloads[:count],
            median=plan.median[:, :count],
            level_step=None,
            level_loadings=None,
            value_demand=None,
            jump_demand=None,
            phi=plan.phi[:count],
            sigma=plan.sigma[:count],
            noise_loadings=plan.noise_loadings[:count],
            burst_rate=plan.burst_rate[:count],
            burst_size=plan.burst_size[:count],
            burst_stays=None,
            burst_from=None,
            charge_workload=None,
            charge_column=None,
            charge_line=None,
            charge_rate=None,
            pools=plan.pools[:count],
            pool_line=plan.pool_line[:count],
            member_pool=np.arange(count),
            member_workload=np.arange(count),
            member_units=plan.member_units[:count],
            member_money=None,
            member_line=None,
            member_units_line=None,
            tables=plan.tables[:count],
        )

    found = {"paths": [], "days": [], "workloads": []}
    for paths in (256, 512, 1024, 2048, 4096):
        found["paths"].append((paths, seconds(plan, paths, "numba"), seconds(plan, paths, "numpy")))
    for count in (31, 90, 181, 365):
        one = days(count)
        found["days"].append((count, seconds(one, 2048, "numba"), seconds(one, 2048, "numpy")))
    for count in (5, 10, 20, 40, 70):
        one = works(count)
        found["workloads"].append((count, seconds(one, 2048, "numba"), seconds(one, 2048, "numpy")))
    return found


def picture(found, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams.update(
        {"svg.hashsalt": "finops", "svg.fonttype": "none", "font.family": "sans-serif"}
    )
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 3, figsize=(11, 3.6), sharey=True)
    fixed = {
        "paths": "100 workloads, 365 days",
        "days": "100 workloads, 2,048 paths",
        "workloads": "365 days, 2,048 paths",
    }
    for axis, (kind, rows) in zip(axes, found.items()):
        x, numba, numpy = np.array(rows).T
        for y, colour, name in (
            (numpy, "#D55E00", "numpy engine"),
            (numba, "#0072B2", "numba engine"),
        ):
            axis.loglog(x, y, "o-", color=colour)
            axis.annotate(
                name,
                (x[-1], y[-1]),
                textcoords="offset points",
                xytext=(-4, 7),
                ha="right",
                color=colour,
            )
        axis.set_xlabel(f"{kind} ({fixed[kind]})")
        axis.set_xticks(x, [f"{v:,.0f}" for v in x])
        axis.minorticks_off()
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].set_ylabel("CPU seconds, one thread")
    figure.suptitle(
        "Cost grows in a straight line with paths, days and workloads", x=0.01, ha="left"
    )
    figure.tight_layout()
    figure.savefig(path, metadata={"Date": None})


FIRST = (
    "import time; t = time.time(); import sys; sys.path[:0] = {paths!r}; import problem_l as it; p = it.load('problem_L'); \
f = it.flat(p, p.make()); it.simulate_paths(f, {count}, 7, {engine!r}); print(time.time() - t)"
)


def first_answer(engine: str, count: int) -> float:
    code = FIRST.format(paths=[str(HERE), *sys.path], count=count, engine=engine)
    return min(
        float(
            subprocess.run(
                [sys.executable, "-c", code], capture_output=True, text=True, check=True
            ).stdout
        )
        for _ in range(3)
    )


def two_threads(plan, paths: dict[str, int], turns: int) -> list[str]:
    """Wall time of one worker ÷ of two, in turn: the only figures here that other programs on the machine move, so the load stands beside."""
    rows = []
    for engine, count in paths.items():
        wall = {1: [], 2: []}
        for _ in range(turns):
            for workers in wall:
                start = time.perf_counter()
                simulate_paths(plan, count, 7, engine, workers=workers)
                wall[workers].append(time.perf_counter() - start)
        one, two = min(wall[1]), min(wall[2])
        rows.append(
            f"| {engine} | {count:,} | {one:.2f} | {two:.2f} | {one / two:.2f} | {os.getloadavg()[0]:.1f} |"
        )
    return rows


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "--quick", action="store_true", help="fewer paths and turns; nothing is written"
    )
    quick = parser.parse_args().quick
    start = time.perf_counter()
    prepare()
    day = problem_l.compare("day", 2048 if quick else 10_000, 1 if quick else 5)
    ns = day["ns"]
    text = [
        f"# Results\n\nMade by `benchmarks/run_all.py` on {datetime.date.today()}: {machine()}.\n\nCPU time of one thread, the smallest of some turns; all "
        "approaches in turn in one run. A cell is path × step × workload. What another team measured of this code on a busy machine stands in "
        "[README.md](README.md).\n"
    ]
    text += [
        "## Problem L, daily: 100 workloads × 365 days\n",
        "| approach | paths | CPU ns per cell | ÷ engine numba |",
        "|---|---|---|---|",
    ]
    text += [
        f"| {name} | {day['paths'][name]:,} | {value:.2f} | {value / ns['engine numba']:.2f} |"
        for name, value in ns.items()
    ]
    blocked, numpy_ratio = (
        ns["blocked float32 NumPy"],
        ns["engine numpy"] / ns["blocked float32 NumPy"],
    )
    text += [
        "",
        f"Blocked float32 NumPy ÷ engine numba: **{blocked / ns['engine numba']:.1f}** (wanted: 4). Step-loop float64 NumPy ÷ engine numba: "
        f"**{ns['step-loop float64 NumPy'] / ns['engine numba']:.1f}** (wanted: 20). Engine numpy ÷ blocked float32 NumPy: **{numpy_ratio:.2f}** "
        "(wanted: at most 1.2).\n",
        "Do they agree? Total of the year, millions (sd: thousands); the last column: how many standard errors the farthest of the five figures lies "
        "from the first row.\n",
        "| approach | paths | mean | sd | P10 | P50 | P90 | standard errors |",
        "|---|---|---|---|---|---|---|---|",
        *problem_l.summary(day["totals"]),
    ]
    hour = problem_l.compare("hour", 256 if quick else 512, 1)
    text += [
        "",
        "## Problem L, hourly: 100 workloads × 8,760 hours\n",
        "| approach | paths | CPU ns per cell | ÷ engine numba |",
        "|---|---|---|---|",
    ]
    text += [
        f"| {name} | {hour['paths'][name]:,} | {value:.2f} | {value / hour['ns']['engine numba']:.2f} |"
        for name, value in hour["ns"].items()
    ]
    problem = problem_l.load("problem_L")
    whole = problem_l.flat(problem, problem.make())
    text += [
        "",
        "## Two threads: problem L, daily\n",
        "| engine | paths | wall s, one thread | two | speed-up | load beside |",
        "|---|---|---|---|---|---|",
        *two_threads(whole, {"numba": 10_240, "numpy": 2048}, 2 if quick else 7),
    ]
    text += [
        "",
        "## Roofline: what one core can do\n",
        "| primitive | ns (GB/s for memory) |",
        "|---|---|",
    ]
    roof = problem_l.roofline()
    text += [f"| {name} | {value:.2f} |" for name, value in roof.items()]
    bound = next(iter(roof.values()))
    text += [
        "",
        f"A cell of problem L needs one normal: the engine is at {ns['engine numba'] / bound:.1f} × that bound.\n",
    ]
    count = 20_000 if quick else 100_000
    text += [
        "## Memory and first answer\n",
        "| engine | largest resident memory, problem L daily, "
        + f"{count:,} paths | first answer of a fresh process, 256 paths, wall s |",
        "|---|---|---|",
    ]
    text += [
        f"| {engine} | {problem_l.memory(count if engine == 'numba' else count // 10, engine):.0f} MB{'' if engine == 'numba' else f' ({count // 10:,} paths)'} "
        f"| {first_answer(engine, 256):.1f} |"
        for engine in ("numba", "numpy")
    ]
    text += [
        "",
        "Wanted: at most 250 MB, at most 2 s. The compiled kernel comes from its cache; compiling it takes 10 to 20 s, once.\n",
        "## Problem S: 12 months, 20 correlated drivers, 10,000 paths\n",
        "| approach | CPU ms | ÷ reference | mean, thousands | P90 |",
        "|---|---|---|---|---|",
    ]
    small = problem_s.figures(5 if quick else 25)
    for name, row in small.items():
        base = small["reference, " + name.split(", ")[1]]["ms"]
        text.append(
            f"| {name} | {row['ms']:.2f} | {row['ms'] / base:.2f} | {row['mean'] / 1e3:.2f} | {row['p90'] / 1e3:.2f} |"
        )
    text += [
        "",
        "Warm: draws are kept, the commitment moves (wanted: 3 ms numba, 10 ms numpy). Cold builds plan and distributions anew each time, tables of the "
        "PERT included, draws by name and correlates through a factor, and keeps what a later what-if needs; the reference draws one array.\n",
        "## Common draws: problem L, commitments × 1.2\n",
        "| figure | variance with independent draws ÷ with common draws, ± standard error |",
        "|---|---|",
    ]
    text += [
        f"| {name} | {value:.1f} ± {error:.1f} |"
        for name, (value, error) in common_draws.figures(1024 if quick else 4096).items()
    ]
    text += [
        "",
        "Wanted: 30 for the mean. From paths: the variance of a mean of n independent paths is that of a path ÷ n, so no run is "
        "repeated. Over runs: of 512 paths, 192 of them.\n",
        "## Cost against size\n",
        "![Cost grows in a straight line with paths, days and workloads](cost_against_size.svg)\n",
    ]
    found = sizes(whole)
    text += ["| grows | size | numba, CPU s | numpy, CPU s |", "|---|---|---|---|"]
    text += [
        f"| {kind} | {size:,.0f} | {numba:.3f} | {numpy:.2f} |"
        for kind, rows in found.items()
        for size, numba, numpy in rows
    ]
    print("\n".join(text))
    print(f"\n{time.perf_counter() - start:.0f} s")
    if not quick:
        (HERE / "RESULTS.md").write_text("\n".join(text) + "\n")
        picture(found, HERE / "cost_against_size.svg")


if __name__ == "__main__":
    main()
