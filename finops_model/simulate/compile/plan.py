"""A resolved scenario and a demand process compiled to flat arrays (docs/method §3.6).

Cost of a day = volume × mix × dated prices for linear SKUs; forms with tiers are priced by month on pooled usage; commitments
hour by hour. Recurring charges go on as in the newest full month. Tax, credits, corrections are left out and listed.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from ...errors import ScenarioError
from ...forecasting.covariates.timeline import Timeline
from ...forecasting.widths.demand import Demand, level_increment_sd
from ...periods import days, month_days, month_index
from ...prices.lists.catalog import catalog_price, is_linear, unit_price
from ...prices.settle.windows import share_paid
from ...scenario.booked import excluded, month_parts, newest_full_month, recurring_by_workload
from ...scenario.changes import escape, timeline
from ...scenario.placed import Placed
from ...scenario.routing import (
    model_of,
    move,
    only,
    price_today,
    routes,
    shares_by_day,
    small_model,
)
from ...uncertainty.curves import MONTH, progress
from ...uncertainty.distributions import Distribution
from ...uncertainty.launch import Launch as LaunchRisk
from ...uncertainty.risks import clock_of
from .pool_rules import expected, refuse_tiers
from .pools import Pool, compile_pools
from .risk_plan import Series, bursts, campaigns_of, series_of


@dataclass(frozen=True)
class Tiered:
    """A SKU whose price depends on the month's pooled usage."""

    sku: str
    usage: np.ndarray  # (day, workload): units per unit of volume
    workloads: np.ndarray
    rates: tuple  # rate form in force in each month
    own: Timeline  # by month: negotiated share of the list price of a unit
    already: (
        float | None
    )  # units used in the month under way; None: the first month has not begun, its fee is still to come
    series: tuple = ()  # risks on its price
    due: float = 1.0  # what the bill says of its fees and minima: 1 unless less than those was paid

    @property
    def certain(self) -> bool:
        return self.own.certain and not self.series


@dataclass(frozen=True)
class Parameter:
    """An uncertain multiplier of demand."""

    kind: str  # level | growth_per_month | growth_per_year
    values: Timeline
    power: np.ndarray  # (workload,): elasticity; 0 where it does not act


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
    bursts: np.ndarray | None = None  # (demand, 4): campaigns, see risk_plan.bursts
    shares: np.ndarray | None = (
        None  # (workload, unit): who pays for what is to come; None: all of it unit_of
    )

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
    launches = list(resolved.launches)
    campaigns = campaigns_of(
        resolved.risks, facts.names, (*resolved.tree["workloads"], *launches), facts.replay
    )
    demand_names = (*facts.names, *launches, *(one.name for one in campaigns))
    base = _with_launches(resolved, demand, dates, len(campaigns))
    multiplier, parameters = _multipliers(resolved, demand_names, dates)
    parameters += [
        Parameter("level", one.timeline(len(dates)), np.eye(len(demand_names))[w])
        for w, one in demand.uncertain
    ]
    prices, uncertain = price_paths(resolved, dates)
    series = _series(
        resolved, dates, demand_names[: len(demand_names) - len(campaigns)]
    )  # campaigns have a law of their own
    for sku in {sku for one in series for sku in one.skus} - set(uncertain):
        if sku in prices:
            uncertain[sku] = Timeline(prices[sku], np.full(len(dates), -1))
    entries = mix_by_day(resolved, dates)
    for w, one in enumerate(campaigns, len(facts.names) + len(launches)):
        entries |= {(w, sku): quantity for (of, sku), quantity in entries.items() if of == one.of}
    shape = (len(dates), len(demand_names))
    linear, tokens = np.zeros(shape), np.zeros(shape)
    linear[:, len(facts.names) : len(facts.names) + len(launches)] = (
        1.0  # a launch is planned in money
    )
    tiered_skus = {name for name in prices if _form(facts, name) is not None}
    loose: dict[str, np.ndarray] = {}
    for (w, sku), quantity in entries.items():
        if sku in tiered_skus:
            continue
        if sku in uncertain:
            loose.setdefault(sku, np.zeros(shape))[:, w] += quantity
            continue
        linear[:, w] += quantity * prices[sku]
        if _unit(facts, sku).casefold() in ("tokens", "token"):
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
    names, so_far, so_far_by, rest, units, unit_of, shares = month_parts(
        facts,
        demand_names,
        months,
        resolved,
        pools,
        {one.name: resolved.tree["workloads"][facts.names[one.of]]["unit"] for one in campaigns},
    )
    routed, routable, small = _routing_dials(resolved, prices, uncertain, dates, shape)
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
        uncertain_prices=tuple((uncertain[sku], loose[sku]) for sku in sorted(loose)),
        tiered=tuple(
            _tiered(resolved, sku, entries, shape, months, series)
            for sku in sorted(tiered_skus)
            if any(s == sku for _, s in entries)
        ),
        pools=pools,
        routed=routed,
        routable=routable,
        small=small,
        so_far=so_far,
        so_far_by=so_far_by,
        recurring=rest,
        items=_items(
            resolved,
            entries,
            {**prices, **{sku: expected(uncertain[sku]) for sku in loose}},
            demand_names,
        ),
        excluded=tuple(excluded(facts)),
        assumptions=tuple(notes),
        scenario_hash=resolved.scenario.hash,
        seed=resolved.seed,
        paths=resolved.paths,
        shapes=resolved.shapes is not None,
        unused_owner=tuple(
            names.index(pool.owner) if pool.owner in names else -1 for pool in pools
        ),
        cap=base.get("cap"),
        series=tuple(series),
        line_skus=tuple(sorted(loose)),
        bursts=bursts(campaigns, facts, dates, median, len(demand_names)),
        shares=shares,
    )


def _events(resolved, path: str) -> list:
    return [event for event in resolved.events if event.path == path]


def _series(resolved, dates, names) -> list[Series]:
    """The series of all risks, then those of launches of which the day is not sure."""
    facts = resolved.facts
    services = {sku.id: sku.service for sku in facts.meta.skus}
    skus = {
        sku: services.get(sku) or facts.catalog.prices[sku][-1].service
        for sku in resolved.tree["prices"]
    }
    found = [
        one
        for placed in resolved.risks
        for one in series_of(placed, dates, skus, names, facts.replay)
    ]
    for name, terms in resolved.launches.items():
        if isinstance(terms["delay"], Distribution):
            risk = LaunchRisk(
                workloads=name,
                since=terms["since"],
                months=terms["ramp_months"],
                curve=terms["curve"],
                delay_months=terms["delay"],
            )
            clock = clock_of(dates)
            found.append(
                Series(
                    Placed(name, terms["where"], risk),
                    f"workloads/{escape(name)}",
                    clock,
                    risk.profile(clock),
                    (),
                    (names.index(name),),
                )
            )
    return found


def _with_launches(resolved, demand: Demand, dates, campaigns: int = 0) -> dict:
    """Demand arrays with a column for every launch (its ramp, uncertainty of a like workload or the median of all) and campaign (nothing)."""
    step = level_increment_sd(demand, dates)
    arrays = {
        "median": demand.median[: len(dates)],
        "step": step,
        "phi": demand.phi,
        "sigma": demand.sigma,
        "loading": demand.loading,
    }
    if demand.cap is not None:
        arrays["cap"] = demand.cap[: len(dates)]
    for terms in resolved.launches.values():
        start = np.datetime64(terms["since"] or dates[0], "D")
        age, delay = (dates - start).astype(int) + 1, terms["delay"]
        ramp = (
            np.ones(len(dates))
            if isinstance(delay, Distribution)
            else progress(age - delay * MONTH, terms["ramp_months"], terms["curve"])
        )
        cost = terms["cost"] if isinstance(terms["cost"], float) else 1.0
        like = demand.names.index(terms["like"]) if terms["like"] else None
        column = {"median": cost * 12 / 365.25 * ramp}
        for key in ("step", "phi", "sigma", "loading"):
            own = arrays[key][..., : len(demand.names)]
            column[key] = own[..., like] if like is not None else np.median(own, axis=-1)
        column["cap"] = np.full(len(dates), np.inf)
        arrays = {
            key: np.concatenate([value, np.asarray(column[key])[..., None]], axis=-1)
            for key, value in arrays.items()
        }
    if campaigns:
        arrays = {
            key: np.concatenate(
                [value, np.full((*value.shape[:-1], campaigns), np.inf if key == "cap" else 0.0)],
                axis=-1,
            )
            for key, value in arrays.items()
        }
    return arrays


def _multipliers(resolved, names, dates):
    """Certain multiplier of demand (day, workload), and the uncertain parameters."""
    multiplier, parameters = np.ones((len(dates), len(names))), []
    tree = resolved.tree

    def act(kind, path, base, power):
        values = timeline(np.full(len(dates), float(base)), _events(resolved, path), dates)
        if not values.certain:
            parameters.append(Parameter(kind, values, power))
        elif (values.number != (1.0 if kind == "level" else 0.0)).any():
            growth = factor(kind, values.number[:, None])
            multiplier[:] *= np.where(power == 0, 1.0, growth**power)

    for name, driver in tree["drivers"].items():
        power = np.array(
            [
                w["elasticity"] if (w := tree["workloads"].get(n)) and w["driver"] == name else 0.0
                for n in names
            ]
        )
        for kind in ("level", "growth_per_year"):
            act(kind, f"drivers/{escape(name)}/{kind}", driver[kind], power)
    for i, name in enumerate(names):
        if name not in tree["workloads"]:  # campaigns have no settings of their own
            continue
        for kind in ("level", "growth_per_month"):
            act(
                kind,
                f"workloads/{escape(name)}/demand/{kind}",
                tree["workloads"][name]["demand"][kind],
                np.eye(len(names))[i],
            )
        cost = resolved.launches.get(name, {}).get("cost")
        if cost is not None and not isinstance(cost, float):
            path = f"workloads/{escape(name)}/cost_per_month"
            parameters.append(
                Parameter(
                    "level",
                    Timeline(np.ones(len(dates)), np.zeros(len(dates), int), (((path, cost),),)),
                    np.eye(len(names))[i],
                )
            )
    return multiplier, parameters


def factor(kind: str, values: np.ndarray) -> np.ndarray:
    """What a level or growth does to demand by day: values (day, …) -> multiplier, same shape."""
    if kind == "level":
        return values
    return np.exp(
        np.cumsum(np.log1p(values) * (12 if kind == "growth_per_month" else 1) / 365.25, axis=0)
    )


def _form(facts, sku: str):
    """The price of a SKU whose form has tiers, or None."""
    price = catalog_price(facts.catalog, sku, facts.as_of)
    return price if price is not None and not is_linear(price) else None


def _unit(facts, sku: str) -> str:
    own = [known.unit for known in facts.meta.skus if known.id == sku]
    return own[0] if own else facts.catalog.prices[sku][-1].unit


def price_paths(resolved, dates) -> tuple[dict[str, np.ndarray], dict[str, Timeline]]:
    """Money per unit by day of every SKU (as paid: catalog × discount), and those whose price is uncertain."""
    facts, found, uncertain = resolved.facts, {}, {}
    paid = {sku.id: sku for sku in facts.meta.skus}
    for name, entry in resolved.tree["prices"].items():
        if "factor" in entry:
            found[name] = np.full(len(dates), paid[name].price)
            continue
        base = np.full(len(dates), entry["price"] / entry["block"])
        ratio = paid[name].ratio if name in paid else 1.0
        if ratio is not None and facts.catalog is not None and name in facts.catalog.prices:
            for price in facts.catalog.prices[name]:
                if price.since > facts.as_of and is_linear(price):
                    base[dates >= np.datetime64(price.since, "D")] = ratio * unit_price(price)
        values = timeline(
            base * entry["block"], _events(resolved, f"prices/{escape(name)}/price"), dates
        )
        if values.certain:
            found[name] = values.number / entry["block"]
        else:
            found[name] = values.number / entry["block"]
            uncertain[name] = Timeline(
                values.number / entry["block"], values.which, values.mixtures
            )
    return found, uncertain


def mix_by_day(resolved, dates) -> dict[tuple[int, str], np.ndarray]:
    """Units of each SKU per unit of volume, (day,), by (workload position, sku); routing changes included."""
    facts, entries = resolved.facts, {}
    for w, name in enumerate(facts.names):
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
    return entries


def _tiered(resolved, sku, entries, shape, months, series) -> Tiered:
    facts = resolved.facts
    usage = np.zeros(shape)
    for (w, name), quantity in entries.items():
        if name == sku:
            usage[:, w] = quantity
    starts = np.array([f"{month}-01" for month in months], "datetime64[D]")
    rows = facts.daily[(facts.daily["SkuId"] == sku) & (facts.daily["ChargeCategory"] == "Usage")]
    ratio, due = paid_share(facts, sku, rows)
    factors = timeline(
        np.full(len(months), ratio), _events(resolved, f"prices/{escape(sku)}/factor"), starts
    )
    now = rows[rows["ChargeDate"] >= pd.Timestamp(f"{months[0]}-01")]
    rates = tuple(
        (catalog_price(facts.catalog, sku, max(str(start), facts.as_of)) or _form(facts, sku)).rate
        for start in starts
    )
    begun = (
        facts.as_of >= f"{months[0]}-01"
    )  # else a fee or a minimum of the first month counted as charged already
    used = float(max(now["ConsumedQuantity"].sum(), 0.0)) if begun else None
    return Tiered(
        sku,
        usage,
        np.flatnonzero(usage.any(axis=0)),
        rates,
        factors,
        used,
        tuple(one for one in series if sku in one.skus),
        due,
    )


def paid_share(facts, sku: str, rows) -> tuple[float, float]:
    """What the newest full month's bill says of the price of a unit ÷ the form's (a negotiated discount), and of its fees and minima (§5.15)."""
    month = newest_full_month(facts)
    if month is None:
        return 1.0, 1.0
    last = pd.Timestamp(month_days(month)[-1])
    inside = rows[
        (rows["ChargeDate"] >= pd.Timestamp(f"{month}-01")) & (rows["ChargeDate"] <= last)
    ]
    price = catalog_price(facts.catalog, sku, last.to_datetime64())
    usage, cost = float(inside["ConsumedQuantity"].sum()), float(inside["EffectiveCost"].sum())
    if price is None or usage <= 0 or cost <= 0:
        return 1.0, 1.0
    ratio, due = share_paid(price.rate, usage, cost)
    listed = float(price.charge(usage))
    return (
        (1.0, 1.0) if abs(cost - listed) < 1e-4 * listed else (ratio, due)
    )  # rounding of a bill is not a discount


def _routing_dials(resolved, prices, uncertain, dates, shape):
    """Money per volume of the routable tokens today and on the small model, by day; changes of routing included in today."""
    facts = resolved.facts
    routed, routable, small = np.zeros(shape), np.zeros(shape), {}
    entries = mix_by_day(resolved, dates)
    for w, name in enumerate(facts.names):
        route = routes(facts, w)
        model = small_model(facts, route) if route.shares else None
        if model is None:
            continue
        moved = move(facts, route, only(route, model))
        everything = {sku for (i, sku) in entries if i == w and model_of(facts, sku)}
        if everything & set(uncertain) or any(
            _form(facts, sku) is not None for sku in everything | set(moved)
        ):
            continue
        small[name] = model
        routable[:, w] = sum(entries[w, sku] * prices[sku] for sku in sorted(everything))
        routed[:, w] = sum(
            q * prices.get(sku, np.full(len(dates), price_today(facts, sku)))
            for sku, q in sorted(moved.items())
        )
    return routed, routable, small


def _items(resolved, entries, prices, names) -> tuple:
    facts = resolved.facts
    services = {sku.id: sku.service for sku in facts.meta.skus}
    found = []
    for (w, sku), quantity in sorted(entries.items()):
        service = services.get(sku) or facts.catalog.prices[sku][-1].service
        found.append((names[w], sku, service, _unit(facts, sku), quantity, prices[sku], w))
    for i, (name, terms) in enumerate(resolved.launches.items()):
        ones = np.ones(len(future(resolved)))
        found.append(
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
    return tuple(found)


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
