"""Several commitments under side conditions: a linear programme on duration-curve bins, solved by HiGHS (docs/method §8.6).

Also the oracle of the fast methods. Hours that are alike are one bin with a weight; pools that do not meet have bins of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..ladder import Years
from ..limits import Limits, NothingFits
from ..offers import Offer
from .stacked import Plans

BINS = 1500  # of a duration curve; the mean of every bin is kept, so the error is far below 0.1 % of the cost


@dataclass(frozen=True)
class Instrument:
    """One thing that can be bought, in one group of usage."""

    offer: Offer
    price: float  # money per unit of it and hour
    layers: tuple[
        tuple[int, float, float], ...
    ]  # (position of the SKU, units per unit of demand, on-demand money per unit)
    peak: float  # a level above which nobody buys
    worth: float  # on-demand money per unit, over its mean demand
    year: int | None = None  # runs in this year of the bins only; None: in all


@dataclass(frozen=True)
class Group:
    """Usage that some instruments share, as bins of hours that are alike. Groups do not meet."""

    instruments: tuple[Instrument, ...]
    demand: np.ndarray  # (bin, sku) mean demand
    weight: np.ndarray  # (bin,) hours; adds up to the hours of one path
    year: np.ndarray  # (bin,) year of each bin

    def hours(self, instrument: Instrument) -> float:
        """Hours in which it is paid for."""
        return float(self.weight[self.runs(instrument)].sum())

    def runs(self, instrument: Instrument) -> np.ndarray:
        return (
            np.ones(len(self.weight), bool)
            if instrument.year is None
            else self.year == instrument.year
        )


def bins_of(values: np.ndarray, paths: int, most: int = BINS) -> tuple[np.ndarray, np.ndarray]:
    """Hours (hour, sku) of all paths as at most some `most` bins (of several SKUs each gets an equal number): (bin, sku), hours (bin,)."""
    if values.shape[1] == 1 and len(values) > 4 * most:
        return _in_order(np.sort(values[:, 0]), paths, most)
    values = np.asarray(values, float)
    rows, count = (
        np.unique(values, axis=0, return_counts=True) if len(values) <= 4 * most else (None, None)
    )
    if rows is None or len(rows) > most:
        each = max(int(most ** (1 / values.shape[1])), 2)
        label = np.zeros(len(values), np.int64)
        for column in values.T:
            place = np.empty(len(values), np.int64)
            place[np.argsort(column, kind="stable")] = np.arange(len(values)) * each // len(values)
            label = label * each + place
        _, label, count = np.unique(label, return_inverse=True, return_counts=True)
        rows = np.stack([np.bincount(label, column) / count for column in values.T], axis=1)
    return rows, count / paths


def _in_order(values: np.ndarray, paths: int, most: int) -> tuple[np.ndarray, np.ndarray]:
    """Bins of one SKU from its hours in order: as many in each, give or take one."""
    each = max(most, 2)
    edges = -(-np.arange(each + 1) * len(values) // each)  # the first hour of each bin
    count = np.diff(edges)
    return (np.add.reduceat(values, edges[:-1], dtype=float) / count)[:, None], count / paths


def group_of_plans(plans: Plans, most: int = BINS) -> Group:
    """Overlapping offers over the same hours."""
    usage = plans.usage.only(plans.skus)
    values = np.stack(
        [
            np.concatenate([np.ravel(part) for part in column])
            for column in zip(*(parts for _, parts in usage.blocks()))
        ],
        axis=1,
    )
    rows, weight = bins_of(values, usage.paths, most)
    held = []
    for offer, stack in zip(plans.offers, plans.stacks):
        layers = tuple(
            (plans.skus.index(sku), scale, worth)
            for sku, scale, worth in zip(stack.usage.skus, stack.scale, stack.worth)
        )
        mean = stack.mean_used * usage.hours
        held.append(
            Instrument(
                offer,
                stack.price,
                layers,
                stack.peak,
                float(stack.on_demand.mean()) / mean if mean else stack.worth[0],
            )
        )
    return Group(tuple(held), rows, weight, np.zeros(len(weight), int))


def group_of_years(pool: Years, long: Offer, short: Offer, most: int = BINS) -> Group:
    """One long commitment over all years and a short one for each."""
    parts = [
        bins_of(values.reshape(-1, 1), pool.usage.paths, most // pool.years)
        for values in pool.sorted
    ]
    layers, peak = (
        ((0, 1.0, pool.on_demand_price),),
        float(max(values[-1] for values in pool.sorted)),
    )
    held = [Instrument(long, pool.long, layers, peak, pool.on_demand_price)]
    held += [
        Instrument(short, pool.short, layers, peak, pool.on_demand_price, year)
        for year in range(pool.years)
    ]
    return Group(
        tuple(held),
        np.concatenate([rows for rows, _ in parts]),
        np.concatenate([weight for _, weight in parts]),
        np.concatenate([np.full(len(weight), year) for year, (_, weight) in enumerate(parts)]),
    )


def solve(groups: list[Group], limits: Limits) -> list[list[float]]:
    """Levels of every instrument of every group that cost least in expectation within the limits; all groups share the budget.

    Raises PriceError naming the limits where nothing keeps to them.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    held = [(group, instrument) for group in groups for instrument in group.instruments]
    size = [
        one.offer.step if one.offer.step > 0 else 1.0 for _, one in held
    ]  # units in one of the variable
    cost = [one.price * unit * group.hours(one) for (group, one), unit in zip(held, size)]
    high = [
        one.offer.maximum / unit
        if one.offer.maximum < np.inf
        else np.ceil((one.peak + one.offer.minimum) / unit)
        for (_, one), unit in zip(held, size)
    ]
    whole = [int(one.offer.step > 0) for _, one in held]
    rows: list[tuple[list, list, float]] = []  # Σ value × variable ≤ bound
    used: list[list[tuple[int, float, float]]] = [[] for _ in held]  # variable, hours, money saved
    for group in groups:
        mine = [v for v, (other, _) in enumerate(held) if other is group]
        for b, weight in enumerate(group.weight):
            by_sku: dict[int, list[tuple[int, float]]] = {}
            for v in mine:
                one = held[v][1]
                if one.year is not None and one.year != group.year[b]:
                    continue
                inside = []
                for sku, scale, worth in one.layers:
                    inside.append(len(cost))
                    by_sku.setdefault(sku, []).append((len(cost), 1 / scale))
                    used[v].append((len(cost), weight, weight * worth))
                    cost.append(-weight * worth), high.append(np.inf), whole.append(0)
                rows.append(([*inside, v], [*[1.0] * len(inside), -size[v]], 0.0))
            rows += [
                ([p[0] for p in pairs], [p[1] for p in pairs], float(group.demand[b, sku]))
                for sku, pairs in by_sku.items()
            ]
    names = _limit_rows(rows, groups, held, size, used, limits)
    for v, (_, one) in enumerate(held):
        if one.offer.minimum > 0:  # nothing, or at least the minimum
            rows.append(([v, len(cost)], [-size[v], one.offer.minimum], 0.0))
            rows.append(([v, len(cost)], [1.0, -high[v]], 0.0))
            cost.append(0.0), high.append(1.0), whole.append(1)
    at = np.concatenate([np.full(len(row[0]), k) for k, row in enumerate(rows)])
    matrix = sparse.csr_array(
        (np.concatenate([row[1] for row in rows]), (at, np.concatenate([row[0] for row in rows]))),
        shape=(len(rows), len(cost)),
    )
    solution = milp(
        np.array(cost),
        constraints=LinearConstraint(matrix, -np.inf, [row[2] for row in rows]),
        bounds=Bounds(0.0, high),
        integrality=whole,
        options={"mip_rel_gap": 1e-6},
    )
    if solution.x is None:
        raise NothingFits(
            f"nothing keeps to all limits together: {'; '.join(names) or 'minimum and maximum'}. Loosen one, or buy nothing."
        )
    levels = iter(
        (float(round(x) if step else x) * unit if x > 0 else 0.0)
        for x, step, unit in zip(solution.x, whole, size)
    )
    return [[next(levels) for _ in group.instruments] for group in groups]


def _limit_rows(rows, groups, held, size, used, limits: Limits) -> list[str]:
    """Adds the limits as rows; gives them in words."""
    names = []
    if limits.budget is not None:
        names.append(f"the budget of {limits.budget:,.0f}")
        rows.append(
            (
                list(range(len(held))),
                [one.price * unit * one.offer.term_hours for (_, one), unit in zip(held, size)],
                limits.budget,
            )
        )
    if limits.min_utilisation is not None:
        names.append(f"the utilisation of at least {limits.min_utilisation:.0%}")
    if limits.break_even_months is not None:
        names.append(f"break-even within {limits.break_even_months:g} months")
    for v, ((group, one), unit) in enumerate(zip(held, size)):
        hours, at = group.hours(one), [v, *(u[0] for u in used[v])]
        if limits.min_utilisation is not None:
            rows.append(
                (at, [limits.min_utilisation * unit * hours, *(-u[1] for u in used[v])], 0.0)
            )
        if limits.break_even_months is not None:
            rows.append(
                (
                    at,
                    [
                        one.offer.term_months * unit * one.price * hours,
                        *(-limits.break_even_months * u[2] for u in used[v]),
                    ],
                    0.0,
                )
            )
    for bound, sign, text in ((limits.max_share, 1, "at most"), (limits.min_share, -1, "at least")):
        if bound is None:
            continue
        names.append(f"the share of {text} {bound:.0%} of mean demand")
        for group in groups:  # in every year: committed at on-demand worth ÷ mean on-demand money
            for year in np.unique(group.year):
                mine = [
                    v
                    for v, (other, one) in enumerate(held)
                    if other is group and one.year in (None, year)
                ]
                now = group.year == year
                money = {
                    sku: scale * worth
                    for _, one in ((g, o) for g, o in held if g is group)
                    for sku, scale, worth in one.layers
                }
                mean = (
                    sum(
                        group.weight[now] @ group.demand[now, sku] * price
                        for sku, price in money.items()
                    )
                    / group.weight[now].sum()
                )
                rows.append(
                    (mine, [sign * held[v][1].worth * size[v] for v in mine], sign * bound * mean)
                )
    return names
