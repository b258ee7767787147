"""FOCUS-shaped rows of actuals, budgets and runs: which columns, which rows add up, which never do (docs/method §15.70 to §15.73)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from decimal import Decimal

import numpy as np
import pandas as pd

from ...facts.daily.charges import charges
from ...facts.daily.warehouse import PLAIN, TAGS
from ...facts.plans import together
from ...measure.actuals import cost_rows
from ...names import COMPANY
from ...periods import add_months
from ...settings import Settings, column_of
from ...simulate.run import Run

FOCUS = [
    "BillingCurrency",
    "BillingPeriodStart",
    "BillingPeriodEnd",
    "ChargePeriodStart",
    "ChargePeriodEnd",
    *(name for name in PLAIN if name not in ("BillingCurrency", "ConsumedUnit")),
    "BilledCost",
    "EffectiveCost",
]
OURS = ["x_Entity", "x_Kind", "x_Scenario", "x_Run", "x_Quantile", "x_Level"]
TIMES = FOCUS[1:5]
MONEY = FOCUS[-2:]
KINDS = ("actual", "budget", "forecast", "scenario")
LEVELS = ("workload", "unit", "company")
QUANTILES = (0.1, 0.5, 0.9)
EXACT = Decimal(1).scaleb(-10)


def columns(settings: Settings) -> list[str]:
    """Names of an export, in order: FOCUS 1.4 ones, the dimensions, what a row is.

    >>> columns(Settings())[-6:]
    ['x_Entity', 'x_Kind', 'x_Scenario', 'x_Run', 'x_Quantile', 'x_Level']
    """
    own = [column_of(name) for name in settings.dimensions]
    return list(dict.fromkeys([*FOCUS, *TAGS, *own, *OURS]))


def actual_rows(ledger, settings: Settings, through: str, by: str = "month") -> pd.DataFrame:
    """Every charge up to a day: one row per month (or day) and what tells charges apart; money exact.

    Charges of several days are spread evenly over them, as in every report; credits and tax keep
    their ChargeCategory. The rows add up to the ledger's BilledCost and EffectiveCost to that day.
    """
    return summed(charges(ledger, settings, through), settings, through, by)


def summed(rows: pd.DataFrame, settings: Settings, through: str, by: str) -> pd.DataFrame:
    """Rows of charges (ChargeDate, BillingPeriod, text, Decimal) as those of an export, one per step and key."""
    own = [name for name in columns(settings) if name in rows]
    keys = [name for name in own if name not in MONEY]
    day = pd.to_datetime(rows["ChargeDate"])
    start = day.dt.strftime("%Y-%m-%d") if by == "day" else day.dt.strftime("%Y-%m-01")
    table = rows.assign(start=start, period=rows["BillingPeriod"])
    together_ = (
        table.groupby(["start", "period", *keys], sort=True, observed=True, dropna=False)[MONEY]
        .agg(_exact)
        .reset_index()
    )
    # a month that is still under way ends with the last day that is known
    ends = together_["start"].map(lambda first: _end(first, by, through))
    return _framed(
        settings,
        together_.assign(end=ends, x_Kind="actual", x_Scenario="", x_Run="", x_Level="workload"),
    )


def budget_rows(settings: Settings, as_of: str) -> pd.DataFrame:
    """The approved budgets in force on a day, one row per month and unit; what the company's own line holds beyond them has no unit.

    EffectiveCost is the amount (budgets are amortised cost); BilledCost is empty.
    """
    budgets, rows = together.budgets(settings), []
    if budgets is None:
        return _framed(settings, pd.DataFrame())
    units = budgets.units()
    for month in budgets.by_month(COMPANY, as_of) | {
        month: 0 for unit in units for month in budgets.by_month(unit, as_of)
    }:
        amounts = {unit: budgets.month(unit, month, as_of) for unit in units}
        given = {unit: amount for unit, amount in amounts.items() if amount is not None}
        whole = budgets.month(COMPANY, month, as_of)
        rest = (
            Decimal(0) if whole is None else whole - sum(given.values(), Decimal(0))
        )  # a reserve of the company, or a company without units
        version = budgets.describe(COMPANY, month, as_of) or {}
        for unit, amount in [*given.items(), *([("", rest)] if rest else [])]:
            said = (budgets.describe(unit, month, as_of) if unit else version) or version
            rows.append(
                {
                    "start": f"{month}-01",
                    "period": month,
                    "end": f"{add_months(month, 1)}-01",
                    "EffectiveCost": amount,
                    "x_BusinessUnit": unit,
                    "x_Kind": "budget",
                    "x_Scenario": said.get("version", ""),
                    "x_Run": "",
                    "x_Level": "unit",
                }
            )
    return _framed(settings, pd.DataFrame(rows).sort_values(["start", "x_BusinessUnit"]))


def run_rows(
    run: Run,
    daily: pd.DataFrame,
    settings: Settings,
    kind: str = "forecast",
    quantiles: Iterable[float] = QUANTILES,
) -> pd.DataFrame:
    """What a run expects from the day after its own on: means by month and workload, which add up; quantiles, which never do.

    The part of the month under way that is booked is taken off, so that the means and the actuals
    up to `run.as_of` are the whole. A quantile stands for its own row alone, at three levels:
    workload (P10, P50, P90 only), unit and company.
    """
    own, booked = _about(daily), _booked(daily, run)
    rows = []
    for m, month in enumerate(run.months):
        start = max(f"{month}-01", str(np.datetime64(run.as_of) + 1))
        if start >= f"{add_months(month, 1)}-01":
            continue
        where = {"start": start, "period": month, "end": f"{add_months(month, 1)}-01"}
        so_far = [booked.get((month, name), 0.0) for name in run.workloads]
        for w, name in enumerate(run.workloads):
            about = {
                "x_BusinessUnit": run.unit_of[w],
                "x_Workload": name,
                "x_Level": "workload",
                **own.get(name, {}),
            }
            mean, *of_quantile = (float(value) - so_far[w] for value in run.by_workload[w, m])
            rows.append({**where, **about, "EffectiveCost": mean, "x_Quantile": None})
            rows += [
                {**where, **about, "EffectiveCost": value, "x_Quantile": q}
                for q, value in zip(QUANTILES, of_quantile, strict=True)
                if q in tuple(quantiles)
            ]
        for unit in (*run.units, None):
            at = [run.units.index(unit)] if unit is not None else list(range(len(run.units)))
            ahead = run.effective[:, m, at].sum(axis=1) - run.so_far[m, at].sum()
            about = {
                "x_BusinessUnit": unit or "",
                "x_Level": "company" if unit is None else "unit",
            }
            rows += [
                {**where, **about, "EffectiveCost": value, "x_Quantile": q}
                for q, value in zip(
                    quantiles, np.quantile(ahead, list(quantiles)).tolist(), strict=True
                )
            ]
            # what no workload carries of a unit: without it the means would not add up to the run's
            if unit is not None:
                carried = sum(
                    float(run.by_workload[w, m, 0]) - so_far[w]
                    for w in range(len(run.workloads))
                    if run.unit_of[w] == unit
                )
                rest = float(ahead.mean()) - carried
                if abs(rest) > max(0.005, 1e-9 * abs(float(ahead.mean()))):
                    rows.append(
                        {**where, **about, "EffectiveCost": rest, "x_Quantile": None}
                        | {"x_Level": "workload"}
                    )
    table = pd.DataFrame(rows)
    if len(table):
        table = table.assign(x_Kind=kind, x_Scenario=run.name, x_Run=run_id(run))
        table["EffectiveCost"] = [Decimal(repr(v)).quantize(EXACT) for v in table["EffectiveCost"]]
    return _framed(settings, table)


def run_id(run: Run) -> str:
    """Sixteen letters of what makes a run: scenario, ledger, day, seed, futures, engine; the same run has the same."""
    parts = [run.scenario_hash, run.ledger, run.as_of, run.seed, run.paths, run.engine]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _exact(values: pd.Series) -> Decimal:
    return sum(values, Decimal(0))


def _end(first: str, by: str, through: str) -> str:
    """The day after a row's last: of a day the next one, of a month its end, or the day after the last that is known."""
    if by == "day":
        return str(np.datetime64(first) + 1)
    return min(f"{add_months(first[:7], 1)}-01", str(np.datetime64(through) + 1))


def _about(daily: pd.DataFrame) -> dict[str, dict[str, str]]:
    """Of each workload what all of its cost has in common: team, environment, service, provider."""
    rows = cost_rows(daily)
    said: dict[str, dict[str, str]] = {}
    names = ["x_Team", "x_Environment", "ServiceName", "ServiceCategory", "ServiceProviderName"]
    for name in names:
        kinds = rows.groupby("x_Workload")[name].agg(["nunique", "first"])
        for workload, first in kinds.loc[kinds["nunique"] == 1, "first"].items():
            said.setdefault(str(workload), {})[name] = str(first)
    return said


def _booked(daily: pd.DataFrame, run: Run) -> dict[tuple[str, str], float]:
    """(month, workload) -> what is booked of the month under way, as the run has it."""
    rows = cost_rows(daily)
    rows = rows[rows["ChargeDate"] <= pd.Timestamp(run.as_of)]
    rows = rows[rows["ChargeDate"] >= pd.Timestamp(f"{run.as_of[:7]}-01")]
    sums = rows.groupby("x_Workload")["EffectiveCost"].sum()
    return {(run.as_of[:7], str(name)): float(value) for name, value in sums.items()}


def _framed(settings: Settings, table: pd.DataFrame) -> pd.DataFrame:
    """Rows under the names of `columns`: moments in UTC, text None where there is none, money Decimal, x_Quantile a number or None."""
    names = columns(settings)
    table = table.reset_index(drop=True)
    if len(table):
        period, nxt = table["period"], table["period"].map(lambda month: add_months(month, 1))
        table["BillingPeriodStart"] = _moment(period + "-01", settings)
        table["BillingPeriodEnd"] = _moment(nxt + "-01", settings)
        table["ChargePeriodStart"] = _moment(table["start"], settings)
        table["ChargePeriodEnd"] = _moment(table["end"], settings)
        table["BillingCurrency"] = settings.currency
        table["x_Entity"] = settings.own.name if settings.own else ""
    frame = table.reindex(columns=names)
    for name in names:
        if name in TIMES:
            frame[name] = pd.to_datetime(frame[name], utc=True)
        elif name == "x_Quantile":
            frame[name] = frame[name].astype(object).astype("Float64")
        elif name in MONEY:
            frame[name] = frame[name].astype(object).where(frame[name].notna(), None)
        else:
            text = frame[name].astype(object)
            frame[name] = text.where(text.notna() & (text != ""), None)
    return frame


def _moment(days: pd.Series, settings: Settings) -> pd.Series:
    """Midnight of days in the billing time zone, as UTC."""
    local = pd.to_datetime(days).dt.tz_localize(
        settings.time_zone, nonexistent="shift_forward", ambiguous=True
    )
    return local.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
