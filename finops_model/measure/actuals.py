"""What was spent, by month and unit: EffectiveCost by charge day, before credits and tax (docs/method §6)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypedDict, cast

import pandas as pd

from ..facts.daily.allocate import ALL, UNTAGGED
from ..names import COMPANY
from ..periods import month_column, month_days
from .brief_types import Change, LeftOut, Line, Team

OUTSIDE = {
    "Tax": "tax is a line of its own, outside cost",
    "Credit": "credits run out; cost is shown before them",
}


def cost_rows(daily: pd.DataFrame, unit: str | None = None) -> pd.DataFrame:
    """DAILY rows that count as cost, of one unit or of the company."""
    rows = daily[~daily["ChargeCategory"].isin(list(OUTSIDE))]
    return rows if unit in (None, COMPANY) else rows[rows["x_BusinessUnit"] == unit]


def by_month(rows: pd.DataFrame) -> dict[str, float]:
    """EffectiveCost per month, months without a row inside the range as 0."""
    totals = rows.groupby(month_column(rows))["EffectiveCost"].sum()
    return {str(month): float(value) for month, value in totals.sort_index().items()}


def history(
    daily: pd.DataFrame, unit: str, as_of: str
) -> tuple[pd.DataFrame, dict, dict, pd.Series]:
    """What a unit has cost.

    Parameters
    ----------
    daily : frame
        DAILY.
    unit : str
        A business unit, or "Company".
    as_of : str
        YYYY-MM-DD; a month that ends later is not complete.

    Returns
    -------
    rows : frame
        Its DAILY rows that count as cost.
    booked : dict of str to float
        YYYY-MM -> cost.
    complete : dict of str to float
        The months of it that are whole.
    by_day : Series
        EffectiveCost, indexed by day.

    Examples
    --------
    >>> days = pd.date_range("2026-01-01", "2026-02-10")
    >>> facts = pd.DataFrame({"ChargeDate": days, "ChargeCategory": "Usage", "EffectiveCost": 2.0})
    >>> rows, booked, complete, by_day = history(facts, "Company", "2026-02-10")
    >>> booked, complete
    ({'2026-01': 62.0, '2026-02': 20.0}, {'2026-01': 62.0})
    """
    rows = cost_rows(daily, unit)
    booked = by_month(rows)
    complete = {
        m: v
        for m, v in booked.items()
        if str(month_days(m)[-1]) <= as_of and _whole(rows, m, booked)
    }
    return rows, booked, complete, rows.groupby("ChargeDate")["EffectiveCost"].sum()


def _whole(rows: pd.DataFrame, month: str, booked: dict) -> bool:
    """Whether a month has data from its first day (the first month of a ledger may start in its middle)."""
    return month > min(booked) or rows["ChargeDate"].min() <= pd.Timestamp(f"{month}-01")


def excluded(daily: pd.DataFrame, month: str, unit: str) -> list[LeftOut]:
    """What the actual of a month leaves out, with amount and reason."""
    rows = daily if unit == COMPANY else daily[daily["x_BusinessUnit"] == unit]
    rows = rows[month_column(rows) == month]
    lines: list[LeftOut] = []
    for category, why in OUTSIDE.items():
        part = rows[rows["ChargeCategory"] == category]
        if len(part):
            lines.append(
                {
                    "what": category if category == "Tax" else "Credits",
                    "amount": float(part["EffectiveCost"].sum()),
                    "why": why,
                }
            )
    return lines


def changes(rows: pd.DataFrame, month: str, before: str, most: int = 12) -> list[Change]:
    """What moved from one month to the next, by workload, split into volume and price.

    Per SKU: volume = (q1 − q0)·p0, price = (p1 − p0)·q1; a SKU without quantities or without a month before is all
    volume. The parts add up to the change. Largest movement first; the rest is one line.
    """
    months = month_column(rows)
    keys = ["x_Workload", "SkuId", "ServiceName", "ConsumedUnit"]
    two = [
        rows[months == m].groupby(keys)[["ConsumedQuantity", "EffectiveCost"]].sum()
        for m in (before, month)
    ]
    both = two[0].join(two[1], how="outer", lsuffix="0", rsuffix="1").fillna(0.0).reset_index()
    q0, q1, c0, c1 = (
        both[name]
        for name in ("ConsumedQuantity0", "ConsumedQuantity1", "EffectiveCost0", "EffectiveCost1")
    )
    priced = (
        (q0 > 0) & (q1 > 0) & (q1 < 1e6 * q0) & (q0 < 1e6 * q1)
    )  # a million-fold jump is a new use, not a price
    both["volume"] = ((q1 - q0) * (c0 / q0.where(q0 > 0))).where(priced, c1 - c0)
    both["price"] = (c1 - c0) - both["volume"]
    grouped = both.groupby("x_Workload")[
        ["EffectiveCost0", "EffectiveCost1", "volume", "price"]
    ].sum()
    grouped["change"] = grouped["EffectiveCost1"] - grouped["EffectiveCost0"]
    grouped = grouped.loc[grouped["change"].abs().sort_values(ascending=False, kind="stable").index]
    lines: list[Change] = [
        {
            "name": str(name),
            "previous": float(row.EffectiveCost0),
            "current": float(row.EffectiveCost1),
            "change": float(row.change),
            "volume": float(row.volume),
            "price": float(row.price),
        }
        for name, row in zip(grouped.index, grouped.itertuples())
    ]
    rest = lines[most:]
    if rest:
        parts = ("previous", "current", "change", "volume", "price")
        sums = {name: float(sum(cast(dict, line)[name] for line in rest)) for name in parts}
        lines = [*lines[:most], cast(Change, {"name": f"{len(rest)} others", **sums})]
    return lines


def lines(rows: pd.DataFrame, month: str) -> list[Line]:
    """Quantity × unit price of a month by workload, service and SKU: what the workbook recomputes.

    Where a bill has no quantities the quantity is 1 charge and the price its cost.
    """
    part = rows[month_column(rows) == month].copy()
    unit = part["ConsumedUnit"].where(part["ConsumedQuantity"] > 0, "")
    grouped = (
        part.assign(unit=unit)
        .groupby(["x_Workload", "ServiceName", "SkuId", "unit"])[
            ["ConsumedQuantity", "EffectiveCost"]
        ]
        .sum()
        .reset_index()
    )
    result: list[Line] = []
    for row in grouped.itertuples(index=False):
        counted = bool(row.unit) and row.ConsumedQuantity > 0
        quantity = float(row.ConsumedQuantity) if counted else 1.0
        cost = float(row.EffectiveCost)
        if cost or counted:
            result.append(
                {
                    "month": month,
                    "workload": row.x_Workload,
                    "service": row.ServiceName,
                    "sku": row.SkuId,
                    "unit": row.unit or "charge",
                    "quantity": quantity,
                    "unit_price": cost / quantity,
                    "cost": cost,
                }
            )
    return result


class Sums(TypedDict):
    """Cost of one value; previous_month None where that month has no data, share where the month has no cost."""

    actual: float
    previous_month: float | None
    year_to_date: float
    share: float | None


def by_value(
    rows: pd.DataFrame,
    beside: pd.DataFrame,
    column: str,
    *,
    month: str,
    before: str,
    year: Sequence[str],
    names: set[str] | None = None,
    in_year: pd.DataFrame | None = None,
) -> list[tuple[str, Sums]]:
    """(value, sums of EffectiveCost) of a column; most of the year first, no value ("") last.

    rows     cost rows
    beside   the same, the month before cut to the days that are compared
    year     months of the fiscal year up to the month
    names    the values; None: those with cost in these months
    in_year  cost rows of the fiscal year; None: those of `year` of rows
    """
    months, past = month_column(rows), beside[month_column(beside) == before]
    of_year = rows[months.isin(year)] if in_year is None else in_year
    now, then, to_date = (
        part.groupby(column)["EffectiveCost"].sum()
        for part in (rows[months == month], past, of_year)
    )
    whole = float(now.sum())
    names = names or {*now.index, *then.index, *to_date.index}
    order = sorted(names, key=lambda one: (one == UNTAGGED, -float(to_date.get(one, 0.0)), one))
    return [
        (
            "" if one == UNTAGGED else one,
            Sums(
                actual=float(now.get(one, 0.0)),
                previous_month=float(then.get(one, 0.0)) if len(past) else None,
                year_to_date=float(to_date.get(one, 0.0)),
                share=float(now.get(one, 0.0)) / whole if whole > 0 else None,
            ),
        )
        for one in order
    ]


def teams(
    rows: pd.DataFrame,
    beside: pd.DataFrame,
    month: str,
    before: str,
    year: Sequence[str],
    in_year: pd.DataFrame | None = None,
) -> list[Team]:
    """Cost by team where the bill says teams and no units; [] elsewhere. Most of the year first, no team ("") last.

    rows     cost rows of the company
    beside   the same, the month before cut to the days that are compared
    year     months of the fiscal year
    """
    names = set(rows["x_Team"])
    if len(names) < 2 or set(rows["x_BusinessUnit"]) != {ALL}:
        return []
    so_far = [m for m in year if m <= month]
    lines = by_value(
        rows,
        beside,
        "x_Team",
        month=month,
        before=before,
        year=so_far,
        names=names,
        in_year=in_year,
    )
    return [cast(Team, {"team": value, **sums}) for value, sums in lines]
