"""States of cost, and what a brief shows of their bridges (docs/method §10.4, §10.8).

Pure: daily facts, budgets, runs and published briefs come as arguments.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING

import pandas as pd

from ...names import COMPANY
from ...periods import (
    Calendar,
    add_months,
    fiscal_months,
    month_column,
    month_days,
    month_name,
)
from ...wording import bridge as words
from ...wording import day
from ..budget import fiscal
from . import lines as lines_of
from .lines import OUTSIDE, State, coins, state
from .once import split
from .steps import bridge
from .types import Bridged

if TYPE_CHECKING:
    from ...facts.plans.budgets import Budgets
    from ..close import Close

MONTHS = Calendar()
MOST = 12  # rows that a brief has by name


def days_of(months: Sequence[str]) -> int:
    """Calendar days of months.

    >>> days_of(["2026-09", "2026-10"])
    61
    """
    return sum(len(month_days(month)) for month in months)


def actual(
    rows: pd.DataFrame,
    period: str,
    days: int,
    currency: str,
    *,
    outside: bool = False,
    rates: Mapping[str, float] | None = None,
    name: str = "",
) -> State:
    """What was spent on some days: DAILY rows.

    Parameters
    ----------
    rows : frame
        DAILY rows of these days, of one unit or of the company.
    period : str
        In words, "October 2026".
    days : int
        Calendar days.
    currency : str
        Of the total.
    outside : bool, optional
        With tax and credits, which reports leave outside cost.
    rates : dict of str to float, optional
        Of the currencies of the rows.
    name : str, optional
        Instead of "actual of …".

    Returns
    -------
    State
        Its total is EffectiveCost of the rows, exact to the coin.

    Examples
    --------
    >>> one = pd.DataFrame({"ChargeCategory": ["Usage", "Tax"], "EffectiveCost": [3.0, 1.0]})
    >>> str(actual(one, "October 2026", 31, "USD").total), str(actual(one, "", 31, "USD", outside=True).total)
    ('3.00', '4.00')
    """
    rows = rows if outside else rows[~rows["ChargeCategory"].isin(["Tax", "Credit"])]
    lines = lines_of.of_daily(rows)
    lines = lines if outside else lines[~lines["x_Kind"].isin(OUTSIDE)]
    total = None
    if not rates:
        total = coins(math.fsum(rows["EffectiveCost"].tolist()), currency)
        lines = lines.assign(BillingCurrency=currency)
    return state(name or f"actual of {period}", lines, days, currency, total=total, rates=rates)


def plan(
    budgets: Budgets,
    unit: str,
    months: Sequence[str],
    as_of: str | None,
    starts: int = 1,
    days: int | None = None,
) -> State | None:
    """The budget in force of some months, by unit; None where one of them has none.

    Parameters
    ----------
    budgets : Budgets
        All versions.
    unit : str
        A business unit, or "Company": its own lines, else those of the units.
    months : list of str
        YYYY-MM, or names of periods.
    as_of : str, optional
        Approvals after this day do not count.
    starts : int, optional
        First month of the fiscal year.
    days : int, optional
        Calendar days, where they are periods.

    Returns
    -------
    State
        Without quantities.
    """
    whole = budgets.year(unit, months, as_of)
    if whole is None:
        return None
    total, own = coins(whole, budgets.currency), "" if unit == COMPANY else unit
    amounts = {own: whole}
    if unit == COMPANY:
        parts = {one: budgets.year(one, months, as_of) for one in budgets.units()}
        known = {one: amount for one, amount in parts.items() if amount is not None}
        if coins(sum(known.values(), Decimal(0)), budgets.currency) == total:
            amounts = known
    lines = lines_of.frame(
        lines_of.line(float(amount), business_unit=name, currency=budgets.currency)
        for name, amount in sorted(amounts.items())
    )
    told = budgets.describe(unit, months[-1], as_of) or {}
    return state(
        f"budget of {words.months(months, starts)}",
        lines,
        days_of(months) if days is None else days,
        budgets.currency,
        total=total,
        detail=False,
        by_line=False,
        said=(
            f"The budget (version {told.get('version') or 'not named'}) has no quantities and names no one-offs: volume and price stay together, "
            "and one-offs count in full.",
        ),
    )


def run(
    made,
    months: Sequence[str],
    unit: str | None,
    *,
    name: str,
    booked: pd.DataFrame | None = None,
    since: str | None = None,
    starts: int = 1,
) -> State:
    """What a run expects of some months, and what was booked of those before it.

    Parameters
    ----------
    made : Run
        Of a scenario or the base.
    months : list of str
        YYYY-MM, in order.
    unit : str or None
        None: the company.
    name : str
        "forecast", "scenario Half the growth".
    booked : frame, optional
        Cost rows of the months that the run does not have.
    since : str, optional
        Booked months before it are one amount.
    starts : int, optional
        First month of the fiscal year.

    Returns
    -------
    State
        The mean over its paths.
    """
    ahead = [month for month in months if month in made.months]
    lines = lines_of.of_run(made, ahead, unit)
    if booked is not None and len(booked):
        lines = pd.concat([_booked(booked, made.currency, since), lines])
    return state(
        f"{name} of {words.months(months, starts)}",
        lines,
        days_of(months),
        made.currency,
        detail=False,
        said=(
            f"The {name} of {words.months(months, starts)} is its expected value (mean), made from data to {day(made.as_of)}; it knows no list prices.",
        ),
    )


def _booked(rows: pd.DataFrame, currency: str, since: str | None) -> pd.DataFrame:
    """Lines of booked months; those before `since` are one amount."""
    early = month_column(rows) < (since or "")
    known = lines_of.plain(lines_of.of_daily(rows[~early])).assign(BillingCurrency=currency)
    if not early.any():
        return known
    amount = math.fsum(rows.loc[early, "EffectiveCost"])
    return pd.concat([known, lines_of.frame([lines_of.line(amount, lines_of.BOOKED)])])


def published(
    brief: Mapping,
    months: Sequence[str],
    starts: int = 1,
    *,
    booked: pd.DataFrame | None = None,
    since: str | None = None,
) -> State | None:
    """What a published brief expected of some months; None where it has not all of them.

    Parameters
    ----------
    brief : Brief
        As published.
    months : list of str
        YYYY-MM, in order.
    starts : int, optional
        First month of the fiscal year.
    booked : frame, optional
        Cost rows of the unit, for months that were booked then.
    since : str, optional
        Booked months from it on are told by line.

    Returns
    -------
    State
        By workload and SKU for a whole fiscal year and the month after the close, else one amount.
    """
    named = (
        f"forecast of {words.months(months, starts)}, published for {month_name(brief['month'])}"
    )
    currency, own = brief["currency"], "" if brief["unit"] == COMPANY else brief["unit"]
    period = months[0] if len(months) == 1 else words.months(months, starts)
    kept = [
        one
        for one in brief.get("expected") or ()
        if one["period"] == period and max(one["by_month"], default="") == months[-1]
    ]
    if kept:
        one = kept[0]
        amount, lines = one["booked"], [lines_of.of_expected(one["lines"], currency)]
        if (
            booked is not None and since is not None
        ):  # of what was booked then, some is told by line
            column = month_column(booked)
            rows = booked[(column >= since) & (column < min(one["by_month"])) & column.isin(months)]
            lines.append(lines_of.plain(lines_of.of_daily(rows)).assign(BillingCurrency=currency))
            amount -= math.fsum(rows["EffectiveCost"])
        if amount:
            lines.append(lines_of.frame([lines_of.line(amount, lines_of.BOOKED)]))
        lines = lines_of.coarse(pd.concat(lines))
        return state(
            named,
            lines,
            days_of(months),
            currency,
            total=coins(one["mean"], currency),
            detail=False,
            coarse=True,
            said=(
                f"The {named}, is its expected value (mean); its P50 is {one['p50']:,.2f}. A forecast knows no list prices.",
            ),
        )
    ahead = {row["month"]: row for row in brief["forecast"]["months"]}
    booked = brief["actual"]["by_month"]
    values = [ahead[m]["mean"] if m in ahead else booked.get(m) for m in months]
    if any(value is None for value in values):
        return None
    lines = lines_of.frame(
        [lines_of.line(float(math.fsum(values)), business_unit=own, currency=currency)]
    )
    return state(
        named,
        lines,
        days_of(months),
        currency,
        detail=False,
        by_line=False,
        said=(
            f"The {named}, is its expected value (mean); it was published without quantities by month, so volume and price stay together.",
        ),
    )


def of_brief(close: Close, unit: str, rows: pd.DataFrame, beside: pd.DataFrame) -> list[Bridged]:
    """The bridges of a brief: the month from the month before, and the year to date from its budget.

    rows     cost rows of the unit;  beside: the same, the month before cut to the days that are compared
    """
    first = f"{close.daily['ChargeDate'].min():%Y-%m-%d}" if len(close.daily) else ""
    made = [_month(close, beside, first), _year(close, unit, rows, first)]
    return [one for one in made if one is not None and one["rows"]]


def _month(close: Close, beside: pd.DataFrame, first: str) -> Bridged | None:
    month, before = close.month, add_months(close.month, -1)
    if not first or before < first[:7]:
        return None
    there = (
        min(int(close.as_of[8:10]), days_of([month]))
        if close.as_of[:7] == month
        else days_of([month])
    )
    cut = there < days_of([month])
    days = [min(there, days_of([before])) if cut else days_of([before]), there]
    begins = (
        int(first[8:10]) - 1 if first[:7] == before else 0
    )  # a bill that begins within the month
    days[0] = max(days[0] - begins, 1)
    beside = split(beside, close.once, close.daily)
    column = month_column(beside)
    named = [month_name(before), f"{month_name(month)}{' so far' if cut else ''}"]
    named[0] += ", the same days" if cut else ""
    states = [
        actual(beside[column == m], name, count, close.currency)
        for m, name, count in zip((before, month), named, days, strict=True)
    ]
    return bridge(*states).as_dict("month", MOST)


def _year(close: Close, unit: str, rows: pd.DataFrame, first: str) -> Bridged | None:
    """The fiscal year's whole months or periods to date against their budget, where they have one."""
    if close.budgets is None or not first:
        return None
    if close.calendar is not None:  # a year of weeks
        days = [str(close.calendar.named(close.month).end - 1), close.known]
        periods = [
            one
            for one in fiscal.year_of(close.calendar, close.month)
            if first <= str(one.start) and str(one.end - 1) <= min(days)
        ]
    else:
        periods = [
            MONTHS.named(m)
            for m in fiscal_months(close.month, close.fiscal_year_starts)
            if first <= f"{m}-01" and m <= close.month and str(month_days(m)[-1]) <= close.known
        ]
    if not periods:
        return None
    names, starts = [one.name for one in periods], close.fiscal_year_starts
    count = sum(one.days for one in periods)
    budget = plan(close.budgets, unit, names, close.as_of, starts, count)
    if budget is None:
        return None
    rows = split(rows, close.once, close.daily)
    day = rows["ChargeDate"]
    part = rows[(day >= pd.Timestamp(periods[0].start)) & (day < pd.Timestamp(periods[-1].end))]
    spent = actual(part, words.months(names, starts), count, close.currency)
    return bridge(budget, spent, by="unit").as_dict("year_to_date", MOST)
