"""A tiny company whose runs are written by hand: what page one is made of, without a simulation."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pandas as pd

from finops_model.facts.plans.budgets import Budgets
from finops_model.measure.actuals import history
from finops_model.measure.bridge import states
from finops_model.measure.brief import budget_of, landing
from finops_model.measure.change import moved
from finops_model.measure.close import Close
from finops_model.measure.page_one.material import materiality
from finops_model.measure.page_one.next_month import next_month
from finops_model.measure.page_one.periods import periods
from finops_model.measure.page_one.since_report import since_report
from finops_model.measure.reach import same_days
from finops_model.periods import add_months, month_days
from finops_model.simulate.run import Run

UNITS = ("North", "South")
NOTHING = ("there is too little history to forecast", "3 days")


def cost(i: int) -> float:
    """Of a unit's i-th day."""
    return 100.0 + (i % 7) * 5 + i / 10


def facts(first: str, last: str, of=cost, units=UNITS) -> pd.DataFrame:
    """A charge a day and unit; the second unit costs half. A token costs a tenth."""
    days = pd.date_range(first, last)
    every = []
    for at, unit in enumerate(units):
        costs = [of(i) / (1 + at) for i in range(len(days))]
        every.append(
            pd.DataFrame(
                {
                    "ChargeDate": days,
                    "ChargeCategory": "Usage",
                    "EffectiveCost": costs,
                    "ConsumedQuantity": [10 * one for one in costs],
                    "ConsumedUnit": "tokens",
                    "ServiceName": "Chat",
                    "SkuId": "sku",
                    "x_BusinessUnit": unit,
                    "x_Workload": f"{unit.lower()}-chat",
                }
            )
        )
    return pd.concat(every, ignore_index=True)


def run_of(
    daily, as_of: str, months: int, *, paths: int = 8, scale: float = 1.0, flat=False, why=None
):
    """A run from the day after as_of on: what is booked of its first month, and totals that differ by path, month and unit."""
    first = str(pd.Timestamp(as_of) + pd.Timedelta(days=1))[:7]
    names = () if why else tuple(add_months(first, i) for i in range(months))
    so_far = np.zeros((len(names), len(UNITS)))
    effective = np.zeros((paths if names else 1, len(names), len(UNITS)))
    for m, month in enumerate(names):
        for u, unit in enumerate(UNITS):
            own = daily[(daily["x_BusinessUnit"] == unit) & (daily["ChargeDate"] <= as_of)]
            own = own[own["ChargeDate"].dt.strftime("%Y-%m") == month]
            so_far[m, u] = own["EffectiveCost"].sum()
            left = sum(str(one) > as_of for one in month_days(month))
            for p in range(paths):
                width = 0 if flat else (p - paths // 2) * (m + 1)
                effective[p, m, u] = so_far[m, u] + scale * (left * (110.0 / (1 + u)) + width)
    lines = [
        {
            "workload": f"{unit.lower()}-chat",
            "month": month,
            "service": "Chat",
            "sku": "sku",
            "unit": "tokens",
            "quantity": 10 * float(effective[:, m, u].mean()),
            "cost": float(effective[:, m, u].mean()),
        }
        for m, month in enumerate(names)
        for u, unit in enumerate(UNITS)
    ]
    return Run(
        name="Base",
        question="",
        currency="USD",
        as_of=as_of,
        months=names,
        units=UNITS,
        workloads=tuple(f"{unit.lower()}-chat" for unit in UNITS),
        unit_of=UNITS,
        effective=effective,
        so_far=so_far,
        by_workload=np.zeros((2, len(names), 4)),
        range_share=np.zeros((2, len(UNITS) + 1)),
        dials={},
        lines=lines,
        assumptions=[],
        seed=1,
        paths=paths,
        engine="numpy",
        scenario_hash="",
        ledger="",
        nothing=why,
    )


def budgets(amounts: dict[str, float], unit: str = "Company", **more) -> Budgets:
    """{month or period: amount} of a unit, approved before the year."""
    lines = [
        {
            "version": "2026 approved",
            "approved_on": dt.date(2025, 12, 12),
            "approved_by": "Ingrid",
            "author": "Priya",
            "business_unit": unit,
            "month": month,
            "amount": Decimal(str(amount)),
            "line": i + 2,
        }
        for i, (month, amount) in enumerate(amounts.items())
    ]
    return Budgets(pd.DataFrame(lines), "budgets.csv", "USD", **more)


def year(amount: float, first: str = "2026-01", count: int = 12) -> dict[str, float]:
    """A budget of equal months."""
    return {add_months(first, i): amount for i in range(count)}


def close_of(
    month: str = "2026-10",
    as_of: str | None = None,
    *,
    first: str = "2025-01-01",
    months: int = 14,
    plan: dict | None = None,
    of=cost,
    run: dict | None = None,
    **more,
) -> Close:
    """The close of a month: facts from `first` to as_of (the month's end), a run behind it."""
    as_of = as_of or str(month_days(month)[-1])
    daily = facts(first, as_of, of)
    known = dict(run or {}).pop("as_of", as_of)
    how = {key: value for key, value in (run or {}).items() if key != "as_of"}
    return Close(
        company="Tiny",
        month=month,
        currency="USD",
        daily=daily,
        as_of=as_of,
        base=run_of(daily, known, months, **how),
        budgets=None if plan is None else budgets(plan),
        **more,
    )


def brief_of(close: Close, unit: str = "Company", **more) -> dict:
    """The keys of a brief that page one is made of, with its own."""
    rows, booked, complete, by_day = history(close.daily, unit, close.known)
    name = None if unit == "Company" else unit
    plan = {} if close.budgets is None else close.budgets.by_month(unit, as_of=close.as_of)
    land = landing(close, close.base, name, booked, plan)
    version = close.budgets.describe(unit, close.month, as_of=close.as_of) if plan else None
    beside = same_days(rows, close.month, close.as_of)
    expects = moved.expected(close.base, name, booked, close.fiscal_year_starts)
    made = {
        "unit": unit,
        "month": close.month,
        "currency": close.currency,
        "status": "final" if close.as_of == str(month_days(close.month)[-1]) else "flash",
        "data_as_of": close.as_of,
        "first_day": str(rows["ChargeDate"].min().date()),
        "landing": land,
        "budget": budget_of(version, close.month, land, plan),
        "actual": {"by_month": booked},
        "forecast": {"months": []},
        "expected": expects,
        "moved": moved.since_last_month(
            expects,
            close.reported.get(unit),
            close.replays,
            name,
            rows,
            booked,
            close.fiscal_year_starts,
        ),
        "bridge": states.of_brief(close, unit, rows, beside),
        "restated": [],
        **more,
    }
    limits = materiality(close)
    page = {
        "materiality": limits,
        "periods": periods(close, unit, land, booked, by_day, limits),
    }
    page["since_report"] = since_report(close, made, page["periods"], limits)
    if ahead := next_month(close, unit, rows, limits, made["status"] == "flash"):
        page["next_month"] = ahead
    return {**made, "page_one": page}


def table(close: Close, unit: str = "Company") -> tuple[dict, dict]:
    """(periods, landing) of a unit, as its brief has them."""
    _, booked, _, by_day = history(close.daily, unit, close.known)
    name = None if unit == "Company" else unit
    plan = {} if close.budgets is None else close.budgets.by_month(unit, as_of=close.as_of)
    land = landing(close, close.base, name, booked, plan)
    return periods(close, unit, land, booked, by_day, materiality(close)), land
