"""The bills of the start-up: quantities become FOCUS 1.2 charges of two entities in two currencies, with credits and tax.

Rows are those of ../samples/rows.py, in whole numbers, so that money is exact; `entity` and `customer` stand beside them.
"""

from __future__ import annotations

import json
import re
from decimal import ROUND_DOWN, Decimal
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from columns import coded, decimals, masked, month_stamp, scaled, stamp, write_parquet
from demand import (
    DATES,
    DAYS_IN_MONTH,
    DONE,
    MONTH_OF,
    SCALE,
    SHOWN,
    seat_months,
    stock_lines,
    token_lines,
)
from firm import (
    ACCOUNTS,
    CREDITS,
    ENTITIES,
    EURO_LIST,
    MODELS,
    REGIONS,
    SERVICES,
    SKUS,
    TAX,
    TOKENS,
    WORKLOADS,
)
from rows import charges

from finops_model.documents import dump_yaml

MICRO, UNIT = 1_000_000, 100_000_000
METERS = {
    "input_tokens": "input tokens",
    "cached_input_tokens": "cached input tokens",
    "output_tokens": "output tokens",
    "batch_input_tokens": "batch input tokens",
    "batch_output_tokens": "batch output tokens",
}
SERVICE_OF_VENDOR = {vendor: service for service, (vendor, _, _) in reversed(SERVICES.items())}


@cache
def histories() -> dict[str, dict]:
    """sku -> {service, unit, block, history of dollar prices, model, meter}: every price of the vendors' lists."""
    found = {
        sku: {"service": service, "unit": unit, "block": 1, "history": history}
        for sku, (service, unit, _, history) in SKUS.items()
    }
    for model, (service, history) in MODELS.items():
        for i, meter in enumerate(METERS):
            at, half = (i, 1) if i < 3 else (0 if i == 3 else 2, 2)
            prices = {
                since: f"{Decimal(price[at]) / half:f}"
                for since, price in history.items()
                if price[at] is not None
            }
            if prices:
                found[f"{model}:{meter}"] = {
                    "service": service,
                    "unit": "Tokens",
                    "block": MICRO,
                    "history": prices,
                    "model": model,
                    "meter": meter,
                }
    return found


def in_currency(price: str, entity: str) -> Decimal:
    """A list price in the currency of an entity."""
    return Decimal(price) * (Decimal(EURO_LIST) if ENTITIES[entity][1] == "EUR" else 1)


@cache
def daily_price(sku: str, entity: str) -> np.ndarray:
    """Price on each day in millionths, int64 (day,)."""
    history = histories()[sku]["history"]
    starts = np.array(sorted(history), dtype="datetime64[D]")
    values = np.array(
        [int(in_currency(history[since], entity) * MICRO) for since in sorted(history)],
        dtype=np.int64,
    )
    return values[np.searchsorted(starts, DATES, side="right") - 1]


def used(entity: str, done: frozenset) -> pd.DataFrame:
    """Usage of an entity: tokens and stocks, one row a day and key."""
    parts = []
    for workload in TOKENS:
        for customer, model, meter, quantity in token_lines(workload, entity, done):
            sku, day = f"{model}:{meter}", np.flatnonzero(quantity)
            parts.append(
                charges(
                    day,
                    workload,
                    sku,
                    f"{workload}-{customer or 'shared'}",
                    quantity[day],
                    daily_price(sku, entity)[day],
                ).assign(customer=customer)
            )
    for workload, sku, quantity in stock_lines(entity, done):
        day = np.flatnonzero(quantity)
        parts.append(
            charges(
                day,
                workload,
                sku,
                f"{workload}-{sku[4:].lower()}",
                quantity[day],
                daily_price(sku, entity)[day],
            ).assign(customer="")
        )
    return pd.concat(parts, ignore_index=True)


def seats(entity: str, done: frozenset) -> pd.DataFrame:
    """Subscriptions: bought for a month, billed on its first day."""
    parts = []
    for month, workload, sku, bought, _ in seat_months(entity, done):
        day = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
        parts.append(
            charges(
                [day],
                workload,
                sku,
                workload,
                [bought * SCALE],
                daily_price(sku, entity)[[day]],
                days=int(DAYS_IN_MONTH[day]),
                category="Purchase",
                frequency="Recurring",
                description=f"{bought} seats for {month}",
            ).assign(customer="")
        )
    return pd.concat(parts, ignore_index=True)


def amount(
    day: int, length: int, provider: str, value: Decimal, category: str, text: str, entity: str
) -> pd.DataFrame:
    """A charge that is an amount and no use."""
    frame = charges(
        [day],
        "(none)",
        "",
        "",
        [0],
        np.array([0]),
        days=length,
        category=category,
        frequency="One-Time",
        pricing="",
        sku_price="",
        consumed=-1,
        description=text,
        provider=provider,
    )
    for column in ("list", "contracted", "billed", "effective"):
        frame[column] = int(value * UNIT)
    return frame.assign(customer="", entity=entity)


def credits(rows: pd.DataFrame) -> pd.DataFrame:
    """The start-up credit: a share of the month's API bill until it expires; what is left then is lost."""
    left, parts = Decimal(CREDITS["granted"]), []
    own = rows[(rows["entity"] == CREDITS["entity"]) & rows["sku"].str.startswith("ottermere-")]
    for month, billed in own.groupby("month")["billed"].sum().items():
        if month > CREDITS["expires_on"][:7] or month < CREDITS["granted_on"][:7]:
            continue
        value = min(
            left,
            (Decimal(int(billed)) / UNIT * Decimal(CREDITS["share"])).quantize(
                Decimal("0.01"), ROUND_DOWN
            ),
        )
        left -= value
        last = int(np.flatnonzero(MONTH_OF.astype(str) == month)[-1])
        if value:
            parts.append(
                amount(
                    last,
                    1,
                    CREDITS["vendor"],
                    -value,
                    "Credit",
                    CREDITS["description"],
                    CREDITS["entity"],
                )
            )
    return pd.concat(parts, ignore_index=True)


def taxes(rows: pd.DataFrame) -> pd.DataFrame:
    """Tax of each invoice, rounded to the cent."""
    parts = []
    for (entity, vendor), (rate, words) in TAX.items():
        own = rows[(rows["entity"] == entity) & (rows["provider"] == vendor)]
        for month, billed in own.groupby("month")["billed"].sum().items():
            day = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
            value = (Decimal(int(billed)) / UNIT * Decimal(rate)).quantize(Decimal("0.01"))
            parts.append(
                amount(
                    day,
                    int(DAYS_IN_MONTH[day]),
                    vendor,
                    value,
                    "Tax",
                    f"{words} for {month}",
                    entity,
                )
            )
    return pd.concat(parts, ignore_index=True)


def all_charges(done: frozenset = DONE) -> pd.DataFrame:
    """Every charge of the latent calendar, both entities, had the actions of `done` been done."""
    parts = [
        frame.assign(entity=entity)
        for entity in ENTITIES
        for frame in (used(entity, done), seats(entity, done))
    ]
    rows = monthly(pd.concat(parts, ignore_index=True))
    vendor = {sku: SERVICES[entry["service"]][0] for sku, entry in histories().items()}
    rows["provider"] = rows["sku"].map(vendor)
    return monthly(pd.concat([rows, credits(rows), taxes(rows)], ignore_index=True))


def monthly(rows: pd.DataFrame) -> pd.DataFrame:
    """With the month of the charge, which is the billing month too."""
    month = MONTH_OF.astype(str)[rows["day"]]
    return rows.assign(month=month, billing_month=month)


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """What the bills hold: until the last day."""
    return rows[rows["day"] < SHOWN]


# FOCUS ---------------------------------------------------------------------------------------------------------------


def sku_fact(sku: str, provider: str) -> dict:
    """What FOCUS says of a SKU; of an amount its vendor's first service only."""
    if not sku:
        return {
            "service": SERVICE_OF_VENDOR[provider],
            "meter": None,
            "unit": None,
            "priced": None,
            "model": None,
            "details": None,
        }
    entry = histories()[sku]
    if "model" in entry:
        details = {
            "ModelId": entry["model"],
            "TokenDirection": "Output" if "output" in entry["meter"] else "Input",
            "TokenCacheAction": "Read" if entry["meter"].startswith("cached") else "Uncached",
            **({"x_ServiceTier": "Batch"} if entry["meter"].startswith("batch") else {}),
        }
        return {
            "service": entry["service"],
            "meter": METERS[entry["meter"]],
            "unit": "Tokens",
            "priced": "1000000 Tokens",
            "model": entry["model"],
            "details": json.dumps(details),
        }
    details = (
        json.dumps({"StorageClass": sku[4:].title()})
        if entry["service"] == "Pondhost Storage"
        else None
    )
    return {
        "service": entry["service"],
        "meter": SKUS[sku][2],
        "unit": entry["unit"],
        "priced": entry["unit"],
        "model": None,
        "details": details,
    }


def tags(workload: str, customer: str) -> str:
    """Tags as JSON: team, environment, workload, product, cost centre and, with a key of its own, the customer."""
    from firm import ORGANISATION

    if workload not in WORKLOADS:
        return "{}"
    team, environment, product = WORKLOADS[workload]
    found = {
        "team": team,
        "environment": environment,
        "workload": workload,
        "product": product,
        "customer": customer,
        "cost_center": ORGANISATION[team][1] if team else "",
    }
    return json.dumps({key: value for key, value in found.items() if value})


def focus_table(rows: pd.DataFrame) -> pa.Table:
    """FOCUS 1.2 columns of the charges."""
    rows = rows.sort_values(
        ["entity", "provider", "sku", "workload", "customer", "day"], kind="stable"
    )
    key, place = rows["sku"] + "|" + rows["provider"], rows["provider"] + "|" + rows["entity"]
    fact = lambda name: coded(key, lambda text: sku_fact(*text.split("|"))[name])
    account = lambda i: coded(place, lambda text: ACCOUNTS[tuple(text.split("|"))][i])
    service = pd.Series(fact("service").to_pylist(), index=rows.index)
    start = DATES[rows["day"].to_numpy()]
    bare = (rows["pricing"] == "").to_numpy()
    tokens = rows["sku"].str.contains(":").to_numpy()
    text = lambda column: coded(rows[column], lambda value: value or None)
    return pa.table(
        {
            "ProviderName": text("provider"),
            "PublisherName": text("provider"),
            "InvoiceIssuerName": account(2),
            "BillingAccountId": account(0),
            "BillingAccountName": coded(
                place, lambda t: f"{ENTITIES[t.split('|')[1]][0]} at {t.split('|')[0]}"
            ),
            "SubAccountId": account(1),
            "BillingCurrency": coded(rows["entity"], lambda entity: ENTITIES[entity][1]),
            "BillingPeriodStart": month_stamp(rows["billing_month"]),
            "BillingPeriodEnd": month_stamp(rows["billing_month"], 1),
            "ChargePeriodStart": stamp(start),
            "ChargePeriodEnd": stamp(start + rows["days"].to_numpy().astype("timedelta64[D]")),
            "ChargeCategory": text("category"),
            "ChargeClass": text("class"),
            "ChargeFrequency": text("frequency"),
            "ChargeDescription": text("description"),
            "BilledCost": decimals(rows["billed"]),
            "EffectiveCost": decimals(rows["effective"]),
            "ListCost": decimals(rows["list"]),
            "ContractedCost": decimals(rows["contracted"]),
            "ListUnitPrice": decimals(rows["list_price"].to_numpy() * 100, bare),
            "ContractedUnitPrice": decimals(rows["contracted_price"].to_numpy() * 100, bare),
            "ConsumedQuantity": scaled(
                rows["consumed"].to_numpy() * np.where(tokens, MICRO, 1), 4, bare
            ),
            "ConsumedUnit": masked(fact("unit"), bare),
            "PricingQuantity": decimals(rows["quantity"].to_numpy() * 10_000, bare),
            "PricingUnit": fact("priced"),
            "PricingCategory": text("pricing"),
            "ServiceName": fact("service"),
            "ServiceCategory": coded(service, lambda s: SERVICES[s][1]),
            "ServiceSubcategory": coded(service, lambda s: SERVICES[s][2]),
            "SkuId": text("sku"),
            "SkuPriceId": text("sku_price"),
            "SkuMeter": fact("meter"),
            "SkuPriceDetails": fact("details"),
            "RegionId": coded(place, lambda t: REGIONS.get(tuple(t.split("|")))),
            "ResourceId": text("resource"),
            "ResourceName": text("resource"),
            "InvoiceId": coded(
                place + "|" + rows["billing_month"],
                lambda t: f"{ACCOUNTS[tuple(t.split('|')[:2])][0]}-{t.split('|')[2]}",
            ),
            "Tags": coded(rows["workload"] + "|" + rows["customer"], lambda t: tags(*t.split("|"))),
            "x_Model": fact("model"),
        }
    )


def write_focus(rows: pd.DataFrame, folder: Path) -> list[Path]:
    """focus_<year>_H<n>.parquet, one per half-year of billing periods."""
    folder.mkdir(parents=True, exist_ok=True)
    half = rows["billing_month"].map(lambda month: f"{month[:4]}_H{1 if month[5:] <= '06' else 2}")
    found = []
    for name in sorted(half.unique()):
        found.append(folder / f"focus_{name}.parquet")
        write_parquet(focus_table(rows[half == name]), found[-1])
    return found


def price_documents() -> dict[str, str]:
    """<entity>/<vendor>.yaml -> text: the vendors' price lists in the entity's currency."""
    found = {}
    for entity, (_, currency) in ENTITIES.items():
        for vendor in SERVICE_OF_VENDOR:
            prices = {}
            for sku, entry in histories().items():
                if SERVICES[entry["service"]][0] == vendor:
                    names = {
                        name: entry[name]
                        for name in ("service", "model", "meter", "unit")
                        if name in entry
                    }
                    block = {"block": entry["block"]} if entry["block"] != 1 else {}
                    prices[sku] = {
                        **names,
                        **block,
                        "rate": "linear",
                        "history": {
                            since: {"price": float(in_currency(price, entity))}
                            for since, price in entry["history"].items()
                        },
                    }
            text = dump_yaml(
                {
                    "provider": vendor,
                    "currency": currency,
                    "reference": "synthetic price list of the second sample company "
                    "(data/startup/firm.py); no real vendor",
                    "checked": "2026-10-31",
                    "prices": prices,
                }
            )
            found[f"{entity}/{vendor.split()[0].lower()}.yaml"] = re.sub(
                r"'(\d{4}-\d\d-\d\d)'", r"\1", text
            )
    return found
