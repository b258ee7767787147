"""Capabilities that money shows: allocation, budgets, forecasts, commitments (docs/method §18.3, §18.4, §18.8)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from ...facts.daily.allocate import ALL, UNTAGGED
from ...names import COMPANY
from ...periods import add_months, month_column, month_days, month_name
from ...settings import Steps
from ...wording import money, percent
from ..page_one.deciding.commitments_held import PREFIX
from ..units import UNASSIGNED
from .levels import NAMES, level_of
from .types import Grade, Ground

MONTH_DAYS = 365.25 / 12
NOBODY = ("", UNTAGGED, UNASSIGNED, ALL)


def next_rule(level: int | None, steps: Steps, said) -> str:
    """Which figure the next level asks for; "" at the last.

    >>> next_rule(1, Steps(crawl=0.5, walk=0.8, run=0.9), percent), next_rule(3, Steps(crawl=0.5, walk=0.8, run=0.9), percent)
    ('Walk begins at 80 %. ', '')
    """
    if level is None or level >= 3:
        return ""
    name = NAMES[level + 1]
    return f"{name.capitalize()} begins at {said(getattr(steps, name))}. "


def in_words(steps: Steps, said) -> str:
    """The three steps in words.

    >>> in_words(Steps(crawl=0.2, walk=0.15, run=0.12), percent)
    'crawl from 20 %, walk from 15 %, run from 12 % down'
    """
    ends = "up" if steps.rising else "down"
    return ", ".join(f"{name} from {said(getattr(steps, name))}" for name in NAMES[1:]) + f" {ends}"


def allocated(ground: Ground, month: str) -> Grade:
    """Share of the month's cost that has a team or a business unit to answer for it."""
    steps = ground.limits.allocated
    rows = ground.rows[month_column(ground.rows) == month]
    cost = float(rows["EffectiveCost"].sum())
    nobody = rows["x_Team"].isin(NOBODY) & rows["x_BusinessUnit"].isin(NOBODY)
    loose = rows[nobody]
    bare = float(loose["EffectiveCost"].sum())
    share = min(max(1 - bare / cost, 0.0), 1.0) if cost > 0 else None
    by_service = loose.groupby("ServiceName")["EffectiveCost"].sum().sort_values(ascending=False)
    level = level_of(share, steps)
    do = "finops tags names the tags that are missing; finops tags --propose writes rules that give it owners."
    return Grade(
        key="allocated",
        name="Allocation",
        month=month,
        level=level,
        figure=share,
        unit="share",
        limits=steps.limits,
        evidence="the month has no cost"
        if share is None
        else f"all of {money(cost, ground.currency)} has a team or a business unit"
        if bare < 0.005
        else f"{said(share, *steps.limits)} of {money(cost, ground.currency)} has a team or a business unit; {money(bare, ground.currency)} has nobody",
        rule=in_words(steps, percent),
        step="Take the month's bill in: finops add FILE."
        if share is None
        else next_rule(level, steps, percent) + do
        if bare >= 0.005
        else "Keep it: every charge has an owner.",
        rows=tuple(
            {"service": str(name), "cost without an owner": float(value)}
            for name, value in by_service.head(8).items()
            if abs(value) >= 0.005
        ),
    )


def said(figure: float, *limits: float) -> str:
    """A share to a tenth of a percent, with more digits where a tenth would put it on the other side of a limit, or make it whole.

    >>> said(0.8999, 0.5, 0.8, 0.9), said(0.9, 0.9), said(0.1234), said(0.89999999, 0.9), said(0.99999), said(1.0)
    ('89.99 %', '90 %', '12.3 %', '89.999999 %', '99.999 %', '100 %')
    """
    ends = (*limits, 0.0, 1.0)
    for digits in range(1, 12):
        shown = round(100 * figure, digits)
        read = round(shown / 100, 13)
        if all((read > end, read < end) == (figure > end, figure < end) for end in ends):
            break
    return f"{shown:.{digits}f}".rstrip("0").rstrip(".").replace("-", "−") + " %"


def budget(ground: Ground, month: str) -> Grade:
    """How far cost was from the budget, month by month, over the record's months that are over and had a budget in force by their end."""
    steps = ground.limits.budget
    rows: list[dict[str, Any]] = []
    if ground.budgets is not None:
        for name in _window(ground, month):
            last = str(month_days(name)[-1])
            planned = ground.budgets.month(COMPANY, name, last)
            if planned is not None and name in ground.complete:
                rows.append(
                    {
                        "month": name,
                        "budget": float(planned),
                        "actual": ground.complete[name],
                        "distance": abs(ground.complete[name] - float(planned)),
                    }
                )
    whole = sum(row["budget"] for row in rows)
    enough = len(rows) >= ground.limits.least_months and whole > 0
    figure = sum(row["distance"] for row in rows) / whole if enough else None
    level = level_of(figure, steps)
    if ground.budgets is None:
        evidence, do = "finops.yaml names no budget", "Draft one: finops budget draft."
    elif figure is None:
        evidence = f"{_count(rows)} of the last {ground.limits.months} had a budget in force, {ground.limits.least_months} are needed"
        do = "Approve the budget before its months end, with approved_on and approved_by."
    else:
        worst = max(rows, key=lambda row: row["distance"])
        evidence = (
            f"{said(figure, *steps.limits)} away on average over {_count(rows)}; furthest in {month_name(worst['month'])}: "
            f"{money(worst['distance'], ground.currency)}"
        )
        do = "finops bridge says why cost and budget differ; reforecast what will not come back."
    return Grade(
        key="budget",
        name="Budgets",
        month=month,
        level=level,
        figure=figure,
        unit="share",
        limits=steps.limits,
        evidence=evidence,
        rule=in_words(steps, percent),
        step=_step(level, steps, do),
        rows=tuple(rows),
    )


def forecast(ground: Ground, month: str) -> Grade:
    """How far forecasts made `lead` months before were from cost, over the record's months."""
    limits, record = ground.limits, ground.record
    first = add_months(month, 1 - limits.months)
    rows = record[(record["for"] >= first) & (record["for"] <= month)] if len(record) else record
    spent = float(rows["actual"].abs().sum()) if len(rows) else 0.0
    enough = len(rows) >= limits.least_months and spent > 0
    figure = float((rows["p50"] - rows["actual"]).abs().sum()) / spent if enough else None
    level = level_of(figure, limits.forecast)
    ahead = "one month" if limits.lead == 1 else f"{limits.lead} months"
    if figure is None:
        evidence = f"{_count(rows)} of the last {limits.months} can be graded, {limits.least_months} are needed"
        do = "Publish a report every month: finops report. What it said is graded when the month is over."
    else:
        published = int((rows["source"] == "published").sum())
        evidence = (
            f"{said(figure, *limits.forecast.limits)} away on average over {_count(rows)}, forecast {ahead} before; "
            + (
                "all as published"
                if published == len(rows)
                else "none of them published: all are re-created on what was known then"
                if not published
                else f"{published} of them as published, the others re-created on what was known then"
            )
        )
        do = (
            "finops grades and finops backtest say where it misses; tell it what is known (known:)."
        )
    return Grade(
        key="forecast",
        name="Forecasts",
        month=month,
        level=level,
        figure=figure,
        unit="share",
        limits=limits.forecast.limits,
        evidence=evidence,
        rule=in_words(limits.forecast, percent),
        step=_step(level, limits.forecast, do),
        rows=tuple(rows.to_dict("records")) if len(rows) else (),
    )


def commitments(ground: Ground, month: str) -> Grade:
    """Run: commitments are used and pay for themselves soon; walk: one of the two; crawl: they are measured. Never by coverage."""
    limits = ground.limits
    lines = held(ground, month)
    paid = sum(line["paid"] for line in lines)
    used = sum(line["used"] for line in lines) / paid if lines and paid > 0 else None
    ends = [line["breaks even after"] for line in lines]
    longest = None if not ends or any(end is None for end in ends) else max(ends)
    good = used is not None and used >= limits.utilisation
    soon = longest is not None and longest <= limits.break_even
    level = None if used is None else 1 + good + soon
    if used is None:
        evidence = "the bill has no charge of a commitment in the month"
        step = "Nothing to grade. finops commit says whether one would pay."
    else:
        after = (
            "when they pay for themselves is not known (a term or an on-demand price is missing)"
            if longest is None
            else "one of them never pays for itself at this use"
            if longest == float("inf")
            else f"the slowest pays for itself after {longest:.1f} months"
        )
        evidence = (
            f"{said(used, limits.utilisation)} of {money(paid, ground.currency)} is used; {after}"
        )
        step = (
            "Keep it: used and soon paid for."
            if level == 3
            else ""
            if good
            else f"Run asks for {percent(limits.utilisation)} used. Move use under it, or let it end: finops commit. "
        ) + (
            ""
            if soon or level == 3
            else f"Run asks for a break-even within {limits.break_even:g} months: "
            + (
                "name the commitment's first and last day in the inventory (commitments:)."
                if longest is None
                else "a larger discount, a shorter term or more use brings it nearer; finops commit compares offers."
            )
        )
    return Grade(
        key="commitments",
        name="Commitments",
        month=month,
        level=level,
        figure=used,
        unit="share",
        limits=(limits.utilisation,),
        evidence=evidence,
        rule=f"run: {percent(limits.utilisation)} used and paid for within {limits.break_even:g} months; walk: one of the two; crawl: measured",
        step=step.strip(),
        rows=tuple(lines),
    )


def held(ground: Ground, month: str) -> list[dict]:
    """A line per commitment of the month: paid, used (money), unused, and after how many months it has paid for itself.

    break-even = term x what is paid ÷ what its use would have cost on demand; None where term or price is not known.
    """
    whole = ground.rows[month_column(ground.rows) == month]
    rows = whole[whole["CommitmentDiscountStatus"].isin(["Used", "Unused"])]
    terms = {str(one.get(f"{PREFIX}Id")): term_of(one) for one in ground.inventory}
    lines = []
    for name, part in rows.groupby("CommitmentDiscountId", sort=True):
        own = part[part["CommitmentDiscountStatus"] == "Used"]
        paid, used = float(part["EffectiveCost"].sum()), float(own["EffectiveCost"].sum())
        if paid <= 0:
            continue
        worth, term = _on_demand(own, whole), terms.get(str(name))
        after = None
        if term is not None and worth is not None:
            after = term * paid / worth if worth > 0 else float("inf")
        lines.append(
            {
                "commitment": str(name),
                "paid": paid,
                "used": used,
                "unused": paid - used,
                "on demand": worth,
                "breaks even after": after,
            }
        )
    return lines


def _on_demand(used: pd.DataFrame, month: pd.DataFrame) -> float | None:
    """What the use of a commitment would have cost without it; None where nobody can say.

    At the price on demand of the same SKU and unit on the month's bill; where the bill has none, by ContractedCost, which FOCUS keeps
    free of commitments; where that is only what was paid for the commitment, by ListCost.
    """
    if used.empty:
        return 0.0
    open_ = month[
        (month["PricingCategory"] == "Standard")
        & (month["CommitmentDiscountStatus"] == "")
        & (month["ChargeCategory"] == "Usage")
        & (month["ConsumedQuantity"] > 0)
    ]
    keys = ["SkuId", "ConsumedUnit"]
    sums = open_.groupby(keys)[["EffectiveCost", "ConsumedQuantity"]].sum()
    prices = sums["EffectiveCost"] / sums["ConsumedQuantity"]
    worth = 0.0
    for key, part in used.groupby(keys):
        quantity = float(part["ConsumedQuantity"].sum())
        paid, contracted, listed = (
            float(part[name].sum()) for name in ("EffectiveCost", "ContractedCost", "ListCost")
        )
        if key in prices.index and prices[key] > 0 and quantity > 0:
            worth += quantity * float(prices[key])
        elif contracted > 0 and abs(contracted - paid) > 0.005:
            worth += contracted
        elif listed > 0:
            worth += listed
        else:
            return None
    return worth


def term_of(record: Mapping) -> float | None:
    """Months of a commitment's term; None where a day is missing.

    >>> round(term_of({"ContractCommitmentPeriodStart": "2026-01-01", "ContractCommitmentPeriodEnd": "2027-01-01T00:00:00Z"}), 2)
    11.99
    """
    start, end = (str(record.get(f"{PREFIX}Period{word}") or "")[:10] for word in ("Start", "End"))
    try:
        days = (pd.Timestamp(end) - pd.Timestamp(start)).days
    except ValueError:
        return None
    return days / MONTH_DAYS if days == days and days > 0 else None


def _window(ground: Ground, month: str) -> list[str]:
    return [add_months(month, -back) for back in range(ground.limits.months - 1, -1, -1)]


def _count(rows) -> str:
    return f"{len(rows)} month{'' if len(rows) == 1 else 's'}"


def _step(level: int | None, steps: Steps, do: str) -> str:
    return "Keep it." if level == 3 else next_rule(level, steps, percent) + do
