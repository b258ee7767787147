"""A resolved scenario and a demand process compiled to flat arrays (docs/method §3.6).

Cost of a day = volume × mix × dated prices for linear SKUs; forms with tiers are priced by month on pooled usage; commitments
hour by hour. Recurring charges go on as in the newest full month. Tax, credits, corrections are left out and listed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ...errors import ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...forecasting.widths.demand import Demand
from ...periods import days, month_index
from ...scenario.booked import excluded, month_parts, recurring_by_workload
from ...scenario.changes import escape
from ..capped import compile_caps
from ..purchases.agreed import compile_agreements
from ..purchases.compiled import compile_purchases, own_names, refuse_moved, take_over
from .demand_paths import Parameter, multipliers, risk_series, steady_demand, with_launches
from .lever_paths import on_lines, refuse_in_pools
from .mix import levered_mix, lines_of_plan, routing_dials
from .parts import About, PlanBooked, PlanCommitments, PlanDemand, PlanPrices, SmallModel
from .pool_rules import expected, refuse_tiers
from .pools import compile_pools
from .price_paths import compile_tiered, price_paths, tiered_form, unit_of_sku
from .risk_plan import bursts, campaigns_of

MOST = 1e15  # demand of a day, money at constant prices


@dataclass(frozen=True, kw_only=True)
class Plan:
    """A scenario as arrays, in named parts; workloads with demand come first, in `names[:demand.count]`."""

    about: About
    months: tuple[str, ...]
    dates: np.ndarray  # (day,) the future, from the day after as_of
    month_of: np.ndarray  # (day,) position in months, -1 outside
    names: tuple[str, ...]  # all workloads
    units: tuple[str, ...]
    demand: PlanDemand
    prices: PlanPrices
    commitments: PlanCommitments
    booked: PlanBooked

    def but(self, **changes) -> Plan:
        """The same plan with other values of fields of its parts, by their names: `plan.but(pools=(), tiered=())`."""
        own = {name: changes.pop(name) for name in [*changes] if name in Plan.__dataclass_fields__}
        for part in ("about", "demand", "prices", "commitments", "booked"):
            value = own.get(part, getattr(self, part))
            here = {name: changes.pop(name) for name in [*changes] if hasattr(value, name)}
            own[part] = replace(value, **here)
        if changes:
            raise TypeError(f"a plan has no {', '.join(changes)}")
        return replace(self, **own)


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
    _countable(median, demand_names, dates, resolved)
    return Plan(
        about=About(
            name=resolved.name,
            question=resolved.scenario.question,
            currency=facts.currency,
            as_of=facts.as_of,
            scenario_hash=resolved.scenario.hash,
            seed=resolved.seed,
            paths=resolved.paths,
            assumptions=tuple(notes),
            shapes=resolved.shapes is not None,
        ),
        months=months,
        dates=dates,
        month_of=of_day,
        names=names,
        units=units,
        demand=PlanDemand(
            count=len(demand_names),
            median=median,
            step=base["step"],
            phi=base["phi"],
            sigma=base["sigma"],
            loading=base["loading"],
            parameters=tuple(parameters),
            cap=base.get("cap"),
            series=tuple(series),
            bursts=bursts(campaigns, facts, dates, median, len(demand_names)),
        ),
        prices=PlanPrices(
            linear=linear,
            tokens=tokens,
            uncertain=(
                *((uncertain[sku], loose[sku]) for sku in sorted(loose)),
                *((price, used) for _, price, used, _ in levers.lines),
            ),
            tiered=tuple(
                compile_tiered(resolved, sku, entries, shape, months, series)
                for sku in sorted(tiered_skus)
                if any(s == sku and used.any() for (_, s), used in entries.items())
            ),
            small=SmallModel(routed=routed, routable=routable, models=small),
            items=lines_of_plan(
                resolved,
                entries,
                {**prices, **{sku: expected(uncertain[sku]) for sku in loose}},
                demand_names,
                dates,
            ),
            line_skus=(*sorted(loose), *(sku for sku, *_ in levers.lines)),
            levers=levers,
            paid=facts.meta.paid,
        ),
        commitments=PlanCommitments(
            pools=pools,
            unused_owner=tuple(
                names.index(pool.owner) if pool.owner in names else -1 for pool in pools
            ),
            purchases=compile_purchases(
                resolved,
                dates,
                months,
                demand_names,
                steady_demand(median, parameters, series, base),
                taken,
            ),
            agreements=compile_agreements(resolved, names, months),
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
        ),
        booked=PlanBooked(
            so_far=so_far,
            so_far_by=so_far_by,
            recurring=rest,
            excluded=tuple(excluded(facts)),
            unit_of=unit_of,
            units=len(units),
            shares=shares,
        ),
    )


def _countable(median: np.ndarray, names, dates, resolved) -> None:
    """Raises ScenarioError where demand (day, workload) is more than cents can be counted in, before a draw overflows."""
    wrong = np.argwhere(~(median < MOST))
    if len(wrong):
        day, w = wrong[0]
        raise ScenarioError(
            f"{resolved.scenario.path or resolved.name}: the demand of '{names[w]}' on {dates[day]} is more than {MOST:,.0f}, which no budget can hold. "
            "Look for a level, a growth or a driver that is too large."
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
