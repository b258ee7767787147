"""Where a year lands against its budget (docs/method §9). All functions take plain arrays; axis 0 is the path."""

from __future__ import annotations

from typing import cast

import numpy as np

from ...uncertainty import chances
from ...wording.landing import SPENT
from ..brief_types import Landing, Spread

QUANTILES = {
    "p05": 0.05,
    "p10": 0.10,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p95": 0.95,
}


def spread(totals: np.ndarray) -> Spread:
    """P5 to P95 and the mean of totals (path,), as floats.

    >>> spread(np.arange(101.0))["p90"]
    90.0
    """
    values = np.quantile(totals, list(QUANTILES.values()))
    quantiles = {name: float(value) for name, value in zip(QUANTILES, values)}
    return cast(Spread, {**quantiles, "mean": float(np.mean(totals))})


def chance_over(totals: np.ndarray, budget: float | None):
    """The chance that a path's total is above the budget, with its error; None without a budget, or where no total differs from another.

    >>> chance_over(np.array([1.0, 2.0, 3.0, 4.0]), 2.5).value, chance_over(np.full(1000, 3.0), 2.5)
    (0.5, None)
    """
    return (
        None if budget is None or chances.without_width(totals) else chances.overrun(totals, budget)
    )


def probability(totals: np.ndarray, budget: float | None) -> float | None:
    """The value of `chance_over`: the one number of a chance of overrun, never 0 or 1."""
    chance = chance_over(totals, budget)
    return None if chance is None else chance.value


def _breach(booked, monthly, months, budget) -> tuple:
    """Typical, earliest and latest month of passing the budget; None each where no path does."""
    if budget is None or booked > budget or not len(months):
        return (SPENT if budget is not None and booked > budget else None), None, None
    out = chances.runout(budget, monthly, months, used=booked)
    return out.typical, out.earliest, out.latest


def landing(
    period: str,
    booked: float,
    monthly: np.ndarray,
    months: tuple[str, ...],
    budget: float | None,
    *,
    last: str | None = None,
) -> Landing:
    """Where `period` lands: booked months are fixed, only the rest varies; the brief's `landing` (docs/method §9.5).

    last   the period's last month; where no month is open, it is closed

    monthly   (path, month) cost of the months still to come, in order; months: their names

    A period that is over has no chance but a fact: 1 where it is over budget, 0 where not. A total without width has no chance at all.

    >>> landing("FY2026", 50.0, np.array([[30.0, 30.0], [10.0, 10.0]]), ("2026-11", "2026-12"), 100.0)["breach_month"]
    '2026-12'
    """
    totals = booked + monthly.sum(axis=1)
    quantiles, over, closed = spread(totals), chance_over(totals, budget), not len(months)
    typical, earliest, latest = _breach(booked, monthly, months, budget)
    fact = None if budget is None or not closed else float(booked > budget)
    return {
        "period": period,
        "last": last,
        "closed": closed,
        "no_width": chances.without_width(totals),
        "booked": float(booked),
        "p10": quantiles["p10"],
        "p50": quantiles["p50"],
        "p90": quantiles["p90"],
        "mean": quantiles["mean"],
        "budget": budget,
        "overrun_probability": fact if closed else None if over is None else over.value,
        "overrun_standard_error": None if over is None else over.standard_error,
        "breach_month": typical,
        "breach_earliest": earliest,
        "breach_latest": latest,
        "holdback_p80": None if budget is None else float(np.quantile(totals, 0.8) - budget),
        "why_none": None,
    }


def no_landing(
    period: str, booked: float, budget: float | None, why: str, last: str | None = None
) -> Landing:
    """A period whose rest nobody can say: what is booked, and why there is no more.

    >>> no_landing("FY2026", 100.0, None, "too little history to forecast")["p50"] is None
    True
    """
    return {
        "period": period,
        "last": last,
        "closed": False,
        "no_width": True,
        "booked": float(booked),
        "p10": None,
        "p50": None,
        "p90": None,
        "mean": None,
        "overrun_probability": None,
        "overrun_standard_error": None,
        "holdback_p80": None,
        "budget": budget,
        "breach_month": _breach(booked, (), (), budget)[0],
        "breach_earliest": None,
        "breach_latest": None,
        "why_none": why,
    }
