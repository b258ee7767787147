"""CPU time of each point forecaster: 760 days of history, 90 days ahead (docs/method §2.2, §2.17).

.venv/bin/python benchmarks/members.py [DAYS [HORIZON]]
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from finops_model.forecasting.methods import shelf


def main(days: int = 760, horizon: int = 90) -> None:
    rng = np.random.default_rng(1)
    steady = (
        50
        * np.resize([1.2, 1.2, 1.1, 1.0, 1.0, 0.8, 0.7], days)
        * np.exp(np.cumsum(rng.normal(0, 0.01, days)))
    )
    sparse = (rng.random(days) < 0.3) * rng.lognormal(3, 0.5, days)
    dates = np.datetime64("2024-01-01") + np.arange(days)
    print(f"{'member':16s} {'for':13s} {'cost':7s} CPU ms (best of rounds)")
    for name, module in shelf().items():
        use = getattr(module, "FOR", "steady")
        values, season = (
            (sparse if use == "intermittent" else steady),
            getattr(module, "SEASONS", (7,))[0],
        )
        rounds, calls = (5, 200) if module.COST == "cheap" else (3, 2)
        module.point(values, dates, horizon, season)
        best = np.inf
        for _ in range(rounds):
            start = time.process_time()
            for _ in range(calls):
                module.point(values, dates, horizon, season)
            best = min(best, (time.process_time() - start) / calls)
        print(f"{name:16s} {use:13s} {module.COST:7s} {1000 * best:.3f}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]))
