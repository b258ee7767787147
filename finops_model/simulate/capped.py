"""Spend caps on paths: what they avoid, what work is refused for it, and what that was worth (docs/method §3.70, §3.71)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..errors import ScenarioError, listing
from ..periods import month_index
from ..scenario.pulled.caps import Cap
from ..uncertainty.distributions import Distribution
from ..uncertainty.following import Draws
from ..uncertainty.uniforms import path_uniforms
from .kernel.flat import Table


@dataclass(frozen=True, kw_only=True)
class Capped:
    """A cap on a plan: positions of workloads, days and months on which it holds."""

    cap: Cap
    refusable: np.ndarray  # positions of workloads whose work is refused
    counted: np.ndarray  # positions of those whose cost counts against it
    months: np.ndarray  # (month,) bool
    days: np.ndarray  # (day,) bool
    unit: str  # "": nothing can be counted
    rates: np.ndarray  # (day, refusable): such units per unit of volume


@dataclass(frozen=True)
class CapMeters:
    """Where the meters of a cap lie in `BlockTotals.usage`."""

    units: slice  # by workload: units of its unit
    over: int = -1  # money of the days above a cap by the day; −1: it is by the month


@dataclass
class CapTally:
    """What the caps did, over all paths; filled block by block."""

    avoided: list[list[np.ndarray]] = field(default_factory=list)  # by cap: (path, month)
    refused: list[list[np.ndarray]] = field(default_factory=list)
    asked: list[float] = field(default_factory=list)  # units that would have been served

    def rows(self, plan) -> list[dict[str, Any]]:
        """A row for each cap: means by month, ranges of the whole."""
        rows = []
        for i, one in enumerate(plan.commitments.caps if self.avoided else ()):
            avoided, refused = np.concatenate(self.avoided[i]), np.concatenate(self.refused[i])
            total, units = avoided.sum(axis=1), refused.sum(axis=1)
            value = one.cap.value_per_unit
            rows.append(
                {
                    "name": one.cap.name,
                    "months": list(plan.months),
                    "workloads": [plan.names[w] for w in one.refusable],
                    "avoided": avoided.mean(axis=0).tolist(),
                    "avoided_p10": float(np.quantile(total, 0.1)),
                    "avoided_p90": float(np.quantile(total, 0.9)),
                    "binds": float((total > 0.005).mean()),
                    "unit": one.unit,
                    "refused": refused.mean(axis=0).tolist() if one.unit else None,
                    "refused_share": float(units.sum() / self.asked[i]) if self.asked[i] else None,
                    "value_lost": float(units.mean() * value)
                    if value is not None and one.unit
                    else None,
                }
            )
        return rows


def compile_caps(
    resolved, names, homes, entries, prices, *, dates, pools, tiered
) -> tuple[Capped, ...]:
    """The caps of a scenario on a plan. names, homes: every workload and its business unit; entries: (workload position, sku) -> (day,)
    units per volume; prices: sku -> (day,); tiered: SKUs that are priced by the month.

    Raises ScenarioError where what refusing work avoids is not known: use under a commitment, or by the day under tiers.
    """
    starts = np.array([f"{month}-01" for month in resolved.months], "datetime64[D]")
    units = {sku.id: sku.unit for sku in resolved.facts.meta.skus if sku.kind == "units"}
    caps = []
    for cap in resolved.caps:
        refusable = np.array([names.index(name) for name in cap.workloads], int)
        place = f"{cap.where}: {cap.path}"
        for w in refusable:
            _refuse(cap, int(w), names, pools, tiered, entries, place)
        money: dict[str, float] = {}
        for (w, sku), quantity in entries.items():
            if w in refusable and sku in units:
                worth = float((quantity * prices.get(sku, np.zeros(len(dates)))).sum())
                money[units[sku]] = money.get(units[sku], 0.0) + worth
        if cap.unit and cap.unit not in money:
            raise ScenarioError(
                f"{place}/unit: none of its workloads counts '{cap.unit}'. They count {listing(sorted(money)) or 'money alone'}."
            )
        if cap.value_per_unit is not None and not money:
            raise ScenarioError(
                f"{place}/value_per_unit: the bill of its workloads has no quantities, so what is refused cannot be counted. Take it out."
            )
        unit = cap.unit or (max(money, key=lambda u: money[u]) if money else "")
        counted = refusable
        if cap.business_unit:
            counted = np.flatnonzero(np.array(homes) == cap.business_unit)
        rates = np.zeros((len(dates), len(refusable)))
        for i, w in enumerate(refusable):
            for (of, sku), quantity in entries.items():
                if of == w and unit and units.get(sku) == unit:
                    rates[:, i] += quantity / resolved.facts.meta.paid.get((names[w], sku), 1.0)
        caps.append(
            Capped(
                cap=cap,
                refusable=refusable,
                counted=counted,
                months=cap.held(starts),
                days=cap.held(dates) & (month_index(dates, resolved.months) >= 0),
                unit=unit,
                rates=rates,
            )
        )
    return tuple(caps)


def _refuse(cap: Cap, w: int, names, pools, tiered, entries, place: str) -> None:
    for pool in pools:
        if w in pool.workloads:
            raise ScenarioError(
                f"{place}: '{names[w]}' uses what the commitment '{pool.instruments[0].id}' covers, and a commitment is paid whether "
                "work is refused or not. Cap the other workloads."
            )
    if cap.per_day is not None and any(of == w and sku in tiered for of, sku in entries):
        raise ScenarioError(
            f"{place}/per_day: '{names[w]}' uses prices with tiers of the month, so that a day of it has no cost of its own. Write "
            "per_month."
        )


def cap_columns(plan, columns, parts) -> tuple[CapMeters, ...]:
    """Meters of every cap; a cap by the day is a pool that counts money, with a table of what lies above the cap."""
    meters, units = [], len(plan.names)
    for i, one in enumerate(plan.commitments.caps):
        where = columns.add(*(f"cap/{i}/units/{plan.names[w]}" for w in one.refusable))
        for column, w, rate in zip(range(where.start, where.stop), one.refusable, one.rates.T):
            columns.charge(int(w), column, rate)
        over = -1
        if one.cap.per_day is not None:
            over = columns.add(f"cap/{i}/over").start
            own = parts.pool(f"cap/{i}")
            for w in one.refusable:
                w = int(w)
                parts.member(own, w, plan.prices.linear[:, w], plan.prices.linear[:, w])
                for line, (_, money) in enumerate(plan.prices.uncertain):
                    if money[:, w].any():
                        parts.member(own, w, money[:, w], money[:, w], None, line, True)
            above = (0.0, 0.0, np.array([one.cap.per_day]), np.array([1.0]))
            free = (0.0, 0.0, np.empty(0), np.empty(0))
            parts.tables.append(Table(own, (above, free), np.where(one.days, 0, 1), over))
        shifted = slice(where.start - units, where.stop - units)
        meters.append(CapMeters(shifted, over - units if over >= 0 else -1))
    return tuple(meters)


def settle_caps(
    own: np.ndarray, plan, meters, totals, seed: int, tally: CapTally | None = None
) -> None:
    """Take what the caps avoid from the money still to come, own (path, month, workload), in place; caps in their order, by day before by month.

    Work is refused alike over the workloads of a cap: each bears its share of the cost.
    """
    if tally is not None and not tally.avoided:
        tally.avoided = [[] for _ in plan.commitments.caps]
        tally.refused = [[] for _ in plan.commitments.caps]
        tally.asked = [0.0] * len(plan.commitments.caps)
    order = sorted(
        range(len(plan.commitments.caps)),
        key=lambda i: plan.commitments.caps[i].cap.per_day is None,
    )
    units = {i: np.maximum(totals.usage[:, :, meters[i].units], 0.0) for i in order}
    left = np.ones_like(own)  # of the work of each workload
    for i in order:
        one = plan.commitments.caps[i]
        mine = np.maximum(own[:, :, one.refusable], 0.0)
        whole = mine.sum(axis=2)
        over = _over(one, own, plan, meters[i], totals, seed)
        avoided = np.clip(over, 0.0, whole) * (one.months if one.cap.per_day is None else 1.0)
        share = np.divide(avoided, whole, out=np.zeros_like(whole), where=whole > 0)
        if tally is not None:
            served = units[i] * left[:, :, one.refusable]
            tally.avoided[i].append(avoided)
            tally.refused[i].append((served * share[:, :, None]).sum(axis=2))
            tally.asked[i] += float(units[i].sum())
        own[:, :, one.refusable] -= mine * share[:, :, None]
        left[:, :, one.refusable] *= 1 - share[:, :, None]


def _over(one: Capped, own, plan, meters: CapMeters, totals, seed: int) -> np.ndarray:
    """Money above a cap, (path, month)."""
    if one.cap.per_day is not None:
        return totals.usage[:, :, meters.over]
    amount = one.cap.per_month
    if isinstance(amount, Distribution):
        paths = range(totals.path0, totals.path0 + len(own))
        draws = Draws(lambda name: path_uniforms(seed, name, paths))
        most = amount.on_paths(draws, f"{one.cap.path}/per_month")[:, None]
    else:
        most = np.asarray(amount, float)
    booked = (plan.booked.so_far_by + plan.booked.recurring)[:, one.counted].sum(axis=1)
    return own[:, :, one.counted].sum(axis=2) + booked - most
