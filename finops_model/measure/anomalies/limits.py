"""Limits that were agreed: the budget's pace, the published range, what a commitment buys (docs/method §12.5; quotas: `quotas`).

Each function takes daily facts up to the day asked for and gives alerts; no I/O, no clock.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...names import COMPANY
from ...periods import month_days, month_name, month_of
from ...wording import day as day_of
from ...wording import gap
from ..words import money, percent
from .alert import Alert
from .parts import owner

PACE_MARGIN, PACE_DAYS = 0.10, 5  # over the pace by a tenth, from the fifth day of a month on
UTILIZATION, UNUSED_DAYS = 0.8, 7


def pace_alerts(
    rows: pd.DataFrame,
    budgets,
    as_of: str,
    currency: str,
    margin: float = PACE_MARGIN,
    money_floor: float = 0.0,
) -> list[Alert]:
    """Month to date against the budget's pace: budget × the weight of the days gone by, weekdays weighing what they did in the eight weeks
    before the month. Raised from the fifth day on, when over by `margin`, or at once when the whole month's budget is spent."""
    month, today = month_of(as_of), pd.Timestamp(as_of)
    days = pd.DatetimeIndex(month_days(month))
    alerts = []
    for unit in [COMPANY, *budgets.units()]:
        budget = budgets.month(unit, month, as_of)
        mine = rows if unit == COMPANY else rows[rows["x_BusinessUnit"] == unit]
        if budget is None or mine.empty:
            continue
        budget = float(budget)
        by_day = mine.groupby("ChargeDate")["EffectiveCost"].sum()
        weights = weekday_weights(by_day[by_day.index < days[0]])[days.dayofweek]
        spent = by_day.reindex(days, fill_value=0.0).to_numpy()[days <= today].cumsum()
        pace = budget * weights.cumsum()[: len(spent)] / weights.sum()
        over = (
            (spent > pace * (1 + margin))
            & (spent - pace >= money_floor)
            & (np.arange(1, len(spent) + 1) >= PACE_DAYS)
        ) | (spent > budget)
        if not over[-1]:
            continue
        first = len(over) - 1 - int(np.argmin(over[::-1])) + 1 if not over.all() else 0
        landing = spent[-1] + (
            spent[-1] / weights[: len(spent)].sum() * weights[len(spent) :].sum()
            if weights[: len(spent)].sum()
            else 0.0
        )
        name = "The company" if unit == COMPANY else unit
        text = (
            f"{name} has spent {money(spent[-1], currency)} of {month_name(month)}'s budget of {money(budget, currency)}; its pace allows "
            f"{money(pace[-1], currency)} by {day_of(as_of)}. At this rate the month lands at {money(landing, currency)}, "
            f"{gap(landing, budget, currency)} its budget."
        )
        ended = len(spent) == len(days)
        if ended:
            text = (
                f"{name} spent {money(spent[-1], currency)} in {month_name(month)}, {gap(spent[-1], budget, currency)} "
                f"its budget of {money(budget, currency)}; the month is over."
            )
        who = owner(mine)
        alerts.append(
            Alert(
                kind="pace",
                dimension="business unit",
                subject=unit,
                direction="up",
                start=str(days[first].date()),
                end=as_of,
                ongoing=True,
                severity=float(spent[-1] - pace[-1]),
                actual=float(spent[-1]),
                expected=float(pace[-1]),
                what=text,
                do="Explain it at the close, and see whether the next month's budget still holds."
                if ended
                else "Decide now: slow something down, or ask for more budget before the month ends.",
                business_unit="" if unit == COMPANY else unit,
                team="" if unit == COMPANY else who["team"],
            )
        )
    return alerts


def weekday_weights(by_day: pd.Series, weeks: int = 8) -> np.ndarray:
    """What each weekday costs compared with the others, Monday first, (7,), mean 1; all 1 with under two weeks of days.

    >>> days = pd.date_range("2026-01-05", periods=56)
    >>> weekday_weights(pd.Series(np.tile([12., 12, 12, 12, 12, 5, 5], 8), days)).round(2).tolist()
    [1.2, 1.2, 1.2, 1.2, 1.2, 0.5, 0.5]
    """
    recent = by_day[-7 * weeks :]
    if len(recent) < 14:
        return np.ones(7)
    means = (
        recent.groupby(recent.index.dayofweek)
        .median()
        .reindex(range(7))
        .fillna(0.0)
        .clip(lower=0)
        .to_numpy()
    )
    return means / means.mean() if means.mean() > 0 else np.ones(7)


def forecast_alerts(rows: pd.DataFrame, forecasts, as_of: str, currency: str) -> list[Alert]:
    """Months whose actual lies outside the published P10–P90; a month under way once it has passed P90.

    forecasts   (day, unit, {month: (p10, p50, p90)}): data_as_of of a published brief, its unit, its months. The newest one before a
                month began counts for it.
    """
    newest: dict = {}
    for day, unit, months in sorted(forecasts, key=lambda one: one[0]):
        for month, band in months.items():
            if day < f"{month}-01" and day <= as_of:
                newest[unit, month] = (day, band)
    alerts = []
    for (unit, month), (day, (low, _middle, high)) in newest.items():
        last = str(month_days(month)[-1])
        mine = rows if unit == COMPANY else rows[rows["x_BusinessUnit"] == unit]
        part = mine[mine["ChargeDate"].dt.strftime("%Y-%m") == month]
        if part.empty:
            continue
        by_day = part.groupby("ChargeDate")["EffectiveCost"].sum()
        actual, whole = float(by_day.sum()), last <= as_of
        if low <= actual <= high or (actual < low and not whole):
            continue
        up = actual > high
        limit = high if up else low
        passed = (
            str(by_day.index[int(np.argmax(by_day.cumsum().to_numpy() > high))].date())
            if up
            else last
        )
        name = "The company" if unit == COMPANY else unit
        text = (
            f"{month_name(month)} of {name} {'cost' if whole else 'has cost'} {money(actual, currency)}, {'above' if up else 'below'} the range "
            f"{money(low, currency)} to {money(high, currency)} published on data of {day}."
        )
        alerts.append(
            Alert(
                kind="forecast",
                dimension="business unit",
                subject=unit,
                direction="up" if up else "down",
                start=passed,
                end=min(last, as_of),
                ongoing=not whole,
                severity=actual - limit,
                actual=actual,
                expected=limit,
                what=text,
                do="See what moved (alerts of the same days), and publish a new forecast with it.",
                business_unit="" if unit == COMPANY else unit,
            )
        )
    return alerts


def commitment_alerts(
    rows: pd.DataFrame,
    as_of: str,
    currency: str,
    utilization: float = UTILIZATION,
    days: int = UNUSED_DAYS,
) -> list[Alert]:
    """Commitments of which less than `utilization` was used on `days` days in a row or more, from the bill's Used and Unused charges."""
    paid = rows[
        (rows["CommitmentDiscountId"] != "")
        & rows["CommitmentDiscountStatus"].isin(["Used", "Unused"])
    ]
    alerts = []
    for name, mine in paid.groupby("CommitmentDiscountId"):
        by = mine.pivot_table(
            index="ChargeDate",
            columns="CommitmentDiscountStatus",
            values="EffectiveCost",
            aggfunc="sum",
            fill_value=0.0,
        )
        by = by.reindex(columns=["Used", "Unused"], fill_value=0.0)
        bought = by.sum(axis=1)
        low = ((by["Used"] < utilization * bought) & (bought > 0)).to_numpy()
        calendar = pd.date_range(by.index[0], by.index[-1])
        low = pd.Series(low, by.index).reindex(calendar, fill_value=False).to_numpy()
        edges = np.flatnonzero(np.diff(np.concatenate([[0], low.astype(int), [0]])))
        for first, last in zip(edges[::2], edges[1::2] - 1):
            if last - first + 1 < days:
                continue
            part = by.loc[calendar[first] : calendar[last]]
            used, unused = float(part["Used"].sum()), float(part["Unused"].sum())
            text = (
                f"Commitment {name} was used to {percent(used / (used + unused))} from {calendar[first].date()} to {calendar[last].date()}; "
                f"{money(unused, currency)} bought nothing."
            )
            who = owner(mine)
            alerts.append(
                Alert(
                    kind="commitment",
                    dimension="commitment",
                    subject=str(name),
                    direction="up",
                    start=str(calendar[first].date()),
                    end=str(calendar[last].date()),
                    ongoing=str(calendar[last].date()) >= as_of,
                    severity=unused,
                    actual=used + unused,
                    expected=used,
                    what=text,
                    do="Move eligible use under it, share it with other accounts, or do not renew that much.",
                    business_unit=who["business_unit"],
                    team=who["team"],
                )
            )
    return alerts
