"""Experiments against the quota that was agreed before them: without approval, over it, on the way to it, going on after the end
(docs/method §9.51)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from ...errors import InputError, unknown
from ...facts.cycle.experiments import Experiment
from ...units import spell
from ..words import money
from .alert import DIMENSIONS, Alert
from .parts import owner
from .quotas import Quota, used_by

BEGUN = 5  # days from which on a pace is said, as a budget's
WAIT = 7  # days in which an experiment's first bill may come in
NEW = 28  # days without cost before an experiment, after which its workload is its own


@dataclass(frozen=True, kw_only=True)
class Standing:
    """How far an experiment is on a day; use in its unit, money in the ledger's currency."""

    experiment: Experiment
    used: float  # on its days so far
    cost: float
    unapproved: float  # cost of its days before anybody agreed
    after: float  # cost after its end, of a workload that is its own
    expected: (
        float | None
    )  # use by its end at the pace so far; None before the fifth day and after the end
    passed: str  # day on which the quota was passed; "" while it was not
    last: str  # newest day with cost of it, its days and those after; "" without
    state: str  # planned, running, likely over, over, ended; without approval


def check(
    experiments: Iterable[Experiment], daily: pd.DataFrame, name: str = "experiments"
) -> None:
    """Raises InputError where a workload, team or unit is none that the bill has, with the nearest; what began in the last week may have no bill yet."""
    newest = daily["ChargeDate"].max().date() if len(daily) else None
    units = {spell(unit) for unit in set(daily["ConsumedUnit"]) if unit}
    money_of = set(daily["BillingCurrency"])
    for one in experiments:
        known = set(daily[DIMENSIONS[one.dimension]]) - {""}
        begun = newest is None or one.first + dt.timedelta(days=WAIT) <= newest
        if one.subject not in known and begun:
            raise InputError(
                unknown(
                    f"{name}: line {one.line}: {one.dimension}",
                    one.dimension,
                    one.subject[:60],
                    sorted(known),
                )
            )
        where = f"{name}: line {one.line}: unit"
        if one.unit.upper() not in money_of and spell(one.unit, where) not in units:
            raise InputError(unknown(where, "unit", one.unit[:40], sorted(units | money_of)))


def standing(rows: pd.DataFrame, one: Experiment, as_of: str, currency: str) -> Standing:
    """Where an experiment stands on a day.

    rows   cost rows of DAILY up to it
    """
    mine, used = used_by(
        rows, Quota(one.dimension, one.subject, one.unit, "day", one.quota), currency
    )
    mine = mine[mine["ChargeDate"] <= pd.Timestamp(as_of)]
    cost = mine.groupby("ChargeDate")["EffectiveCost"].sum()
    first, last, today = (pd.Timestamp(day) for day in (one.first, one.last, as_of))
    inside = used[(used.index >= first) & (used.index <= min(last, today))]
    running = cost[(cost.index >= first) & (cost.index <= last)]
    approved = pd.Timestamp(one.approved_on) if one.approved_on else last + pd.Timedelta(days=1)
    before = cost[(cost.index >= first - pd.Timedelta(days=NEW)) & (cost.index < first)]
    later = cost[cost.index > last]
    own = one.dimension == "workload" and not before.sum() > 0
    total = float(inside.sum())
    over = np.flatnonzero(inside.cumsum().to_numpy() > one.quota * (1 + 1e-9))
    passed = str(inside.index[over[0]].date()) if len(over) else ""
    days, gone = (last - first).days + 1, (min(today, last) - first).days + 1
    expected = total / gone * days if gone >= BEGUN and today < last else None
    unapproved = float(running[running.index < approved].sum())
    after = float(later.sum()) if own else 0.0
    spent = cost[(cost.index >= first) & (cost != 0)]
    spent = spent if own else spent[spent.index <= last]
    if today < first:
        state = "planned"
    elif not one.approved_by:
        state = "without approval"
    elif passed:
        state = "over"
    elif today > last:
        state = "ended"
    elif expected is not None and expected > one.quota:
        state = "likely over"
    else:
        state = "running"
    return Standing(
        experiment=one,
        used=total,
        cost=float(running.sum()),
        unapproved=unapproved,
        after=after,
        expected=expected,
        passed=passed,
        last=str(spent.index.max().date()) if len(spent) else "",
        state=state,
    )


def experiment_alerts(
    rows: pd.DataFrame, experiments: Iterable[Experiment], as_of: str, currency: str
) -> list[Alert]:
    """What of experiments nobody agreed to: cost before an approval, use over the quota or on the way to it, cost after the end."""
    alerts = []
    for one in experiments:
        now = standing(rows, one, as_of, currency)
        mine = rows[rows[DIMENSIONS[one.dimension]] == one.subject]
        who = owner(mine) | {"team": one.owner}
        cash = one.unit.upper() == currency

        def amount(value: float, cash=cash, unit=one.unit) -> str:
            return money(value, currency) if cash else f"{value:,.0f} {spell(unit)}"

        raised = partial(_alert, one, who, as_of)
        first, last = str(one.first), min(str(one.last), as_of)
        if now.unapproved > 0:
            said = (
                f"before {one.approved_by} agreed on {one.approved_on}"
                if one.approved_by
                else "and nobody has agreed to it"
            )
            end = last if not one.approved_on else str(np.datetime64(one.approved_on, "D") - 1)
            alerts.append(
                raised(
                    part=": approval",
                    start=first,
                    end=min(end, last),
                    cost=now.cost,
                    over=now.unapproved,
                    what=f"Experiment {one.experiment} ({one.dimension} {one.subject}) has cost {money(now.unapproved, currency)} since {first} {said}.",
                    do=f"Ask {one.owner} to stop it until it is approved, or approve it (experiments: of finops.yaml).",
                )
            )
        if now.passed:
            share = (now.used - one.quota) / now.used
            alerts.append(
                raised(
                    part="",
                    start=now.passed,
                    end=min(now.last, last),
                    cost=now.cost,
                    over=now.cost * share,
                    what=f"Experiment {one.experiment} ({one.dimension} {one.subject}) passed its quota of {amount(one.quota)} on {now.passed}; it has used "
                    f"{amount(now.used)} of it by {last}.",
                    do=f"Ask {one.owner} to stop it, or have {one.approved_by or 'somebody'} agree to more.",
                )
            )
        elif now.state == "likely over" and now.expected:
            share = (now.expected - one.quota) / now.expected
            more = now.cost * now.expected / now.used * share
            alerts.append(
                raised(
                    part=": pace",
                    start=first,
                    end=as_of,
                    cost=now.cost,
                    over=more,
                    what=f"Experiment {one.experiment} ({one.dimension} {one.subject}) has used {amount(now.used)} by {as_of}; at this pace it uses "
                    f"{amount(now.expected)} by {one.last}, over its quota of {amount(one.quota)}.",
                    do=f"Ask {one.owner} to use less a day, or to end it sooner.",
                )
            )
        if now.after > 0:
            alerts.append(
                raised(
                    part=": after its end",
                    start=str(np.datetime64(one.last, "D") + 1),
                    end=now.last,
                    cost=now.after,
                    over=now.after,
                    what=f"Experiment {one.experiment} ended on {one.last}, and {one.dimension} {one.subject} has cost {money(now.after, currency)} since.",
                    do=f"Ask {one.owner} to switch it off, or give it a budget.",
                )
            )
    return alerts


def _alert(one: Experiment, who: dict, as_of: str, **said) -> Alert:
    """An alert of an experiment. said: part, start, end, cost, over, what, do."""
    return Alert(
        kind="quota",
        dimension="experiment",
        subject=f"{one.experiment}{said['part']}",
        direction="up",
        start=said["start"],
        end=said["end"],
        ongoing=said["end"] >= as_of,
        severity=said["over"],
        actual=said["cost"],
        expected=said["cost"] - said["over"],
        what=said["what"],
        do=said["do"],
        business_unit=who["business_unit"],
        team=who["team"],
    )
