"""Golden totals of the four sample scenarios. Make them anew, when numbers are meant to move: python tests/golden/make.py

Demand is fixed (last week's level, known noise), so that only scenarios, prices and settlement are held here.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]


def available() -> bool:
    return any((ROOT / "data" / "samples" / "focus").glob("*.parquet"))


def figures() -> dict[str, dict[str, float]]:
    """P10, P50, P90 and mean of the horizon total of every scenario."""
    from scenario_world import demand_for

    from finops_model.facts.daily import warehouse
    from finops_model.facts.ledger.store import Ledger
    from finops_model.scenario.ledger_base import read_facts
    from finops_model.settings import load_settings
    from finops_model.simulate.scenarios import run_many

    settings = load_settings(ROOT / "finops.yaml")
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder) / "ledger")
        ledger.ingest(settings.files(settings.bills))
        daily = warehouse.daily(ledger, settings)
    facts = read_facts(daily, settings, "2026-10-31")
    names = [settings.scenario, *settings.what_ifs]
    runs = run_many(
        [settings.path(name) for name in names],
        settings,
        "2026-10-31",
        256,
        daily=daily,
        demand=demand_for(facts, 426),
        engine="numpy",
    )
    return {
        run.name: {
            "mean": float(run.total().mean()),
            **{f"p{int(q * 100)}": run.quantile(q) for q in (0.1, 0.5, 0.9)},
        }
        for run in runs
    }


if __name__ == "__main__":
    (Path(__file__).parent / "scenarios.json").write_text(json.dumps(figures(), indent=1) + "\n")
