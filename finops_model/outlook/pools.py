"""Commitments as pools of eligible usage, settled hour by hour (docs/method.md §3.7).

All commitments with the same eligible SKUs share a pool and apply in the order of their start, signed ones first. The cost of
a pool is  fees + on-demand cost of what they do not cover;  the plan's linear cost has everything on demand, so a pool adds
fees − on-demand cost of what is covered.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from .. import units
from ..errors import FinOpsError, ScenarioError, listing, unknown
from ..prices.commitments import Hourly, from_record, weekday_of
from ..prices.hours import HOURS, day_shapes
from .changes import escape


@dataclass(frozen=True)
class Pool:
    """Eligible usage of some SKUs and the commitments on it."""

    skus: tuple[str, ...]
    unit: str
    usage: np.ndarray           # (day, workload): pool units per unit of volume
    cost: np.ndarray            # (day, workload): on-demand money of them per unit of volume
    workloads: np.ndarray       # positions of the workloads that use it
    instruments: tuple[Hourly, ...]
    in_term: np.ndarray         # (instrument, day) bool
    share: np.ndarray | None    # (workload, day, 24) of a day's usage in each hour; None: flat
    owner: str                  # workload that carries unused hours in the bill; "": shared by usage


def compile_pools(resolved, entries: dict, prices: dict, dates: np.ndarray, names: tuple[str, ...]) -> tuple[Pool, ...]:
    """The pools of a scenario. entries: (workload position, sku id) -> (day,) units per volume; prices: sku id -> (day,)."""
    if not len(dates):
        return ()
    groups: dict[frozenset, list[tuple[str, dict, str]]] = {}
    for name, record in resolved.tree["commitments"].items():
        status = str(record.get("ContractCommitmentLifecycleStatus") or "Active")
        if status not in ("Active", "Pending") and not (status == "Proposed" and name in resolved.proposed):
            continue
        where = _where(resolved, name)
        groups.setdefault(eligible(resolved, record, where), []).append((name, record, where))
    sets = list(groups)
    for i, one in enumerate(sets):
        for other in sets[i + 1:]:
            if one & other:
                raise ScenarioError(f"{groups[other][0][2]}: commitments '{groups[one][0][0]}' and '{groups[other][0][0]}' overlap on "
                                    f"{listing(sorted(one & other))} but do not cover the same SKUs. Give both the same x_SkuIds.")
    shapes = read_shapes(resolved.shapes, names) if resolved.shapes else None
    return tuple(_pool(resolved, skus, held, entries, prices, dates, names, shapes) for skus, held in groups.items())


def eligible(resolved, record: dict, where: str) -> frozenset[str]:
    """The SKUs a commitment covers: x_SkuIds, else all of x_ServiceName in the ledger."""
    listed = record.get("x_SkuIds") or []
    if isinstance(listed, str):
        listed = [part.strip() for part in listed.replace("|", ";").replace(",", ";").split(";") if part.strip()]
    known = {sku.id for sku in resolved.facts.meta.skus} | set(resolved.facts.catalog.skus if resolved.facts.catalog else ())
    for sku in listed:
        if sku not in known:
            raise ScenarioError(unknown(f"{where}: x_SkuIds", "SKU", sku, sorted(known)))
    if listed:
        return frozenset(listed)
    service = record.get("x_ServiceName") or ""
    services = {sku.service for sku in resolved.facts.meta.skus}
    if not service:
        raise ScenarioError(f"{where}: what does the commitment cover? Write x_SkuIds or x_ServiceName. Services: "
                            f"{listing(sorted(services))}.")
    if service not in services:
        raise ScenarioError(unknown(f"{where}: x_ServiceName", "service", service, sorted(services)))
    return frozenset(sku.id for sku in resolved.facts.meta.skus if sku.service == service)


def _where(resolved, name: str) -> str:
    told = resolved.provenance.get(f"commitments/{escape(name)}/ContractCommitmentQuantity")
    return f"{told[-1][1]}: commitments/{name}" if told and told[-1][1] != "from the ledger" else f"commitments/{name}"


def _pool(resolved, skus, held, entries, prices, dates, names, shapes) -> Pool:
    unit = str(held[0][1].get("ContractCommitmentUnit", ""))
    spend = len(unit) == 3 and unit.isupper()
    known = {sku.id: sku for sku in resolved.facts.meta.skus}
    usage, cost = np.zeros((len(dates), len(names))), np.zeros((len(dates), len(names)))
    for (w, sku), quantity in entries.items():
        if sku not in skus:
            continue
        if not spend and sku in known and not _same_unit(known[sku].unit, unit):
            raise ScenarioError(f"{held[0][2]}: the unit is '{unit}' but {sku} is billed in '{known[sku].unit}'. "
                                "A usage commitment counts in the unit of its SKUs; a Spend commitment in the currency.")
        usage[:, w] += quantity * (prices[sku] if spend else 1.0)
        cost[:, w] += quantity * prices[sku]
    used = np.flatnonzero(usage.any(axis=0))
    instruments = []
    for name, record, where in held:
        if str(record.get("ContractCommitmentUnit", "")) != unit:
            raise ScenarioError(f"{where}: the unit is '{record.get('ContractCommitmentUnit')}', but '{held[0][0]}' on the same SKUs "
                                f"counts in '{unit}'. Use one unit.")
        start = int(np.searchsorted(dates, np.datetime64(str(record["ContractCommitmentPeriodStart"])[:10], "D")))
        on_demand = None if spend else _price_on(skus, entries, prices, min(start, len(dates) - 1))
        try:
            instruments.append(from_record(record, on_demand, where))
        except FinOpsError as problem:
            raise ScenarioError(str(problem)) from None
    order = sorted(range(len(held)), key=lambda i: (held[i][0] in resolved.proposed, instruments[i].start or ""))
    instruments = tuple(instruments[i] for i in order)
    share = None
    if shapes is not None:
        share = day_shapes(shapes)[:, weekday_of(dates)]             # (workload, day, 24)
    return Pool(tuple(sorted(skus)), unit, usage, cost, used, instruments, np.stack([i.in_term(dates) for i in instruments]),
                share, _owner(resolved.facts.daily, {i.id for i in instruments}))


def _same_unit(one: str, other: str) -> bool:
    try:
        return units.spell(one) == units.spell(other)
    except FinOpsError:
        return one.casefold() == other.casefold()


def _price_on(skus, entries, prices, day: int) -> float | None:
    """On-demand money per unit of the pool on a day, by today's use."""
    weight = {sku: sum(float(q[day]) for (_, s), q in entries.items() if s == sku) for sku in skus}
    total = sum(weight.values())
    if not total:
        known = [prices[sku][day] for sku in skus if sku in prices]
        return float(np.mean(known)) if known else None
    return sum(weight[sku] * float(prices[sku][day]) for sku in skus if weight[sku]) / total


def _owner(daily, ids) -> str:
    rows = daily[daily["CommitmentDiscountId"].isin(list(ids)) & (daily["CommitmentDiscountStatus"] == "Unused")]
    return str(rows["x_Workload"].iloc[-1]) if len(rows) else ""


def read_shapes(path: Path, names) -> np.ndarray:
    """Hour-of-week shapes (workload, 168) from CSV workload,hour_of_week,share (any scale); workloads not named are flat."""
    shapes = np.ones((len(names), 7 * HOURS))
    seen: dict[str, set[int]] = {}
    with open(path, encoding="utf-8-sig", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            name = row.get("workload") or ""
            try:
                hour, factor = int(row["hour_of_week"]), float(row["share"])
                if not (0 <= hour < 168 and 0 <= factor < np.inf):
                    raise ValueError
            except (KeyError, TypeError, ValueError):
                raise ScenarioError(f"{path.name}:{number}: a shape needs workload, hour_of_week (0 to 167, from Monday 00:00) and "
                                    "share (0 or more).") from None
            if name not in names:
                continue
            shapes[names.index(name), hour] = factor
            seen.setdefault(name, set()).add(hour)
    for name, hours in seen.items():
        if len(hours) != 168:
            raise ScenarioError(f"{path.name}: '{name}' has {len(hours)} hours of the week; give all 168.")
    return shapes


def settle_block(pool: Pool, usage: np.ndarray, cost: np.ndarray, hours: np.ndarray | None):
    """One block of paths: per instrument (used, unused) units and the on-demand money covered, by day: arrays (day, path).

    usage, cost   (day, path) of the pool; hours (day, 24, path) or None where the day is flat
    """
    price = np.divide(cost, usage, out=np.zeros_like(cost), where=usage > 0)
    level = usage[:, None, :] / HOURS if hours is None else hours
    times = HOURS if hours is None else 1
    covered = np.zeros_like(level)
    results = []
    for instrument, term in zip(pool.instruments, pool.in_term):
        quantity = np.where(term, instrument.quantity, 0.0)[:, None, None]
        used = np.minimum(np.maximum(level * instrument.eligible_share - covered, 0.0), quantity)
        covered += used
        total = used.sum(axis=1) * times
        results.append((total, quantity[:, 0] * HOURS - total, total * price))
    return results
