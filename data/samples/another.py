"""Another company of the same kind: other draws, and what is planted lies elsewhere. Called before any other module is imported."""

from __future__ import annotations

from dataclasses import replace

import company
import numpy as np


def another(seed: int) -> None:
    """Change what company.py says."""
    stream, events = np.random.default_rng(seed), company.EVENTS
    company.SEED = seed
    first = np.datetime64("2026-02-01") + int(stream.integers(0, 240))
    events["runaway"] |= {
        "first": str(first),
        "last": str(first + int(stream.integers(2, 6))),
        "factor": round(float(stream.uniform(5.0, 9.0)), 1),
    }
    month = np.datetime64("2024-10") + int(stream.integers(0, 18))
    spare, gpus = f"endpoint-{int(stream.integers(1000, 9999))}", float(stream.integers(2, 13))
    before = events["standby"]["resource"]
    events["standby"] |= {"start": f"{month}-01", "resource": spare}
    company.GPUS = tuple(
        replace(line, resource=spare, gpus=gpus) if line.resource == before else line
        for line in company.GPUS
    )
    company.COMMITMENT["gpus"] = int(stream.integers(36, 56))
