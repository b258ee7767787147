"""Where a year lands against its budget (docs/method.md §9). All functions take plain arrays; axis 0 is the path."""

from __future__ import annotations

import numpy as np

QUANTILES = {"p05": 0.05, "p10": 0.10, "p25": 0.25, "p50": 0.50, "p75": 0.75, "p90": 0.90, "p95": 0.95}


def spread(totals: np.ndarray) -> dict[str, float]:
    """P5 to P95 and the mean of totals (path,), as floats.

    >>> spread(np.arange(101.0))["p90"]
    90.0
    """
    values = np.quantile(totals, list(QUANTILES.values()))
    return {**{name: float(value) for name, value in zip(QUANTILES, values)}, "mean": float(np.mean(totals))}


def overrun_probability(totals: np.ndarray, budget: float | None) -> float | None:
    """Share of paths whose total is above the budget; None without a budget.

    >>> overrun_probability(np.array([1.0, 2.0, 3.0, 4.0]), 2.5)
    0.5
    """
    return None if budget is None else float(np.mean(totals > budget))


def breach_month(booked: float, monthly: np.ndarray, months: tuple[str, ...], budget: float | None) -> str | None:
    """The typical month in which the running total passes the year's budget, of the paths that pass it at all.

    booked   actual cost of the year before `months`
    monthly  (path, month) cost of the months still to come, in order

    >>> breach_month(50.0, np.array([[30.0, 30.0], [10.0, 10.0]]), ("2026-11", "2026-12"), 100.0)
    '2026-12'
    """
    if budget is None:
        return None
    if booked > budget:
        return "already exceeded"
    if not len(months):
        return None
    over = booked + np.cumsum(monthly, axis=1) > budget
    first = np.argmax(over, axis=1)[over.any(axis=1)]
    return months[int(np.quantile(first, 0.5, method="inverted_cdf"))] if len(first) else None


def landing(period: str, booked: float, monthly: np.ndarray, months: tuple[str, ...], budget: float | None) -> dict:
    """Where `period` lands: booked months are fixed, only the rest varies; the brief's `landing`."""
    totals = booked + monthly.sum(axis=1)
    found = spread(totals)
    return {"period": period, "booked": float(booked), "p10": found["p10"], "p50": found["p50"], "p90": found["p90"],
            "mean": found["mean"], "budget": budget, "overrun_probability": overrun_probability(totals, budget),
            "breach_month": breach_month(booked, monthly, months, budget),
            "holdback_p80": None if budget is None else float(np.quantile(totals, 0.8) - budget)}
