"""The bill of the sample company: quantities become FOCUS 1.2 charges. All money is whole hundred-millionths (1e-8 USD).

A row dictionary holds arrays of one length: day (index into the calendar), days (length of the charge period), quantity
(ten-thousandths), list_price and contracted_price (millionths), billed and effective factor arrays, and text columns.
"""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pandas as pd
from company import COMMITMENT, EGRESS, EVENTS, GPUS, LAST, STORAGE_DISCOUNT, TOKENS
from patterns import DATES, WEEKDAY, hour_of_week
from prices import MICRO, commitment_rate
from usage import SCALE, Line, gpu_lines, other_lines, price_micros, seats, token_routes

SHOWN = int(np.searchsorted(DATES, np.datetime64(LAST))) + 1        # days on the bill
COLUMNS = ["day", "days", "workload", "sku", "sku_price", "resource", "quantity", "consumed", "list_price",
           "contracted_price", "list", "contracted", "billed", "effective", "category", "frequency", "pricing", "status",
           "commitment_quantity", "class", "billing_month", "description", "provider"]
TEXT = ["workload", "sku", "sku_price", "resource", "category", "frequency", "pricing", "status", "class", "billing_month",
        "description", "provider"]


def money(quantity: np.ndarray, price: np.ndarray) -> np.ndarray:
    """quantity (ten-thousandths) x price (millionths) in hundred-millionths; exact, or an error."""
    product = quantity.astype(np.int64) * np.asarray(price, dtype=np.int64)
    if np.any(product % 100):
        raise ArithmeticError("a price has more decimals than the bill can hold")
    return product // 100


def charges(day, workload, sku, resource, quantity, list_price, **changes) -> pd.DataFrame:
    """Usage charges at list; `changes` replace any column."""
    quantity = np.asarray(quantity, dtype=np.int64)
    contracted = changes.pop("contracted_price", list_price)
    cost = money(quantity, contracted)
    frame = pd.DataFrame({"day": np.asarray(day, dtype=np.int64), "quantity": quantity, "list_price": list_price,
                          "contracted_price": contracted, "list": money(quantity, list_price), "contracted": cost,
                          "billed": cost, "effective": cost, "consumed": quantity})
    texts = {"days": 1, "workload": workload, "sku": sku, "sku_price": f"{sku}-list", "resource": resource, "category": "Usage",
             "frequency": "Usage-Based", "pricing": "Standard", "status": "", "commitment_quantity": 0, "class": "",
             "billing_month": "", "description": "", "provider": ""}
    for column, value in (texts | changes).items():
        frame[column] = value
    return frame[COLUMNS]


def token_charges() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Charges of all token workloads, and the usage table they agree with. Token counts are whole thousands."""
    rows, usage = [], []
    for workload, spec in TOKENS.items():
        for route, requests, tokens in token_routes(workload, spec):
            blocks = {meter: np.round(count / 1000).astype(np.int64) * 10 for meter, count in tokens.items()}
            for meter, quantity in blocks.items():
                sku = f"{route.model}:{meter}"
                day = np.flatnonzero(quantity > 0)
                rows.append(charges(day, workload, sku, f"{workload}-{route.model}", quantity[day], price_micros(sku)[day]))
            counts = {meter: quantity * 100 for meter, quantity in blocks.items()}
            day = np.flatnonzero((requests > 0) & (sum(counts.values()) > 0))
            pick = lambda *meters: sum((counts[m][day] for m in meters if m in counts), np.zeros(len(day), np.int64))  # noqa: E731
            usage.append(pd.DataFrame({
                "day": DATES[day], "workload": workload, "model": route.model, "requests": requests[day].astype(np.int64),
                "uncached_input_tokens": pick("input_tokens", "batch_input_tokens"),
                "cached_input_tokens": pick("cached_input_tokens"), "cache_write_tokens": pick("cache_write_tokens"),
                "output_tokens": pick("output_tokens", "batch_output_tokens"), "batch": route.batch}))
    return pd.concat(rows), pd.concat(usage, ignore_index=True)


def settle_hours(quantity: np.ndarray, shapes: np.ndarray, weekday: np.ndarray, committed: float) -> np.ndarray:
    """GPU-hours covered by the commitment, settled by the hour, no carry-over. Shared by usage within the hour.

    quantity (day, line) GPU-hours; shapes (line, 168); weekday (day,) Monday 0. Returns covered (day, line).
    """
    by_hour = shapes.reshape(len(shapes), 7, 24)[:, weekday, :]                  # (line, day, hour)
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
    inside = (DATES >= np.datetime64(COMMITMENT["start"])) & (DATES < np.datetime64(COMMITMENT["end"]))
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
        rows.append(charges(term, line.workload, line.sku, line.resource, quantity, price, contracted_price=rate, billed=0,
                            effective=money(quantity, rate), pricing="Committed", status="Used", commitment_quantity=quantity,
                            sku_price=f"{line.sku}-1y")[quantity > 0])
    unused = COMMITMENT["gpus"] * 24 * SCALE - covered.sum(axis=1)
    price = price_micros(COMMITMENT["sku"])[term]
    rows.append(charges(term, "(commitment)", COMMITMENT["sku"], COMMITMENT["id"], unused, price, contracted_price=rate, billed=0,
                        effective=money(unused, rate), consumed=-1, pricing="Committed", status="Unused",
                        commitment_quantity=unused, sku_price=f"{COMMITMENT['sku']}-1y")[unused > 0])
    return pd.concat(rows)


def plain(line: Line, only: np.ndarray | None = None, quantity: np.ndarray | None = None, at: np.ndarray | None = None,
          **changes) -> pd.DataFrame:
    """Charges of a line on the days it was used, or of a quantity on given days."""
    if at is None:
        at, quantity = np.flatnonzero(only if only is not None else np.ones(len(DATES), bool)), line.quantity
        quantity = quantity[at]
    keep = quantity > 0
    at, quantity = at[keep], quantity[keep]
    return charges(at, line.workload, line.sku, line.resource, quantity, price_micros(line.sku)[at], **changes)


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
                rows.append((i, line.workload, line.resource, part, prices[tier], f"HYP-EGRESS-INTERNET-tier-{tier + 1}"))
                used, left = used + part, left - part
    i, workload, resource, quantity, price, sku_price = (np.array(part) for part in zip(*rows, strict=True))
    return charges(i, workload, "HYP-EGRESS-INTERNET", resource, quantity, price, sku_price=sku_price)


def storage_and_transfer() -> pd.DataFrame:
    """Storage at a negotiated discount, egress pooled by month, cross-region at list."""
    rows, internet = [], []
    for line in other_lines():
        if line.sku == "HYP-EGRESS-INTERNET":
            internet.append(line)
        elif line.sku.startswith("HYP-STORE"):
            price = price_micros(line.sku)
            discounted = np.array([int(Decimal(int(p)) * Decimal(STORAGE_DISCOUNT)) for p in price])
            rows.append(charges(np.arange(len(DATES)), line.workload, line.sku, line.resource, line.quantity, price,
                                contracted_price=discounted))
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
        rows.append(charges([start], "developer-assistants", "AURORA-SEAT", "aurora-seats", [bought[month] * SCALE],
                            price_micros("AURORA-SEAT")[[start]], days=length, category="Purchase", frequency="Recurring",
                            description=f"Assistant seats for {month}"))
        if COMMITMENT["start"][:7] <= month < COMMITMENT["end"][:7]:
            length = min(length, SHOWN - int(start)) if start < SHOWN else length
            hours = np.array([COMMITMENT["gpus"] * 24 * length * SCALE])
            rows.append(charges([start], "(commitment)", COMMITMENT["purchase_sku"], COMMITMENT["id"], hours, np.array([rate]),
                                days=length, effective=0, category="Purchase", frequency="Recurring", commitment_quantity=hours,
                                consumed=-1, description="H100 commitment, 40 GPUs an hour, no upfront, billed by the month"))
    return pd.concat(rows)


def amount_rows(day: int, days: int, workload: str, provider: str, cents: Decimal, category: str, text: str, **changes) -> pd.DataFrame:
    """One charge that is an amount only: credit, tax, correction."""
    value = int(cents * 100_000_000)
    frame = charges([day], workload, "", "", [0], np.array([0]), days=days, category=category, frequency="One-Time",
                    pricing="", sku_price="", consumed=-1, description=text, provider=provider, **changes)
    for column in ("list", "contracted", "billed", "effective"):
        frame[column] = value
    return frame


def credits() -> pd.DataFrame:
    """Credits reduce the invoice of their month; the start-up credit belongs to no team."""
    rows = []
    for credit in EVENTS["credits"]:
        for month in credit["months"]:
            start = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
            rows.append(amount_rows(start + 14, 1, credit.get("workload", "(none)"), credit["provider"], Decimal(credit["amount"]),
                                    "Credit", credit["description"]))
    return pd.concat(rows)


def taxes(usage: pd.DataFrame) -> pd.DataFrame:
    """Sales tax on Cinder's invoices of closed months, rounded to the cent."""
    event, rows = EVENTS["tax"], []
    months = DATES.astype("datetime64[M]").astype(str)
    cinder = usage[usage["sku"].str.startswith("cinder-")]
    totals = cinder.groupby(months[cinder["day"]])["billed"].sum()
    for month, total in totals.items():
        if event["from"] <= month:
            cents = (Decimal(int(total)) / 100_000_000 * Decimal(event["rate"])).quantize(Decimal("0.01"))
            start = int(np.searchsorted(DATES, np.datetime64(f"{month}-01")))
            days = int(np.sum(months == month))
            rows.append(amount_rows(start, days, "(none)", event["provider"], cents, "Tax", f"Sales tax 8.25 % for {month}"))
    return pd.concat(rows)


def corrections(rows: pd.DataFrame) -> pd.DataFrame:
    """A -/+ pair for a metering error (billed a month later), and a lone refund of transfer: ChargeClass Correction."""
    february = int(np.searchsorted(DATES, np.datetime64("2026-02-10")))
    wrong = rows[(rows["workload"] == "document-analysis") & (rows["sku"] == "borealis-pro:output_tokens")
                 & rows["day"].isin([february, february + 1])].copy()
    back, again = wrong.copy(), wrong.copy()
    again["quantity"] = again["consumed"] = wrong["quantity"] * 3 // 4 // 10 * 10
    again["list"] = again["contracted"] = again["billed"] = again["effective"] = money(
        again["quantity"].to_numpy(), again["list_price"].to_numpy())
    for column in ("quantity", "consumed", "list", "contracted", "billed", "effective"):
        back[column] = -back[column]
    pair = pd.concat([back, again]).assign(**{"class": "Correction", "billing_month": "2026-03",
                                              "description": "Output tokens of 10 and 11 February 2026 were counted twice in part"})
    may = int(np.searchsorted(DATES, np.datetime64("2025-05-19")))
    refund = amount_rows(may, 1, "data-lake", "Hyperion Cloud", Decimal("-640.00"), "Usage", "Refund of egress charged in error",
                         **{"class": "Correction", "billing_month": "2025-06"})
    refund["sku"], refund["resource"], refund["frequency"] = "HYP-EGRESS-INTERNET", "data-lake-transfer", "Usage-Based"
    return pd.concat([pair, refund])


def all_charges() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Every charge of the latent calendar and the token usage table (day, workload, model, ...)."""
    tokens, usage = token_charges()
    rows = pd.concat([tokens, gpu_charges(), storage_and_transfer(), purchases()], ignore_index=True)
    rows = pd.concat([rows, credits(), taxes(tokens), corrections(rows)], ignore_index=True)
    months = DATES.astype("datetime64[M]").astype(str)
    rows["month"] = months[rows["day"]]
    rows["billing_month"] = rows["billing_month"].where(rows["billing_month"] != "", rows["month"])
    return rows, usage
