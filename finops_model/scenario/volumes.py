"""From daily facts to what is forecast: volume by workload and the mix of SKUs behind it (docs/method §3.6).

*Volume* of a workload on a day: Σ quantity × reference unit price, money at constant prices. Usage covered by a commitment of
the inventory counts at its on-demand price. Recurring charges, tax, credits and corrections are not demand. A workload that pays
another price than the reference (a commitment that no inventory names, a discount) counts in units of the reference price, so that
it goes on at what it pays (§3.18).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ..errors import ForecastError
from ..facts.daily.parts import commitment_id, parts
from ..prices.lists.catalog import catalog_price, is_linear, unit_price

WINDOW = 28  # days that tell mix and prices: four whole weeks
FRESH = 7  # days that tell the price of a SKU outside the catalog
LABELS = ("x_BusinessUnit", "x_Team", "x_Environment", "ServiceName")
READ = (
    *("ChargeDate", "x_Workload", *LABELS, "SkuId", "SkuMeter", "ConsumedUnit", "ConsumedQuantity"),
    *("CommitmentDiscountId", "EffectiveCost", "ListCost", "x_Model", "ServiceProviderName"),
)  # what of the daily facts counts here: each group of rows is copied with all its columns
OF_SKU = (
    *("sku", "covered", "ChargeDate", "ConsumedQuantity", "ConsumedUnit", "EffectiveCost"),
    *("ListCost", "ServiceName", "x_Model", "SkuMeter", "ServiceProviderName"),
)
LEAST_DAYS = 3  # of usage, before anything is forecast
ROUNDING = 1e-3  # prices nearer than this are one: a bill is rounded


@dataclass(frozen=True)
class Sku:
    """One thing that is priced. Where a bill has no quantities (kind "spend") its unit is the currency at list price."""

    id: str
    service: str
    unit: str
    model: str
    meter: str
    provider: str
    kind: str  # units | spend
    price: float  # reference: EffectiveCost per unit in the newest days, on demand
    ratio: (
        float | None
    )  # reference ÷ catalog price of the same days: the negotiated discount; None: not in the catalog


@dataclass(frozen=True)
class Meta:
    """What belongs to the columns of volume and mix."""

    skus: tuple[Sku, ...]
    unit_of: tuple[str, ...]  # business unit of each workload
    team: tuple[str, ...]
    environment: tuple[str, ...]
    service: tuple[str, ...]
    dropped: tuple[str, ...]  # workloads without any usage cost
    paid: Mapping[tuple[str, str], float] = field(
        default_factory=dict
    )  # (workload, sku): its price ÷ the reference, where it is not 1; volume and mix count that many units for one (§3.18)


def sku_of(rows: pd.DataFrame) -> pd.Series:
    """SkuId; where the bill is silent the service, with its meter and unit where what it counts differs: gigabytes are no hours.

    >>> row = {"SkuId": "", "ServiceName": "EC2", "SkuMeter": "", "ConsumedQuantity": 1.0}
    >>> list(sku_of(pd.DataFrame([row | {"ConsumedUnit": "GB"}, row | {"ConsumedUnit": "Hours"}])))
    ['EC2 · GB', 'EC2 · Hours']
    """
    name, silent = (
        rows["SkuId"].where(rows["SkuId"] != "", rows["ServiceName"]),
        rows["SkuId"] == "",
    )
    for column in ("SkuMeter", "ConsumedUnit"):
        told = silent & (rows["ConsumedQuantity"] > 0) & (rows[column] != "")
        several = rows.loc[told, column].groupby(name[told]).nunique() > 1
        apart = silent & (rows[column] != "") & name.isin(list(several.index[several]))
        name = name.where(~apart, name + " · " + rows[column])
    return name


def volumes(daily: pd.DataFrame, as_of: str, settings=None, catalog=None, commitments=()):
    """Volume of every workload up to `as_of`: (names, dates, volume (day, workload), mix (workload, sku), meta).

    daily        DAILY (docs/architecture.md §1); rows after as_of are left out
    catalog      prices.lists.catalog.Catalog or None; commitments: prices.settle.hourly.Hourly or records of the inventory
    volume       money per day at constant reference prices, >= 0; mix: units of each SKU per unit of volume

    Raises ForecastError where there is no usage to forecast.
    """
    currency = getattr(settings, "currency", None) or "USD"
    held = frozenset(commitment_id(c) for c in commitments)
    daily = daily[daily["ChargeDate"] <= pd.Timestamp(as_of)]
    rows = daily.loc[parts(daily, held)["usage"], [name for name in READ if name in daily]]
    if rows.empty:
        raise ForecastError(
            f"there is no usage up to {as_of}: a forecast needs rows with ChargeCategory Usage. "
            "Take a bill in first: finops ingest FILE."
        )
    rows, refunded = without_refunds(rows)
    if rows.empty:
        raise ForecastError(f"all usage up to {as_of} costs nothing: there is no cost to forecast.")
    rows = rows.assign(
        sku=sku_of(rows),
        covered=rows["CommitmentDiscountId"].isin(list(held))
        & (rows["CommitmentDiscountId"] != ""),
    )
    dates = np.arange(
        rows["ChargeDate"].min().to_datetime64().astype("datetime64[D]"),
        np.datetime64(as_of, "D") + 1,
    )
    skus = {
        name: _sku(name, part, dates[-1], catalog, currency)
        for name, part in rows[list(OF_SKU)].groupby("sku", sort=True)
    }
    spend = rows["sku"].map({name: sku.kind == "spend" for name, sku in skus.items()}).astype(bool)
    quantity = rows["ConsumedQuantity"].where(~spend, listed_money(rows))
    tiered = [name for name, sku in skus.items() if not _linear(catalog, sku, dates[-1])]
    settled = frozenset([*tiered, *rows.loc[rows["covered"], "sku"]])  # in true units
    paid = _paid(rows, quantity, spend, settled)
    quantity = quantity * _by_pair(rows, paid)
    value = quantity * rows["sku"].map({name: sku.price for name, sku in skus.items()})
    rows = rows.assign(quantity=quantity, value=value)
    day = (rows["ChargeDate"].to_numpy().astype("datetime64[D]") - dates[0]).astype(int)
    every, at = np.unique(rows["x_Workload"].to_numpy(str), return_inverse=True)
    volume = np.zeros((len(dates), len(every)))
    np.add.at(volume, (day, at), rows["value"].to_numpy())
    volume = np.maximum(volume, 0.0)
    kept = volume.sum(axis=0) > 0
    mix, left = _mix(rows, day, at, volume, skus, settled)
    volume = _as_a_week_before(volume, refunded, dates, every)
    names = tuple(str(name) for name in every[kept])
    if not names:
        raise ForecastError(f"all usage up to {as_of} costs nothing: there is no cost to forecast.")
    newest = rows.groupby("x_Workload")["ChargeDate"].transform("max")
    fresh = rows["ChargeDate"] > newest - pd.Timedelta(days=WINDOW)  # a workload's newest days
    told = rows.loc[fresh, ["x_Workload", "EffectiveCost", *LABELS]]
    last = dict(list(told.groupby("x_Workload")))
    label = {column: tuple(_newest(last[name], column) for name in names) for column in LABELS}
    meta = Meta(
        tuple(skus.values()),
        label["x_BusinessUnit"],
        label["x_Team"],
        label["x_Environment"],
        label["ServiceName"],
        tuple(str(name) for name in every[~kept]),
        _told(paid, every, left),
    )
    return names, dates, volume[:, kept], mix[kept], meta


def without_refunds(rows: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """(rows without refunds, days that are left with nothing): a workload's day below zero keeps what was used; its credits are not usage.

    Negative rows that leave a day above zero stay: discounts that vendors write as usage. Days: ChargeDate, x_Workload.
    """
    day = [rows["x_Workload"], rows["ChargeDate"]]
    refund = (rows["EffectiveCost"] < 0) & (rows["EffectiveCost"].groupby(day).transform("sum") < 0)
    kept, gone = rows[~refund], rows.loc[refund, ["ChargeDate", "x_Workload"]].drop_duplicates()
    used = kept.loc[kept["EffectiveCost"] > 0, ["ChargeDate", "x_Workload"]].drop_duplicates()
    left = gone.merge(used, how="left", indicator=True)
    return kept, left.loc[left["_merge"] == "left_only", ["ChargeDate", "x_Workload"]]


def _as_a_week_before(
    volume: np.ndarray, refunded: pd.DataFrame, dates: np.ndarray, names: np.ndarray
) -> np.ndarray:
    """Days of which the bill tells only a refund, as a week before (in the first week: as the day before): a credit does not say that nothing was used."""
    place = {str(name): w for w, name in enumerate(names)}
    for date, name in sorted(zip(refunded["ChargeDate"], refunded["x_Workload"])):
        day, w = int((np.datetime64(date, "D") - dates[0]).astype(int)), place.get(str(name))
        if w is not None and day > 0:
            volume[day, w] = volume[
                day - 7 if day >= 7 and volume[: day - 6, w].any() else day - 1, w
            ]
    return volume


def too_little(daily: pd.DataFrame, as_of: str) -> tuple[str, str] | None:
    """Why nothing can be forecast: a clause, and its reason; None where there are LEAST_DAYS of usage or more.

    >>> day = pd.DataFrame({"ChargeDate": pd.to_datetime(["2026-08-31"]), "ChargeCategory": "Usage", "EffectiveCost": 1.0, "x_Workload": "a"})
    >>> too_little(day, "2026-08-31")[0]
    'there is too little history to forecast'
    """
    rows = daily[
        (daily["ChargeCategory"] == "Usage") & (daily["ChargeDate"] <= pd.Timestamp(as_of))
    ]
    if rows.empty or not (without_refunds(rows)[0]["EffectiveCost"] > 0).any():
        return (
            "there is no usage to forecast",
            f"the bill holds no usage that costs anything up to {as_of}",
        )
    first = str(rows["ChargeDate"].min().date())
    known = int((np.datetime64(as_of, "D") - np.datetime64(first, "D")).astype(int)) + 1
    if known >= LEAST_DAYS:
        return None
    days = "1 day" if known == 1 else f"{known} days"
    return (
        "there is too little history to forecast",
        f"the bill holds {days} of usage, from {first}, and a forecast needs at least {LEAST_DAYS}",
    )


def listed_money(rows: pd.DataFrame) -> pd.Series:
    """Spend as a quantity: ListCost, else EffectiveCost."""
    return (
        rows["ListCost"]
        .where(rows["ListCost"] != 0, rows["EffectiveCost"])
        .fillna(rows["EffectiveCost"])
    )


def _linear(catalog, sku: Sku, last) -> bool:
    listed = catalog_price(catalog, sku.id, last)
    return listed is None or is_linear(listed)


def _paid(
    rows: pd.DataFrame, quantity: pd.Series, spend: pd.Series, settled: frozenset[str]
) -> pd.Series:
    """What each workload pays for a SKU ÷ what all pay for it on the same days; by both (docs/method §3.18).

    Of its newest WINDOW days with use, every row's cost; what changed since then by the newest FRESH days, as in the reference price. 1 where
    a commitment of the inventory or a form with tiers prices the SKU: these settle true units.
    """
    own = ~rows["sku"].isin(list(settled))
    rows = rows.assign(q=quantity)[own]
    told = spend[own] | ((rows["ConsumedQuantity"] > 0) & (rows["ConsumedUnit"] != ""))
    by_day = rows[told].groupby(["sku", "ChargeDate"])[["EffectiveCost", "q"]].sum()
    price = (by_day["EffectiveCost"] / by_day["q"].where(by_day["q"] > 0)).rename("price")
    rows = rows.join(price, on=["sku", "ChargeDate"])
    rows = rows.assign(fair=rows["q"] * rows["price"].fillna(0.0))
    pair = ["x_Workload", "sku"]
    used = rows["ChargeDate"].where(rows["q"] > 0).groupby([rows[name] for name in pair])
    age = used.transform("max") - rows["ChargeDate"]

    def ratio(of: pd.DataFrame, days: int) -> pd.Series:
        sums = of[age.loc[of.index] < pd.Timedelta(days=days)].groupby(pair)
        sums = sums[["EffectiveCost", "fair"]].sum()
        return sums["EffectiveCost"] / sums["fair"].where(sums["fair"] > 0)

    since = ratio(rows[told], FRESH) / ratio(rows[told], WINDOW)
    whole = ratio(rows, WINDOW)
    paid = whole * since.where(since > 0).reindex(whole.index).fillna(1.0)
    paid = paid.clip(lower=0.0)
    return paid.where((paid - 1).abs() > ROUNDING, 1.0).fillna(1.0)


def _told(paid: pd.Series, workloads: np.ndarray, left: np.ndarray) -> dict:
    """`Meta.paid`: what a pair pays, and what discounts of its workload leave of it."""
    off = dict(zip(workloads, left))
    whole = {(str(w), str(s)): float(value) * float(off[w]) for (w, s), value in paid.items()}
    return {pair: value for pair, value in whole.items() if value != 1.0}


def _by_pair(rows: pd.DataFrame, paid: pd.Series) -> pd.Series:
    """`paid` by row; 1 where it says nothing."""
    return rows.join(paid.rename("paid"), on=["x_Workload", "sku"])["paid"].fillna(1.0)


def _sku(name: str, rows: pd.DataFrame, last, catalog, currency: str) -> Sku:
    """One SKU with its reference price, from its rows up to `last`."""
    counted = (rows["ConsumedQuantity"] > 0) & (rows["ConsumedUnit"] != "")
    cost = rows["EffectiveCost"].abs()
    units = bool(cost[counted].sum() >= 0.9 * cost.sum()) and bool(counted.any())
    rows = rows[counted] if units else rows
    newest = rows["ChargeDate"].max()
    window = rows[rows["ChargeDate"] > newest - pd.Timedelta(days=WINDOW)]
    plain = window[~window["covered"]]
    listed = catalog_price(catalog, name, last)
    ratio: float | None = None
    if not units:
        kept = plain if len(plain) else window
        base = float(listed_money(kept).sum())
        price = float(kept["EffectiveCost"].sum()) / base if base > 0 and len(plain) else 1.0
        price = price if price > 0 else 1.0
    elif listed is not None and is_linear(listed):
        ratio = _ratio(plain, name, catalog)
        price = ratio * unit_price(listed)
    elif len(plain):
        days = (
            sorted(plain["ChargeDate"].unique())[-FRESH:]
            if listed is None
            else plain["ChargeDate"].unique()
        )
        fresh = plain[plain["ChargeDate"].isin(days)]
        price = max(
            0.0, float(fresh["EffectiveCost"].sum()) / float(fresh["ConsumedQuantity"].sum())
        )
        ratio = 1.0 if listed is not None else None
    else:
        price = max(0.0, float(window["ListCost"].sum()) / float(window["ConsumedQuantity"].sum()))
    top = rows.loc[rows["ChargeDate"] == newest].iloc[-1]
    return Sku(
        name,
        str(top["ServiceName"]),
        str(top["ConsumedUnit"]) if units else currency,
        str(top["x_Model"]),
        str(top["SkuMeter"]),
        str(top["ServiceProviderName"]),
        "units" if units else "spend",
        price,
        ratio,
    )


def _ratio(rows: pd.DataFrame, name: str, catalog) -> float:
    """What is paid ÷ what the catalog says, over the newest days; 1 where nothing can be compared."""
    by_day = rows.groupby("ChargeDate")[["EffectiveCost", "ConsumedQuantity"]].sum()
    listed = [catalog_price(catalog, name, day.to_datetime64()) for day in by_day.index]
    fair = sum(
        q * unit_price(p)
        for q, p in zip(by_day["ConsumedQuantity"], listed)
        if p is not None and is_linear(p)
    )
    paid = sum(c for c, p in zip(by_day["EffectiveCost"], listed) if p is not None and is_linear(p))
    ratio = float(paid / fair) if fair > 0 and paid > 0 else 1.0
    return 1.0 if abs(ratio - 1) < 1e-6 else ratio  # rounding of a bill is not a discount


def _mix(rows, day, at, volume, skus, settled) -> tuple[np.ndarray, np.ndarray]:
    """(units of each SKU per unit of volume over the newest WINDOW days with volume: (workload, sku); what discounts leave: (workload,)).

    A SKU that is below zero is a discount on the others of its workload, so that their units are fewer; those of `settled` stay true.
    """
    mix, left = np.zeros((volume.shape[1], len(skus))), np.ones(volume.shape[1])
    price = np.array([sku.price for sku in skus.values()])
    free = np.array([name not in settled for name in skus])
    column = rows["sku"].map({name: i for i, name in enumerate(skus)}).to_numpy()
    quantity = rows["quantity"].to_numpy()
    for w in range(volume.shape[1]):
        used = np.flatnonzero(volume[:, w] > 0)
        if not len(used):
            continue
        fresh = used[used >= len(volume) - WINDOW]
        chosen = fresh if len(fresh) else used[-WINDOW:]
        mask = (at == w) & np.isin(day, chosen)
        np.add.at(mix[w], column[mask], quantity[mask])
        above = np.maximum(mix[w], 0.0)
        off, worth = (above - mix[w]) @ price, (above * free) @ price
        if off > 0 and worth > 0:
            left[w] = max(1.0 - off / worth, 0.0)
        mix[w] = above * np.where(free, left[w], 1.0) / volume[chosen, w].sum()
    return mix, left


def _newest(fresh: pd.DataFrame, column: str) -> str:
    """The label that carries most cost in these days."""
    totals = fresh.groupby(column)["EffectiveCost"].sum()
    return str(totals.index[int(np.argmax(totals.to_numpy()))])
