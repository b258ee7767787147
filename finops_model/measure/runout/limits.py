"""When a quota is passed, a year's budget is used up, and a commitment ends (docs/method §9.23)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import ForecastError
from ...names import COMPANY
from ...periods import month_days, month_of
from ...prices.settle.hourly import LIVE
from ...scenario.ledger_base import read_inventory
from ...uncertainty.chances import runout
from ...units import spell
from ...wording.runout import NO_COVERAGE, landing_why
from ..actuals import cost_rows
from ..anomalies.limits import weekday_weights
from ..anomalies.parts import owner
from ..anomalies.quotas import Quota, used_by
from ..budget import against, fiscal
from .rows import HORIZON, NEWEST, Ahead, answered, how_of, row
from .types import RunoutRow


def quota_rows(quotas: list[Quota], daily: pd.DataFrame, as_of: str, settings) -> list[RunoutRow]:
    """A row for each quota: the first day on which a day or a month passes it. daily: DAILY up to as_of."""
    rows = cost_rows(daily)
    rows = rows[rows["ChargeClass"] != "Correction"]
    ahead = np.datetime64(as_of) + 1
    month, first = month_of(ahead), f"{month_of(as_of)}-01"
    found, how = [], how_of(settings, daily, as_of)
    for quota in quotas:
        cash = quota.unit.upper() == settings.currency
        mine, used = used_by(rows, quota, settings.currency)
        # what use costs: 1 of money, else what the newest days cost a unit
        newest = mine[mine["ChargeDate"] > pd.Timestamp(as_of) - pd.Timedelta(days=NEWEST)]
        count = float(newest["ConsumedQuantity"].sum())
        price = 1.0 if cash else float(newest["EffectiveCost"].sum()) / count if count > 0 else 0.0
        said = {
            "kind": "quota",
            "name": f"{quota.subject}, {quota.quantity:,.10g} {settings.currency if cash else spell(quota.unit)} a {quota.per}",
            "of": quota.subject,
            "unit": settings.currency if cash else spell(quota.unit),
            "per": quota.per,
            "owner": quota.owner or owner(mine)["team"],
            "amount": float(quota.quantity),
        }
        try:
            use = Ahead(used, as_of, first, HORIZON, how)
        except ForecastError as problem:
            why = str(problem).rstrip(".")
            found.append(row(settings.currency, as_of, **said, state="not known", why=why))
            continue
        found.append(
            row(
                settings.currency,
                as_of,
                **said,
                **_of_quota(quota, use, as_of, month, price),
                ends_with="is there anew",
            )
        )
    return found


def _of_quota(quota: Quota, use: Ahead, as_of: str, month: str, price: float) -> dict:
    """Dates and what is left of the period under way; a quota that is passed in it already has the day of that."""
    end, since = str(month_days(month)[-1]), f"{month}-01"
    limit = quota.quantity * (1 + 1e-9)  # as in quota_alerts
    if quota.per == "day":
        dates = use.dates[-1] + 1 + np.arange(use.paths.shape[1])
        out = runout(limit, use.paths, dates, resets=dates)
        return {
            **answered(out, as_of, end),
            "since": since,
            "remaining": float(quota.quantity),
            "per_day": use.per_day,
        }
    if month != month_of(as_of):  # the month of as_of is whole: nothing of it counts
        dates, paths = use.dates[-1] + 1 + np.arange(use.paths.shape[1]), use.paths
    else:
        dates = use.dates[0] + np.arange(len(use.dates) + use.paths.shape[1])
        paths = use.whole()
    out = runout(limit, paths, dates, resets=dates.astype("datetime64[M]"))
    so_far = float(use.past.sum()) if month == month_of(as_of) else 0.0
    inside = (dates >= np.datetime64(since)) & (dates <= np.datetime64(end))
    over = np.maximum(paths[:, inside].sum(axis=1) - quota.quantity, 0.0)
    return {
        **answered(out, as_of, end),
        "since": since,
        "remaining": max(quota.quantity - so_far, 0.0),
        "per_day": use.per_day,
        "short": float(np.median(over)) * price,
    }


def budget_rows(run, daily: pd.DataFrame, budgets, as_of: str, settings) -> list[RunoutRow]:
    """The approved budget of the fiscal year under way, of the company and of every unit that has one, on the paths of a run.

    A month's money that is still to come is given to its days by the weight of their weekday (`weekday_weights`).
    """
    year = against.period_of(None, as_of, settings.fiscal_year_starts)
    weeks = fiscal.year_of(settings.calendar_of(), month_of(as_of)) if settings.of_weeks else ()
    if weeks:
        year = against.Period(weeks[0].year, fiscal.months_of(weeks))
    found = []
    for unit in (COMPANY, *budgets.units()):
        plan = budgets.by_month(unit, as_of=as_of)
        name = None if unit == COMPANY else unit
        amount = (
            fiscal.year_budget(fiscal.plan_of(budgets, name, weeks, as_of), weeks)
            if weeks
            else None
            if any(month not in plan for month in year.months)
            else float(sum(plan[month] for month in year.months))
        )
        if amount is None or (name and name not in run.units):
            continue
        budget = amount
        rows = cost_rows(daily[daily["ChargeDate"] <= pd.Timestamp(as_of)], name)
        said = {
            "kind": "budget",
            "name": f"{year.name} budget" if name is None else f"{year.name} budget of {unit}",
            "of": "AI spend" if name is None else unit,
            "business_unit": name or "",
            "amount": budget,
            "since": str(weeks[0].start) if weeks else f"{year.months[0]}-01",
            "end": _end(year, weeks),
            "ends_with": "the year ends",
        }
        facts = of_budget(run, rows, as_of, year, budget, name, weeks)
        found.append(row(settings.currency, as_of, **{**said, **facts}))
    return found


def _end(year, weeks: fiscal.Year) -> str:
    """The last day of a year."""
    return str(weeks[-1].end - 1 if weeks else month_days(year.months[-1])[-1])


def of_budget(
    run, rows: pd.DataFrame, as_of: str, year, budget: float, unit, weeks: fiscal.Year = ()
) -> dict:
    """Dates of one budget. What is booked counts as in §9.5; the days after it are those of the run."""
    by_day = rows.groupby("ChargeDate")["EffectiveCost"].sum()
    booked = against.booked_by_month(rows, as_of)
    land = (
        fiscal.landing_of(run, by_day, weeks, budget, unit)
        if weeks
        else against.landing_of(run, booked, year, budget, unit)
    )
    used = float(land.get("booked_so_far", land["booked"]))
    newest = by_day.iloc[-NEWEST:] if len(by_day) else by_day
    known = {
        "remaining": budget - used,
        "per_day": float(newest.sum() / max(min(NEWEST, len(newest)), 1)),
    }
    end = _end(year, weeks)
    if used > budget:
        mine = by_day[by_day.index.strftime("%Y-%m").isin(year.months)]
        if weeks:
            mine = by_day[by_day.index >= pd.Timestamp(weeks[0].start)]
        out = runout(budget, mine.to_numpy()[None, :], [str(d.date()) for d in mine.index])
        return {**known, **answered(out, as_of, end), "state": "out", "chance": None}
    if land["p50"] is None:
        return {**known, "state": "not known", "why": landing_why(land)}
    if land.get("closed"):
        return {**known, "state": "ended", "unused": budget - used, "unused_chance": 1.0}
    dates, paths = _by_day(run, unit, by_day, year)
    inside = dates <= np.datetime64(end)
    dates, paths = dates[inside], paths[:, inside]
    out = runout(budget, paths, dates, used=used)
    return {**known, **answered(out, as_of, end), "short": _over(land)}


def days_over(
    run, daily: pd.DataFrame, year, budget: float, unit: str | None = None
) -> dict[str, str | None]:
    """Days on which a budget of a period is passed: by which 10, 50 and 90 % of all futures have passed it, None: not within it.

    year   `against.Period`; daily: DAILY
    """
    rows = cost_rows(daily[daily["ChargeDate"] <= pd.Timestamp(run.as_of)], unit)
    said = of_budget(run, rows, run.as_of, year, budget, unit, year.weeks)
    return {name: said.get(name) for name in ("earliest", "likely", "latest")}


def _over(land) -> float:
    return max(float(land["p50"]) - float(land["budget"]), 0.0)


def _by_day(run, unit, by_day: pd.Series, year) -> tuple[np.ndarray, np.ndarray]:
    """Days to come of a year, and each path's money of them (path, day): a month's is spread by its weekdays."""
    at = slice(None) if unit is None else [run.units.index(unit)]
    weights = weekday_weights(by_day)
    dates, parts = [], []
    for i, month in enumerate(run.months):
        if month not in year.months:
            continue
        open_days = month_days(month)
        open_days = open_days[open_days > np.datetime64(run.as_of)]
        money = run.effective[:, i, at].sum(axis=1) - run.so_far[i][at].sum()
        shares = weights[pd.DatetimeIndex(open_days).dayofweek]
        shares = shares if shares.sum() > 0 else np.ones(len(open_days))
        dates.append(open_days)
        parts.append(money[:, None] * (shares / shares.sum()))
    return np.concatenate(dates), np.concatenate(parts, axis=1)


def commitment_rows(daily: pd.DataFrame, as_of: str, settings) -> list[RunoutRow]:
    """A row for each signed commitment of `commitments` that is not over: its end is a fact, and its coverage ends with it."""
    if settings.commitments and not settings.path(settings.commitments).is_file():
        return []  # every run and report refuses that in words; a watch of spend needs no contract
    found = []
    since = pd.Timestamp(as_of) - pd.Timedelta(days=NEWEST - 1)
    newest = daily[(daily["ChargeDate"] >= since) & (daily["ChargeDate"] <= pd.Timestamp(as_of))]
    for record in read_inventory(settings):
        name = str(record.get("ContractCommitmentId") or "")
        status = str(record.get("ContractCommitmentLifecycleStatus") or "Active")
        begins, ends = (
            str(record.get(f"ContractCommitmentPeriod{word}") or "")[:10]
            for word in ("Start", "End")
        )
        if status not in LIVE or len(ends) != len("YYYY-MM-DD"):
            continue
        last = str(np.datetime64(ends) - 1)  # FOCUS ends are exclusive
        if last <= as_of:
            continue
        mine = newest[
            (newest["CommitmentDiscountId"] == name)
            & (newest["CommitmentDiscountStatus"] == "Used")
        ]
        cost, without = (
            float(mine[column].sum()) / NEWEST for column in ("EffectiveCost", "ContractedCost")
        )
        found.append(
            row(
                settings.currency,
                as_of,
                kind="commitment",
                name=name,
                of=str(record.get("ServiceProviderName") or ""),
                since=begins or None,
                state="not begun" if begins > as_of else "running",
                per_day=cost if len(mine) else None,
                earliest=last,
                likely=last,
                latest=last,
                horizon=last,
                end=last,
                ends_with=NO_COVERAGE,
                short=(without - cost if without > cost else None) if len(mine) else None,
            )
        )
    return found
