"""SKU volatility of docs/method §13.72 from the rows of a bill and a YAML price list, with the standard library and PyYAML alone.

An oracle: it shares no line with finops_model/measure/quality/prices.py and reads the list as text, row by row.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from decimal import Decimal

import yaml


def volatility(
    bill: list[dict], price_list: str, month: str, as_of: str, days=90, stale=90, models=()
) -> dict:
    """{kind: cost} of the month's usage; models: those that the token prices know, dated, fresh and unchanged."""
    document = yaml.safe_load(price_list)
    today = dt.date.fromisoformat(as_of)
    window = today - dt.timedelta(days=days)
    seen: dict[str, list[tuple[dt.date, Decimal]]] = defaultdict(list)
    for row in bill:
        day = dt.date.fromisoformat(row["ChargePeriodStart"][:10])
        if day <= today:
            seen[row["SkuId"]].append((day, Decimal(row["ListUnitPrice"])))

    def began_anew(sku: str) -> bool:
        by_price: dict[Decimal, list[dt.date]] = defaultdict(list)
        for day, price in seen[sku]:
            by_price[price].append(day)
        return any(
            max(old) < min(new) and window < min(new) <= today
            for p, old in by_price.items()
            for q, new in by_price.items()
            if p != q
        )

    def kind(sku: str, model: str) -> str:
        entry = document["prices"].get(sku)
        begun = [d for d in entry["history"] if d <= today] if entry else []
        if begun:
            until = entry["history"][begun[-1]].get("until")
            if until is not None and until <= today:
                begun = []
        if not begun:
            if model not in models:
                return "unlisted"
        elif len(str(entry.get("dated", "2026-01"))) < 7:
            return "undated"
        elif (today - entry.get("checked", document["checked"])).days > stale:
            return "stale"
        elif len(begun) > 1 and window < begun[-1]:
            return "changed"
        return "changed" if began_anew(sku) else "steady"

    sums: dict[str, Decimal] = defaultdict(Decimal)
    for row in bill:
        if row["ChargePeriodStart"][:7] == month and row["ChargePeriodStart"][:10] <= as_of:
            sums[kind(row["SkuId"], row["x_Model"])] += Decimal(row["EffectiveCost"])
    return {name: float(amount) for name, amount in sums.items()}
