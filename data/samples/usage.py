"""Quantities of the sample company: GPU-hours, tokens, stocks, transfer, seats, as whole ten-thousandths of a pricing unit.

A `Line` is one SKU of one workload on one resource, one quantity a day. Costs follow in bill.py.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
from company import (
    DRIVERS,
    EVENTS,
    GPUS,
    METERS,
    SEATS,
    STORAGE,
    TOKENS,
    TRANSFER,
    Gpus,
    Route,
    Tokens,
)
from patterns import (
    DATES,
    MONTHS_FROM_ANCHOR,
    campaigns,
    driver,
    launch,
    migrated,
    noise,
    wander,
    week,
    year,
)
from prices import daily_prices, histories

SCALE = 10_000
DAYS_IN_MONTH = (
    (DATES.astype("datetime64[M]") + 1).astype("datetime64[D]")
    - DATES.astype("datetime64[M]").astype("datetime64[D]")
).astype(int)


@dataclass(frozen=True)
class Line:
    """quantity: int64 (day,), ten-thousandths of the pricing unit (tokens: of a block of 1,000,000)."""

    workload: str
    sku: str
    resource: str
    quantity: np.ndarray


def quantised(values: np.ndarray, places: int) -> np.ndarray:
    """Values as ten-thousandths, rounded to `places` decimals first."""
    step = 10 ** (4 - places)
    return (np.round(np.maximum(values, 0) * 10**places).astype(np.int64)) * step


def gpu_hours(spec: Gpus) -> np.ndarray:
    """GPU-hours a day, float (day,)."""
    name = f"{spec.workload}/{spec.sku}/{spec.resource}"
    if spec.resource == EVENTS["standby"]["resource"]:
        return np.where(DATES >= np.datetime64(EVENTS["standby"]["start"]), 24.0 * spec.gpus, 0.0)
    level = 24.0 * spec.gpus * np.exp(spec.growth * MONTHS_FROM_ANCHOR + wander(name))
    if spec.driver:
        form = DRIVERS[spec.driver]
        level = level * driver(spec.driver) / form.level
    else:
        level = level * week(spec.weekend) * (year("holiday") if spec.sigma > 0.15 else 1.0)
    level = level * np.exp(noise(name, spec.sigma, spec.phi) - spec.sigma**2 / 2)
    if spec.bursts:
        level = level + campaigns(name, *spec.bursts)
    runaway = EVENTS["runaway"]
    if (spec.workload, spec.sku) == (runaway["workload"], runaway["sku"]):
        inside = (DATES >= np.datetime64(runaway["first"])) & (
            DATES <= np.datetime64(runaway["last"])
        )
        level = np.where(
            inside,
            24.0 * spec.gpus * runaway["factor"] * np.exp(noise(name + "/runaway", 0.05, 0.0)),
            level,
        )
    return level


def gpu_lines() -> list[Line]:
    """All GPU lines; H100 on-demand with four places, because the commitment shares hours between workloads."""
    found = []
    for spec in GPUS:
        places = 4 if spec.sku == "HYP-H100-OD" else 2
        resource = spec.resource or f"{spec.workload}-{spec.sku.split('-')[1].lower()}"
        found.append(Line(spec.workload, spec.sku, resource, quantised(gpu_hours(spec), places)))
    return found


def route_tokens(route: Route, context: np.ndarray) -> dict[str, np.ndarray]:
    """Tokens per request by meter; meters are disjoint, (day,) each."""
    if route.batch:
        return {
            "batch_input_tokens": context,
            "batch_output_tokens": np.full(len(context), float(route.output)),
        }
    return {
        "input_tokens": context * (1 - route.cached - route.written),
        "cached_input_tokens": context * route.cached,
        "cache_write_tokens": context * route.written,
        "output_tokens": np.full(len(context), float(route.output)),
    }


@cache
def price_micros(sku: str) -> np.ndarray:
    """List price of a linear SKU on each day of the calendar, millionths, (day,)."""
    return daily_prices(histories()[sku]["history"], DATES)


def route_share(workload: str, spec: Tokens, route: Route) -> np.ndarray:
    """Share of the workload's requests on a route, (day,)."""
    share = np.full(len(DATES), route.share)
    if route.when == "before-migration":
        share = share * (1 - migrated())
    if route.when == "after-migration":
        share = share * migrated()
    return share * launch() if spec.launch else share


def token_routes(
    workload: str, spec: Tokens
) -> list[tuple[Route, np.ndarray, dict[str, np.ndarray]]]:
    """(route, requests a day, tokens a day by meter) of a workload."""
    growth = np.exp(
        spec.growth * MONTHS_FROM_ANCHOR + wander(workload) + noise(workload, spec.sigma, spec.phi)
    )
    base = (
        driver(spec.driver) / DRIVERS[spec.driver].level
        if spec.driver
        else week(0.5) * year("holiday")
    )
    stretch = np.exp(spec.context_growth * MONTHS_FROM_ANCHOR)
    anchor = int(np.searchsorted(DATES, np.datetime64("2026-10-15")))
    shares = [route_share(workload, spec, route) for route in spec.routes]
    per_request = 0.0
    for route, share in zip(spec.routes, shares, strict=True):
        for meter, tokens in route_tokens(route, route.context * stretch).items():
            if tokens[anchor] > 0:
                per_request += (
                    share[anchor]
                    * tokens[anchor]
                    * price_micros(f"{route.model}:{meter}")[anchor]
                    / 1e12
                )
    requests = spec.money / 31 / per_request * base * growth
    found = []
    for route, share in zip(spec.routes, shares, strict=True):
        count = np.round(requests * share)
        tokens = {
            meter: each * count
            for meter, each in route_tokens(route, route.context * stretch).items()
            if f"{route.model}:{meter}" in histories()
        }
        found.append((route, count, tokens))
    return found


def storage_stock(workload: str, sku: str, stock: float, growth: float) -> np.ndarray:
    """GB held on each day: previous + written - deleted, (day,). Deletion runs on Sundays."""
    level = stock * np.exp(growth * MONTHS_FROM_ANCHOR[0])
    written = noise(f"ingest/{workload}/{sku}", 0.4, 0.5)
    found = np.empty(len(DATES))
    weekday = (DATES.astype(np.int64) + 3) % 7
    for i in range(len(DATES)):
        deleted = 0.004 * level if weekday[i] == 6 else 0.0
        level = level + level * (growth / 30.4375 + 0.004 / 7) * np.exp(written[i] - 0.08) - deleted
        found[i] = level
    return found


def other_lines() -> list[Line]:
    """Storage as GB-months a day (stock ÷ days of the month) and transfer as GB."""
    found = []
    for workload, sku, stock, growth in STORAGE:
        quantity = quantised(storage_stock(workload, sku, stock, growth) / DAYS_IN_MONTH, 2)
        found.append(Line(workload, sku, f"{workload}-{sku.split('-')[-1].lower()}", quantity))
    for workload, sku, amount, growth, weekend, sigma in TRANSFER:
        name = f"{workload}/{sku}"
        level = (
            amount
            / 30.4375
            * np.exp(growth * MONTHS_FROM_ANCHOR + noise(name, sigma, 0.5) - sigma**2 / 2)
            * week(weekend)
        )
        found.append(Line(workload, sku, f"{workload}-transfer", quantised(level, 2)))
    return found


def seats() -> dict[str, int]:
    """Seats bought for each month: about linear with hiring waves."""
    months = np.unique(DATES.astype("datetime64[M]"))
    share = np.linspace(0, 1, len(months) - 1)
    counts = SEATS["first"] + (SEATS["last"] - SEATS["first"]) * (share + 0.03 * np.sin(share * 19))
    values = [*counts, counts[-1]]
    return {
        str(month): int(round(value / 5) * 5) for month, value in zip(months, values, strict=True)
    }


__all__ = ["METERS", "TOKENS", "Line", "SCALE", "gpu_lines", "other_lines", "seats", "token_routes"]
