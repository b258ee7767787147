"""Money of the bill laid on the use that caused it, day by day and model by model; money is never more or less than the bill's.

Where the bill says the meter (input, cached input, output), each meter's money goes by its own quantity. Else the money of a model and
day goes by quantity at list prices, and where a price is missing by quantity alone; every line says which. Money without use and use
without money keep lines of their own. Machines: money of GPU hours goes to jobs by hours allocated of hours paid; the rest is not
allocated. Source: docs/decisions/0017-usage-facts.md.
"""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass

import pandas as pd

from ...errors import InputError, unknown
from ...facts.usage.daily import family, provider
from .weights import list_price, meter_of

BY = {
    "model": "x_Model",
    "provider": "ServiceProviderName",
    "project": "SubAccountId",
    "key": "x_Key",
    "job": "x_Job",
    "request": "x_Request",
    "resource": "ResourceId",
    "tier": "x_Tier",
}
NO_USE, IDLE, NONE = "(no use known)", "(paid, not allocated)", "(not stated)"
BASES = ("meter", "price", "quantity", "hours")  # how money was laid on use, best first


@dataclass(frozen=True)
class Joined:
    """`rows`: a frame (name, currency, EffectiveCost or nan, x_Basis, and a column per meter); `notes`: what a reader should know."""

    rows: pd.DataFrame
    notes: tuple[str, ...]

    @property
    def cost(self) -> float:
        """All money of the lines."""
        return float(self.rows["EffectiveCost"].sum())


def named(usage: pd.DataFrame, by: str) -> pd.Series:
    """What each row of usage counts under: a word of BY, or tag:NAME. Raises InputError for another."""
    if by.startswith("tag:"):
        tag = by[4:]
        told = {
            text: str(json.loads(text).get(tag, "")) if text else "" for text in set(usage["Tags"])
        }
        return usage["Tags"].map(told).replace("", NONE)
    if by not in BY:
        raise InputError(unknown("--by", "column", by, [*BY, "tag:NAME"]))
    return usage[BY[by]].replace("", NONE)


def token_money(money: pd.DataFrame) -> pd.Series:
    """Which rows of DAILY are money of models: they name one, or count tokens."""
    return money["x_Model"].ne("") | money["ConsumedUnit"].str.casefold().eq("tokens")


def gpu_money(money: pd.DataFrame) -> tuple[pd.Series, pd.Series]:
    """(rows of DAILY whose quantity is GPU hours, rows that are their money: unused commitments too)."""
    hours = money["ConsumedUnit"].str.casefold().eq("gpu-hours")
    pools = set(money.loc[hours, "CommitmentDiscountId"]) - {""}
    return hours, hours | money["CommitmentDiscountId"].isin(pools)


def join(usage: pd.DataFrame, money: pd.DataFrame | None, by: str = "model", table=None) -> Joined:
    """Cost and quantities by a column of usage.

    Parameters
    ----------
    usage : frame
        `facts.usage.daily.daily_usage`, one view.
    money : frame or None
        DAILY of the ledger; None: quantities alone.
    by : str, optional
        A word of BY, or tag:NAME.
    table : TokenTable, optional
        List prices of tokens, with the company's own corrections; None: those that come with us.

    Returns
    -------
    Joined
        A line per name, dearest first; the money of its lines is that of the bill.

    Raises
    ------
    InputError
        There is no such column.

    Source
    ------
    docs/decisions/0017-usage-facts.md.

    Examples
    --------
    >>> from finops_model.facts.usage.daily import COLUMNS
    >>> join(pd.DataFrame(columns=COLUMNS), None).rows.empty
    True
    """
    usage = usage.assign(name=named(usage, by))
    quantities = (
        usage.assign(ConsumedQuantity=usage["ConsumedQuantity"].astype(float))
        .pivot_table(index="name", columns="SkuMeter", values="ConsumedQuantity", aggfunc="sum")
        .fillna(0.0)
        if len(usage)
        else pd.DataFrame()
    )
    costs: dict[str, float] = defaultdict(float)
    bases: dict[str, set[str]] = defaultdict(set)
    notes: list[str] = []
    if money is not None and len(money):
        money = money.assign(day=pd.to_datetime(money["ChargeDate"]).dt.strftime("%Y-%m-%d"))
        for part in (_tokens(usage, money, table), _machines(usage, money)):
            for name, amount, basis in part:
                costs[name] += amount
                bases[name] |= {basis} - {""}
    names = [*quantities.index, *(name for name in costs if name not in quantities.index)]
    rows = quantities.reindex(names).fillna(0.0)
    rows.insert(0, "EffectiveCost", [costs.get(name, float("nan")) for name in names])
    rows.insert(1, "x_Basis", [_said(bases.get(name, set())) for name in names])
    rows = rows.rename_axis("name").reset_index()
    rows = rows.sort_values(["EffectiveCost", "name"], ascending=[False, True], na_position="last")
    if any("quantity" in base for base in bases.values()):
        notes.append(
            "by quantity: the bill names no meter and a list price is missing, so that every token counts alike, cached or not"
        )
    if any("price" in base for base in bases.values()):
        notes.append(
            "by price: the bill names no meter, so list prices say how much a token weighs"
        )
    return Joined(rows.reset_index(drop=True), tuple(notes))


def _said(bases: set[str]) -> str:
    return ", ".join(base for base in BASES if base in bases)


def _tokens(usage: pd.DataFrame, money: pd.DataFrame, table=None):
    """(name, money, basis) of all money of models."""
    of_day: dict[tuple[str, str], list[tuple]] = defaultdict(list)
    families = {model: family(model) for model in {*usage["x_Model"], *money["x_Model"]}}
    vendors = {
        name: provider(name)
        for name in {*usage["ServiceProviderName"], *money["ServiceProviderName"]}
    }
    columns = ("UsageDate", "x_Model", "ServiceProviderName", "SkuMeter", "x_Tier", "ConsumedUnit")
    for day, model, vendor, meter, tier, unit, quantity, name in zip(
        *(usage[column] for column in columns),
        usage["ConsumedQuantity"],
        usage["name"],
        strict=True,
    ):
        if model and unit == "Tokens":
            key = (day, families[model])
            of_day[key].append((vendors[vendor], meter, tier, float(quantity), name, model))
    rows = money[token_money(money)]
    for day, model, vendor, words, sku, amount in zip(
        *(
            rows[c]
            for c in ("day", "x_Model", "ServiceProviderName", "SkuMeter", "SkuId", "EffectiveCost")
        ),
        strict=True,
    ):
        same = of_day.get((day, families[model]), ()) if model else ()
        own = vendors[vendor]
        there = [one for one in same if not one[0] or not own or one[0] == own]
        yield from _laid(float(amount), there, words, sku, day, table)


def _laid(amount: float, there: list[tuple], words: str, sku: str, day: str, table=None):
    """One row of the bill on the use of its day and model."""
    meter, tier = meter_of(words)
    if not meter:
        meter, tier = meter_of(sku)
    fitting = [
        one
        for one in there
        if meter and one[1] == meter and (one[2] == "batch") == (tier == "batch")
    ]
    basis, parts = "meter", [(one[4], one[3]) for one in fitting]
    if not fitting:
        prices = [list_price(one[0], one[5], one[1], one[2], day, table) for one in there]
        basis = "price" if prices and all(price is not None for price in prices) else "quantity"
        parts = [
            (one[4], one[3] * ((price or 0.0) if basis == "price" else 1.0))
            for one, price in zip(there, prices, strict=True)
        ]
    whole = sum(weight for _, weight in parts)
    if whole <= 0:
        yield NO_USE, amount, ""
        return
    for name, weight in parts:
        yield name, amount * weight / whole, basis


def _machines(usage: pd.DataFrame, money: pd.DataFrame):
    """(name, money, basis) of all money of GPU hours, where usage says who had them."""
    held = usage[usage["SkuMeter"] == "gpu_hours_allocated"]
    hours, paid = gpu_money(money)
    if held.empty or not paid.any():
        return
    cost = money[paid].groupby("day")["EffectiveCost"].sum()
    bought = money[hours].groupby("day")["ConsumedQuantity"].sum()
    by_name = (
        held.assign(ConsumedQuantity=held["ConsumedQuantity"].astype(float))
        .groupby(["UsageDate", "name"])["ConsumedQuantity"]
        .sum()
    )
    of_day = by_name.groupby(level=0).sum()
    for day, amount in cost.items():
        allocated = float(of_day.get(day, 0.0))
        whole = max(float(bought.get(day, 0.0)), allocated)
        if allocated <= 0 or whole <= 0:
            yield NO_USE, float(amount), ""
            continue
        for name, part in by_name[day].items():
            yield name, float(amount) * float(part) / whole, "hours"
        if whole > allocated:
            yield IDLE, float(amount) * (whole - allocated) / whole, ""
