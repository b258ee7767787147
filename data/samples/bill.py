"""The bill of the sample company: quantities become FOCUS 1.2 charges, covered, unused and on demand by the hour.

Rows are frames of rows.py: whole numbers, so that money is exact.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
from company import COMMITMENT, EGRESS, GPUS, LAST, STORAGE_DISCOUNT, TOKENS
from oneoffs import corrections, credits, taxes
from patterns import DATES, WEEKDAY, hour_of_week
from prices import MICRO, commitment_rate
from rows import charges, money
from usage import SCALE, Line, gpu_lines, other_lines, price_micros, seats, token_routes

SHOWN = int(np.searchsorted(DATES, np.datetime64(LAST))) + 1  # days on the bill


def token_charges() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Charges of all token workloads, and the usage table they agree with. Token counts are whole thousands."""
    rows, usage = [], []
    for workload, spec in TOKENS.items():
        for route, requests, tokens in token_routes(workload, spec):
            blocks = {
                meter: np.round(count / 1000).astype(np.int64) * 10
                for meter, count in tokens.items()
            }
            for meter, quantity in blocks.items():
                sku = f"{route.model}:{meter}"
                day = np.flatnonzero(quantity > 0)
                rows.append(
                    charges(
                        day,
                        workload,
                        sku,
                        f"{workload}-{route.model}",
                        quantity[day],
                        price_micros(sku)[day],
                    )
                )
            counts = {meter: quantity * 100 for meter, quantity in blocks.items()}
            day = np.flatnonzero((requests > 0) & (sum(counts.values()) > 0))
            pick = lambda *meters: sum(
                (counts[m][day] for m in meters if m in counts), np.zeros(len(day), np.int64)
            )
            usage.append(
                pd.DataFrame(
                    {
                        "day": DATES[day],
                        "workload": workload,
                        "model": route.model,
                        "requests": requests[day].astype(np.int64),
                        "uncached_input_tokens": pick("input_tokens", "batch_input_tokens"),
                        "cached_input_tokens": pick("cached_input_tokens"),
                        "cache_write_tokens": pick("cache_write_tokens"),
                        "output_tokens": pick("output_tokens", "batch_output_tokens"),
                        "batch": route.batch,
                    }
                )
            )
    return pd.concat(rows), pd.concat(usage, ignore_index=True)


def settle_hours(
    quantity: np.ndarray, shapes: np.ndarray, weekday: np.ndarray, committed: float
) -> np.ndarray:
    """GPU-hours covered by the commitment, settled by the hour, no carry-over. Shared by usage within the hour.

    quantity (day, line) GPU-hours; shapes (line, 168); weekday (day,) Monday 0. Returns covered (day, line).
    """
    by_hour = shapes.reshape(len(shapes), 7, 24)[:, weekday, :]  # (line, day, hour)
    usage = quantity.T[:, :, None] / 24 * by_hour
    total = usage.sum(axis=0)
    share = np.minimum(1.0, committed / np.maximum(total, 1e-12))
    return (usage * share).sum(axis=2).T


def gpu_charges() -> pd.DataFrame:
    """GPU charges; H100 on-demand of 2026 is split into covered, unused and on-demand by the hour."""
    rows, pool = [], []
    for line, spec in zip(gpu_lines(), GPUS, strict=True):
        if line.sku == COMMITMENT["sku"]:
            pool.append((line, spec))
            continue
        pricing = "Dynamic" if line.sku.endswith("SPOT") else "Standard"
        rows.append(plain(line, pricing=pricing))
    inside = (DATES >= np.datetime64(COMMITMENT["start"])) & (
        DATES < np.datetime64(COMMITMENT["end"])
    )
    term = np.flatnonzero(inside)
    amounts = np.stack([line.quantity[term] for line, _ in pool], axis=1)
    shapes = np.stack([hour_of_week(spec.shape) for _, spec in pool])
    exact = settle_hours(amounts / SCALE, shapes, WEEKDAY[term], COMMITMENT["gpus"])
    covered = np.minimum(np.floor(exact * SCALE).astype(np.int64), amounts)
    rate = commitment_rate()
    for j, (line, _) in enumerate(pool):
        rows.append(plain(line, only=~inside))
        rows.append(plain(line, quantity=amounts[:, j] - covered[:, j], at=term))
        quantity, price = covered[:, j], price_micros(line.sku)[term]
        rows.append(
            charges(
                term,
                line.workload,
                line.sku,
                line.resource,
                quantity,
                price,
                contracted_price=rate,
                billed=0,
                effective=money(quantity, rate),
                pricing="Committed",
                status="Used",
                commitment_quantity=quantity,
                sku_price=f"{line.sku}-1y",
            )[quantity > 0]
        )
    unused = COMMITMENT["gpus"] * 24 * SCALE - covered.sum(axis=1)
    price = price_micros(COMMITMENT["sku"])[term]
    rows.append(
        charges(
            term,
            "(commitment)",
            COMMITMENT["sku"],
            COMMITMENT["id"],
            unused,
            price,
            contracted_price=rate,
            billed=0,
            effective=money(unused, rate),
            consumed=-1,
            pricing="Committed",
            status="Unused",
            commitment_quantity=unused,
            sku_price=f"{COMMITMENT['sku']}-1y",
        )[unused > 0]
    )
    return pd.concat(rows)


def plain(
    line: Line,
    only: np.ndarray | None = None,
    quantity: np.ndarray | None = None,
    at: np.ndarray | None = None,
    **changes,
) -> pd.DataFrame:
    """Charges of a line on the days it was used, or of a quantity on given days."""
    if at is None:
        at, quantity = (
            np.flatnonzero(only if only is not None else np.ones(len(DATES), bool)),
            line.quantity,
        )
        quantity = quantity[at]
    keep = quantity > 0
    at, quantity = at[keep], quantity[keep]
    return charges(
        at, line.workload, line.sku, line.resource, quantity, price_micros(line.sku)[at], **changes
    )


def egress_charges(lines: list[Line]) -> pd.DataFrame:
    """Graduated egress: tiers fill in the order of days over the month's pooled quantity; a row never crosses a tier."""
    starts = [start * SCALE for start in EGRESS["starts"]] + [2**62]
    prices = [int(Decimal(price) * MICRO) for price in EGRESS["prices"]]
    rows, used, month = [], 0, None
    for i, day in enumerate(DATES):
        if day.astype("datetime64[M]") != month:
            used, month = 0, day.astype("datetime64[M]")
        for line in lines:
            left = int(line.quantity[i])
            while left:
                tier = next(t for t in range(len(prices)) if used < starts[t + 1])
                part = min(left, starts[tier + 1] - used)
                rows.append(
                    (
                        i,
                        line.workload,
                        line.resource,
                        part,
                        prices[tier],
                        f"HYP-EGRESS-INTERNET-tier-{tier + 1}",
                    )
                )
                used, left = used + part, left - part
    i, workload, resource, quantity, price, sku_price = (
        np.array(part) for part in zip(*rows, strict=True)
    )
    return charges(
        i, workload, "HYP-EGRESS-INTERNET", resource, quantity, price, sku_price=sku_price
    )


def storage_and_transfer() -> pd.DataFrame:
    """Storage at a negotiated discount, egress pooled by month, cross-region at list."""
    rows, internet = [], []
    for line in other_lines():
        if line.sku == "HYP-EGRESS-INTERNET":
            internet.append(line)
        elif line.sku.startswith("HYP-STORE"):
            price = price_micros(line.sku)
            discounted = np.array([int(Decimal(int(p)) * Decimal(STORAGE_DISCOUNT)) for p in price])
            rows.append(
                charges(
                    np.arange(len(DATES)),
                    line.workload,
                    line.sku,
                    line.resource,
                    line.quantity,
                    price,
                    contracted_price=discounted,
                )
            )
        else:
            rows.append(plain(line))
    return pd.concat([*rows, egress_charges(internet)])


def month_starts() -> np.ndarray:
    """Index of the first day of every month of the calendar."""
    return np.flatnonzero(DATES.astype("datetime64[M]").astype("datetime64[D]") == DATES)


def purchases() -> pd.DataFrame:
    """Seats by the month, and the commitment: cash in BilledCost, nothing in EffectiveCost, month to date at the end."""
    rows, rate = [], commitment_rate()
    bought = seats()
    for start in month_starts():
        month = str(DATES[start].astype("datetime64[M]"))
        length = int(np.sum(DATES.astype("datetime64[M]") == np.datetime64(month)))
        rows.append(
            charges(
                [start],
                "developer-assistants",
                "AURORA-SEAT",
                "aurora-seats",
                [bought[month] * SCALE],
                price_micros("AURORA-SEAT")[[start]],
                days=length,
                category="Purchase",
                frequency="Recurring",
                description=f"Assistant seats for {month}",
            )
        )
        if COMMITMENT["start"][:7] <= month < COMMITMENT["end"][:7]:
            length = min(length, SHOWN - int(start)) if start < SHOWN else length
            hours = np.array([COMMITMENT["gpus"] * 24 * length * SCALE])
            rows.append(
                charges(
                    [start],
                    "(commitment)",
                    COMMITMENT["purchase_sku"],
                    COMMITMENT["id"],
                    hours,
                    np.array([rate]),
                    days=length,
                    effective=0,
                    category="Purchase",
                    frequency="Recurring",
                    commitment_quantity=hours,
                    consumed=-1,
                    description="H100 commitment, 40 GPUs an hour, no upfront, billed by the month",
                )
            )
    return pd.concat(rows)


def all_charges() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every charge of the latent calendar and the token usage table (day, workload, model, ...)."""
    tokens, usage = token_charges()
    rows = pd.concat(
        [tokens, gpu_charges(), storage_and_transfer(), purchases()], ignore_index=True
    )
    rows = pd.concat([rows, credits(), taxes(tokens), corrections(rows)], ignore_index=True)
    months = DATES.astype("datetime64[M]").astype(str)
    rows["month"] = months[rows["day"]]
    rows["billing_month"] = rows["billing_month"].where(rows["billing_month"] != "", rows["month"])
    return rows, usage
