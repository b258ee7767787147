"""Dated unit prices of the sample company as whole millionths of a US dollar, and the price documents made from them."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
from company import (
    COMMITMENT,
    EGRESS,
    FIRST,
    LATENT,
    METERS,
    MODELS,
    PROVIDERS,
    SEED,
    SERVICES,
    SKUS,
    SPOT,
)

from finops_model.documents import dump_yaml
from finops_model.periods import month_of, month_range
from finops_model.streams import generator

MICRO = 1_000_000
SYNTHETIC = "synthetic price list of the sample company (data/samples/company.py); no real vendor"


def spot_history(sku: str) -> dict[str, str]:
    """A spot price for each month: a share of on-demand that wanders, reverting, sd about 8 % a month."""
    reference, share = SPOT[sku]
    months = month_range(month_of(FIRST), month_of(LATENT))
    shocks = generator(SEED, f"spot/{sku}").standard_normal(len(months))
    level, history = 0.0, {}
    for month, shock in zip(months, shocks, strict=True):
        level = 0.7 * level + 0.08 * shock
        base = float(at(SKUS[reference][3], f"{month}-01"))
        history[f"{month}-01"] = f"{base * share * np.exp(level):.3f}"
    return history


def at(history: dict[str, str], day: str) -> str:
    """The price in force on a day."""
    return history[max(since for since in history if since <= day)]


def histories() -> dict[str, dict]:
    """sku -> {service, unit, model, meter, block, history}: everything with a linear price."""
    found = {}
    for sku, (service, unit, _, history) in SKUS.items():
        if sku == "HYP-EGRESS-INTERNET":
            continue
        found[sku] = {
            "service": service,
            "unit": unit,
            "block": 1,
            "history": spot_history(sku) if sku in SPOT else history,
        }
    for model, (service, history) in MODELS.items():
        for index, meter in enumerate(METERS):
            plain = {since: _meter_price(prices, index) for since, prices in history.items()}
            if all(plain.values()):
                found[f"{model}:{meter}"] = {
                    "service": service,
                    "unit": "Tokens",
                    "model": model,
                    "meter": meter,
                    "block": 1_000_000,
                    "history": plain,
                }
    return found


def _meter_price(prices, index: int) -> str | None:
    text = prices[index] if index < 4 else prices[0 if index == 4 else 3]
    if text is None:
        return None
    value = Decimal(text) / (2 if index >= 4 else 1)
    return (
        f"{value.normalize():f}" if value.normalize().as_tuple().exponent < -2 else f"{value:.2f}"
    )


def daily_prices(history: dict[str, str], dates: np.ndarray) -> np.ndarray:
    """Price on each day in millionths, int64 (day,)."""
    starts = np.array(sorted(history), dtype="datetime64[D]")
    values = np.array(
        [int(Decimal(history[since]) * MICRO) for since in sorted(history)], dtype=np.int64
    )
    position = np.searchsorted(starts, dates, side="right") - 1
    return np.where(position >= 0, values[np.maximum(position, 0)], 0)


def documents() -> dict[str, str]:
    """File name -> YAML text of the price documents, one per provider."""
    found = {}
    for provider in PROVIDERS:
        prices = {}
        for sku, entry in histories().items():
            if SERVICES[entry["service"]][0] != provider:
                continue
            lines = {"service": entry["service"]}
            if "model" in entry:
                lines |= {"model": entry["model"], "meter": entry["meter"]}
            lines["unit"] = entry["unit"]
            if entry["block"] != 1:
                lines["block"] = entry["block"]
            lines["rate"] = "linear"
            lines["history"] = {
                since: {"price": float(price)} for since, price in entry["history"].items()
            }
            prices[sku] = lines
        if provider == SERVICES["Network"][0]:
            prices["HYP-EGRESS-INTERNET"] = {
                "service": "Network",
                "unit": "GB",
                "rate": "graduated",
                "history": {
                    "2024-01-01": {
                        "starts": list(EGRESS["starts"]),
                        "prices": [float(price) for price in EGRESS["prices"]],
                    }
                },
            }
        text = dump_yaml(
            {
                "provider": provider,
                "currency": "USD",
                "reference": SYNTHETIC,
                "checked": "2026-10-01",
                "prices": prices,
            }
        )
        found[provider.split()[0].lower() + ".yaml"] = (
            text.replace("'20", "20").replace("':", ":").replace("-01'", "-01")
        )
    return found


def commitment_rate() -> int:
    """US dollars per GPU-hour of the commitment, in millionths."""
    return int(Decimal(COMMITMENT["rate"]) * MICRO)
