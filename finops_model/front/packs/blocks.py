"""The tables of a pack: use, workloads, units, waste, advice (docs/method §15.82)."""

from __future__ import annotations

import pandas as pd

from ...decide.advising.workspace import Advice
from ...errors import several
from ...facts.plans.budgets import Budgets
from ...measure import carried
from ...measure.actuals import cost_rows, month_column
from ...measure.kpis import Facts
from ...measure.waste import Waste
from ...names import COMPANY
from ...periods import add_months, fiscal_months, month_name
from ...publish.packs.page import Block, share
from ...publish.page.tables import Column
from ...wording import four, money

MOST = 8  # rows of a table that are shown one by one


def use(facts: Facts, month: str) -> Block:
    """What was used and what it cost: a row per driver that is carried; costs of two drivers may share workloads, so they are not added up."""
    currency, rows = facts.currency, []
    drives = {name: carried.drives(given) for name, given in facts.carried.items()}
    for (name, _), counts in facts.drivers.groupby(["name", "unit"], sort=True):
        if name not in drives or not drives[name].shown:
            continue
        direct, _ = carried.costs(facts.daily, name, drives)
        both = pd.concat(
            {"cost": direct, "count": counts.groupby("date")["value"].sum()}, axis=1, join="inner"
        ).dropna()
        months = both.index.to_series().dt.strftime("%Y-%m").to_numpy()
        sums = both.groupby(months).sum()
        if month not in sums.index or not sums.at[month, "count"]:
            continue
        now, before = sums.loc[month], add_months(month, -1)
        each = now["cost"] / now["count"]
        was = (
            sums.at[before, "cost"] / sums.at[before, "count"]
            if before in sums.index and sums.at[before, "count"]
            else None
        )
        rows.append(
            (
                float(now["cost"]),
                [
                    str(name).replace("_", " "),
                    f"{now['count']:,.0f}",
                    money(float(now["cost"]), currency),
                    four(each),
                    four(was),
                    drives[name].words(),
                ],
            )
        )
    rows.sort(key=lambda row: -row[0])
    return Block(
        "What was used, and what it cost",
        ""
        if rows
        else "No driver counts what was used: finops add FILE with date, name, value, and whose cost it divides under unit_costs of finops.yaml.",
        (
            Column("Use", False),
            Column("Count"),
            Column("Cost"),
            Column(f"{currency} each"),
            Column("Month before"),
            Column("Cost of", False, wide=True),
        ),
        [row for _, row in rows],
    )


def workloads(daily: pd.DataFrame, month: str, currency: str) -> Block:
    """Cost by workload in a month and the one before, dearest first; the rest in one row, so that the rows add up to the month."""
    rows = cost_rows(daily)
    months = month_column(rows)
    before = add_months(month, -1)
    costs = pd.DataFrame(
        {m: rows[months == m].groupby("x_Workload")["EffectiveCost"].sum() for m in (month, before)}
    ).fillna(0.0)
    costs = costs[(costs != 0).any(axis=1)].sort_values(month, ascending=False, kind="stable")
    shown = [(str(name), row[month], row[before]) for name, row in costs.head(MOST).iterrows()]
    if len(costs) > MOST:
        rest = costs.iloc[MOST:].sum()
        shown.append((f"{len(costs) - MOST} more", rest[month], rest[before]))
    return Block(
        "Where the money went",
        "" if shown else f"There is no cost in {month_name(month)}.",
        (
            Column("Workload", False, wide=True),
            Column(month_name(month)),
            Column(month_name(before)),
            Column("Change"),
        ),
        [
            [name, money(now, currency), money(was, currency), _change(now, was)]
            for name, now, was in shown
        ],
        total=[
            "Total",
            money(float(costs[month].sum()), currency),
            money(float(costs[before].sum()), currency),
            _change(float(costs[month].sum()), float(costs[before].sum())),
        ]
        if shown
        else None,
    )


def units(
    daily: pd.DataFrame,
    budgets: Budgets | None,
    month: str,
    as_of: str,
    starts: int,
    currency: str,
    of: str = COMPANY,
) -> Block:
    """Each unit against its budget, in the month and in the fiscal year so far (months with a budget alone)."""
    if budgets is None:
        return Block(
            "Units and their budgets",
            "finops.yaml names no budgets: business_unit, month, currency, amount (finops budget draft writes next year's).",
        )
    rows = cost_rows(daily)
    costs = rows.groupby([rows["x_BusinessUnit"].astype(str), month_column(rows)])[
        "EffectiveCost"
    ].sum()
    year = [m for m in fiscal_months(month, starts) if m <= month]
    shown = []
    every = {*(name for name, _ in costs.index), *budgets.units()}
    for unit in sorted(every if of == COMPANY else every & {of}):  # rows are of one unit alone
        now = float(costs.get((unit, month), 0.0))
        so_far = float(sum(costs.get((unit, m), 0.0) for m in year))
        plan, to_date = budgets.month(unit, month, as_of), budgets.year(unit, year, as_of)
        if not now and not so_far and plan is None:
            continue
        shown.append(
            [
                unit,
                money(now, currency),
                "none" if plan is None else money(float(plan), currency),
                _over(now, plan, currency),
                money(so_far, currency),
                _over(so_far, to_date, currency),
            ]
        )
    cost = float(sum(costs.get((unit, month), 0.0) for unit in {name for name, _ in costs.index}))
    whole = float(sum(amount for (_, m), amount in costs.items() if m in year))
    plan, to_date = budgets.month(COMPANY, month, as_of), budgets.year(COMPANY, year, as_of)
    total = [
        COMPANY,
        money(cost, currency),
        "none" if plan is None else money(float(plan), currency),
        _over(cost, plan, currency),
        money(whole, currency),
        _over(whole, to_date, currency),
    ]
    return Block(
        "Units and their budgets",
        "",
        (
            Column("Unit", False),
            Column(month_name(month)),
            Column("Budget"),
            Column("Over or left"),
            Column("Year so far"),
            Column("Over or left"),
        ),
        shown,
        total if len(shown) > 1 else None,
    )


def wasted(lines: list[Waste], month: str, cost: float, currency: str) -> Block:
    """Waste of a month, each cost once, dearest first."""
    own = [line for line in lines if line.month_cost > 0]
    sure = sum(line.month_cost for line in own if line.sure)
    told = (
        f"{money(sure, currency)} of {month_name(month)} bought nothing ({share(sure / cost)} of its cost)."
        if sure and cost
        else f"Nothing is known to be wasted in {month_name(month)}."
    )
    asked = [line for line in own if not line.sure]
    if asked:
        told += (
            f" {several(len(asked), 'more line')} the bill alone suggests: somebody should look."
        )
    return Block(
        "What bought nothing",
        told,
        (
            Column("What", False),
            Column("Where", False, wide=True),
            Column(month_name(month)),
            Column("Since", False),
            Column("Owner", False),
            Column("Why", False, wide=True),
        ),
        [
            [
                line.kind + ("" if line.sure else " (to be looked at)"),
                line.resource or line.workload,
                money(line.month_cost, currency),
                line.since,
                line.owner or line.team or "nobody named",
                line.why,
            ]
            for line in own[:MOST]
        ],
    )


def advice(found: Advice | None, unit: str, most: int = 5) -> Block:
    """What is recommended, largest saving first; expected and not booked."""
    title = "What to do"
    if found is None:
        return Block(title, "Nothing could be simulated on this bill.")
    chosen = [one for one in found.chosen if unit in (COMPANY, one.unit)][:most]
    if not chosen:
        return Block(
            title,
            "There is nothing to recommend on this bill: finops advise says what was looked for.",
        )
    return Block(
        title,
        "Savings are expected and not booked: no budget and no forecast holds them.",
        (
            Column("What", False, wide=True),
            Column("A month"),
            Column("This fiscal year"),
            Column("Effort", False),
            Column("Owner", False),
            Column("Why", False, wide=True),
        ),
        [
            [
                one.title,
                money(one.run_rate, one.currency),
                money(one.in_year, one.currency),
                one.effort,
                one.owner or one.team or "nobody named",
                one.why,
            ]
            for one in chosen
        ],
    )


def _change(now: float, was: float) -> str:
    """A change as a share of what was.

    >>> _change(110.0, 100.0), _change(1.0, 0.0)
    ('+10.0 %', 'new')
    """
    if not was:
        return "new" if now else "–"
    return f"{100 * (now / was - 1):+.1f} %".replace("-", "−")


def _over(cost: float, plan, currency: str) -> str:
    if plan is None:
        return "no budget"
    gap = cost - float(plan)
    return f"{money(abs(gap), currency)} {'over' if gap > 0 else 'left'}"
