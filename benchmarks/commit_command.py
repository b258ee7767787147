"""CPU time of `finops commit` on the sample company beside that of another checkout, turns interleaved: user + system of each, and the ratio.

    git worktree add ../before 6488cdf
    .venv/bin/python benchmarks/commit_command.py --base ../before [--runs 3] [-- --paths 200]

Each checkout reads the sample into a workspace of its own first, which does not count. Other programs do not count either, but a busy machine
makes both slower: read the ratio. Goal (issue 18): at most .6 of 6488cdf.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ("data", "scenarios", "finops.yaml")


def environment(checkout: Path) -> dict[str, str]:
    """This interpreter with another checkout's package; bytecode is written, one thread."""
    env = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return env | {"PYTHONPATH": str(checkout), "OMP_NUM_THREADS": "1", "FINOPS_ENGINE": "numpy"}


def workspace(checkout: Path, folder: Path) -> Path:
    """The sample of a checkout, its bills taken in by that checkout."""
    folder.mkdir()
    for name in KEPT:
        copy = shutil.copy2 if (checkout / name).is_file() else shutil.copytree
        copy(checkout / name, folder / name)
    run(
        checkout,
        folder,
        "ingest",
        *map(str, sorted((checkout / "data/samples/focus").glob("*.parquet"))),
    )
    return folder


def run(checkout: Path, folder: Path, *words: str) -> tuple[float, float]:
    """A command: (user, system) CPU seconds."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "finops_model.cli", *words],
        cwd=folder,
        env=environment(checkout),
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(f"{checkout}: finops {' '.join(words[:2])}: {done.stderr.strip()[-400:]}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime, after.ru_stime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--base", type=Path, required=True, help="another checkout")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("words", nargs="*", help="further options of finops commit, after --")
    chosen = parser.parse_args()
    checkouts = {"before": chosen.base.resolve(), "now": ROOT}
    with tempfile.TemporaryDirectory() as temporary:
        folders = {n: workspace(c, Path(temporary) / n) for n, c in checkouts.items()}
        for name in checkouts:  # bytecode, kept facts
            run(checkouts[name], folders[name], "commit", *chosen.words)
        spent: dict[str, list[tuple[float, float]]] = {name: [] for name in checkouts}
        for _ in range(chosen.runs):
            for name in checkouts:
                spent[name].append(run(checkouts[name], folders[name], "commit", *chosen.words))
    total = {name: statistics.median(sum(one) for one in times) for name, times in spent.items()}
    for name, times in spent.items():
        system = statistics.median(one[1] for one in times)
        print(f"{name:<7} {total[name]:6.2f} CPU s, {system:.2f} of them system")
    print(f"ratio   {total['now'] / total['before']:6.2f}")


if __name__ == "__main__":
    main()
