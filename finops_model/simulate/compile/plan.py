"""A resolved scenario and a demand process compiled to flat arrays (docs/method §3.6).

Cost of a day = volume × mix × dated prices for linear SKUs; forms with tiers are priced by month on pooled usage; commitments
hour by hour. Recurring charges go on as in the newest full month. Tax, credits, corrections are left out and listed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...errors import ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...forecasting.widths.demand import Demand
from ...periods import days, month_index
from ...scenario.booked import excluded, month_parts, recurring_by_workload
from ...scenario.changes import escape
from ..capped import Capped, compile_caps
from ..purchases.agreed import Deal, compile_agreements
from ..purchases.compiled import Bought, compile_purchases, own_names, refuse_moved, take_over
from .demand_paths import Parameter, multipliers, risk_series, steady_demand, with_launches
from .lever_paths import Lines, on_lines, refuse_in_pools
from .mix import levered_mix, lines_of_plan, routing_dials
from .pool_rules import expected, refuse_tiers
from .pools import Pool, compile_pools
from .price_paths import Tiered, compile_tiered, price_paths, tiered_form, unit_of_sku
from .risk_plan import Series, bursts, campaigns_of


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Flat arrays; workloads with demand come first, in `names[:demand]`."""

    name: str
    question: str
    currency: str
    as_of: str
    months: tuple[str, ...]
    dates: np.ndarray  # (day,) the future, from the day after as_of
    month_of: np.ndarray  # (day,) position in months, -1 outside
    names: tuple[str, ...]  # all workloads
    demand: int  # how many of them have demand
    units: tuple[str, ...]
    unit_of: np.ndarray  # (workload,) position in units
    median: np.ndarray  # (day, demand) float64, certain multipliers included
    step: np.ndarray  # (day, demand): sd of the daily increment of the log level
    phi: np.ndarray
    sigma: np.ndarray
    loading: np.ndarray
    parameters: tuple[Parameter, ...]
    linear: np.ndarray  # (day, demand): money per unit of volume, linear SKUs with certain prices
    tokens: np.ndarray  # (day, demand): the part of it that is tokens
    uncertain_prices: tuple[
        tuple[Timeline, np.ndarray], ...
    ]  # factor by day and path, (day, demand) money at factor 1
    tiered: tuple[Tiered, ...]
    pools: tuple[Pool, ...]
    routed: (
        np.ndarray
    )  # (day, demand): money per volume with all tokens on the small model; 0 where none
    routable: np.ndarray  # (day, demand): the same tokens at base routing
    small: dict[str, str]  # workload -> small model
    so_far: np.ndarray  # (month, unit): actual part of the month under way
    so_far_by: np.ndarray  # (month, workload)
    recurring: np.ndarray  # (month, workload): still to come
    items: tuple[
        tuple, ...
    ]  # (workload, sku, service, unit, quantity per volume (day,), price (day,)) for the workbook
    excluded: tuple[dict, ...]
    assumptions: tuple[dict, ...]
    scenario_hash: str
    seed: int
    paths: int
    shapes: bool = False
    unused_owner: tuple[int, ...] = field(
        default=()
    )  # per pool: workload that carries unused hours, -1: by usage
    cap: np.ndarray | None = None  # (day, demand): the most of a day; None: no limit
    series: tuple[Series, ...] = ()  # risks
    line_skus: tuple[str, ...] = ()  # SKU of each of uncertain_prices
    levers: Lines = field(default_factory=Lines)  # the last of uncertain_prices are its lines
    bursts: np.ndarray | None = None  # (demand, 4): campaigns, see risk_plan.bursts
    shares: np.ndarray | None = (
        None  # (workload, unit): who pays for what is to come; None: all of it unit_of
    )
    paid: Mapping[tuple[str, str], float] = field(
        default_factory=dict
    )  # (workload, sku): as Meta.paid
    agreements: tuple[Deal, ...] = ()  # on the money of their scope (docs/method §3.48)
    caps: tuple[Capped, ...] = ()  # what some workloads may cost at most
    purchases: tuple[Bought, ...] = ()  # settled on the meters of the kernel (docs/method §3.42)

    @property
    def paid_by(self) -> np.ndarray:
        """(workload, unit): the share of each unit in what is to come of a workload."""
        return (
            (self.unit_of[:, None] == np.arange(len(self.units))).astype(float)
            if self.shares is None
            else self.shares
        )


def future(resolved) -> np.ndarray:
    """Days from the day after as_of to the end of the horizon."""
    last = (np.datetime64(resolved.months[-1], "M") + 1).astype("datetime64[D]") - 1
    return days(np.datetime64(resolved.facts.as_of, "D") + 1, last)


def compile_plan(resolved, demand: Demand, daily=None) -> Plan:
    """The plan of one scenario. demand must start the day after as_of and reach the end of the horizon.

    Raises ScenarioError where they do not fit, or a value cannot be meant.
    """
    facts = resolved.facts
    dates = future(resolved)
    if (
        tuple(demand.names) != facts.names
        or len(demand.dates) < len(dates)
        or demand.dates[0] != dates[0]
    ):
        raise ScenarioError(
            f"the demand is for {len(demand.names)} workloads from {demand.dates[0]} on, {len(demand.dates)} days; the plan "
            f"needs {len(facts.names)} workloads from {dates[0]} on, {len(dates)} days. Fit it on the same facts."
        )
    launches, purchases = list(resolved.launches), own_names(resolved)
    campaigns = campaigns_of(
        resolved.risks, facts.names, (*resolved.tree["workloads"], *launches), facts.replay
    )
    demand_names = (*facts.names, *launches, *purchases, *(one.name for one in campaigns))
    base = with_launches(resolved, demand, dates, len(campaigns))
    multiplier, parameters = multipliers(resolved, demand_names, dates)
    parameters += [
        Parameter("level", one.timeline(len(dates)), np.eye(len(demand_names))[w])
        for w, one in demand.uncertain
    ]
    prices, uncertain = price_paths(resolved, dates)
    series = risk_series(
        resolved, dates, demand_names[: len(demand_names) - len(campaigns)]
    )  # campaigns have a law of their own
    for sku in {sku for one in series for sku in one.skus} - set(uncertain):
        if sku in prices:
            uncertain[sku] = Timeline(prices[sku], np.full(len(dates), -1))
    entries, weights = levered_mix(resolved, dates)
    for w, one in enumerate(campaigns, len(demand_names) - len(campaigns)):
        entries |= {(w, sku): quantity for (of, sku), quantity in entries.items() if of == one.of}
        weights |= {(w, sku): moves for (of, sku), moves in weights.items() if of == one.of}
    used_by = (
        *demand_names[: len(demand_names) - len(campaigns)],
        *(facts.names[one.of] for one in campaigns),
    )
    taken = take_over(resolved, entries, used_by, dates)
    shape = (len(dates), len(demand_names))
    linear, tokens = np.zeros(shape), np.zeros(shape)
    linear[:, len(facts.names) : len(facts.names) + len(launches)] = (
        1.0  # a launch is planned in money
    )
    tiered_skus = {name for name in prices if tiered_form(facts, name) is not None}
    loose: dict[str, np.ndarray] = {}
    levers = on_lines(entries, weights, prices, uncertain, tiered_skus, shape)
    refuse_moved(resolved, taken, levers.moved, used_by)
    for (w, sku), quantity in entries.items():
        if sku in tiered_skus or (w, sku) in levers.moved:
            continue
        if sku in uncertain:
            loose.setdefault(sku, np.zeros(shape))[:, w] += quantity
            continue
        linear[:, w] += quantity * prices[sku]
        if unit_of_sku(facts, sku).casefold() in ("tokens", "token"):
            tokens[:, w] += quantity * prices[sku]
    months, of_day = resolved.months, month_index(dates, resolved.months)
    pools = compile_pools(
        resolved,
        entries,
        prices=prices,
        dates=dates,
        names=demand_names,
        uncertain=uncertain,
        lines=sorted(loose),
        series=series,
    )
    refuse_tiers(pools, tiered_skus)
    refuse_in_pools(levers, pools, demand_names)
    names, so_far, so_far_by, rest, units, unit_of, shares = month_parts(
        facts,
        demand_names,
        months,
        resolved,
        pools,
        {one.name: resolved.tree["workloads"][facts.names[one.of]]["unit"] for one in campaigns}
        | {name: resolved.tree["workloads"][name]["unit"] for name in purchases},
    )
    routed, routable, small = routing_dials(
        resolved, prices, uncertain, dates, shape, {w for part in taken.values() for w, _ in part}
    )
    notes = [*resolved.assumptions, *facts.covariates.notes, *_implied(facts, resolved, pools)]
    median = base["median"] * multiplier
    return Plan(
        name=resolved.name,
        question=resolved.scenario.question,
        currency=facts.currency,
        as_of=facts.as_of,
        months=months,
        dates=dates,
        month_of=of_day,
        names=names,
        demand=len(demand_names),
        units=units,
        unit_of=unit_of,
        median=median,
        step=base["step"],
        phi=base["phi"],
        sigma=base["sigma"],
        loading=base["loading"],
        parameters=tuple(parameters),
        linear=linear,
        tokens=tokens,
        uncertain_prices=(
            *((uncertain[sku], loose[sku]) for sku in sorted(loose)),
            *((price, units) for _, price, units, _ in levers.lines),
        ),
        tiered=tuple(
            compile_tiered(resolved, sku, entries, shape, months, series)
            for sku in sorted(tiered_skus)
            if any(s == sku and used.any() for (_, s), used in entries.items())
        ),
        pools=pools,
        routed=routed,
        routable=routable,
        small=small,
        so_far=so_far,
        so_far_by=so_far_by,
        recurring=rest,
        items=lines_of_plan(
            resolved,
            entries,
            {**prices, **{sku: expected(uncertain[sku]) for sku in loose}},
            demand_names,
            dates,
        ),
        excluded=tuple(excluded(facts)),
        assumptions=tuple(notes),
        scenario_hash=resolved.scenario.hash,
        seed=resolved.seed,
        paths=resolved.paths,
        shapes=resolved.shapes is not None,
        caps=compile_caps(
            resolved,
            names,
            [units[u] for u in unit_of],
            entries,
            prices,
            dates=dates,
            pools=pools,
            tiered=tiered_skus,
        )
        if resolved.caps
        else (),
        unused_owner=tuple(
            names.index(pool.owner) if pool.owner in names else -1 for pool in pools
        ),
        cap=base.get("cap"),
        series=tuple(series),
        line_skus=(*sorted(loose), *(sku for sku, *_ in levers.lines)),
        levers=levers,
        bursts=bursts(campaigns, facts, dates, median, len(demand_names)),
        shares=shares,
        paid=facts.meta.paid,
        agreements=compile_agreements(resolved, names, months),
        purchases=compile_purchases(
            resolved,
            dates,
            months,
            demand_names,
            steady_demand(median, parameters, series, base),
            taken,
        ),
    )


def _implied(facts, resolved, pools) -> list[dict]:
    """What is assumed without being written in a file."""

    def note(text, value=None, path=""):
        return {
            "text": text,
            "value": value,
            "kind": "assumption",
            "source": "method",
            "owner": "",
            "review_by": "",
            "because": "",
            "path": path,
        }

    notes = [
        note(
            "Ranges beyond lead month 3 are extrapolated: the variance grows on in a straight line"
        )
    ]
    if pools and resolved.shapes is None:
        notes.append(
            note(
                "Hours of a day are alike (no hour-of-week shapes are given): commitments look better used than they may be"
            )
        )
    if any(recurring_by_workload(facts).values()):
        notes.append(
            note(
                "Recurring charges go on as in the newest full month",
                float(sum(recurring_by_workload(facts).values())),
            )
        )
    for driver in resolved.tree["drivers"]:
        follow = [n for n, w in resolved.tree["workloads"].items() if w["driver"] == driver]
        if follow:
            who, their = (
                ("1 workload follows", "its")
                if len(follow) == 1
                else (f"{len(follow)} workloads follow", "their")
            )
            notes.append(
                note(
                    f"{who} '{driver}' with {their} elasticity",
                    path=f"drivers/{escape(driver)}/level",
                )
            )
    return notes
