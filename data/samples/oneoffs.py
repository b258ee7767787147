"""Charges that are an amount, not a use: credits, tax and corrections. Money in hundred-millionths of a US dollar."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
from company import EVENTS
from patterns import DATES
from rows import charges, money


def amount_rows(
    day: int,
    days: int,
    workload: str,
    provider: str,
    cents: Decimal,
    category: str,
    text: str,
    **changes,
) -> pd.DataFrame:
    """One charge that is an amount only: credit, tax, correction."""
    value = int(cents * 100_000_000)
    frame = charges(
        [day],
        workload,
        "",
        "",
        [0],
        np.array([0]),
        days=days,
        category=category,
        frequency="One-Time",
        pricing="",
        sku_price="",
        consumed=-1,
        description=text,
        provider=provider,
        **changes,
    )
    for column in ("list", "contracted", "billed", "effective"):
        frame[column] = value
    return frame


def credits() -> pd.DataFrame:
    """Credits reduce the invoice of their month; the start-up credit belongs to no team."""
    rows = []
    for credit in EVENTS["credits"]:
        for month in credit["months"]:
            start = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
            rows.append(
                amount_rows(
                    start + 14,
                    1,
                    credit.get("workload", "(none)"),
                    credit["provider"],
                    Decimal(credit["amount"]),
                    "Credit",
                    credit["description"],
                )
            )
    return pd.concat(rows)


def taxes(usage: pd.DataFrame) -> pd.DataFrame:
    """Sales tax on Cinder's invoices of closed months, rounded to the cent."""
    event, rows = EVENTS["tax"], []
    months = DATES.astype("datetime64[M]").astype(str)
    cinder = usage[usage["sku"].str.startswith("cinder-")]
    totals = cinder.groupby(months[cinder["day"]])["billed"].sum()
    for month, total in totals.items():
        if event["from"] <= month:
            cents = (Decimal(int(total)) / 100_000_000 * Decimal(event["rate"])).quantize(
                Decimal("0.01")
            )
            start = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
            days = int(np.sum(months == month))
            rows.append(
                amount_rows(
                    start,
                    days,
                    "(none)",
                    event["provider"],
                    cents,
                    "Tax",
                    f"Sales tax 8.25 % for {month}",
                )
            )
    return pd.concat(rows)


def corrections(rows: pd.DataFrame) -> pd.DataFrame:
    """A -/+ pair for a metering error (billed a month later), and a lone refund of transfer: ChargeClass Correction."""
    february = int(np.searchsorted(DATES, np.datetime64("2026-02-10")))
    wrong = rows[
        (rows["workload"] == "document-analysis")
        & (rows["sku"] == "borealis-pro:output_tokens")
        & rows["day"].isin([february, february + 1])
    ].copy()
    back, again = wrong.copy(), wrong.copy()
    again["quantity"] = again["consumed"] = wrong["quantity"] * 3 // 4 // 10 * 10
    again["list"] = again["contracted"] = again["billed"] = again["effective"] = money(
        again["quantity"].to_numpy(), again["list_price"].to_numpy()
    )
    for column in ("quantity", "consumed", "list", "contracted", "billed", "effective"):
        back[column] = -back[column]
    pair = pd.concat([back, again]).assign(
        **{
            "class": "Correction",
            "billing_month": "2026-03",
            "description": "Output tokens of 10 and 11 February 2026 were counted twice in part",
        }
    )
    may = int(np.searchsorted(DATES, np.datetime64("2025-05-19")))
    refund = amount_rows(
        may,
        1,
        "data-lake",
        "Hyperion Cloud",
        Decimal("-640.00"),
        "Usage",
        "Refund of egress charged in error",
        **{"class": "Correction", "billing_month": "2025-06"},
    )
    refund["sku"], refund["resource"], refund["frequency"] = (
        "HYP-EGRESS-INTERNET",
        "data-lake-transfer",
        "Usage-Based",
    )
    return pd.concat([pair, refund])
