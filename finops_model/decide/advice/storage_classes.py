"""Data that only grows and lies in one class: moved to colder classes by its age (docs/method §17.32)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ...prices.lists.catalog import catalog_price, is_linear, unit_price
from ...scenario.changes import escape
from ...scenario.pulled.bought import sort_of
from . import Ground, Recommendation

GROWING = 6  # newest full months in each of which the stock must have grown
MOST_OF = 0.9  # of the workload's cost is that one class
COLDER = 0.7  # of the price of the class before it, or less
AFTER = (30, 180)  # days in a class before the next
PARTS = ("by age", "of half a year", "older")  # a purchase each: what lies there is of several ages
READ = (0.02, 0.01, 0.001)  # share of what lies in a class that is read in a month


def advise(ground: Ground) -> list[Recommendation]:
    """One for each workload whose stock lies in one class, grew in each of the newest months, and for which colder classes are priced."""
    every = []
    for name, (units, bought) in ground.bought.items():
        stocks = [sku for sku in units if bought.of[sku].sort == "stock"]
        if len(stocks) != 1 or ground.cost(name, stocks) < MOST_OF * ground.cost(name):
            continue
        hot, stock = stocks[0], stock_by_month(ground, name, stocks[0])
        newest = stock.iloc[-GROWING - 1 :]
        classes = colder(ground, hot)
        if len(newest) <= GROWING or (newest.diff().iloc[1:] <= 0).any() or len(classes) < 2:
            continue
        peers = [
            who
            for who, facts in ground.peers.items()
            if name in facts.names and _uses_colder(facts, name, list(classes)[1:])
        ]
        every.append(_advice(ground, name, stock, classes, peers))
    return every


def stock_by_month(ground: Ground, workload: str, sku: str) -> pd.Series:
    """What lay there on average in each full month: the billed unit-months."""
    daily = ground.facts.daily
    rows = daily[(daily["x_Workload"] == workload) & (daily["SkuId"] == sku)]
    months = rows["ChargeDate"].dt.strftime("%Y-%m")
    sums = rows["ConsumedQuantity"].groupby(months).sum().sort_index()
    days = rows["ChargeDate"].groupby(months).nunique()
    whole = pd.Series({m: pd.Period(m).days_in_month for m in sums.index}, dtype=float)
    return sums[days == whole]


def colder(ground: Ground, sku: str) -> dict[str, float]:
    """The class of a SKU and the colder ones of the same service and unit, SKU -> price, at most three: each COLDER than the one before."""
    catalog, facts = ground.facts.catalog, ground.facts
    own = next((one for one in facts.meta.skus if one.id == sku), None)
    if own is None or catalog is None:
        return {}
    priced = {}
    for name, history in catalog.prices.items():
        price = catalog_price(catalog, name, facts.as_of)
        same = history[-1].service == own.service and sort_of(history[-1].unit) == "stock"
        if same and price is not None and is_linear(price) and name != sku:
            priced[name] = unit_price(price)
    chain = {sku: own.price}
    for name, price in sorted(priced.items(), key=lambda pair: -pair[1]):
        if price <= COLDER * list(chain.values())[-1]:
            chain[name] = price
    if len(chain) > 3:
        first, second, *_ = chain
        last = list(chain)[-1]
        chain = {one: chain[one] for one in (first, second, last)}
    return chain


def _uses_colder(facts, workload: str, skus) -> bool:
    own = facts.daily[facts.daily["x_Workload"] == workload]
    return bool(own["SkuId"].isin(skus).any())


def by_age(stock: pd.Series, ahead: float) -> list[tuple[float, int]]:
    """(units, days old in the middle) of what lies there `ahead` months after the newest one, in three parts: younger than 30 days, than 180, older.

    Each month's growth is what was written in it and is left; what was there first is as old as the first month.

    >>> by_age(pd.Series([60.0, 70.0, 80.0, 90.0, 100.0, 110.0, 120.0, 130.0], dtype=float), 0.0)
    [(10.0, 15), (50.0, 105), (70.0, 300)]
    """
    grown = np.diff(stock.to_numpy())
    written = float(grown[-3:].mean())
    whole = float(stock.iloc[-1]) + written * ahead
    young = min(written, whole)
    middle = min(5 * written, whole - young)
    return [(young, 15), (middle, 105), (whole - young - middle, 300)]


def _advice(
    ground: Ground, name: str, stock: pd.Series, classes: Mapping[str, float], peers: list[str]
) -> Recommendation:
    facts = ground.facts
    at = facts.names.index(name)
    written = float(stock.diff().iloc[-3:].mean())
    before = float(stock.diff().iloc[-GROWING:-3].mean())
    growth = float(np.clip((written / before) ** (1 / 3) - 1, 0.0, 0.1)) if before > 0 else 0.0
    since = ground.since("medium")
    ahead = len(pd.period_range(stock.index[-1], since, freq="M")) - 1
    kinds = [{"name": sku, "price": price} for sku, price in classes.items()]
    steps = list(AFTER[: len(kinds) - 1])
    words = ", ".join(f"{sku} after {day} days" for sku, day in zip(list(classes)[1:], steps))
    home = {
        "business_unit": facts.meta.unit_of[at],
        "team": facts.meta.team[at],
        "environment": facts.meta.environment[at],
        "service": facts.meta.service[at],
    }
    use = {
        "use": {
            "p10": round(0.85 * written, 3),
            "p50": round(written, 3),
            "p90": round(1.15 * written, 3),
        },
        "growth_per_month": round(growth, 4),
    }
    return ground.recommend(
        "storage_classes",
        name,
        name,
        effort="medium",
        title=f"Move {name} to colder classes by its age: {words}",
        changes=(
            {"op": "set", "path": f"workloads/{escape(name)}/demand/level", "value": 0.0},
            *(
                {
                    "op": "add",
                    "path": f"purchases/{escape(name)} {what}",
                    "value": {
                        "way": "storage",
                        **home,
                        **(use if what == "by age" else {"use": 0}),
                        "exactly": True,
                        "opening": round(units, 3),
                        "opening_age": days,
                        "after": steps,
                        "retrieved": dict(zip(classes, READ, strict=False)),
                        "classes": kinds,
                    },
                }
                for what, (units, days) in zip(PARTS, by_age(stock, ahead - 0.5), strict=True)
                if units > 0
            ),
        ),
        evidence=tuple(
            {"month": month, "stock": float(amount)}
            for month, amount in stock.iloc[-GROWING - 1 :].items()
        ),
        risk="Reading from a colder class costs extra and takes longer; see how often old data is read before the rule is switched on.",
        rollback="Take the rule out; what has moved stays where it is until it is read back.",
        group=f"{name}/storage",
        why=(
            f"It grew in each of the newest {GROWING} months and all of it lies in the dearest class"
            f"{f'; {peers[0]} keeps the same data in colder ones' if peers else ''}."
        ),
        sure=bool(peers),
    )
