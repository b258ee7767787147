"""What a simulation may ask for, checked before any work: paths, blocks of draws, memory (docs/method §3.16)."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from ... import streams
from ...errors import ScenarioError
from .flat import FlatPlan


def check(plan: FlatPlan, paths: int, block: int = 0, columns: int | None = None) -> None:
    """Raises ScenarioError before any work: no paths, a block that cuts the draws, more memory than there is.

    columns   how many numbers are kept per path and month; None: all columns of the plan
    """
    check_count(paths)
    if block % streams.BLOCK:
        raise ScenarioError(
            f"block is {block}; paths are drawn in blocks of {streams.BLOCK}, so give a multiple of it."
        )
    columns = len(plan.columns) if columns is None else columns
    need, room = paths * len(plan.months) * columns * 8 * 1.1, free_memory()
    if need > room:
        fits = int(paths * room / need)
        raise ScenarioError(
            f"{paths:,} paths × {len(plan.months)} months × {columns} columns need {need / 1e9:,.1f} GB and "
            f"{room / 1e9:,.1f} GB are free. Take at most {fits:,} paths, or keep fewer columns."
        )


def check_count(paths) -> None:
    if isinstance(paths, bool) or not isinstance(paths, (int, np.integer)) or paths < 1:
        raise ScenarioError(
            f"paths is {paths}; a simulation needs a whole number of paths, 1 or more."
        )


def free_memory() -> float:
    try:
        for line in Path("/proc/meminfo").read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return float(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return float(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        return float("inf")
