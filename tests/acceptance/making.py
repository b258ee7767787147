"""Small bills in FOCUS columns, for the scripts `make.py` of the questions: a line says what a day costs."""

from __future__ import annotations

import csv
import datetime as dt
import json
from collections.abc import Callable, Iterator
from pathlib import Path

COLUMNS = (
    "BillingAccountId,SubAccountId,BillingCurrency,BillingPeriodStart,BillingPeriodEnd,ChargePeriodStart,ChargePeriodEnd,"
    "ChargeCategory,ChargeFrequency,InvoiceIssuerName,ServiceProviderName,ServiceName,SkuId,SkuMeter,ConsumedQuantity,"
    "ConsumedUnit,ListCost,ContractedCost,EffectiveCost,BilledCost,Tags,x_Model,ResourceId"
).split(",")


def days(first: str, last: str) -> Iterator[dt.date]:
    """Every day from the first to the last."""
    day = dt.date.fromisoformat(first)
    while day <= dt.date.fromisoformat(last):
        yield day
        day += dt.timedelta(1)


def next_month(day: dt.date) -> dt.date:
    """The first day of the month after that of `day`."""
    return dt.date(day.year + day.month // 12, day.month % 12 + 1, 1)


def bill(
    file: str,
    first: str,
    last: str,
    *lines: dict,
    currency: str = "USD",
) -> None:
    """Write a bill with one row a day for each line: `cost` (money, or a function of the day) and perhaps `use`, `unit`, `sku`, `meter`, `service`, `issuer`, `model`, `tags`, `resource`, `category`, `frequency`, `on` (days)."""
    with Path(file).open("w", encoding="utf-8", newline="") as out:
        rows = csv.DictWriter(out, COLUMNS)
        rows.writeheader()
        for day in days(first, last):
            for line in lines:
                if str(day) not in line.get("on", (str(day),)):
                    continue
                rows.writerow(_row(day, line, currency))


def _row(day: dt.date, line: dict, currency: str) -> dict:
    cost, use = (_of(line.get(key, ""), day) for key in ("cost", "use"))
    issuer, start = line.get("issuer", "Cloudy"), day.replace(day=1)
    return {
        "BillingAccountId": "main",
        "SubAccountId": "sub",
        "BillingCurrency": currency,
        "BillingPeriodStart": f"{start}T00:00:00Z",
        "BillingPeriodEnd": f"{next_month(day)}T00:00:00Z",
        "ChargePeriodStart": f"{day}T00:00:00Z",
        "ChargePeriodEnd": f"{day + dt.timedelta(1)}T00:00:00Z",
        "ChargeCategory": line.get("category", "Usage"),
        "ChargeFrequency": line.get("frequency", "Usage-Based"),
        "InvoiceIssuerName": issuer,
        "ServiceProviderName": issuer,
        "ServiceName": line.get("service", "GPU Compute"),
        "SkuId": line.get("sku", ""),
        "SkuMeter": line.get("meter", ""),
        "ConsumedQuantity": use,
        "ConsumedUnit": line.get("unit", ""),
        "ListCost": cost,
        "ContractedCost": cost,
        "EffectiveCost": cost,
        "BilledCost": cost,
        "Tags": json.dumps(line.get("tags", {"team": "ai", "workload": "chat"})),
        "x_Model": line.get("model", ""),
        "ResourceId": line.get("resource", ""),
    }


def _of(value: object, day: dt.date) -> object:
    return value(day) if isinstance(value, Callable) else value


def table(file: str, head: str, rows) -> None:
    """Write a CSV: its head as text, its rows as sequences."""
    with Path(file).open("w", encoding="utf-8", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(head.split(","))
        lines.writerows(rows)
