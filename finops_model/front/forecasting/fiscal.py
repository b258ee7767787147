"""Fiscal quarters and years of weeks in the forecast of a workspace (docs/method §1.7)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ...facts.daily.allocate import UNTAGGED
from ...measure.actuals import by_month, cost_rows
from ...measure.budget import fiscal
from ...periods import Calendar, Period, month_days, month_of, months_between
from ...simulate.hierarchy import Hierarchy, Span, kinds


def spans(nodes: Hierarchy, calendar: Calendar) -> dict[str, tuple[Span, tuple[Period, ...]]]:
    """The fiscal quarters and years that a forecast touches, quarters first, with their periods."""
    start = np.datetime64(nodes.as_of, "D") + 1
    horizon = month_days(nodes.months[-1])[-1]
    touched = calendar.periods(start, horizon)
    every = [
        period
        for year in dict.fromkeys(int(one.year[2:]) for one in touched)
        for period in calendar.year(year)
    ]
    found: dict[str, tuple[Span, tuple[Period, ...]]] = {}
    for kind in ("quarter", "year"):
        for name in dict.fromkeys(getattr(one, kind) for one in touched):
            own = tuple(one for one in every if getattr(one, kind) == name)
            found[name] = (_span(nodes, name, kind, own, start, horizon), own)
    return found


def _span(nodes: Hierarchy, name: str, kind: str, own: tuple[Period, ...], start, horizon) -> Span:
    months = fiscal.months_of(own)
    at = tuple(nodes.months.index(month) for month in months if month in nodes.months)
    first = np.datetime64(nodes.first_day, "D")
    booked = tuple(one.name for one in own if one.end <= start and first <= one.start)
    missing = tuple(one.name for one in own if one.end - 1 > horizon or one.start < first)
    lead = months_between(month_of(nodes.as_of), nodes.months[at[-1]])
    return Span(name, kind, months, at, booked, missing, lead)


def quantiles(
    nodes: Hierarchy,
    own: tuple[Period, ...],
    daily: pd.DataFrame,
    node: str | None,
    q: Sequence[float],
) -> tuple[float, ...]:
    """Quantiles of each path's total over periods, of a node (None: all of them)."""
    by_day, to_come = parts(nodes, daily, node)
    land = fiscal.paths_over(nodes, by_day, own, to_come)
    return tuple(float(value) for value in np.quantile(land, list(q)))


def parts(nodes: Hierarchy, daily: pd.DataFrame, node: str | None) -> tuple[pd.Series, np.ndarray]:
    """Cost by day of a node up to as_of, and what of each month is to come on each path, (path, month)."""
    rows = cost_rows(daily)
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(nodes.as_of)]
    column = kinds(daily)[nodes.by]
    names = nodes.names if node is None else (node,)
    rows = rows[rows[column].replace("", UNTAGGED).isin(names) | rows[column].isin(names)]
    at = [nodes.names.index(name) for name in names]
    so_far = by_month(rows)
    booked = np.array([so_far.get(month, 0.0) for month in nodes.months])
    return rows.groupby("ChargeDate")["EffectiveCost"].sum(), nodes.totals[:, :, at].sum(
        axis=2
    ) - booked
