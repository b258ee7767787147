"""Charges of bill.py as FOCUS 1.2 Parquet files, one per quarter of billing periods; numbers are decimals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from bill import SHOWN
from columns import coded, decimals, masked, month_stamp, scaled, stamp, write_parquet
from company import COMMITMENT, MODELS, PROVIDERS, SERVICES, SKUS, WORKLOADS
from patterns import DATES

PREFIX = {"Hyperion Cloud": "HYP", "Aurora AI": "AUR", "Borealis": "BOR", "Cinder": "CIN"}
OPEN_MONTH = "2026-11"
METER_TEXT = {
    "input_tokens": "input tokens",
    "cached_input_tokens": "cached input tokens",
    "cache_write_tokens": "cache write tokens",
    "output_tokens": "output tokens",
    "batch_input_tokens": "batch input tokens",
    "batch_output_tokens": "batch output tokens",
}
OTHER_SERVICE = {
    "Aurora AI": "Aurora API",
    "Borealis": "Borealis API",
    "Cinder": "Cinder API",
    "Hyperion Cloud": "Network",
}


def sku_facts(sku: str, provider: str) -> dict[str, str | None]:
    """What FOCUS says about a SKU, text by column."""
    if not sku:
        service = OTHER_SERVICE[provider]
        return {
            "ServiceName": service,
            "SkuId": None,
            "SkuMeter": None,
            "SkuPriceDetails": None,
            "PricingUnit": None,
            "ConsumedUnit": None,
            "x_Model": None,
        }
    if ":" in sku:
        model, meter = sku.split(":")
        details = {"ModelId": model, "TokenDirection": "Output" if "output" in meter else "Input"}
        details["TokenCacheAction"] = {
            "cached_input_tokens": "Read",
            "cache_write_tokens": "Write",
        }.get(meter, "Uncached")
        if meter.startswith("batch"):
            details["x_ServiceTier"] = "Batch"
        return {
            "ServiceName": MODELS[model][0],
            "SkuId": sku,
            "SkuMeter": METER_TEXT[meter],
            "SkuPriceDetails": json.dumps(details),
            "PricingUnit": "1000000 Tokens",
            "ConsumedUnit": "Tokens",
            "x_Model": model,
        }
    service, unit, meter, _ = SKUS[sku]
    details = None
    if service == "GPU Compute":
        details = json.dumps({"GpuCount": 1, "InstanceType": f"hyp.{sku.split('-')[1].lower()}"})
    if service == "Object Storage":
        details = json.dumps({"StorageClass": sku.split("-")[-1].title()})
    return {
        "ServiceName": service,
        "SkuId": sku,
        "SkuMeter": meter,
        "SkuPriceDetails": details,
        "PricingUnit": unit,
        "ConsumedUnit": unit,
        "x_Model": None,
    }


def tags(workload: str) -> str:
    """Tags JSON. A workload in brackets is none: ad-hoc ones carry an environment only, credits and tax nothing."""
    if workload in WORKLOADS:
        team, environment = WORKLOADS[workload]
        return json.dumps({"team": team, "environment": environment, "workload": workload})
    if workload == "(commitment)":
        return json.dumps({"team": "ml-platform", "environment": "production"})
    return json.dumps({"environment": "rnd"}) if workload == "(untagged)" else "{}"


def focus_table(rows: pd.DataFrame) -> pa.Table:
    """FOCUS 1.2 columns of the charges."""
    rows = rows.sort_values(
        ["billing_month", "provider", "sku", "workload", "resource", "status", "sku_price", "day"],
        kind="stable",
    )
    key = rows["sku"] + "|" + rows["provider"]
    fact = lambda name: coded(key, lambda text: sku_facts(*text.split("|"))[name])
    service = pd.Series(fact("ServiceName").to_pylist(), index=rows.index)
    start = DATES[rows["day"].to_numpy()]
    end = start + rows["days"].to_numpy().astype("timedelta64[D]")
    amount_only = (rows["pricing"] == "").to_numpy()
    not_consumed = (rows["consumed"] == -1).to_numpy() | amount_only
    tokens = rows["sku"].str.contains(":").to_numpy()
    consumed = rows["consumed"].to_numpy() * np.where(tokens, 1_000_000, 1)
    committed = (rows["commitment_quantity"] > 0).to_numpy()
    provider = coded(rows["provider"], str)
    text = lambda column: coded(rows[column], lambda value: value or None)
    discount = lambda word: pa.array(np.where(committed, word, None), pa.string())
    environment = rows["workload"].map(lambda w: WORKLOADS.get(w, ("", "shared"))[1])
    invoice = rows["billing_month"].where(rows["billing_month"] != OPEN_MONTH, "")
    columns = {
        "ProviderName": provider,
        "PublisherName": provider,
        "InvoiceIssuerName": provider,
        "BillingAccountId": coded(rows["provider"], lambda p: PROVIDERS[p][0]),
        "BillingAccountName": coded(rows["provider"], lambda p: PROVIDERS[p][1]),
        "SubAccountId": coded(
            rows["provider"] + "|" + environment,
            lambda t: f"{PREFIX[t.split('|')[0]].lower()}-{t.split('|')[1]}",
        ),
        "BillingCurrency": pa.array(["USD"]).take(pa.array(np.zeros(len(rows), np.int64))),
        "BillingPeriodStart": month_stamp(rows["billing_month"]),
        "BillingPeriodEnd": month_stamp(rows["billing_month"], 1),
        "ChargePeriodStart": stamp(start),
        "ChargePeriodEnd": stamp(end),
        "ChargeCategory": text("category"),
        "ChargeClass": text("class"),
        "ChargeFrequency": text("frequency"),
        "ChargeDescription": text("description"),
        "BilledCost": decimals(rows["billed"]),
        "EffectiveCost": decimals(rows["effective"]),
        "ListCost": decimals(rows["list"]),
        "ContractedCost": decimals(rows["contracted"]),
        "ListUnitPrice": decimals(rows["list_price"].to_numpy() * 100, amount_only),
        "ContractedUnitPrice": decimals(rows["contracted_price"].to_numpy() * 100, amount_only),
        "ConsumedQuantity": scaled(consumed, 4, not_consumed),
        "ConsumedUnit": masked(fact("ConsumedUnit"), not_consumed),
        "PricingQuantity": decimals(rows["quantity"].to_numpy() * 10_000, amount_only),
        "PricingUnit": masked(fact("PricingUnit"), amount_only),
        "PricingCategory": text("pricing"),
        "ServiceName": fact("ServiceName"),
        "ServiceCategory": coded(service, lambda s: SERVICES[s][1]),
        "ServiceSubcategory": coded(service, lambda s: SERVICES[s][2]),
        "SkuId": fact("SkuId"),
        "SkuPriceId": text("sku_price"),
        "SkuMeter": fact("SkuMeter"),
        "SkuPriceDetails": fact("SkuPriceDetails"),
        "RegionId": coded(rows["provider"], lambda p: PROVIDERS[p][2]),
        "ResourceId": text("resource"),
        "ResourceName": text("resource"),
        "CommitmentDiscountId": discount(COMMITMENT["id"]),
        "CommitmentDiscountCategory": discount("Usage"),
        "CommitmentDiscountType": discount("GPU commitment, 1 year"),
        "CommitmentDiscountStatus": text("status"),
        "CommitmentDiscountQuantity": decimals(
            rows["commitment_quantity"].to_numpy() * 10_000, ~committed
        ),
        "CommitmentDiscountUnit": discount("GPU-hours"),
        "InvoiceId": coded(
            rows["provider"] + "|" + invoice,
            lambda t: f"{PREFIX[t.split('|')[0]]}-{t.split('|')[1]}" if t.split("|")[1] else None,
        ),
        "Tags": coded(rows["workload"], tags),
        "x_Model": fact("x_Model"),
    }
    return pa.table(columns)


def provided(rows: pd.DataFrame) -> pd.DataFrame:
    """Charges with their provider filled in from the SKU."""
    of = {sku: SERVICES[SKUS[sku][0]][0] for sku in SKUS}
    provider = rows["sku"].map(
        lambda sku: SERVICES[MODELS[sku.split(":")[0]][0]][0] if ":" in sku else of.get(sku, "")
    )
    return rows.assign(provider=rows["provider"].where(rows["provider"] != "", provider))


def shown(rows: pd.DataFrame) -> pd.DataFrame:
    """What the bill of 2026-11-15 holds: usage until that day, seats of the open month, tax of closed months only."""
    late_tax = (rows["category"] == "Tax") & (rows["billing_month"] >= OPEN_MONTH)
    return rows[(rows["day"] < SHOWN) & (rows["billing_month"] <= OPEN_MONTH) & ~late_tax]


def write_focus(rows: pd.DataFrame, folder: Path) -> list[Path]:
    """focus_<year>_Q<n>.parquet in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    quarter = rows["billing_month"].map(lambda m: f"{m[:4]}_Q{(int(m[5:]) + 2) // 3}")
    found = []
    for name in sorted(quarter.unique()):
        path = folder / f"focus_{name}.parquet"
        write_parquet(focus_table(rows[quarter == name]), path)
        found.append(path)
    return found
