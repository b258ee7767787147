"""Hourly demand of what can be committed to in a workspace: simulated futures and billed history (docs/method §8.12).

The days are those of the simulation, path by path, so a recommendation and a forecast speak of the same futures. They are kept as days;
hours are made by block of paths when they are read, and what signed commitments cover is taken off first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ...errors import ScenarioError, listing, unknown
from ...facts.daily.parts import parts
from ...periods import add_months
from ...prices.settle.hours import HOURS, day_shapes, weekday_of
from ...prices.terms.contracts import is_currency
from ...progress import Progress, part
from ...scenario.document import load_scenario, resolve
from ...scenario.ledger_base import Facts, read_facts
from ...scenario.volumes import listed_money, sku_of, without_refunds
from ...simulate.compile.overlaps import cover, narrowed, way_of
from ...simulate.compile.plan import Plan, compile_plan, future
from ...simulate.compile.pools import Pool, read_shapes
from ...simulate.compile.risk_plan import parents, price_factors
from ...simulate.compile.to_flat import compile_flat
from ...simulate.kernel.kept import keep_draws
from ...simulate.scenarios import demand_of
from .search.layers import Usage

WHOLE = (
    100_000_000  # hours of one SKU kept in memory at once (float32: 0.4 GB); more are read by block
)
YEAR = 365  # days of a year of demand: years are alike, the last day of a leap year is left out
NEAR = 3  # months within which the end of a signed commitment is the day to buy for


@dataclass(frozen=True)
class Workspace:
    """The plan of the base scenario, long enough for the terms on offer."""

    plan: Plan
    facts: Facts
    shares: np.ndarray  # (workload, 7, 24): how a day lies in its hours

    @property
    def currency(self) -> str:
        return self.plan.about.currency

    def price(self, sku: str, days=slice(None)) -> float:
        """Expected on-demand money per unit as paid, risks included, mean of the days."""
        factor = price_factors(self.plan.demand.series, sku, days, self.plan.about.seed).mean(
            axis=0
        )
        return float(
            next(
                (item[5][days] * factor).mean() for item in self.plan.prices.items if item[1] == sku
            )
        )


@dataclass(frozen=True)
class Hours:
    """Demand left to commit to, from midnight of `start` on. Days are kept, hours are made when they are read.

    skus     what is read, in order;  days (day,) positions in the plan
    kept     (pool, day, path) float32 units a day of every pair in `pairs`: (SKU, position of a shape in `shapes`)
    shapes   (shape, 7, 24)
    signed   the plan's pools of commitments on any of the SKUs; they are served first
    """

    plan: Plan
    skus: tuple[str, ...]
    start: str
    days: np.ndarray
    kept: np.ndarray
    pairs: tuple[tuple[str, int], ...]
    shapes: np.ndarray
    signed: tuple[Pool, ...]

    @property
    def paths(self) -> int:
        return self.kept.shape[2]

    def read(self, start: int, stop: int) -> list[np.ndarray]:
        """(path, hour) float32 of each SKU, paths start … stop − 1."""
        weekday = weekday_of(self.plan.dates[self.days])
        hours: dict[str, np.ndarray] = {}
        for amount, (sku, shape) in zip(self.kept, self.pairs):
            share = self.shapes[shape].astype(np.float32)[weekday]  # (day, 24)
            own = amount[:, start:stop].T[:, :, None] * share
            hours[sku] = hours[sku] + own if sku in hours else own
        for pool in self.signed:
            _serve(pool, hours, self.plan, self.days)
        return [hours[sku].reshape(stop - start, -1) for sku in self.skus]

    @cached_property
    def usage(self) -> Usage:
        """For best_commitments: in memory where it is one SKU that fits, else read by block."""
        hours = len(self.days) * HOURS
        if len(self.skus) > 1 or hours * self.paths > WHOLE:
            return Usage(self.skus, self.paths, hours, self.read)
        whole = np.empty((self.paths, hours), np.float32)
        for first in range(
            0, self.paths, 64
        ):  # a block at a time: nothing larger than the answer is made beside it
            last = min(first + 64, self.paths)
            whole[first:last] = self.read(first, last)[0]
        return Usage(self.skus, self.paths, hours, lambda a, b: [whole[a:b]], whole)


def _serve(pool: Pool, hours: dict[str, np.ndarray], plan: Plan, days: np.ndarray) -> None:
    """Takes off what signed commitments cover, hour by hour in their order: from their SKUs in proportion to use (§3.7), or as the
    settlement does where they overlap (§3.35; uncertain prices at their median)."""
    if pool.apart is not None:
        return _serve_apart(pool.apart, hours, days)
    mine = [sku for sku in pool.skus if sku in hours]
    worth = dict.fromkeys(mine, np.float32(1.0))
    if is_currency(pool.unit):
        worth = {
            item[1]: item[5][days].astype(np.float32)[None, :, None]
            for item in plan.prices.items
            if item[1] in mine
        }
    level = sum(hours[sku] * worth[sku] for sku in mine)
    covered = np.zeros_like(level)
    for instrument, term in zip(pool.instruments, pool.in_term):
        quantity = np.where(term[days], instrument.quantity, 0.0).astype(np.float32)[None, :, None]
        covered += np.minimum((level - covered) * np.float32(instrument.eligible_share), quantity)
    left = np.divide(level - covered, level, out=np.zeros_like(level), where=level > 0)
    for sku in mine:
        hours[sku] = np.maximum(hours[sku] * left, 0)


def _serve_apart(apart, hours: dict[str, np.ndarray], days: np.ndarray) -> None:
    mine = [sku for sku in apart.skus if sku in hours]
    price = apart.price[[apart.skus.index(sku) for sku in mine]][:, days, None]
    here = [None if rule is None else narrowed(rule, mine) for rule in apart.rules]
    ways = [None if rule is None else way_of(rule, mine, price) for rule in here]
    for hour in range(HOURS):
        usage = np.stack([hours[sku][:, :, hour].T for sku in mine])  # (sku, day, path)
        cover(
            ways, apart.held[:, days], iter([(1, usage)]), usage.shape, usage.dtype.type
        )  # what is left stands in usage
        for sku, left in zip(mine, usage):
            hours[sku][:, :, hour] = left.T


def read_workspace(
    settings,
    daily,
    skus: Sequence[str],
    term_months: int = 12,
    start: str | None = None,
    as_of: str | None = None,
    progress: Progress | None = None,
) -> tuple[Workspace, str]:
    """(workspace, first day to buy for).

    start   default: the day on which signed commitments on the same SKUs end, where the last of them ends within three months; else the
            first of next month

    Raises ScenarioError for a start that is no day or has passed.
    """
    facts = read_facts(daily, settings, as_of)
    loaded = load_scenario(settings.path(settings.scenario) if settings.scenario else None)
    first = _day(start, facts.as_of) if start else first_day(facts, skus)
    begins = resolve(loaded, settings=settings, facts=facts, months=1).months[0]
    resolved = resolve(
        loaded,
        settings=settings,
        facts=facts,
        months=_months(begins, first[:7]) + int(np.ceil(term_months)) + 1,
    )
    demand = demand_of(
        facts,
        len(future(resolved)),
        resolved.seed,
        settings.methods,
        part(progress, "") if progress else None,
    )
    plan = compile_plan(resolved, demand)
    shapes = (
        read_shapes(resolved.shapes, plan.names[: plan.demand.count], parents(resolved))
        if resolved.shapes
        else np.ones((plan.demand.count, 7 * HOURS))
    )
    return Workspace(plan, facts, day_shapes(shapes)), first


def _day(text: str, as_of: str) -> str:
    try:
        first = str(np.datetime64(str(text), "D"))
    except ValueError:
        first = ""
    if not first or len(str(text)) != 10:
        raise ScenarioError(f"start is '{text}'; it must be a day YYYY-MM-DD.")
    if first <= as_of:
        raise ScenarioError(
            f"start {first} is not after the newest day of data, {as_of}; give a day that is still to come."
        )
    return first


def first_day(facts: Facts, skus: Sequence[str]) -> str:
    """When to buy: at the end of what is signed on the same SKUs where that is near, else the first of next month."""
    month = add_months(facts.as_of[:7], 1)
    services = {sku.id: sku.service for sku in facts.meta.skus}
    ends = []
    for record in facts.inventory:
        listed = str(record.get("x_SkuIds") or "").replace("|", ";").replace(",", ";").split(";")
        covers = {name.strip(" []\"'") for name in listed} | {
            sku for sku in skus if services.get(sku) == record.get("x_ServiceName")
        }
        if covers & set(skus):
            ends.append(str(record.get("ContractCommitmentPeriodEnd", ""))[:10])
    last = max(ends, default="")
    return last if facts.as_of < last <= f"{add_months(month, NEAR - 1)}-31" else f"{month}-01"


def _months(one: str, other: str) -> int:
    return max((int(other[:4]) - int(one[:4])) * 12 + int(other[5:]) - int(one[5:]), 0)


def simulated_hours(
    work: Workspace,
    skus: Sequence[str],
    start: str,
    years: float,
    paths: int,
    seed: int | None = None,
    engine: str | None = None,
) -> Hours:
    """What is left to commit to on every path of the base scenario's simulation, signed commitments served first.

    years   1, 3 …: 365 days each from the day of `start` on, so that years are alike; a part of a year is rounded to days

    Raises ScenarioError for a SKU that nobody uses or that has tiers, and for a time the plan does not reach.
    """
    plan = work.plan
    days = _days(plan, start, years)
    used = {item[1] for item in plan.prices.items if not item[1].startswith("planned:")}
    for sku in skus:
        if sku not in used:
            raise ScenarioError(
                unknown(
                    "commitment",
                    "SKU",
                    sku,
                    sorted(used),
                    "An offer covers what the base scenario uses; change its skus.",
                )
            )
        if any(tier.sku == sku for tier in plan.prices.tiered):
            raise ScenarioError(
                f"commitment: {sku} is priced by tiers of a month; a commitment needs one price per unit."
            )
    signed = tuple(pool for pool in plan.commitments.pools if set(pool.skus) & set(skus))
    wanted = {*skus, *(sku for pool in signed for sku in pool.skus)}
    shapes, of_workload = np.unique(
        work.shares.round(15).reshape(len(work.shares), -1), axis=0, return_inverse=True
    )
    entries = [item for item in plan.prices.items if item[1] in wanted]
    pairs = tuple(sorted({(item[1], int(of_workload.reshape(-1)[item[6]])) for item in entries}))
    units = np.array([item[4] for item in entries])
    flat = replace(
        compile_flat(plan).flat,
        columns=("none",),
        units=1,
        fixed=None,
        forms=(),
        tables=(),
        hour_share=None,
        kept=0,
        overlaps=(),
        member_line=None,
        member_units_line=None,
        charge_workload=None,
        charge_column=None,
        charge_line=None,
        charge_rate=None,
        pools=tuple(f"{sku}/{shape}" for sku, shape in pairs),
        pool_line=None,
        member_pool=np.array(
            [pairs.index((item[1], int(of_workload.reshape(-1)[item[6]]))) for item in entries]
        ),
        member_workload=np.array([item[6] for item in entries]),
        member_units=units,
        member_money=np.zeros_like(units),
    )
    kept = keep_draws(flat, paths, plan.about.seed if seed is None else seed, engine)
    return Hours(
        plan,
        tuple(skus),
        start,
        days,
        kept.levels[:, days],
        pairs,
        shapes.reshape(-1, 7, HOURS),
        signed,
    )


def _days(plan: Plan, start: str, years: float) -> np.ndarray:
    """Positions of the days of some years from a day on."""
    first, whole = np.datetime64(start, "D"), int(years)
    if whole != years:
        days = first + np.arange(round(YEAR * years))
    else:
        month, into = (
            first.astype("datetime64[M]"),
            first - first.astype("datetime64[M]").astype("datetime64[D]"),
        )
        days = np.concatenate(
            [
                (month + 12 * year).astype("datetime64[D]") + into + np.arange(YEAR)
                for year in range(whole)
            ]
        )
    if not len(days) or first < plan.dates[0] or days.max() > plan.dates[-1]:
        raise ScenarioError(
            f"the simulation runs from {plan.dates[0]} to {plan.dates[-1]}; {years:g} years from {start} do not lie inside."
        )
    return np.searchsorted(plan.dates, days)


def history_by_sku(work: Workspace, skus: Sequence[str]) -> tuple[dict[str, np.ndarray], str]:
    """({SKU: hours of billed usage (hour,)}, covered ones included; first day).

    SKUs and units are those of the futures: a service where the bill has no SkuId, money where it has no quantity, units at the
    price that all pay (§3.18). From the days of the bill in the same hour shapes; workloads without a shape are flat.
    """
    daily, held = (
        work.facts.daily,
        frozenset(str(record["ContractCommitmentId"]) for record in work.facts.inventory),
    )
    usage = without_refunds(daily[parts(daily, held)["usage"]])[0]
    usage = usage.assign(sku=sku_of(usage))
    rows = usage[usage["sku"].isin(list(skus))]
    if not len(rows):
        raise ScenarioError(
            f"the bill has no usage of {listing(list(skus))}, so there is no history to replay."
        )
    money = {sku.id for sku in work.facts.meta.skus if sku.kind == "spend"}
    amount = rows["ConsumedQuantity"].where(~rows["sku"].isin(list(money)), listed_money(rows))
    pairs, paid = zip(rows["x_Workload"], rows["sku"]), work.facts.meta.paid
    amount = amount.to_numpy(float) * np.array([paid.get(pair, 1.0) for pair in pairs])
    dates = np.arange(
        rows["ChargeDate"].min().to_datetime64().astype("datetime64[D]"),
        np.datetime64(work.facts.as_of, "D") + 1,
    )
    day = (rows["ChargeDate"].to_numpy().astype("datetime64[D]") - dates[0]).astype(int)
    names, weekday = list(work.plan.names[: work.plan.demand.count]), weekday_of(dates)
    flat = np.full((7, HOURS), 1 / HOURS)
    by_hour = {sku: np.zeros((len(dates), HOURS)) for sku in skus}
    for (workload, sku), at in rows.groupby(["x_Workload", "sku"]).indices.items():
        by_day = np.bincount(day[at], amount[at], minlength=len(dates))
        shape = work.shares[names.index(workload)] if workload in names else flat
        by_hour[sku] += by_day[:, None] * shape[weekday]
    return {sku: np.maximum(hours, 0.0).ravel() for sku, hours in by_hour.items()}, str(dates[0])


def history_hours(work: Workspace, skus: Sequence[str]) -> tuple[np.ndarray, str]:
    """(hours of billed usage of some SKUs together (hour,), covered ones included; first day): see `history_by_sku`."""
    by_sku, first = history_by_sku(work, skus)
    return np.sum(list(by_sku.values()), axis=0), first


def signed_hours(
    work: Workspace, skus: Sequence[str], first_day: str, hours: int
) -> tuple[np.ndarray, float]:
    """(units an hour that signed commitments on these SKUs held (hour,), their mean rate by units held; 0 where nothing was)."""
    dates = np.datetime64(first_day, "D") + np.arange(hours // HOURS)
    held, fees = np.zeros(len(dates)), 0.0
    for pool in work.plan.commitments.pools:
        for instrument in pool.instruments:
            if set(instrument.skus or pool.skus) <= set(skus) and not is_currency(instrument.unit):
                own = instrument.quantity * instrument.in_term(dates)
                held, fees = held + own, fees + own.sum() * instrument.rate
    return np.repeat(held, HOURS), float(fees / held.sum()) if held.any() else 0.0
