"""A KPI of path × month × group (10,000 × 36 × 20): CPU beside one division and one np.quantile of that array, memory beyond what is given.

.venv/bin/python benchmarks/kpi_paths.py     prints one line a round; exits 1 where a limit is passed
"""

from __future__ import annotations

import sys
import time
import tracemalloc

import numpy as np

from finops_model.measure.outlook.paths import QUANTILES, ratios

PATHS, MONTHS, GROUPS, ROUNDS = 10_000, 36, 20, 5
TIMES, MEGABYTES = 1.5, 250


def cpu(work) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def main() -> int:
    rng = np.random.default_rng(7)
    cost = rng.lognormal(8.0, 0.5, (PATHS, MONTHS, GROUPS))
    count = rng.lognormal(5.0, 0.3, (PATHS, MONTHS, GROUPS))
    plain = min(cpu(lambda: np.quantile(cost / count, QUANTILES, axis=0)) for _ in range(ROUNDS))
    ours = min(cpu(lambda: ratios(cost, count)) for _ in range(ROUNDS))
    assert np.array_equal(
        ratios(cost, count).quantiles, np.quantile(cost / count, QUANTILES, axis=0)
    )
    tracemalloc.start()
    ratios(cost, count)
    peak = tracemalloc.get_traced_memory()[1] / 1e6
    whole = peak + (cost.nbytes + count.nbytes) / 1e6
    print(
        f"{PATHS:,} x {MONTHS} x {GROUPS}: {ours:.2f} CPU s, one division and one np.quantile {plain:.2f} CPU s: x {ours / plain:.2f} "
        f"(limit {TIMES}); peak {peak:.0f} MB beyond both arrays, {whole:.0f} MB with them (limit {MEGABYTES})"
    )
    return int(ours > TIMES * plain or whole > MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
