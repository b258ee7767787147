"""What serving one customer costs, and one of each tier.

Source: FinOps Framework, Unit Economics; docs/method §16.25.
"""

import pandas as pd

from ...periods import month_column
from ..carried import Drives, beside, costs, drives
from . import Facts, Part
from ._series import at_months, whole_months

TITLE = "Cost per customer"
FORMULA = "cost of the workloads that customers use ÷ customers that used them; of a tier: what bills name as its own, the rest by its part of each driver's count"
UNIT = "money / customer"
BASIS = "Effective"
SOURCE = "FinOps Framework, Unit Economics; docs/method §16.25"
PERSONA = ("product", "finance", "leadership")
BETTER = "lower"
NEEDS = ("customer_usage",)
WITHOUT = "customer_usage of finops.yaml names no file: month, customer, and a column of counts for each driver."

NOT_STATED = "(not stated)"


def parts(facts: Facts) -> list[Part]:
    """All customers, then each tier (else segment) of the customers file."""
    use = facts.customer_usage
    if use is None or use.empty:
        return []
    carried = {
        name: drives(given) for name, given in facts.carried.items() if name in set(use["name"])
    }
    names = beside({name: one for name, one in carried.items() if one.shown})
    use = use[use["name"].isin(names) & use["month"].isin(whole_months(facts))]
    if use.empty:
        return []
    tiers = _tiers(facts)
    use = use.assign(tier=use["customer"].map(tiers).fillna(NOT_STATED))
    groups = [None, *sorted(set(use["tier"]))] if len(set(use["tier"])) > 1 else [None]
    return [line for tier in groups if (line := _line(facts, use, names, tier)) is not None]


def _tiers(facts: Facts) -> dict[str, str]:
    """Customer -> its tier, else its segment."""
    if facts.customers is None:
        return {}
    rows = facts.customers
    words = rows["tier"].where(rows["tier"].ne(""), rows["segment"]).replace("", NOT_STATED)
    return dict(zip(rows["customer"], words))


def _line(facts: Facts, use: pd.DataFrame, names, tier: str | None) -> Part | None:
    """Cost of the drivers by the tier's part of their count, by customers of it that used any."""
    own = use if tier is None else use[use["tier"] == tier]
    active = own[own["count"] > 0].groupby("month")["customer"].nunique()
    if active.empty:
        return None
    direct, loaded = (_given_out(facts, use, own, names, i) for i in (0, 1))
    what = "customer" if tier is None else f"{tier} customer"
    return Part(
        f"Cost per {what}",
        f"{facts.currency} / customer",
        at_months(direct),
        at_months(active.astype(float).to_dict()),
        loaded=at_months(loaded),
        of=", ".join(names),
        step="month",
    )


def _given_out(
    facts: Facts, use: pd.DataFrame, own: pd.DataFrame, names, which: int
) -> dict[str, float]:
    """Month -> cost of the drivers (which 0: direct, 1: fully loaded) x the part of it that is `own`'s."""
    carried = {key: drives(one) for key, one in facts.carried.items()}
    given: dict[str, float] = {}
    for name in names:
        cost = costs(facts.daily, name, carried)[which]
        by_month = cost.groupby(cost.index.strftime("%Y-%m")).sum()
        keyed = _keyed(facts, carried[name])
        for month, rows in use[(use["name"] == name) & (use["count"] > 0)].groupby("month"):
            counts = rows.groupby("customer")["count"].sum()
            part = _part(counts, set(own["customer"]), keyed.get(month, {}))
            given[month] = given.get(month, 0.0) + float(by_month.get(month, 0.0)) * part
    return given


def _part(counts: pd.Series, mine: set, keyed: dict) -> float:
    """The part of a driver's cost in a month that is `mine`'s: what bills name of customers that used it, and of the rest by count."""
    named = {one: share for one, share in keyed.items() if one in counts.index}
    others = counts[~counts.index.isin(list(named))]
    rest = 1.0 - sum(named.values())
    if others.empty:  # nobody else: the rest follows what all of them used
        others = counts
    own = float(others[others.index.isin(list(mine))].sum()) / float(others.sum())
    return sum(share for one, share in named.items() if one in mine) + rest * own


def _keyed(facts: Facts, driven: Drives) -> dict[str, dict[str, float]]:
    """Month -> customer -> the part of the workloads' cost that the bill itself names (the dimension customer of finops.yaml)."""
    if "x_Customer" not in facts.daily.columns or facts.customers is None:
        return {}
    rows = facts.daily[driven.mask(facts.daily)]
    rows = rows.assign(month=month_column(rows))
    whole = rows.groupby("month")["EffectiveCost"].sum()
    named = rows[rows["x_Customer"].isin(facts.customers["customer"])]
    told: dict[str, dict[str, float]] = {}
    for (month, customer), cost in (
        named.groupby(["month", "x_Customer"])["EffectiveCost"].sum().items()
    ):
        if cost > 0 and whole[month] >= cost:
            told.setdefault(month, {})[customer] = float(cost / whole[month])
    return told
