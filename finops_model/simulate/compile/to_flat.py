"""A scenario's Plan as a FlatPlan, and kernel totals as money by workload (docs/method §3.13).

Columns: money of each workload, then meters: usage under tiers by workload, usage and money of pools, what instruments used and
covered. Commitments and tiers are given back to workloads here, by month.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...forecasting.covariates.timeline import Timeline
from ...prices.settle.windows import charge_months, share
from ..capped import CapMeters, CapTally, settle_caps
from ..kernel.flat import BlockTotals, FlatPlan, PathValue
from ..purchases.agreed import AgreementTally, settle_agreement
from ..purchases.settled import Tally, add_columns, settle
from .demand_paths import certain_part, pace
from .plan import Plan
from .pool_tables import ApartMeters, PoolMeters, add_pools, give_back
from .risk_plan import month_factors

FACTOR = "common"


@dataclass(frozen=True)
class Compiled:
    """The flat plan of a scenario and where its meters lie in `BlockTotals.usage`."""

    plan: Plan
    flat: FlatPlan
    tiers: tuple[slice, ...]  # by tier: usage of its workloads
    pools: tuple[PoolMeters | ApartMeters, ...]
    dials: int  # tokens, routable, routed; −1: not kept
    purchases: tuple[tuple[int, ...], ...] = ()  # by purchase: its meters
    caps: tuple[CapMeters, ...] = ()


class _Columns:
    """Names of columns and the charges that fill them."""

    def __init__(self, names):
        self.names, self.charges = list(names), []

    def add(self, *names: str) -> slice:
        first = len(self.names)
        self.names += names
        return slice(first, len(self.names))

    def charge(self, workload: int, column: int, rate: np.ndarray, line: int = -1) -> None:
        if rate.any():
            self.charges.append((workload, column, line, rate))


def compile_flat(plan: Plan, grids=None) -> Compiled:
    r"""The flat plan of a scenario.

    Parameters
    ----------
    plan : Plan
        As `compile_plan` gives it.
    grids : list of array, optional
        Levels (units per hour) of each pool's commitment dial; None: no dials.

    Returns
    -------
    Compiled
        The FlatPlan, and which column is whose.

    Source
    ------
    docs/method §3.13.

    Examples
    --------
    >>> import pathlib, tempfile, finops_model as fm
    >>> folder = pathlib.Path(tempfile.mkdtemp())
    >>> days = [f"2025-{m:02}-{d:02}" for m in (1, 2, 3) for d in range(1, 29)]
    >>> bill = ["Date,Cost (USD),Team,Service", *(f"{day},9{day[-1]},a,GPU" for day in days)]
    >>> _ = (folder / "bill.csv").write_text("\n".join(bill))
    >>> settings = fm.start(folder / "bill.csv", folder=folder / "demo")
    >>> rows = fm.daily(fm.Ledger(settings.path(settings.ledger)), settings)
    >>> from finops_model.scenario.document import load_scenario, resolve
    >>> from finops_model.simulate.compile.plan import compile_plan
    >>> from finops_model.simulate.scenarios import demand_of
    >>> resolved = resolve(load_scenario(None), rows, settings, months=1)
    >>> flat = compile_flat(compile_plan(resolved, demand_of(resolved.facts, 3, seed=0))).flat
    >>> flat.columns, flat.median.shape
    (('a/(untagged)/GPU',), (3, 1))
    """
    columns, units = _Columns(plan.names), len(plan.names)
    values, profile, on_demand, on_line, lines, prices = [], [], [], [], [], []
    median = plan.demand.median.copy()
    for parameter in plan.demand.parameters:
        median *= np.exp(certain_part(parameter)[:, None] * parameter.power)
        for value, when in _uncertain(parameter):
            values.append(value)
            profile.append(when)
            on_demand.append(parameter.power)
            on_line.append([])

    for moves, power in plan.prices.levers.demand:
        for value, when in zip(moves.values, moves.days):
            values.append(value)
            profile.append(when)
            on_demand.append(power)
            on_line.append([])

    for w in range(plan.demand.count):
        columns.charge(w, w, plan.prices.linear[:, w])
    for i, (timeline, money) in enumerate(plan.prices.uncertain):
        lines.append(f"price/{i}")
        prices.append(timeline.number)
        for m, mixture in enumerate(timeline.mixtures):
            if (timeline.which == m).any():
                values.append(PathValue(mixture))
                profile.append((timeline.which == m).astype(float))
                on_demand.append(np.zeros(plan.demand.count))
                on_line.append([i])
        for w in range(plan.demand.count):
            columns.charge(w, w, money[:, w], i)
    first = len(lines) - len(plan.prices.levers.lines)
    for i, (*_, moves) in enumerate(plan.prices.levers.lines, first):
        for value, when in zip(moves.values, moves.days):
            values.append(value)
            profile.append(when)
            on_demand.append(np.zeros(plan.demand.count))
            on_line.append([i])

    series = []
    for one in plan.demand.series:
        here = [i for i, sku in enumerate(plan.prices.line_skus) if sku in one.skus]
        if not here and not one.workloads:
            continue  # on prices with tiers only: by_workload
        series.append(one)
        on = np.isin(np.arange(plan.demand.count), one.workloads).astype(float)
        for row, priced in zip(one.profile, one.on_prices()):
            profile.append(row)
            on_demand.append(np.zeros(plan.demand.count) if priced else on)
            on_line.append(here if priced else [])

    tiers = []
    for tier in plan.prices.tiered:
        where = columns.add(*(f"tier/{tier.sku}/{plan.names[w]}" for w in tier.workloads))
        for column, w in zip(range(where.start, where.stop), tier.workloads):
            line = plan.prices.levers.tiers.get((int(w), tier.sku))
            columns.charge(w, column, tier.usage[:, w], -1 if line is None else first + line)
        tiers.append(where)

    bought = add_columns(plan.commitments.purchases, columns)
    dials = -1
    if grids is not None:
        dials = columns.add("dial/tokens", "dial/routable", "dial/routed").start
        for w in range(plan.demand.count):
            for column, rate in enumerate(
                (plan.prices.tokens, plan.prices.small.routable, plan.prices.small.routed), dials
            ):
                columns.charge(w, column, rate[:, w])
        of_tokens = {
            item[1] for item in plan.prices.items if item[3].casefold() in ("tokens", "token")
        }
        for i, (_, money) in enumerate(
            plan.prices.uncertain
        ):  # tokens whose price differs from path to path are tokens too
            for w in range(plan.demand.count if plan.prices.line_skus[i] in of_tokens else 0):
                columns.charge(w, dials, money[:, w], i)

    meters, settled, caps = add_pools(plan, columns, len(lines), grids)
    powers = np.zeros((len(profile), len(lines)))
    for v, here in enumerate(on_line):
        powers[v, here] = 1.0

    charges, steps = columns.charges, len(plan.dates)
    rate, size, stays, begins = (None,) * 4 if plan.demand.bursts is None else plan.demand.bursts.T
    flat = FlatPlan(
        months=plan.months,
        month_of=plan.month_of,
        workloads=plan.names[: plan.demand.count],
        median=median,
        columns=tuple(columns.names),
        units=units,
        factors=(FACTOR,),
        phi=plan.demand.phi,
        sigma=plan.demand.sigma,
        level_step=plan.demand.step,
        level_loadings=np.asarray(plan.demand.loading)[:, None],
        burst_rate=rate,
        burst_size=size,
        burst_stays=stays,
        burst_from=begins,
        values=tuple(values),
        series=tuple(series),
        profile=np.array(profile).reshape(len(profile), steps),
        value_demand=np.array(on_demand).reshape(len(profile), plan.demand.count),
        value_line=powers,
        lines=tuple(lines),
        price=np.array(prices).reshape(len(lines), steps).T,
        cap=plan.demand.cap,
        charge_workload=np.array([c[0] for c in charges]),
        charge_column=np.array([c[1] for c in charges]),
        charge_line=np.array([c[2] for c in charges]),
        charge_rate=np.array([c[3] for c in charges]).reshape(len(charges), steps),
        **settled,
    )

    shifted = [slice(t.start - units, t.stop - units) for t in tiers]
    return Compiled(
        plan,
        flat,
        tuple(shifted),
        meters,
        dials - units if dials >= 0 else -1,
        tuple(tuple(column - units for column in where) for where in bought),
        caps,
    )


def _uncertain(parameter):
    """(path value, profile by day) of what is uncertain: one for each mixture, and for growth each number it is multiplied by."""
    values = parameter.values
    for m, mixture in enumerate(values.mixtures):
        on = values.which == m
        if not on.any():
            continue
        if parameter.kind == "level":
            yield PathValue(mixture), on.astype(float)
            continue
        for number in np.unique(values.number[on]):
            days = on & (values.number == number)
            yield (
                PathValue(mixture, "growth", float(number)),
                np.cumsum(days) * pace(parameter.kind)
                if parameter.pace is None
                else np.cumsum(days * parameter.pace),
            )


@dataclass(frozen=True)
class Tallies:
    """What purchases, agreements and caps come to over all blocks of a run."""

    purchases: Tally
    agreements: AgreementTally
    caps: CapTally


def by_workload(
    compiled: Compiled, totals: BlockTotals, seed: int, tallies: Tallies | None = None
) -> np.ndarray:
    """Money still to come by workload, commitments and tiers given back by usage: (path, month, workload).

    What recurs is not in it; agreements count it.
    """
    plan, own = compiled.plan, totals.cost.copy()
    for tier, where in zip(plan.prices.tiered, compiled.tiers):
        values = np.maximum(totals.usage[:, :, where], 0.0)
        own[:, :, tier.workloads] += share(
            charge_months(
                tier.rates,
                values.sum(axis=-1),
                tier.already,
                *tier_factors(plan, tier, totals, seed),
            ),
            values,
        )
    give_back(own, plan, compiled.pools, totals.usage)
    bought = [
        settle(one, where, totals.usage, totals.path0, seed)
        for one, where in zip(plan.commitments.purchases, compiled.purchases)
    ]
    for one in bought:
        own[:, :, one.workloads] += one.money
    settle_caps(own, plan, compiled.caps, totals, seed, None if tallies is None else tallies.caps)
    agreed = [
        settle_agreement(deal, own + plan.booked.recurring) for deal in plan.commitments.agreements
    ]
    for one in agreed:
        own += one.change
    if tallies is not None:
        tallies.purchases.add(bought)
        tallies.agreements.add(agreed)
    return own


def tier_factors(plan: Plan, tier, totals: BlockTotals, seed: int) -> tuple:
    """What the unit prices of a form with tiers are multiplied by on the paths of `totals`, (month,) where it is certain, else (path, month);
    and what its fees and minima are: only an exchange rate moves those (docs/method §5.15).
    """
    if tier.certain:
        return tier.own.number, tier.due
    paths = range(totals.path0, totals.path0 + len(totals.cost))
    whole = tuple(one for one in tier.series if one.placed.risk.on_fees)
    steady = Timeline(np.full(len(plan.months), tier.due), np.full(len(plan.months), -1))
    due = (
        month_factors(seed, paths, steady, whole, plan.month_of, len(plan.months))
        if whole
        else tier.due
    )
    return month_factors(seed, paths, tier.own, tier.series, plan.month_of, len(plan.months)), due
