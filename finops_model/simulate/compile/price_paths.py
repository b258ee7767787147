"""Prices of a plan by day, as paid; forms with tiers by month (docs/method §3.6)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...forecasting.covariates.timeline import Timeline
from ...periods import month_days
from ...prices.lists.catalog import catalog_price, is_linear, unit_price
from ...prices.settle.windows import share_paid
from ...scenario.booked import newest_full_month
from ...scenario.changes import escape, events_on, timeline


@dataclass(frozen=True)
class Tiered:
    """A SKU whose price depends on the month's pooled usage."""

    sku: str
    usage: np.ndarray  # (day, workload): units per unit of volume
    workloads: np.ndarray
    rates: tuple  # rate form in force in each month
    own: Timeline  # by month: negotiated share of the list price of a unit
    already: (
        float | None
    )  # units used in the month under way; None: the first month has not begun, its fee is still to come
    series: tuple = ()  # risks on its price
    due: float = 1.0  # what the bill says of its fees and minima: 1 unless less than those was paid

    @property
    def certain(self) -> bool:
        return self.own.certain and not self.series


def tiered_form(facts, sku: str):
    """The price of a SKU whose form has tiers, or None."""
    price = catalog_price(facts.catalog, sku, facts.as_of)
    return price if price is not None and not is_linear(price) else None


def unit_of_sku(facts, sku: str) -> str:
    own = [known.unit for known in facts.meta.skus if known.id == sku]
    return own[0] if own else facts.catalog.prices[sku][-1].unit


def price_paths(resolved, dates) -> tuple[dict[str, np.ndarray], dict[str, Timeline]]:
    """Money per unit by day of every SKU (as paid: catalog × discount), and those whose price is uncertain."""
    facts, by_day, uncertain = resolved.facts, {}, {}
    paid = {sku.id: sku for sku in facts.meta.skus}
    for name, entry in resolved.tree["prices"].items():
        if "factor" in entry:
            by_day[name] = np.full(len(dates), paid[name].price)
            continue
        base = np.full(len(dates), entry["price"] / entry["block"])
        ratio = paid[name].ratio if name in paid else 1.0
        if ratio is not None and facts.catalog is not None and name in facts.catalog.prices:
            for price in facts.catalog.prices[name]:
                if price.since > facts.as_of and is_linear(price):
                    base[dates >= np.datetime64(price.since, "D")] = ratio * unit_price(price)
        values = timeline(
            base * entry["block"], events_on(resolved, f"prices/{escape(name)}/price"), dates
        )
        if values.certain:
            by_day[name] = values.number / entry["block"]
        else:
            by_day[name] = values.number / entry["block"]
            uncertain[name] = Timeline(
                values.number / entry["block"], values.which, values.mixtures
            )
    return by_day, uncertain


def compile_tiered(resolved, sku, entries, shape, months, series) -> Tiered:
    facts = resolved.facts
    usage = np.zeros(shape)
    for (w, name), quantity in entries.items():
        if name == sku:
            usage[:, w] = quantity
    starts = np.array([f"{month}-01" for month in months], "datetime64[D]")
    rows = facts.daily[(facts.daily["SkuId"] == sku) & (facts.daily["ChargeCategory"] == "Usage")]
    ratio, due = paid_share(facts, sku, rows)
    factors = timeline(
        np.full(len(months), ratio), events_on(resolved, f"prices/{escape(sku)}/factor"), starts
    )
    now = rows[rows["ChargeDate"] >= pd.Timestamp(f"{months[0]}-01")]
    rates = tuple(
        (
            catalog_price(facts.catalog, sku, max(str(start), facts.as_of))
            or tiered_form(facts, sku)
        ).rate
        for start in starts
    )
    begun = (
        facts.as_of >= f"{months[0]}-01"
    )  # else a fee or a minimum of the first month counted as charged already
    used = float(max(now["ConsumedQuantity"].sum(), 0.0)) if begun else None
    return Tiered(
        sku,
        usage,
        np.flatnonzero(usage.any(axis=0)),
        rates,
        factors,
        used,
        tuple(one for one in series if sku in one.skus),
        due,
    )


def paid_share(facts, sku: str, rows) -> tuple[float, float]:
    """What the newest full month's bill says of the price of a unit ÷ the form's (a negotiated discount), and of its fees and minima (§5.15)."""
    month = newest_full_month(facts)
    if month is None:
        return 1.0, 1.0
    last = pd.Timestamp(month_days(month)[-1])
    inside = rows[
        (rows["ChargeDate"] >= pd.Timestamp(f"{month}-01")) & (rows["ChargeDate"] <= last)
    ]
    price = catalog_price(facts.catalog, sku, last.to_datetime64())
    usage, cost = float(inside["ConsumedQuantity"].sum()), float(inside["EffectiveCost"].sum())
    if price is None or usage <= 0 or cost <= 0:
        return 1.0, 1.0
    ratio, due = share_paid(price.rate, usage, cost)
    listed = float(price.charge(usage))
    return (
        (1.0, 1.0) if abs(cost - listed) < 1e-4 * listed else (ratio, due)
    )  # rounding of a bill is not a discount
