"""Levers and routing by day and, where a value is uncertain, by path (docs/method §3.60, §3.68)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ...errors import ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...scenario.changes import escape, timeline
from ...scenario.levers import kinds
from ...scenario.pulled.bought import bought_of, true_units
from ...scenario.pulled.chain import Amount, Chain, Draws, Pulled, Routed
from ...scenario.routing import routes, shares_by_day
from ...streams import BLOCK
from ...uncertainty.distributions import Distribution
from ...uncertainty.following import Draws as Uniforms

SEEN = (0.07, 0.3, 0.5, 0.71, 0.96)  # where all SKUs of a workload move alike, they do so here


@dataclass(frozen=True)
class LeverValue:
    """What levers leave of one SKU on each path: the logarithm of its units ÷ those at the middle values; a path value of the kernel."""

    chain: Chain
    sku: str
    middle: float
    kind: str = "level"

    @property
    def draws(self) -> Draws:
        """What is uncertain, by name."""
        return self.chain.draws

    def on_paths(self, uniform) -> np.ndarray:
        """Log values (path,) float64; nothing left is a very small number instead of minus infinity."""
        units = self.chain.on_paths(uniform).get(self.sku, 0.0)
        paths = len(uniform(self.draws[0][0]))
        with np.errstate(divide="ignore"):
            value = np.log(np.broadcast_to(np.maximum(units, 0.0), paths) / self.middle)
        return np.nan_to_num(value, neginf=-200.0)


@dataclass(frozen=True)
class Weights:
    """The values that move one SKU of a workload, or all of it, and the days on which each does."""

    values: tuple[LeverValue, ...]
    days: tuple[np.ndarray, ...]  # (day,) 1 where it counts, else 0


@dataclass(frozen=True)
class Lines:
    """What of the levers differs from path to path."""

    demand: tuple[tuple[Weights, np.ndarray], ...] = ()  # and (workload,) on whose demand
    lines: tuple[tuple[str, Timeline, np.ndarray, Weights], ...] = ()  # SKU, price, units, values
    tiers: Mapping[tuple[int, str], int] = field(default_factory=dict)  # -> position in lines
    moved: frozenset[tuple[int, str]] = frozenset()  # what lies in lines


def levered(resolved, workload: int, dates) -> tuple[dict[str, np.ndarray], dict[str, Weights]]:
    """Units of each SKU per unit of volume (day,) of a workload with levers or escalation, and what is uncertain in them by SKU.

    Where something is uncertain, the units are those at the middle of every value.
    """
    facts, name = resolved.facts, resolved.facts.names[workload]
    pulled = _pulled(resolved, name, dates)
    bought, plain = bought_of(facts, workload), true_units(facts, workload)
    paid = {sku: value for (of, sku), value in facts.meta.paid.items() if of == name}
    routing = _routing(resolved, workload, name, dates)
    days = len(dates)
    starts = {0, *(day for day, _ in routing)}
    for since, line, kind in pulled.values():
        changes = np.flatnonzero(np.diff(line.number) != 0) + 1
        starts |= {*changes, *(np.flatnonzero(np.diff(line.which) != 0) + 1), since}
        if kind == "retention_days":
            starts |= set(range(since, days))
    entries: dict[str, np.ndarray] = {}
    weights: dict[str, list] = {}
    edges = sorted(day for day in starts if day < days)
    for first, last in zip(edges, [*edges[1:], days]):
        chain = Chain(
            plain,
            paid,
            bought,
            tuple(
                _on(path, resolved, one, first) for path, one in pulled.items() if one[0] <= first
            ),
            next((routed for day, routed in reversed(routing) if day <= first), None),
        )
        chain.check()
        middle = chain.on_paths(Uniforms(partial(_at, 0.5)))
        for sku, amount in middle.items():
            amount = float(np.mean(amount))
            entries.setdefault(sku, np.zeros(days))[first:last] = max(amount, 0.0)
        if not chain.draws:
            continue
        on = np.zeros(days)
        on[first:last] = 1.0
        spread = [chain.on_paths(Uniforms(partial(_at, u))) for u in SEEN]
        for sku in sorted({sku for one in spread for sku in one}):
            seen = [float(np.mean(one.get(sku, 0.0))) for one in spread]
            if max(seen) - min(seen) <= 1e-12 * max(seen):
                continue
            reference = float(entries[sku][first]) if entries.get(sku, on)[first] > 0 else max(seen)
            entries.setdefault(sku, np.zeros(days))[first:last] = reference
            weights.setdefault(sku, []).append((LeverValue(chain, sku, reference), on))
    return entries, {
        sku: Weights(tuple(v for v, _ in parts), tuple(d for _, d in parts))
        for sku, parts in weights.items()
    }


def has_levers(resolved, name: str) -> bool:
    """Whether levers act on a workload, or something of what it routes is run again."""
    own = f"workloads/{escape(name)}/"
    return any(event.beside is not None and event.path.startswith(own) for event in resolved.events)


def alike(weights: dict[str, Weights], entries: dict[str, np.ndarray]) -> Weights | None:
    """The weights of a workload where all its SKUs move alike on all days: then they are a path value of its demand; else None."""
    if not weights or any(entries[sku].any() for sku in entries if sku not in weights):
        return None
    first, *rest = weights.values()
    for one in rest:
        if len(one.values) != len(first.values):
            return None
        for mine, other, on, days in zip(one.values, first.values, one.days, first.days):
            for u in SEEN:
                draws = Uniforms(partial(_at, u))
                if (on != days).any() or not np.allclose(
                    mine.on_paths(draws), other.on_paths(draws), rtol=0, atol=1e-12
                ):
                    return None
    return first


def on_lines(entries, weights, prices, uncertain, tiered, shape) -> Lines:
    """Where uncertain levers act in a plan: on the demand of a workload that they move as a whole, else on a price line for each of its SKUs.

    prices      sku -> (day,); uncertain: sku -> Timeline; tiered: SKUs that are priced by the month
    """
    demand, tiers, moved = [], {}, dict(weights)
    lines: list[tuple[str, Timeline, np.ndarray, Weights]] = []
    for w in sorted({w for w, _ in weights}):
        own = {sku: one for (of, sku), one in weights.items() if of == w}
        whole = alike(own, {sku: q for (of, sku), q in entries.items() if of == w})
        if whole is not None:
            demand.append((whole, np.eye(shape[1])[w]))
            moved = {key: one for key, one in moved.items() if key[0] != w}
    for w, sku in sorted(moved):
        certain = np.full(shape[0], -1)
        money = np.zeros(shape)
        if sku in tiered:
            tiers[w, sku] = len(lines)
            lines.append(("", Timeline(np.ones(shape[0]), certain), money, moved[w, sku]))
            continue
        money[:, w] = entries[w, sku]
        price = uncertain.get(sku) or Timeline(prices[sku], certain)
        lines.append((sku, price, money, moved[w, sku]))
    return Lines(tuple(demand), tuple(lines), tiers, frozenset(moved))


def refuse_in_pools(lines: Lines, pools, names) -> None:
    """Raises ScenarioError where a range of a lever moves what a commitment covers in part: its use is not followed path by path there."""
    for w, sku in sorted(lines.moved):
        for pool in pools:
            if sku in pool.skus and w < len(names):
                raise ScenarioError(
                    f"workloads/{names[w]}: a lever with a range moves {sku}, which the commitment "
                    f"'{pool.instruments[0].id}' covers. Write one number, or a scenario for each."
                )


def _at(u: float, _: str) -> np.ndarray:
    """A block of paths that all draw u: a value may take its draws from other paths of its block (§3.27)."""
    return np.full(BLOCK, u)


def _pulled(resolved, name: str, dates) -> dict[str, tuple[int, Timeline, str]]:
    """path -> (first day on which the lever is set, its value by day, lever)."""
    found = {}
    for kind in kinds():
        path = f"workloads/{escape(name)}/{kind}"
        events = [event for event in resolved.events if event.path == path]
        if not events:
            continue
        today = events[0].beside.today
        base = today if isinstance(today, float) else float(today.median)
        since = min(_day(event.since, dates) for event in events)
        if since < len(dates):
            found[path] = since, timeline(np.full(len(dates), base), events, dates), kind
    return found


def _on(path: str, resolved, one: tuple[int, Timeline, str], day: int) -> Pulled:
    """A lever as it stands on a day."""
    since, line, kind = one
    events = [event for event in resolved.events if event.path == path]
    last = events[-1]
    draws = line.mixtures[line.which[day]] if line.which[day] >= 0 else ()
    today = last.beside.today
    return Pulled(
        kind,
        Amount(float(line.number[day]), tuple(draws)),
        Amount(1.0, ((f"{last.draw or path}/from", today),))
        if isinstance(today, Distribution)
        else Amount(float(today)),
        next((event.beside.terms for event in reversed(events) if event.beside.terms), ()),
        last.where,
        float(day - since) if kind == "retention_days" else 0.0,
    )


def _routing(resolved, workload: int, name: str, dates) -> list[tuple[int, Routed]]:
    """Shares of the models from each day on, and what is run again."""
    prefix = f"workloads/{escape(name)}/routing/"
    events = [event for event in resolved.events if event.path.startswith(prefix)]
    if not events:
        return []
    route = routes(resolved.facts, workload)
    result = []
    for first, shares in shares_by_day(name, route.shares, events, dates):
        again = {}
        for event in sorted(events, key=lambda event: event.since):
            if event.beside is None or _day(event.since, dates) > first:
                continue
            model = next(m for m in route.shares if event.path == prefix + escape(m))
            again[model] = (
                Amount(1.0, ((f"{event.draw or event.path}/escalation", event.beside.again),))
                if isinstance(event.beside.again, Distribution)
                else Amount(float(event.beside.again))
            )
        result.append((first, Routed(route.shares, shares, again)))
    return result


def _day(since: str, dates) -> int:
    return int(np.searchsorted(dates, np.datetime64(since, "D"))) if since else 0
