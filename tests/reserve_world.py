"""A workspace of its own for questions about a budget: three units, one workload that two of them pay, budgets with a holdback."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np

import finops_model as fm

HEADER = "version,approved_on,approved_by,author,business_unit,month,amount,held_back,held_by"
BUDGETS = {"Support": (3500, 100), "Search": (1900, 0), "Labs": (1200, 50)}  # a month, held back


def bill(last: str = "2026-06-30") -> str:
    draws, day = np.random.default_rng(1), dt.date(2026, 1, 1)
    rows = ["Date,Cost (USD),business_unit,Team,Workload,Service"]
    while day <= dt.date.fromisoformat(last):
        for unit, team, workload, cost in (
            ("Support", "a", "chat", 100),
            ("Search", "b", "rag", 60),
            ("Labs", "c", "train", 40),
        ):
            rows.append(
                f"{day},{cost * (1 + 0.3 * draws.standard_normal()):.2f},{unit},{team},{workload},GPU"
            )
        rows += [f"{day},12.00,Support,a,gateway,GPU", f"{day},4.00,Search,b,gateway,GPU"]
        day += dt.timedelta(1)
    return "\n".join(rows) + "\n"


def budgets(of=BUDGETS, years=("2026",), scale: float = 1.0) -> str:
    lines = [
        f"v1,2026-01-05,Ann,Bob,{unit},{year}-{m:02},{amount * scale:g},{held},{'CFO' if held else ''}"
        for unit, (amount, held) in of.items()
        for year in years
        for m in range(1, 13)
    ]
    return "\n".join([HEADER, *lines]) + "\n"


def company(folder: Path, **plan):
    """Settings of a workspace in `folder`/own."""
    (folder / "bill.csv").write_text(bill(), encoding="utf-8")
    fm.start(folder / "bill.csv", folder=folder / "own")
    own = folder / "own"
    (own / "budgets.csv").write_text(budgets(**plan), encoding="utf-8")
    text = (own / "finops.yaml").read_text(encoding="utf-8")
    (own / "finops.yaml").write_text(text + "budgets: budgets.csv\npaths: 600\n", encoding="utf-8")
    return fm.load_settings(own / "finops.yaml")
