"""What the benchmarks share: the median time of a call."""

from __future__ import annotations

import statistics
import time


def median(call, repeat: int = 7) -> float:
    """Median milliseconds of a call; one more before it warms caches and does not count."""
    call()
    times = []
    for _ in range(repeat):
        start = time.perf_counter()
        call()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1e3
