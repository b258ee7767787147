"""The three milestones and the eight practices as a checklist: what the data show, what somebody states, what nobody knows (docs/method §18.9)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import pandas as pd

from ...errors import InputError, unknown
from ...facts.daily.allocate import UNTAGGED
from ...names import COMPANY
from ...periods import add_months, month_column, month_days
from ...settings import Stated, Steps
from ...wording import day, money, percent
from .graded import forecast, said
from .habits import data_delay, reviews
from .types import Check, Ground, State

SHARE = Steps(crawl=0.5, walk=0.8, run=0.9)  # partly from half on, yes from nine in ten
SPIKES = ("spend", "runaway")  # kinds of alert that a review follows
MILESTONES = {
    "crawl": (
        "We know what runs and who owns it.",
        ("tag", "separate_ai", "units"),
    ),
    "walk": (
        "We know what we spend, why, and how to correct it.",
        ("limits", "scheduled", "autoscaling", "spot", "right_sizing", "showback", "alerts"),
    ),
    "run": (
        "AI cost is managed as a product.",
        ("unit_costs", "outcomes", "waste_automation", "forecasting", "scenarios", "roadmap"),
    ),
}
PRACTICES = (
    "educate",
    "tag",
    "separate_rnd",
    "observe",
    "quotas",
    "cadence",
    "waste_automation",
    "after_spikes",
)
STATABLE = (
    "educate",
    "autoscaling",
    "spot",
    "right_sizing",
    "waste_automation",
    "roadmap",
    "after_spikes",
)  # what a file may not show


@dataclass(frozen=True)
class Item:
    """A line of the checklist: what is asked for, and how a month is looked at: (ground, month) -> state, evidence, what to do."""

    what: str
    look: Callable[[Ground, str], tuple[State, str, str]]


def checks(ground: Ground, month: str) -> dict[str, Check]:
    """Every line by its key, what is stated taken in. Raises InputError for a statement on what is measured, or on nothing."""
    claims = _stated(ground.limits.stated)
    lines = {}
    for key, item in ITEMS.items():
        state, evidence, step = item.look(ground, month)
        if state in ("no", "not known") and key in claims:
            one = claims[key]
            state, step = "stated", "Nothing to do, as long as it stays true."
            evidence = f"said by {one.by} on {day(one.on)}" + (f": {one.says}" if one.says else "")
        lines[key] = Check(
            key=key,
            what=item.what,
            state=state,
            evidence=evidence,
            step="" if state == "yes" else step,
        )
    return lines


def reached(lines: Mapping[str, Check], keys) -> tuple[int, int]:
    """(how many of the lines are so or stated, how many there are)."""
    keys = tuple(keys)
    return sum(lines[key].state in ("yes", "stated") for key in keys), len(keys)


def _stated(entries: list[Stated]) -> dict[str, Stated]:
    """The newest statement on each line."""
    newest: dict[str, Stated] = {}
    for i, one in enumerate(entries):
        where = f"finops.yaml: maturity: stated: entry {i + 1}: item"
        if one.item in ITEMS and one.item not in STATABLE:
            raise InputError(
                f"{where}: '{one.item}' is measured, and a statement would not count. Take it out. Stated can be: {', '.join(STATABLE)}."
            )
        if one.item not in STATABLE:
            raise InputError(unknown(where, "line of the checklist", one.item, STATABLE))
        if one.item not in newest or newest[one.item].on <= one.on:
            newest[one.item] = one
    return newest


def _by_share(share: float | None) -> State:
    """Yes from nine in ten on, partly from half on.

    >>> _by_share(0.95), _by_share(0.5), _by_share(0.1), _by_share(None)
    ('yes', 'partly', 'no', 'not known')
    """
    if share is None:
        return "not known"
    return "yes" if share >= SHARE.run else "partly" if share >= SHARE.crawl else "no"


def _of_month(ground: Ground, month: str) -> tuple[pd.DataFrame, float]:
    rows = ground.rows[month_column(ground.rows) == month]
    return rows, float(rows["EffectiveCost"].sum())


def _share(part: float, whole: float) -> float | None:
    return min(max(part / whole, 0.0), 1.0) if whole > 0 else None


def _tag(ground: Ground, month: str):
    share = ground.coverage.get(month)
    text = (
        "no cost to tag"
        if share is None
        else f"{said(share, *SHARE.limits)} of cost keeps the rules of tags"
    )
    return _by_share(share), text, "finops tags says what lacks which tag, and who is to mend it."


def _separate_ai(ground: Ground, month: str):
    rows, cost = _of_month(ground, month)
    by = rows.groupby("ServiceCategory")["EffectiveCost"].sum().sort_values(ascending=False)
    known = by[[name for name in by.index if name not in ("", "Other")]]
    share = _share(float(known.sum()), cost)
    parts = [f"{name} {percent(float(value) / cost)}" for name, value in known.head(3).items()]
    text = "no service says its category" if not parts else ", ".join(parts)
    return (
        _by_share(share),
        text,
        "Take in the vendor's FOCUS export, which names ServiceCategory; or a dimension of your own (docs/dimensions.md).",
    )


KINDS = {
    "GPU hours": ("gpu",),
    "storage": ("gb-month", "gib-month", "tb-month", "tib-month", "gb-mo"),
    "API calls": ("request", "call"),
    "tokens": ("token",),
}


def _units(ground: Ground, month: str):
    rows, cost = _of_month(ground, month)
    counted = rows[(rows["ConsumedUnit"] != "") & (rows["ConsumedQuantity"] > 0)]
    share = _share(float(counted["EffectiveCost"].sum()), cost)
    units = {str(unit).casefold() for unit in counted["ConsumedUnit"]}
    seen = [
        name
        for name, words in KINDS.items()
        if any(word in unit for unit in units for word in words)
    ]
    gone = [name for name in KINDS if name not in seen]
    text = (
        "no cost"
        if share is None
        else f"{said(share, *SHARE.limits)} of cost comes with its quantity"
    )
    text += f": {', '.join(seen)}" if seen else ""
    text += f"; none of {', '.join(gone)} on the bill" if seen and gone else ""
    return (
        _by_share(share),
        text,
        "Bring usage logs in beside the bill (usage: in finops.yaml, docs/ingest/usage.md).",
    )


def _limits(ground: Ground, month: str):
    planned = (
        None
        if ground.budgets is None
        else ground.budgets.month(COMPANY, month, str(month_days(month)[-1]))
    )
    quotas = int(ground.has.get("quotas", 0))
    text = (
        f"budget of the month {money(float(planned), ground.currency)}"
        if planned is not None
        else "no budget in force in the month"
    )
    text += f"; {quotas} quota{'' if quotas == 1 else 's'}" if quotas else "; no quota"
    state: State = (
        "yes" if planned is not None and quotas else "partly" if planned or quotas else "no"
    )
    return state, text, "Name a budget (budgets:) and quotas (watch: quotas:) in finops.yaml."


def _scheduled(ground: Ground, month: str):
    grade = reviews(ground, month)
    state: State = "no" if grade.level is None else "yes" if grade.level else "partly"
    return state, grade.evidence, grade.step


def _spot(ground: Ground, month: str):
    rows, cost = _of_month(ground, month)
    named = rows[rows["PricingCategory"] != ""]
    if named.empty or cost <= 0:
        return "not known", "the bill says no pricing category", "Take in a FOCUS export."
    spot = float(rows.loc[rows["PricingCategory"] == "Dynamic", "EffectiveCost"].sum())
    if spot > 0:
        return "yes", f"{said(spot / cost)} of cost is bought at spot prices", ""
    return (
        "no",
        "nothing is bought at spot prices",
        "finops advise names what can be interrupted.",
    )


def _right_sizing(ground: Ground, month: str):
    if ground.decisions is None:
        return "no", "no table of actions", "finops advise --write begins one."
    count = len(ground.decisions)
    text = f"{count} recommendation{'' if count == 1 else 's'} in the table of actions"
    return "yes" if count else "no", text, "finops advise --write adds recommendations."


def _showback(ground: Ground, month: str):
    rows, _ = _of_month(ground, month)
    teams = len({name for name in rows["x_Team"] if name not in ("", UNTAGGED)})
    if ground.has.get("chargeback") == "chargeback":
        return "yes", f"cost is charged back; {teams} teams", ""
    if teams > 1:
        return (
            "partly",
            f"cost is shown to {teams} teams, and not charged",
            "Charge it when the statements are agreed (chargeback: {mode: chargeback} in finops.yaml).",
        )
    return (
        "no",
        "cost names no teams",
        "Give cost to teams (organisation: and tag_rules: in finops.yaml).",
    )


def _alerts(ground: Ground, month: str):
    recent = _recent(ground, month)
    if recent:
        return "yes", f"{len(recent)} alerts in twelve months", ""
    return (
        "no",
        "no alert was published in twelve months",
        "Run finops watch every day, by a job.",
    )


def _recent(ground: Ground, month: str) -> list[Mapping]:
    """Alerts of the twelve months to a month."""
    first, last = f"{add_months(month, -11)}-01", str(month_days(month)[-1])
    return [one for one in ground.alerts.published if first <= str(one.get("start", "")) <= last]


def _unit_costs(ground: Ground, month: str):
    drivers = ground.has.get("drivers")
    days = None if drivers is None else drivers[month_column_of(drivers) == month]
    if days is None or days.empty:
        return (
            "no",
            "no driver has a count in the month",
            "Give counts by day (drivers: in finops.yaml).",
        )
    names = sorted(set(days["name"]))
    tied = [name for name in names if name in ground.has.get("unit_costs", ())]
    text = f"{len(names)} drivers ({', '.join(names[:3])}{', …' if len(names) > 3 else ''}), {len(tied)} tied to their workloads"
    return (
        "yes" if tied else "partly",
        text,
        "Say which workloads a driver drives (unit_costs: in finops.yaml).",
    )


def month_column_of(drivers: pd.DataFrame) -> pd.Series:
    """YYYY-MM of each row of drivers."""
    return drivers["date"].dt.strftime("%Y-%m")


def _outcomes(ground: Ground, month: str):
    drivers = ground.has.get("drivers")
    days = None if drivers is None else drivers[month_column_of(drivers) == month]
    named = [] if days is None else sorted(set(days.loc[days["role"] == "outcome", "name"]))
    if ground.has.get("values"):
        named.append("values of initiatives")
    if named:
        return "yes", f"spend is held against {', '.join(named[:3])}", ""
    return (
        "no",
        "no outcome is given",
        "Give outcomes (drivers: with role outcome) and what they are worth (values: in finops.yaml).",
    )


def _forecasting(ground: Ground, month: str):
    grade = forecast(ground, month)
    state: State = "no" if grade.level is None else "yes" if grade.level >= 2 else "partly"
    return state, grade.evidence, grade.step


def _scenarios(ground: Ground, month: str):
    count = int(ground.has.get("what_ifs", 0))
    text = f"{count} what-ifs in every report" if count else "no report answers a what-if"
    return "yes" if count else "no", text, "Name scenario files (what_ifs: in finops.yaml)."


def _roadmap(ground: Ground, month: str):
    coming = [one.name for one in ground.decisions or () if one.state in ("planned", "approved")]
    if coming:
        return "yes", f"{len(coming)} actions are planned with their cost: {coming[0]}", ""
    return (
        "not known",
        "no action is planned",
        "Write what is planned into the table of actions (decision: planned), or state it (maturity: stated: in finops.yaml).",
    )


def _only_stated(about: str):
    def look(ground: Ground, month: str) -> tuple[State, str, str]:
        return (
            "not known",
            f"no file shows {about}",
            "State it with a name and a day (maturity: stated: in finops.yaml).",
        )

    return look


def _separate_rnd(ground: Ground, month: str):
    rows, cost = _of_month(ground, month)
    named = rows[~rows["x_Environment"].isin(["", UNTAGGED])]
    by = named.groupby("x_Environment")["EffectiveCost"].sum().sort_values(ascending=False)
    share = _share(float(by.sum()), cost)
    if len(by) < 2:
        return "no", "cost names no two environments", "Tag the environment: rnd and production."
    text = ", ".join(f"{name} {percent(float(value) / cost)}" for name, value in by.head(3).items())
    return _by_share(share), text, "Tag the environment of what is left: finops tags."


def _observe(ground: Ground, month: str):
    grade = data_delay(ground, month)
    state: State = "not known" if grade.level is None else "yes" if grade.level else "partly"
    return state, grade.evidence, grade.step


def _quotas(ground: Ground, month: str):
    quotas = ground.has.get("experiments")
    if quotas is None:
        return (
            "no",
            "no quota of an experiment",
            "Agree on a quota before an experiment begins (experiments: in finops.yaml).",
        )
    agreed = sum(bool(one) for one in quotas)
    text = f"{agreed} of {len(quotas)} quotas of experiments were approved before they began"
    state: State = "yes" if quotas and agreed == len(quotas) else "partly" if agreed else "no"
    return state, text, "Have the others approved by somebody else (approved_by, approved_on)."


def _cadence(ground: Ground, month: str):
    often = [one for one in ground.reviews or () if one.kind in ("weekly", "biweekly")]
    if not often:
        return (
            "no",
            "no weekly or biweekly review is in the table",
            "Plan one (reviews: in finops.yaml); finops agenda weekly is its agenda.",
        )
    grade = reviews(replace(ground, reviews=often), month)
    state: State = (
        "no" if not grade.level and not grade.figure else "yes" if grade.level else "partly"
    )
    return state, f"weekly or biweekly: {grade.evidence}", grade.step


def _after_spikes(ground: Ground, month: str):
    spikes = [one for one in _recent(ground, month) if one.get("kind") in SPIKES]
    if not spikes:
        return "not known", "no spike was raised in twelve months", "Run finops watch every day."
    answered = sum(one["id"] in ground.alerts.answered for one in spikes)
    share = answered / len(spikes)
    state: State = "yes" if share >= SHARE.walk else "partly" if answered else "no"
    return (
        state,
        f"{answered} of {len(spikes)} spikes were answered",
        "Answer each: finops watch feedback ID real --because …; write down what is done so that it does not come again.",
    )


ITEMS = {
    "tag": Item("Everything is tagged", _tag),
    "separate_ai": Item("AI is apart from general spend", _separate_ai),
    "units": Item("GPU hours, storage, API calls and tokens are tracked", _units),
    "limits": Item("Budgets and limits", _limits),
    "scheduled": Item("Reviews are scheduled", _scheduled),
    "autoscaling": Item("Capacity follows demand", _only_stated("autoscaling")),
    "spot": Item("What can wait runs on spot", _spot),
    "right_sizing": Item("Right-sizing is advised", _right_sizing),
    "showback": Item("Showback, then chargeback", _showback),
    "alerts": Item("Alerts", _alerts),
    "unit_costs": Item("Unit economics", _unit_costs),
    "outcomes": Item("Spend is linked to outcomes", _outcomes),
    "waste_automation": Item("Waste is removed automatically", _only_stated("what removes waste")),
    "forecasting": Item("Forecasts hold", _forecasting),
    "scenarios": Item("Scenarios and what-ifs", _scenarios),
    "roadmap": Item("Cost is in the roadmap", _roadmap),
    "educate": Item("People are taught", _only_stated("who was taught")),
    "separate_rnd": Item("R&D is apart from production", _separate_rnd),
    "observe": Item("Cost is observed while it can be changed", _observe),
    "quotas": Item("Experiments have quotas, approved before", _quotas),
    "cadence": Item("Reviewed weekly or every two weeks", _cadence),
    "after_spikes": Item("Every spike is followed up", _after_spikes),
}
