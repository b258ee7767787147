"""Units of each SKU per unit of a workload's volume, by day; routing changes included (docs/method §3.6)."""

from __future__ import annotations

import numpy as np

from ...scenario.changes import escape
from ...scenario.routing import (
    model_of,
    move,
    only,
    price_today,
    routes,
    shares_by_day,
    small_model,
)
from .lever_paths import Weights, has_levers, levered
from .price_paths import tiered_form, unit_of_sku


def mix_by_day(resolved, dates) -> dict[tuple[int, str], np.ndarray]:
    """Units of each SKU per unit of volume, (day,), by (workload position, sku); routing and levers included, uncertain ones at their middle."""
    return levered_mix(resolved, dates)[0]


def levered_mix(resolved, dates) -> tuple[dict, dict[tuple[int, str], Weights]]:
    """`mix_by_day`, and what levers leave uncertain in it by (workload position, sku)."""
    facts = resolved.facts
    entries: dict[tuple[int, str], np.ndarray] = {}
    weights: dict[tuple[int, str], Weights] = {}
    for w, name in enumerate(facts.names):
        if has_levers(resolved, name):
            own, moving = levered(resolved, w, dates)
            entries |= {(w, sku): quantity for sku, quantity in own.items()}
            weights |= {(w, sku): one for sku, one in moving.items()}
            continue
        plain = {
            sku.id: float(facts.mix[w, s])
            for s, sku in enumerate(facts.meta.skus)
            if facts.mix[w, s] > 0
        }
        prefix = f"workloads/{escape(name)}/routing/"
        events = [event for event in resolved.events if event.path.startswith(prefix)]
        for sku, quantity in plain.items():
            entries[w, sku] = np.full(len(dates), quantity)
        if not events:
            continue
        route = routes(facts, w)
        fixed = dict(plain)
        for sku, quantity in route.tokens.values():
            fixed[sku] = fixed.get(sku, 0.0) - quantity
        periods = shares_by_day(name, route.shares, events, dates)
        for (first, shares), last in zip(periods, [p[0] for p in periods[1:]] + [len(dates)]):
            moved = plain if shares == route.shares else move(facts, route, shares)
            for sku in {*moved, *plain}:
                value = moved.get(sku, 0.0) + (
                    0.0 if moved is plain else max(fixed.get(sku, 0.0), 0.0)
                )
                entries.setdefault((w, sku), np.zeros(len(dates)))[first:last] = value
    return entries, weights


def routing_dials(resolved, prices, uncertain, dates, shape, without=frozenset()):
    """Money per volume of the routable tokens today and on the small model, by day; changes of routing included in today.

    without   workloads whose use is bought in another way: their tokens do not follow the slider
    """
    facts = resolved.facts
    routed, routable, small = np.zeros(shape), np.zeros(shape), {}
    entries = mix_by_day(resolved, dates)
    for w, name in enumerate(facts.names):
        route = routes(facts, w)
        model = small_model(facts, route) if route.shares else None
        if model is None or w in without:
            continue
        moved = move(facts, route, only(route, model))
        everything = {sku for (i, sku) in entries if i == w and model_of(facts, sku)}
        if everything & set(uncertain) or any(
            tiered_form(facts, sku) is not None for sku in everything | set(moved)
        ):
            continue
        small[name] = model
        routable[:, w] = sum(entries[w, sku] * prices[sku] for sku in sorted(everything))
        routed[:, w] = sum(
            q * prices.get(sku, np.full(len(dates), price_today(facts, sku)))
            for sku, q in sorted(moved.items())
        )
    return routed, routable, small


def lines_of_plan(resolved, entries, prices, names, dates) -> tuple:
    facts = resolved.facts
    services = {sku.id: sku.service for sku in facts.meta.skus}
    lines = []
    for (w, sku), quantity in sorted(entries.items()):
        service = services.get(sku) or facts.catalog.prices[sku][-1].service
        lines.append((names[w], sku, service, unit_of_sku(facts, sku), quantity, prices[sku], w))
    for i, (name, terms) in enumerate(resolved.launches.items()):
        ones = np.ones(len(dates))
        lines.append(
            (
                name,
                f"planned:{name}",
                terms["service"],
                facts.currency,
                ones,
                ones,
                len(facts.names) + i,
            )
        )
    return tuple(lines)
