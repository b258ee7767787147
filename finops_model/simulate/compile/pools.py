"""Commitments as pools of eligible usage, settled hour by hour (docs/method §3.7, §3.35–§3.36).

Commitments with the same eligible SKUs share a pool of one level and apply in the order of their start, signed ones first. Commitments
that share SKUs only in part, count in different units or have a rate for each SKU keep their SKUs apart and apply in the order of the
settlement (§5.12). The cost of a pool is  fees + on-demand cost of what they do not cover;  the plan has everything on demand, so a pool
adds fees − on-demand cost of what is covered.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ... import units
from ...errors import FinOpsError, ScenarioError, listing, unknown
from ...forecasting.covariates.timeline import Timeline
from ...prices.settle.hourly import Hourly, weekday_of
from ...prices.settle.hours import HOURS, day_shapes
from ...prices.terms.contracts import read_tables
from ...scenario.changes import escape
from .overlaps import narrowed
from .pool_rules import (
    Held,
    Level,
    hourly,
    in_order,
    level_of,
    meeting,
    one_level,
    refuse_units,
    rule_of,
    typical,
    worth,
)
from .risk_plan import parents, price_factors


@dataclass(frozen=True)
class Apart:
    """Usage of a pool SKU by SKU, and the instruments that take from it in their order."""

    skus: tuple[str, ...]  # those that somebody uses
    usage: np.ndarray  # (sku, day, workload): units per unit of volume
    price: np.ndarray  # (sku, day): on-demand money per unit
    line: tuple[int, ...]  # (sku,): the uncertain price it follows, −1: certain
    rules: tuple  # prices/instruments, for these SKUs; None: covers none of them
    held: np.ndarray  # (rule, day): own units of every hour, 0 outside the term
    fees: np.ndarray  # (rule,): money of one own unit


@dataclass(frozen=True, kw_only=True)
class Pool:
    """Eligible usage of some SKUs and the commitments on it."""

    skus: tuple[str, ...]
    unit: str  # "": SKUs apart, each commitment counts in its own
    usage: (
        np.ndarray
    )  # (day, workload): pool units per unit of volume, of SKUs with a certain price
    cost: np.ndarray  # (day, workload): on-demand money of them per unit of volume
    workloads: np.ndarray  # positions of the workloads that use it
    instruments: tuple[Hourly, ...]  # their terms, in the order they apply
    levels: tuple[Level, ...]  # the same as the tables take them; () where SKUs stand apart
    in_term: np.ndarray  # (instrument, day) bool
    share: np.ndarray | None  # (workload, day, 24) of a day's usage in each hour; None: flat
    owner: str  # workload that carries unused hours in the bill; "": shared by usage
    spend: bool = False  # it counts money: usage = cost
    loose: tuple[
        tuple[int, np.ndarray, np.ndarray], ...
    ] = ()  # (uncertain price, (day, workload) units, (day,) its median) of the other SKUs
    apart: Apart | None = None  # None: one level


@dataclass(frozen=True)
class _Use:
    """What the plan uses: entries (workload, sku) -> (day,) units per volume; prices sku -> (day,), at the median where uncertain."""

    entries: Mapping[tuple[int, str], np.ndarray]
    prices: Mapping[str, np.ndarray]
    lines: Mapping[str, int]  # sku -> position of its uncertain price
    dates: np.ndarray
    names: tuple[str, ...]
    series: Sequence = ()  # risks on prices
    seed: int = 0

    def price_at(self, sku: str, one: Held) -> float:
        """The median price on the first day of a commitment, risks included: what a rate as a share off is measured on."""
        day = _first(self, one)
        if str(one.record["ContractCommitmentPeriodStart"])[:10] < str(self.dates[0]):
            return float(self.prices[sku][day])  # signed: at a price that is known
        return float(self.prices[sku][day]) * float(
            np.median(price_factors(self.series, sku, slice(day, day + 1), self.seed))
        )

    def on(self, skus, day: int) -> dict[str, float]:
        """Units a day of each SKU at a volume of 1 in every workload."""
        return {
            sku: sum(float(q[day]) for (_, s), q in self.entries.items() if s == sku)
            for sku in skus
        }


def compile_pools(
    resolved,
    entries: dict,
    *,
    prices: dict,
    dates: np.ndarray,
    names: tuple[str, ...],
    uncertain: Mapping[str, Timeline] | None = None,
    lines: Sequence[str] = (),
    series: Sequence = (),
) -> tuple[Pool, ...]:
    """The pools of a scenario. entries: (workload position, sku id) -> (day,) units per volume; prices: sku id -> (day,).

    uncertain   prices that differ from path to path;  lines: SKUs of them that are used, in the order of the plan's uncertain prices
    series      risks on prices
    """
    if not len(dates):
        return ()
    held = []
    for name, record in resolved.tree["commitments"].items():
        status = str(record.get("ContractCommitmentLifecycleStatus") or "Active")
        if status not in ("Active", "Pending") and not (
            status == "Proposed" and name in resolved.proposed
        ):
            continue
        where = _where(resolved, name)
        held.append(Held(name, record, where, eligible(resolved, record, where)))
    use = _Use(
        entries,
        {**prices, **{sku: typical(one) for sku, one in (uncertain or {}).items()}},
        {sku: i for i, sku in enumerate(lines)},
        dates,
        names,
        series,
        resolved.seed,
    )
    shapes = read_shapes(resolved.shapes, names, parents(resolved)) if resolved.shapes else None
    share = (
        None if shapes is None else day_shapes(shapes)[:, weekday_of(dates)]
    )  # (workload, day, 24)
    return tuple(
        (_pool if one_level(group) and _one_price(group, use) else _apart)(
            resolved, group, use, share
        )
        for group in meeting(held)
    )


def _one_price(group: Sequence[Held], use: _Use) -> bool:
    """Whether it is the same money whichever of its SKUs a unit covers: else SKUs are served in the order of the settlement.

    A commitment in money with one discount saves the same share of every SKU.
    """
    if group[0].spend:
        return True
    used = sorted({sku for _, sku in use.entries if sku in group[0].skus})
    if any(sku in use.lines for sku in used):
        return len(used) < 2
    return all(np.array_equal(use.prices[sku], use.prices[used[0]]) for sku in used)


def eligible(resolved, record: dict, where: str) -> tuple[str, ...]:
    """The SKUs a commitment covers, as listed: those of its rates, else x_SkuIds, else all of x_ServiceName in the ledger."""
    listed = record.get("x_SkuIds") or []
    if isinstance(listed, str):
        listed = [
            part.strip()
            for part in listed.replace("|", ";").replace(",", ";").split(";")
            if part.strip()
        ]
    column = "x_SkuIds"
    try:
        if tables := read_tables(record, where):
            column, listed = tables[0], list(tables[1])
    except FinOpsError as problem:
        raise ScenarioError(str(problem)) from None
    known = {sku.id for sku in resolved.facts.meta.skus} | set(
        resolved.facts.catalog.skus if resolved.facts.catalog else ()
    )
    for sku in listed:
        if sku not in known:
            raise ScenarioError(unknown(f"{where}: {column}", "SKU", sku, sorted(known)))
    if listed:
        return tuple(dict.fromkeys(listed))
    service = record.get("x_ServiceName") or ""
    services = {sku.service for sku in resolved.facts.meta.skus}
    if not service:
        raise ScenarioError(
            f"{where}: what does the commitment cover? Write x_SkuIds or x_ServiceName. Services: "
            f"{listing(sorted(services))}."
        )
    if service not in services:
        raise ScenarioError(
            unknown(f"{where}: x_ServiceName", "service", service, sorted(services))
        )
    return tuple(
        dict.fromkeys(sku.id for sku in resolved.facts.meta.skus if sku.service == service)
    )


def _where(resolved, name: str) -> str:
    steps = resolved.provenance.get(f"commitments/{escape(name)}/ContractCommitmentQuantity")
    return (
        f"{steps[-1][1]}: commitments/{name}"
        if steps and steps[-1][1] != "from the ledger"
        else f"commitments/{name}"
    )


def _pool(resolved, held: Sequence[Held], use: _Use, share) -> Pool:
    """Commitments that treat the same SKUs alike: one level."""
    skus, unit, spend, shape = (
        held[0].skus,
        held[0].unit,
        held[0].spend,
        (len(use.dates), len(use.names)),
    )
    usage, cost, loose = np.zeros(shape), np.zeros(shape), {}
    _refuse_other_units(resolved, held, use)
    for (w, sku), quantity in use.entries.items():
        if sku not in skus:
            continue
        if sku in use.lines:
            loose.setdefault(sku, np.zeros(shape))[:, w] += quantity
            continue
        usage[:, w] += quantity * (use.prices[sku] if spend else 1.0)
        cost[:, w] += quantity * use.prices[sku]
    used = np.flatnonzero(
        usage.any(axis=0)
        | sum((part.any(axis=0) for part in loose.values()), np.zeros(shape[1], bool))
    )
    terms = [hourly(one, None if spend else _price_on(skus, use, one)) for one in held]
    order = sorted(
        range(len(held)), key=lambda i: (held[i].name in resolved.proposed, terms[i].start or "")
    )
    instruments = tuple(terms[i] for i in order)
    return Pool(
        skus=tuple(sorted(skus)),
        unit=unit,
        usage=usage,
        cost=cost,
        workloads=used,
        instruments=instruments,
        levels=tuple(level_of(rule_of(held[i], terms[i])) for i in order),
        in_term=np.stack([i.in_term(use.dates) for i in instruments]),
        share=share,
        owner=_owner(resolved.facts.daily, {i.id for i in instruments}),
        spend=spend,
        loose=tuple((use.lines[sku], loose[sku], use.prices[sku]) for sku in sorted(loose)),
    )


def _apart(resolved, held: Sequence[Held], use: _Use, share) -> Pool:
    """Commitments that do not treat SKUs alike: each takes from them in its order."""
    refuse_units(held)
    _refuse_other_units(resolved, held, use)
    held = sorted(
        held,
        key=lambda one: (
            one.name in resolved.proposed,
            str(one.record["ContractCommitmentPeriodStart"]),
        ),
    )
    terms = {one.name: hourly(one, _on_demand(one, use)) for one in held}
    order = in_order(held, terms)
    skus = tuple(sorted({sku for one in held for sku in one.skus}))
    here = tuple(
        sku for sku in skus if any(s == sku and q.any() for (_, s), q in use.entries.items())
    )
    usage = np.zeros((len(here), len(use.dates), len(use.names)))
    for (w, sku), quantity in use.entries.items():
        if sku in here:
            usage[here.index(sku), :, w] += quantity
    price = np.array([use.prices[sku] for sku in here]).reshape(len(here), len(use.dates))
    cost = (usage * price[:, :, None]).sum(axis=0)
    in_term = np.stack([terms[one.name].in_term(use.dates) for one, _ in order])
    quantity, fee = (
        np.array([rule.quantity for _, rule in order]),
        np.array([getattr(rule, "rate", 1.0) for _, rule in order]),
    )
    apart = Apart(
        here,
        usage,
        price,
        tuple(use.lines.get(sku, -1) for sku in here),
        tuple(narrowed(rule, here) for _, rule in order),
        in_term * quantity[:, None],
        fee,
    )
    return Pool(
        skus=skus,
        unit="",
        usage=cost,
        cost=cost,
        workloads=np.flatnonzero(usage.any(axis=(0, 1))),
        instruments=tuple(terms[one.name] for one, _ in order),
        levels=(),
        in_term=in_term,
        share=share,
        owner=_owner(resolved.facts.daily, {one.name for one in held}),
        spend=True,
        loose=(),
        apart=apart,
    )


def _first(use: _Use, one: Held) -> int:
    """Position of the first day of a term, within the plan."""
    start = int(
        np.searchsorted(
            use.dates, np.datetime64(str(one.record["ContractCommitmentPeriodStart"])[:10], "D")
        )
    )
    return min(start, len(use.dates) - 1)


def _on_demand(one: Held, use: _Use) -> float | None:
    """On-demand money of one of its units on its first day; None: the currency."""
    day = _first(use, one)
    tables = read_tables(one.record, one.where)
    if tables is None:
        return None if one.spend else _price_on(one.skus, use, one)
    price = {sku: use.price_at(sku, one) for sku in tables[1] if sku in use.prices}
    rates = (
        tables[1]
        if tables[0] == "x_Rates"
        else {sku: price[sku] * (1 - off) for sku, off in tables[1].items() if sku in price}
    )
    return worth(rates, use.on(rates, day), price)


def _refuse_other_units(resolved, held: Sequence[Held], use: _Use) -> None:
    known = {sku.id: sku for sku in resolved.facts.meta.skus}
    for one in held:
        for sku in dict.fromkeys(sku for _, sku in use.entries if sku in one.skus):
            if not one.spend and sku in known and not _same_unit(known[sku].unit, one.unit):
                raise ScenarioError(
                    f"{one.where}: the unit is '{one.unit}' but {sku} is billed in '{known[sku].unit}'. "
                    "A usage commitment counts in the unit of its SKUs; a Spend commitment in the currency."
                )


def _same_unit(one: str, other: str) -> bool:
    try:
        return units.spell(one) == units.spell(other)
    except FinOpsError:
        return one.casefold() == other.casefold()


def _price_on(skus, use: _Use, one: Held) -> float | None:
    """On-demand money per unit of the pool on the first day of a commitment, by today's use."""
    weight = use.on(skus, _first(use, one))
    total = sum(weight.values())
    if not total:
        known = [use.price_at(sku, one) for sku in skus if sku in use.prices]
        return float(np.mean(known)) if known else None
    return sum(weight[sku] * use.price_at(sku, one) for sku in skus if weight[sku]) / total


def _owner(daily, ids) -> str:
    rows = daily[
        daily["CommitmentDiscountId"].isin(list(ids))
        & (daily["CommitmentDiscountStatus"] == "Unused")
    ]
    return str(rows["x_Workload"].iloc[-1]) if len(rows) else ""


def read_shapes(path: Path, names, of: Mapping[str, str] | None = None) -> np.ndarray:
    """Hour-of-week shapes (workload, 168) from CSV workload,hour_of_week,share (any scale); workloads not named are flat.

    of   campaign -> its workload, which has its hours
    """
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
                raise ScenarioError(
                    f"{path.name}:{number}: a shape needs workload, hour_of_week (0 to 167, from Monday 00:00) and "
                    "share (0 or more)."
                ) from None
            if name not in names:
                continue
            shapes[names.index(name), hour] = factor
            seen.setdefault(name, set()).add(hour)
    for name, hours in seen.items():
        if len(hours) != 168:
            raise ScenarioError(
                f"{path.name}: '{name}' has {len(hours)} hours of the week; give all 168."
            )
    for campaign, name in (of or {}).items():
        if campaign not in seen:
            shapes[names.index(campaign)] = shapes[names.index(name)]
    return shapes
