"""What a year's figures leave out: tax and credits booked in it, and the same figures after credits (docs/method §6.5).

A credit is never forecast: after credits, a landing is the landing before them plus the credits booked so far.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

import pandas as pd

from ...names import COMPANY
from ...periods import Period, fiscal_months, fiscal_year, month_column
from .. import actuals
from ..brief_types import Landing, YearOutside
from .fiscal import rows_of

QUANTILES = ("p10", "p50", "p90", "mean")


def of_year(
    daily: pd.DataFrame,
    month: str,
    as_of: str,
    unit: str = COMPANY,
    fiscal_year_starts: int = 1,
    weeks: tuple[Period, ...] = (),
) -> dict:
    """Tax and credits of the fiscal year of `month`, booked up to as_of: {"period", "until", "items", "tax", "credits"}; money as in DAILY.

    items   what, amount, why: a line per kind that the year has
    weeks   the periods of a year that is weeks
    """
    months = fiscal_months(month, fiscal_year_starts)
    rows = daily if unit == COMPANY else daily[daily["x_BusinessUnit"] == unit]
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(as_of)]
    rows = rows_of(rows, weeks) if weeks else rows[month_column(rows).isin(months)]
    amounts = {
        kind: rows.loc[rows["ChargeCategory"] == kind, "EffectiveCost"] for kind in actuals.OUTSIDE
    }
    items = [
        {
            "what": "Credits" if kind == "Credit" else kind,
            "amount": float(booked.sum()),
            "why": actuals.OUTSIDE[kind],
        }
        for kind, booked in amounts.items()
        if len(booked)
    ]
    return {
        "period": weeks[0].year if weeks else fiscal_year(month, fiscal_year_starts),
        "until": str(as_of)[:10],
        "items": items,
        "tax": float(amounts["Tax"].sum()),
        "credits": float(amounts["Credit"].sum()),
    }


def beside(year: dict, year_to_date: float, landing: Landing) -> YearOutside:
    """`of_year` with the year's figures after credits: year_to_date, booked, p10, p50, p90, mean."""
    row: Mapping = landing  # by name
    after = {
        "year_to_date": year_to_date,
        "booked": landing["booked"],
        **{name: row[name] for name in QUANTILES},
    }
    credited = {
        name: None if value is None else float(value + year["credits"])
        for name, value in after.items()
    }
    return cast(YearOutside, {**year, "after_credits": credited})
