"""Which model serves a workload: shares of tokens, and where the tokens go when shares change (docs/method §3.5).

Tokens move meter by meter: what leaves a model arrives at the others as the same number of input, cached, output … tokens,
priced at their SKUs. Rejected: moving money, which would keep the price of the model that was left.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import ScenarioError
from ..prices.lists.catalog import catalog_price, is_linear, unit_price
from .changes import Event, escape
from .volumes import Sku

FALLBACK = {
    "cached_input_tokens": "input_tokens",
    "cache_write_tokens": "input_tokens",
    "batch_input_tokens": "input_tokens",
    "batch_output_tokens": "output_tokens",
}


@dataclass(frozen=True)
class Routes:
    """The models of one workload in the ledger, and those it could be sent to."""

    shares: dict[str, float]  # model -> share of tokens today; candidates at 0
    tokens: dict[
        tuple[str, str], tuple[str, float]
    ]  # (model, meter) -> (sku, tokens per unit of volume)


def meter_of(sku: Sku) -> str:
    """The meter of a SKU in one spelling: bills write "Input tokens", "input_tokens" …"""
    meter = sku.meter or (sku.id.rsplit(":", 1)[1] if ":" in sku.id else "tokens")
    return meter.strip().casefold().replace(" ", "_").replace("-", "_")


def routes(facts, workload: int) -> Routes:
    """Models and shares of a workload (by position); no shares where it uses no model."""
    tokens: dict[tuple[str, str], tuple[str, float]] = {}
    for s, sku in enumerate(facts.meta.skus):
        quantity = float(facts.mix[workload, s])
        if sku.model and sku.kind == "units" and quantity > 0:
            key = (sku.model, meter_of(sku))
            tokens[key] = (sku.id, quantity + tokens.get(key, ("", 0.0))[1])
    total = sum(quantity for _, quantity in tokens.values())
    if not total:
        return Routes({}, {})
    shares: dict[str, float] = {}
    for (model, _), (_, quantity) in tokens.items():
        shares[model] = shares.get(model, 0.0) + quantity / total
    needed = {meter for _, meter in tokens}
    for model in models(facts):
        if model not in shares and all(sku_for(facts, model, meter) for meter in needed):
            shares[model] = 0.0
    return Routes(dict(sorted(shares.items())), tokens)


def models(facts) -> list[str]:
    """All models with a price in ledger or catalog, sorted."""
    names = {sku.model for sku in facts.meta.skus if sku.model}
    if facts.catalog is not None:
        names |= {
            history[-1].model for history in facts.catalog.prices.values() if history[-1].model
        }
    return sorted(names)


def model_of(facts, sku: str) -> str:
    """The model a SKU belongs to, "" for none."""
    for known in facts.meta.skus:
        if known.id == sku:
            return known.model
    return (
        facts.catalog.prices[sku][-1].model
        if facts.catalog is not None and sku in facts.catalog.prices
        else ""
    )


def sku_for(facts, model: str, meter: str) -> str | None:
    """The SKU that prices a meter of a model; where it has none, its plain input or output; None where not even that."""
    for name in (meter, FALLBACK.get(meter)):
        if name is None:
            continue
        for sku in facts.meta.skus:
            if sku.model == model and meter_of(sku) == name:
                return sku.id
        if facts.catalog is not None:
            for sku, history in facts.catalog.prices.items():
                price = catalog_price(facts.catalog, sku, facts.as_of)
                if (
                    history[-1].model == model
                    and history[-1].meter == name
                    and price is not None
                    and is_linear(price)
                ):
                    return sku
    return None


def price_today(facts, sku: str) -> float:
    """Money per unit at the end of the known days: as paid, else as the catalog lists it."""
    for known in facts.meta.skus:
        if known.id == sku:
            return known.price
    price = catalog_price(facts.catalog, sku, facts.as_of)
    return unit_price(price) if price is not None and is_linear(price) else float("nan")


def move(facts, route: Routes, shares: dict[str, float]) -> dict[str, float]:
    """Tokens per unit of volume by SKU once the models have `shares`; the tokens of each meter stay the same."""
    result: dict[str, float] = {}
    lost: dict[str, float] = {}
    for (model, meter), (sku, quantity) in route.tokens.items():
        before = route.shares[model]
        kept = min(1.0, shares[model] / before) if before > 0 else 1.0
        result[sku] = result.get(sku, 0.0) + quantity * kept
        lost[meter] = lost.get(meter, 0.0) + quantity * (1 - kept)
    gains = {
        model: shares[model] - before
        for model, before in route.shares.items()
        if shares[model] > before
    }
    gained = sum(gains.values())
    for model, gain in gains.items():
        for meter, quantity in lost.items():
            if quantity > 0:
                sku = sku_for(facts, model, meter)
                if sku is None:
                    raise ScenarioError(
                        f"routing: '{model}' has no price for {meter}. Add it to the price documents."
                    )
                result[sku] = result.get(sku, 0.0) + quantity * gain / gained
    return result


def shares_by_day(
    name: str, base: dict[str, float], events: list[Event], dates: np.ndarray
) -> list[tuple[int, dict[str, float]]]:
    """Shares of the models from each day position on, after the changes: [(first day, shares), …].

    Models set on one date keep what was set; the rest keep their proportions and take what is left.
    Raises ScenarioError where shares add up to more than 1, or where nothing is there to take the rest.
    """
    periods = [(0, dict(base))]
    for since in sorted({event.since for event in events}):
        day = int(np.searchsorted(dates, np.datetime64(since, "D"))) if since else 0
        if day >= len(dates):
            continue
        shares, fixed = dict(periods[-1][1]), set()
        group = [event for event in events if event.since == since]
        for event in group:
            model = next(m for m in base if event.path.endswith(f"/routing/{escape(m)}"))
            value = float(event.value) if event.op == "set" else shares[model] * float(event.value)
            if not 0 <= value <= 1 + 1e-12:
                raise ScenarioError(
                    f"{event.where}: the share of '{model}' in '{name}' would be {value:g}; a share is from 0 to 1."
                )
            shares[model] = min(value, 1.0)
            fixed.add(model)
        taken = sum(shares[m] for m in fixed)
        rest = sum(v for m, v in shares.items() if m not in fixed)
        if taken > 1 + 1e-9:
            raise ScenarioError(
                f"{group[-1].where}: the shares set for '{name}' add up to {taken:g}; together they may be 1 at most."
            )
        if rest <= 0 and abs(taken - 1) > 1e-9:
            raise ScenarioError(
                f"{group[-1].where}: the shares of '{name}' add up to {taken:g} and no other model is there to take "
                "the rest. Set another model too."
            )
        for m in shares:
            if m not in fixed:
                shares[m] = shares[m] * (1 - taken) / rest if rest > 0 else 0.0
        if day == periods[-1][0]:
            periods.pop()
        periods.append((day, shares))
    return periods


def small_model(facts, route: Routes) -> str | None:
    """The model of the same provider that would serve a workload's tokens most cheaply, if it is cheaper than today's mix.

    Another provider is another contract, not a route.
    """
    main = max(route.shares, key=lambda model: route.shares[model])
    today = sum(quantity * price_today(facts, sku) for sku, quantity in route.tokens.values())
    best, cheapest = None, today * (1 - 1e-9)
    needed = {meter for _, meter in route.tokens}
    for model in route.shares:
        if provider_of(facts, model) != provider_of(facts, main) or not all(
            sku_for(facts, model, m) for m in needed
        ):
            continue
        cost = sum(
            q * price_today(facts, s) for s, q in move(facts, route, only(route, model)).items()
        )
        if cost < cheapest:
            best, cheapest = model, cost
    return best


def provider_of(facts, model: str) -> str:
    """Who sells a model: as the catalog says, else the bill."""
    for history in facts.catalog.prices.values() if facts.catalog is not None else ():
        if history[-1].model == model:
            return history[-1].provider
    return next((sku.provider for sku in facts.meta.skus if sku.model == model), "")


def only(route: Routes, model: str) -> dict[str, float]:
    """All tokens on one model."""
    return {name: float(name == model) for name in route.shares}
