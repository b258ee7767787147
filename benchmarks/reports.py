"""CPU of `finops report` for a company of many units: this checkout beside another one, in turns (issue 17).

    python benchmarks/reports.py --beside CHECKOUT [--units 20] [--rounds 1]

The company is made here: a bill of two workloads a unit over 14 months, and a budget. Both checkouts publish the same month of a copy
of it, with the files that both make (`--no-pdf` here); what counts is user + system time of the command with all its children, which a
busy machine moves less than the clock. The published figures of both are compared: where one differs it is said.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import resource
import shutil
import subprocess
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
MONTH, FIRST, DAYS = "2026-10", date(2025, 9, 1), 426


def names_of(units: int) -> list[str]:
    return [f"Unit {chr(65 + n // 26)}{chr(65 + n % 26)}" for n in range(units)]


def company(folder: Path, units: int) -> Path:
    """A workspace with these many units; its finops.yaml."""
    names = names_of(units)
    rows = ["Date,Cost (USD),Team,Service"]
    for n, name in enumerate(names):
        for day in range(DAYS):
            when = FIRST + timedelta(days=day)
            wave = 1 + 0.2 * math.sin(2 * math.pi * day / 7 + n) + 0.001 * day
            for part, level in (("Tokens", 40 + 3 * n), ("GPU", 90 + 5 * n)):
                rows.append(f"{when},{level * wave:.2f},{name},{part}")
    bill, budget = folder / "bill.csv", folder / "budget.csv"
    bill.write_text("\n".join(rows) + "\n", encoding="utf-8")
    teams = folder / "teams.csv"
    teams.write_text(
        "\n".join(["team,business_unit", *(f"{name},{name}" for name in names)]) + "\n",
        encoding="utf-8",
    )
    lines = ["unit,month,currency,amount"]
    for n, name in enumerate(names):
        for month in range(1, 13):
            lines.append(f"{name},2026-{month:02},USD,{30 * (150 + 8 * n)}")
    budget.write_text("\n".join(lines) + "\n", encoding="utf-8")
    made = folder / "company"
    code = (
        "import sys, finops_model as fm; "
        "fm.start(sys.argv[1], folder=sys.argv[2], name='Bench', budgets=sys.argv[3], "
        "organisation=sys.argv[4])"
    )
    subprocess.run(
        [sys.executable, "-c", code, str(bill), str(made), str(budget), str(teams)],
        check=True,
        cwd=HERE,
    )
    return next(made.rglob("finops.yaml"))


def published(checkout: Path, settings: Path, options: list[str]) -> tuple[float, int]:
    """CPU seconds of publishing the month with a checkout's own command, and how many reports."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(
        [checkout / ".venv/bin/finops", "report", "--month", MONTH, "-s", settings.name, *options],
        check=True,
        cwd=settings.parent,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    listed = json.loads((settings.parent / "reports" / "index.json").read_text(encoding="utf-8"))
    return spent, len(listed["reports"])


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    asked.add_argument("--beside", type=Path, required=True, help="another checkout with a .venv")
    asked.add_argument("--units", type=int, default=20)
    asked.add_argument("--rounds", type=int, default=1)
    asked.add_argument("--keep", type=Path, help="leave both workspaces of the last round here")
    given = asked.parse_args()
    every = [word for unit in ("Company", *names_of(given.units)) for word in ("--unit", unit)]
    with tempfile.TemporaryDirectory(prefix="finops-bench-") as name:
        folder = Path(name)
        made = company(folder, given.units)
        root = made.relative_to(folder / "company").parent
        spent: dict[str, list[float]] = {"here": [], "beside": []}
        for n in range(given.rounds):
            order = [("beside", given.beside, []), ("here", HERE, ["--no-pdf"])]
            for who, checkout, options in order if n % 2 == 0 else order[::-1]:
                copy = folder / who
                shutil.rmtree(copy, ignore_errors=True)
                shutil.copytree(folder / "company", copy, symlinks=True)
                seconds, reports = published(
                    checkout, copy / root / "finops.yaml", [*every, *options]
                )
                spent[who].append(seconds)
                print(f"{who}: {seconds:.1f} CPU s for {reports} reports", flush=True)
        least = {who: min(times) for who, times in spent.items()}
        print(
            f"{given.units} units: here {least['here']:.1f} s, beside {least['beside']:.1f} s, "
            f"ratio {least['here'] / least['beside']:.2f} (smallest of {given.rounds})"
        )
        if given.keep:
            for who in spent:
                shutil.copytree(folder / who, given.keep / who, symlinks=True)


if __name__ == "__main__":
    main()
