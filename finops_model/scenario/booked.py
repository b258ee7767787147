"""Parts of a month that are not demand: what is booked already, what recurs, what is left out (docs/method §3.8)."""

from __future__ import annotations

import functools

import numpy as np
import pandas as pd

from ..facts.daily.parts import OUTSIDE, commitment_id, parts
from ..periods import month_days, month_of
from .changes import escape, events_on, timeline
from .volumes import sku_of, without_refunds

MONTHS = 3  # full months in a row that make a discount of one day a month a monthly one
NEAR = 3  # days by which its day of the month may differ: weekends


def cost_rows(facts) -> pd.DataFrame:
    """Rows that count as cost: everything but tax and credits."""
    return facts.daily[~facts.daily["ChargeCategory"].isin(OUTSIDE)]


def held(facts) -> frozenset[str]:
    return frozenset(commitment_id(record) for record in facts.inventory)


def once(ask):
    """A question about facts, answered once for each: the answer is kept with them, and nobody changes it."""

    @functools.wraps(ask)
    def answered(facts):
        kept = vars(facts).setdefault("_answered", {})  # not a field: `replace` begins anew
        if ask not in kept:
            kept[ask] = ask(facts)
        return kept[ask]

    return answered


@once
def newest_full_month(facts) -> str | None:
    """The newest month that the ledger knows from its first to its last day."""
    first = facts.daily["ChargeDate"].min()
    month = month_of(facts.as_of)
    if facts.as_of != str(month_days(month)[-1]):
        month = str(np.datetime64(month, "M") - 1)
    return (
        month
        if pd.Timestamp(f"{month}-01") >= first.replace(day=1) and month >= str(first.date())[:7]
        else None
    )


@once
def recurring_rows(facts) -> pd.DataFrame:
    """Recurring charges of the newest full month, and discounts that stand or come every month; no rows where there is none."""
    rows = _newest_month(facts)
    return rows[_recurring(rows, facts)]


@once
def _newest_month(facts) -> pd.DataFrame:
    month = newest_full_month(facts)
    if month is None:
        return facts.daily[:0]
    last = month_days(month)[-1]
    return facts.daily[
        (facts.daily["ChargeDate"] >= pd.Timestamp(f"{month}-01"))
        & (facts.daily["ChargeDate"] <= pd.Timestamp(last))
    ]


def _recurring(rows: pd.DataFrame, facts) -> pd.Series:
    """Which rows come again every month: recurring charges, usage of `discounts`, and what `monthly_discounts` names."""
    split = parts(rows, held(facts))
    return split["recurring"] | split["usage"] & _discounted(rows, facts)


def _discounted(rows: pd.DataFrame, facts) -> pd.Series:
    """Which rows are discounts that come again."""
    mask = rows["x_Workload"].isin(list(discounts(facts)))
    if monthly := monthly_discounts(facts):
        pair = pd.Series(list(zip(rows["x_Workload"], sku_of(rows))), rows.index, dtype=object)
        mask |= pair.isin(list(monthly)) & (rows["EffectiveCost"] < 0)
    return mask


def _below(rows: pd.DataFrame) -> bool:
    """Whether any usage is below zero; most bills have none."""
    below = rows.loc[rows["EffectiveCost"] < 0, "ChargeCategory"]
    return bool((~below.isin([*OUTSIDE, "Purchase", "Adjustment"])).any())


@once
def monthly_discounts(facts) -> frozenset[tuple[str, str]]:
    """(workload, SKU) whose discount is written on one day of each month: in all of the three newest full months, and never before its time.

    Each of these days is below zero, so that no demand holds the discount; their days of the month lie NEAR apart at most, counted from its
    first or from its last day, and between them the pair has no row below zero (docs/method §3.8).
    """
    newest = newest_full_month(facts)
    if newest is None:
        return frozenset()
    wanted = {str(np.datetime64(newest, "M") - back) for back in range(MONTHS)}
    first = pd.Timestamp(f"{min(wanted)}-01")
    rows = facts.daily[facts.daily["ChargeDate"] >= first]
    if facts.daily["ChargeDate"].min() > first or not _below(rows):
        return frozenset()
    usage = rows[parts(rows, held(facts))["usage"]]
    left_out = usage.index.difference(without_refunds(usage)[0].index)
    below = usage[usage["EffectiveCost"] < 0].assign(sku=sku_of(usage))
    found = set()
    for pair, part in below.groupby(["x_Workload", "sku"]):
        days = part["ChargeDate"].drop_duplicates()
        full = days[days < first + pd.DateOffset(months=MONTHS)]
        months = full.dt.strftime("%Y-%m")
        if (
            set(months) == wanted
            and months.is_unique
            and days.dt.strftime("%Y-%m").is_unique
            and part.index.isin(left_out).all()
            and any(np.ptp(at) <= NEAR for at in (days.dt.day, days.dt.days_in_month - days.dt.day))
        ):
            found.add((str(pair[0]), str(pair[1])))
    return frozenset(found)


@once
def discounts(facts) -> frozenset[str]:
    """Workloads that are a discount: in the newest full month nothing of them costs anything, and half of its days or more are below zero.

    A partner's discount without a team is no refund of a day: it comes again (docs/method §3.8).
    """
    month = _newest_month(facts)
    if not _below(month):
        return frozenset()
    usage = month[parts(month, held(facts))["usage"]]
    found = set()
    for name, part in usage[usage["EffectiveCost"] != 0].groupby("x_Workload"):
        days = part["ChargeDate"].nunique()
        if (part["EffectiveCost"] < 0).all() and days >= month["ChargeDate"].nunique() / 2:
            found.add(str(name))
    return frozenset(found)


@once
def recurring_by_workload(facts) -> dict[str, float]:
    """Money per month of recurring charges: the newest full month's, by workload."""
    return {
        str(name): float(value)
        for name, value in recurring_rows(facts)
        .groupby("x_Workload")["EffectiveCost"]
        .sum()
        .items()
        if value
    }


def month_parts(facts, demand_names, months, resolved, pools, campaigns=None):
    """(names, so_far (month, unit), so_far by workload, recurring still to come (month, workload), units, unit of each, shares (workload, unit))."""
    rows = cost_rows(facts)
    now = rows[rows["ChargeDate"] >= pd.Timestamp(f"{months[0]}-01")]
    flat = recurring_by_workload(facts)
    owners = {pool.owner for pool in pools if pool.owner}
    others = sorted((set(flat) | owners | set(now["x_Workload"])) - set(demand_names))
    names = (*demand_names, *others)
    launched = {name: terms["business_unit"] for name, terms in resolved.launches.items()} | (
        campaigns or {}
    )
    units = tuple(sorted({*rows["x_BusinessUnit"], *launched.values()}))
    home = unit_of_workload(rows)
    tree = resolved.tree["workloads"]
    unit_of = np.array(
        [
            units.index(
                _known(launched.get(n) or tree.get(n, {}).get("unit") or home.get(n), units)
            )
            for n in names
        ]
    )
    kept = {
        name: unit
        for name, unit in zip(facts.names, facts.meta.unit_of)
        if tree.get(name, {}).get("unit") in (None, unit)
    }
    kept |= {name: home[name] for name in others if name in home}
    shares = unit_shares(rows, names, unit_of, units, frozenset(kept) - set(launched))
    so_far = np.zeros((len(months), len(units)))
    so_far_by = np.zeros((len(months), len(names)))
    for unit, value in now.groupby("x_BusinessUnit")["EffectiveCost"].sum().items():
        so_far[0, units.index(unit)] = value
    for name, value in now.groupby("x_Workload")["EffectiveCost"].sum().items():
        so_far_by[0, names.index(name)] = value
    rest = np.zeros((len(months), len(names)))
    level = recurring_levels(resolved, flat, months)
    booked = now[_recurring(now, facts)].groupby("x_Workload")["EffectiveCost"].sum()
    for name, value in flat.items():
        rest[:, names.index(name)] = value
        if (
            name in booked.index
        ):  # the part of the month under way that is booked does not come again
            open_ = value - float(booked[name])
            rest[0, names.index(name)] = max(open_, 0.0) if value > 0 else min(open_, 0.0)
        if name in level:
            rest[:, names.index(name)] *= level[name]
    return names, so_far, so_far_by, rest, units, unit_of, shares


def recurring_levels(resolved, names, months) -> dict[str, np.ndarray]:
    """(month,) times what the ledger implies, of the workloads whose recurring charges a scenario changes: the mean of its days."""
    levels = {}
    for name in names:
        if events := events_on(resolved, recurring_path(name)):
            of_days = [(month_days(month), events) for month in months]
            levels[name] = np.array(
                [timeline(np.ones(len(days)), own, days).number.mean() for days, own in of_days]
            )
    return levels


def recurring_path(name: str) -> str:
    """Where the recurring charges of a workload stand in a scenario: 1 is as today."""
    return f"recurring/{escape(name)}/level"


def _known(unit, units):
    return unit if unit in units else units[0]


def unit_shares(
    rows: pd.DataFrame, names, unit_of: np.ndarray, units, shared: frozenset[str]
) -> np.ndarray:
    """(workload, unit): who pays for what is to come of each workload; rows add up to 1.

    shared   workloads that may be split: those that no scenario gives to another unit
    """
    shares = (np.asarray(unit_of)[:, None] == np.arange(len(units))).astype(float)
    totals = _fresh(rows)
    for name, part in totals[totals["EffectiveCost"] > 0].groupby("x_Workload"):
        if len(part) > 1 and name in shared and name in names:
            shares[names.index(name)] = 0.0
            shares[names.index(name), [units.index(unit) for unit in part["x_BusinessUnit"]]] = (
                part["EffectiveCost"] / part["EffectiveCost"].sum()
            )
    return shares


def _fresh(rows: pd.DataFrame) -> pd.DataFrame:
    """Cost of each workload's newest four weeks by unit."""
    newest = rows.groupby("x_Workload")["ChargeDate"].transform("max")
    fresh = rows[rows["ChargeDate"] > newest - pd.Timedelta(days=28)]
    return fresh.groupby(["x_Workload", "x_BusinessUnit"])["EffectiveCost"].sum().reset_index()


def unit_of_workload(rows: pd.DataFrame) -> dict[str, str]:
    """The business unit that carries most of each workload's cost in its newest four weeks."""
    totals = _fresh(rows)
    totals = totals.sort_values(
        ["x_Workload", "EffectiveCost", "x_BusinessUnit"], ascending=[True, False, True]
    )
    return dict(
        totals.drop_duplicates("x_Workload")[["x_Workload", "x_BusinessUnit"]].itertuples(
            index=False
        )
    )


@once
def excluded(facts) -> list[dict]:
    """What the forecast leaves out, with its amount in the newest twelve months."""
    since = pd.Timestamp(facts.as_of) - pd.DateOffset(years=1)
    rows = facts.daily[facts.daily["ChargeDate"] > since]
    split = parts(rows, held(facts))
    usage = rows[split["usage"] & ~_discounted(rows, facts)]
    kept = without_refunds(usage)[0]
    refunds = rows.index.isin(usage.index.difference(kept.index))
    wanted = (
        ("Tax", rows["ChargeCategory"] == "Tax", "tax is a line of its own, outside cost"),
        (
            "Credits",
            rows["ChargeCategory"] == "Credit",
            "credits run out; cost is shown before them",
        ),
        (
            "Corrections",
            split["correction"],
            "corrections are booked where they are and not expected again",
        ),
        ("One-time charges", split["once"], "one-time charges are not expected again"),
        ("Refunds", refunds, "days below zero are refunds, which are not expected again"),
    )
    return [
        {
            "what": what,
            "amount": float(rows.loc[mask, "EffectiveCost"].sum()),
            "why": f"{why} (newest 12 months)",
        }
        for what, mask, why in wanted
        if mask.any()
    ]
