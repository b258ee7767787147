"""Limits that were agreed: quotas, the budget's pace, the published range, what a commitment buys (docs/method §12.5).

Each function takes daily facts up to the day asked for and gives alerts; no I/O, no clock.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from ...facts.plans.sheet import Sheet
from ...names import COMPANY
from ...periods import month_days, month_name, month_of
from ...units import spell
from ...wording import gap
from ..words import money, percent
from .alert import Alert
from .detect import REFRACTORY
from .parts import owner

DIMENSIONS = {
    "workload": "x_Workload",
    "team": "x_Team",
    "sku": "SkuId",
    "service": "ServiceName",
    "business unit": "x_BusinessUnit",
    "model": "x_Model",
    "environment": "x_Environment",
    "account": "BillingAccountId",
}
PACE_MARGIN, PACE_DAYS = 0.10, 5  # over the pace by a tenth, from the fifth day of a month on
UTILIZATION, UNUSED_DAYS = 0.8, 7


@dataclass(frozen=True)
class Quota:
    """At most `quantity` of `unit` per day or month, for one subject."""

    dimension: str  # a key of DIMENSIONS
    subject: str
    unit: str  # GPU-hours, Tokens …, or the ledger's currency for money
    per: str  # day | month
    quantity: float
    owner: str = ""


def read_quotas(path: str | os.PathLike, daily: pd.DataFrame | None = None) -> list[Quota]:
    """The quotas of a file: dimension, subject, unit, per (day or month), quantity; owner if there is one. See `check_quotas`."""
    sheet = Sheet(path, "a quota file")
    dimension, subject, unit, per = (
        sheet.cells(name) for name in ("dimension", "subject", "unit", "per")
    )
    quantity, owner = sheet.numbers("quantity", negative=False), sheet.cells("owner", needed=False)
    return check_quotas(
        [Quota(*row) for row in zip(dimension, subject, unit, per, map(float, quantity), owner)],
        sheet.at,
        daily,
        lambda i: f"in line {sheet.lines[i]}",
    )


def check_quotas(quotas: list[Quota], at, daily: pd.DataFrame | None, earlier) -> list[Quota]:
    """Quotas as they are meant; at(i, field) says where one is written, earlier(i) where it stood before.

    daily   daily facts: a subject or a unit that they do not know is refused with the nearest name
    """
    alerts, seen = [], dict[tuple[str, ...], int]()
    money = set() if daily is None else set(daily["BillingCurrency"])
    units = (
        None
        if daily is None
        else {spell(unit) for unit in set(daily["ConsumedUnit"]) if unit} | money
    )
    for i, one in enumerate(quotas):
        dimension = one.dimension.replace("_", " ").casefold()
        if dimension not in DIMENSIONS:
            raise InputError(
                unknown(at(i, "dimension"), "dimension", one.dimension[:40], DIMENSIONS)
            )
        if one.per not in ("day", "month"):
            raise InputError(unknown(at(i, "per"), "span", one.per[:40], ("day", "month")))
        if not one.unit or not one.subject:
            raise InputError(f"{at(i, 'subject' if one.unit else 'unit')}: is empty. Write it.")
        if daily is not None and one.subject not in (known := set(daily[DIMENSIONS[dimension]])):
            raise InputError(
                unknown(at(i, "subject"), dimension, one.subject[:60], sorted(known - {""}))
            )
        if (
            units is not None
            and one.unit.upper() not in money
            and spell(one.unit, at(i, "unit")) not in units
        ):
            raise InputError(unknown(at(i, "unit"), "unit", one.unit[:40], sorted(units)))
        key = (dimension, one.subject, one.unit.casefold(), one.per)
        if key in seen:
            raise InputError(
                f"{at(i, 'subject')}: this quota stands {earlier(seen[key])} already. Keep one of them."
            )
        seen[key] = i
        alerts.append(replace(one, dimension=dimension))
    return alerts


def quota_alerts(rows: pd.DataFrame, quotas: list[Quota], currency: str) -> list[Alert]:
    """Days or months over a quota. Severity: the share above it, at what the use cost."""
    alerts = []
    units = {unit: spell(unit) for unit in set(rows["ConsumedUnit"]) if unit}
    for quota in quotas:
        mine = rows[rows[DIMENSIONS[quota.dimension]] == quota.subject]
        cash = quota.unit.upper() == currency
        if not cash:
            mine = mine[mine["ConsumedUnit"].map(units).fillna("") == spell(quota.unit)]
        if mine.empty:
            continue
        used = (
            mine.groupby("ChargeDate")[["EffectiveCost" if cash else "ConsumedQuantity"]]
            .sum()
            .iloc[:, 0]
        )
        cost = mine.groupby("ChargeDate")["EffectiveCost"].sum()
        alerts += (_daily_quota if quota.per == "day" else _monthly_quota)(
            quota, mine, used, cost, rows, currency, cash
        )
    return alerts


def _daily_quota(quota, mine, used, cost, rows, currency, cash):
    newest = rows["ChargeDate"].max()
    days = pd.date_range(used.index[0], newest)
    used, cost = used.reindex(days, fill_value=0.0), cost.reindex(days, fill_value=0.0)
    over = used.to_numpy() > quota.quantity * (1 + 1e-9)
    for run in _runs(over):
        total, bill = float(used.iloc[run].sum()), float(cost.iloc[run].sum())
        limit = quota.quantity * len(run)
        span = (
            f"on {len(run)} days from {days[run[0]].date()} to {days[run[-1]].date()}"
            if len(run) > 1
            else f"on {days[run[0]].date()}"
        )
        text = (
            f"{quota.subject} used {_amount(total, quota, currency, cash)} {span}, {_amount(total - limit, quota, currency, cash)} over its "
            f"quota of {_amount(quota.quantity, quota, currency, cash)} a day."
        )
        yield _quota_alert(
            quota,
            mine=mine,
            first=days[run[0]],
            last=days[run[-1]],
            ongoing=(newest - days[run[-1]]).days <= 1,
            total=total,
            limit=limit,
            bill=bill,
            text=text,
        )


def _runs(over: np.ndarray) -> list[list[int]]:
    """Days over a limit put together while at most a week lies between two of them."""
    runs: list[list[int]] = []
    for day in np.flatnonzero(over).tolist():
        if runs and day - runs[-1][-1] <= REFRACTORY:
            runs[-1].append(day)
        else:
            runs.append([day])
    return runs


def _monthly_quota(quota, mine, used, cost, rows, currency, cash):
    newest = rows["ChargeDate"].max()
    for month, part in used.groupby(used.index.strftime("%Y-%m")):
        total = float(part.sum())
        if total <= quota.quantity * (1 + 1e-9):
            continue
        passed = part.index[int(np.argmax(part.cumsum().to_numpy() > quota.quantity * (1 + 1e-9)))]
        text = (
            f"{quota.subject} passed its quota of {_amount(quota.quantity, quota, currency, cash)} for {month_name(month)} on "
            f"{passed.date()} and has used {_amount(total, quota, currency, cash)}."
        )
        yield _quota_alert(
            quota,
            mine=mine,
            first=passed,
            last=part.index[-1],
            ongoing=month == newest.strftime("%Y-%m"),
            total=total,
            limit=quota.quantity,
            bill=float(cost[part.index].sum()),
            text=text,
        )


def _quota_alert(quota, *, mine, first, last, ongoing, total, limit, bill, text) -> Alert:
    over = bill * (total - limit) / total
    who = owner(mine) | ({"team": quota.owner} if quota.owner else {})
    return Alert(
        kind="quota",
        dimension=quota.dimension,
        subject=quota.subject,
        direction="up",
        start=str(first.date()),
        end=str(last.date()),
        ongoing=ongoing,
        severity=over,
        actual=bill,
        expected=bill - over,
        what=text,
        do=f"Ask {who['team'] or who['business_unit'] or 'the owner'} to stop what is over, or have the quota raised by who approved it.",
        why="",
        business_unit=who["business_unit"],
        team=who["team"],
        hours=total if spell(quota.unit) == "GPU-hours" else 0.0,
        hours_expected=limit if spell(quota.unit) == "GPU-hours" else 0.0,
    )


def _amount(value: float, quota: Quota, currency: str, cash: bool) -> str:
    return money(value, currency) if cash else f"{value:,.0f} {spell(quota.unit)}"


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
            f"{money(pace[-1], currency)} by {as_of}. At this rate the month lands at {money(landing, currency)}, "
            f"{gap(landing, budget, currency)} its budget."
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
                do="Decide now: slow something down, or ask for more budget before the month ends.",
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

    forecasts   (made, unit, {month: (p10, p50, p90)}): data_as_of of a published brief, its unit, its months. The newest one made before a
                month began counts for it.
    """
    newest: dict = {}
    for made, unit, months in sorted(forecasts, key=lambda one: one[0]):
        for month, band in months.items():
            if made < f"{month}-01" and made <= as_of:
                newest[unit, month] = (made, band)
    alerts = []
    for (unit, month), (made, (low, _middle, high)) in newest.items():
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
            f"{money(low, currency)} to {money(high, currency)} published on data of {made}."
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
