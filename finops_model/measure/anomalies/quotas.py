"""Quotas: what somebody agreed to use at most, read from a file or from finops.yaml, and the days and months over it (docs/method §12.5)."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from ...facts.plans.sheet import Sheet
from ...periods import month_name
from ...settings import Settings
from ...units import spell
from ..words import money
from .alert import DIMENSIONS, Alert
from .detect import REFRACTORY
from .parts import owner

QUOTAS = "quotas.csv"  # in the folder of finops.yaml


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
    quantity, owners = sheet.numbers("quantity", negative=False), sheet.cells("owner", needed=False)
    return check_quotas(
        [Quota(*row) for row in zip(dimension, subject, unit, per, map(float, quantity), owners)],
        sheet.at,
        daily,
        lambda i: f"in line {sheet.lines[i]}",
    )


def check_quotas(quotas: list[Quota], at, daily: pd.DataFrame | None, earlier) -> list[Quota]:
    """Quotas as they are meant; at(i, field) says where one is written, earlier(i) where it stood before.

    daily   daily facts: a subject or a unit that they do not know is refused with the nearest name
    """
    meant, seen = [], dict[tuple[str, ...], int]()
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
                f"{at(i, 'subject')}: this quota is given {earlier(seen[key])} already. Keep one of them."
            )
        seen[key] = i
        meant.append(replace(one, dimension=dimension))
    return meant


def quota_alerts(rows: pd.DataFrame, quotas: list[Quota], currency: str) -> list[Alert]:
    """Days or months over a quota. Severity: the share above it, at what the use cost."""
    alerts = []
    for quota in quotas:
        mine, used = used_by(rows, quota, currency)
        cash = quota.unit.upper() == currency
        if mine.empty:
            continue
        cost = mine.groupby("ChargeDate")["EffectiveCost"].sum()
        alerts += (_daily_quota if quota.per == "day" else _monthly_quota)(
            quota, mine, used, cost, rows, currency, cash
        )
    return alerts


def used_by(rows: pd.DataFrame, quota: Quota, currency: str) -> tuple[pd.DataFrame, pd.Series]:
    """Rows that count for a quota, and what they use by day: money, or a quantity of its unit."""
    mine = rows[rows[DIMENSIONS[quota.dimension]] == quota.subject]
    cash = quota.unit.upper() == currency
    if not cash:
        units = {unit: spell(unit) for unit in set(rows["ConsumedUnit"]) if unit}
        mine = mine[mine["ConsumedUnit"].map(units).fillna("") == spell(quota.unit)]
    return mine, mine.groupby("ChargeDate")["EffectiveCost" if cash else "ConsumedQuantity"].sum()


def quotas_of(settings: Settings, daily, path: str | os.PathLike | None = None) -> list[Quota]:
    """The quotas of a file that is asked for, of finops.yaml (`watch: quotas`, a list or a file), or of quotas.csv in its folder."""
    asked, beside = settings.watch.quotas, settings.path(QUOTAS)
    if path is None and asked and not isinstance(asked, str):
        entries = [Quota(**dict(entry)) for entry in asked]
        return check_quotas(
            entries,
            lambda i, field: f"finops.yaml: watch/quotas/{i}/{field}",
            daily,
            lambda i: f"at watch/quotas/{i}",
        )
    named = asked if isinstance(asked, str) and asked else None
    chosen = path or (settings.path(named) if named else beside if beside.is_file() else None)
    return read_quotas(chosen, daily) if chosen else []


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
