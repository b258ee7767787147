"""Simulated companies: daily cost whose growth, shocks, bursts, launches and cuts are known, for forecasts of a year.

Frozen before the first fit (docs/decisions). A company has 3 to 10 workloads; all of them grow by one rate, drawn
from -2 ... +4 % a month, and share one level that takes a shock each month, sd drawn from .03 ... .08. Workloads
have weekdays, noise of their own days, bursts of three to fourteen days, and some begin (a launch, ramped up over
one to eight weeks) or lose a third to all of their cost (a cut), at one rate in the past and in the time ahead.

    python benchmarks/year_ahead.py companies --count 1000      # scores by lead: bias, coverage, revisions
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

MONTH = 365.25 / 12
AHEAD = 372  # days after the last cutoff


@dataclass(frozen=True)
class Company:
    """days (day,) datetime64[D]; cost (workload, day); cutoff: days known at the newest cutoff; growth a month; shock: its sd."""

    days: np.ndarray
    cost: np.ndarray
    cutoff: int
    growth: float
    shock: float


def company(seed: int, months: tuple[int, int] = (15, 40), events: float = 1.0) -> Company:
    """One company of a seed; its past is `months` long, cut at the end of a month; events: times as many launches and cuts."""
    draw = np.random.Generator(np.random.Philox(key=[seed, 20261130]))
    first = np.datetime64("2021-01", "M") + draw.integers(0, 24)
    known = int(draw.integers(*months))
    start, cut = first.astype("datetime64[D]"), (first + known).astype("datetime64[D]")
    days = np.arange(start, cut + AHEAD)
    count, length = int(draw.integers(3, 11)), len(days)
    growth, shock = draw.uniform(-0.02, 0.04), draw.uniform(0.03, 0.08)
    t = np.arange(length) / MONTH
    month = (days.astype("datetime64[M]") - first).astype(int)
    shocks = np.cumsum(draw.normal(0, shock, month[-1] + 1))
    if draw.uniform() < 0.5:  # shocks come over their month, or on its first day
        level = np.interp(t, np.arange(len(shocks)) + 0.5, shocks)
    else:
        level = shocks[month]
    common = np.log1p(growth) * t + level
    rate = events * draw.uniform(0, 0.2)  # launches and cuts a year, of each workload
    cost = np.empty((count, length))
    for i in range(count):
        size = np.exp(draw.normal(6, 0.8))
        weekday = np.where((days.astype(int) + 3) % 7 >= 5, draw.uniform(0.3, 1.1), 1.0)
        noise = draw.normal(0, draw.uniform(0.02, 0.12), length)
        own = np.cumsum(draw.normal(0, shock / 4 / np.sqrt(MONTH), length))
        line = size * weekday * np.exp(common + own + noise)
        for begin in np.flatnonzero(draw.uniform(size=length) < draw.uniform(0, 1.5) / 365):
            line[begin : begin + draw.integers(3, 15)] *= draw.uniform(1.5, 4)
        if i and draw.uniform() < rate * length / 365 / 2:
            begin = draw.integers(30, length)
            ramp = draw.integers(7, 57)
            line = line * np.clip((np.arange(length) - begin) / ramp, 0, 1)
        if i and draw.uniform() < rate * length / 365 / 2:
            line[draw.integers(30, length) :] *= draw.uniform(0, 0.67)
        cost[i] = line
    return Company(days, cost, int((cut - start).astype(int)), float(growth), float(shock))
