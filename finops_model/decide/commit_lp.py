"""Several commitments under side conditions: a linear programme on duration-curve bins, solved by HiGHS (docs/method.md §8.6).

Also the oracle of the fast methods. Hours that are alike are one bin with a weight; pools that do not meet have bins of their own.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import PriceError
from .commit_limits import Limits
from .commit_plans import Plans

BINS = 1500         # of a duration curve; the mean of every bin is kept, so the error is far below 0.1 % of the cost


@dataclass(frozen=True)
class Bins:
    """Hours of one group of SKUs, put together where alike."""

    demand: np.ndarray          # (bin, sku) mean demand
    weight: np.ndarray          # (bin,) hours; adds up to the hours of one path


def bins_of(plans: Plans, most: int = BINS) -> Bins:
    """All hours of all paths as at most some `most` bins (for each SKU the square root of it, where there are two, and so on)."""
    usage = plans.usage.only(plans.skus)
    values = np.stack([np.concatenate([np.ravel(part) for part in column]) for column in zip(*(parts for _, parts in usage.blocks()))], axis=1)
    values = values.astype(float)
    rows, count = np.unique(values, axis=0, return_counts=True) if len(values) <= 4 * most else (None, None)
    if rows is None or len(rows) > most:
        each = max(int(most ** (1 / values.shape[1])), 2)
        label = np.zeros(len(values), np.int64)
        for column in values.T:
            place = np.empty(len(values), np.int64)
            place[np.argsort(column, kind="stable")] = np.arange(len(values)) * each // len(values)
            label = label * each + place
        _, label, count = np.unique(label, return_inverse=True, return_counts=True)
        rows = np.stack([np.bincount(label, column) / count for column in values.T], axis=1)
    return Bins(rows, count / plans.usage.paths)


def solve(groups: list[Plans], limits: Limits, most: int = BINS) -> list[list[float]]:
    """Levels of every offer of every group that cost least in expectation within the limits. The budget is shared by all groups.

    Raises PriceError naming the limits where nothing keeps to them.
    """
    from scipy import sparse
    from scipy.optimize import Bounds, LinearConstraint, milp

    offers = [(g, i, offer) for g, plans in enumerate(groups) for i, offer in enumerate(plans.offers)]
    held = [bins_of(plans, most) for plans in groups]
    count = len(offers)
    cost, low, high, whole = [0.0] * count, [0.0] * count, [np.inf] * count, [0] * count
    unit = []                                               # money per hour of one step of the variable
    for v, (g, i, offer) in enumerate(offers):
        stack = groups[g].stacks[i]
        size = offer.step if offer.step > 0 else 1.0
        unit.append(size)
        whole[v] = int(offer.step > 0)
        high[v] = offer.maximum / size if offer.maximum < np.inf else (np.ceil(stack.peak / size) + offer.minimum / size)
        cost[v] = stack.price * size * held[g].weight.sum()
    rows: list[tuple[list, list, float]] = []               # Σ value × variable ≤ bound
    used_at: dict[int, list[tuple[int, float, float]]] = {v: [] for v in range(count)}   # variable, hours, money saved
    for g, plans in enumerate(groups):
        mine = [v for v, (other, _, _) in enumerate(offers) if other == g]
        for b, weight in enumerate(held[g].weight):
            by_sku: dict[str, list[tuple[int, float]]] = {}
            for v in mine:
                stack, inside = plans.stacks[offers[v][1]], []
                for sku, scale, worth in zip(stack.usage.skus, stack.scale, stack.worth):
                    here = len(cost)
                    cost.append(-weight * worth)
                    low.append(0.0), high.append(np.inf), whole.append(0)
                    inside.append(here)
                    by_sku.setdefault(sku, []).append((here, 1 / scale))
                    used_at[v].append((here, weight, weight * worth))
                rows.append(([*inside, v], [*[1.0] * len(inside), -unit[v]], 0.0))
            for sku, pairs in by_sku.items():
                rows.append(([p[0] for p in pairs], [p[1] for p in pairs], float(held[g].demand[b, plans.skus.index(sku)])))
    names: list[str] = []

    def limit(text, at, values, bound):
        names.append(text)
        rows.append((at, values, bound))

    if limits.budget is not None:
        limit(f"the budget of {limits.budget:,.0f}", list(range(count)),
              [groups[g].stacks[i].price * unit[v] * offer.term_hours for v, (g, i, offer) in enumerate(offers)], limits.budget)
    for v, (g, i, offer) in enumerate(offers):
        hours, stack, uses = held[g].weight.sum(), groups[g].stacks[i], used_at[v]
        at = [v, *(u[0] for u in uses)]
        if limits.min_utilisation is not None:
            limit(f"the utilisation of at least {limits.min_utilisation:.0%}", at,
                  [limits.min_utilisation * unit[v] * hours, *(-u[1] for u in uses)], 0.0)
        if limits.break_even_months is not None:
            limit(f"break-even within {limits.break_even_months:g} months", at,
                  [offer.term_months * unit[v] * stack.price * hours, *(-limits.break_even_months * u[2] for u in uses)], 0.0)
    for g, plans in enumerate(groups):
        mine = [v for v, (other, _, _) in enumerate(offers) if other == g]
        worth = {v: plans.stacks[offers[v][1]].on_demand.mean() / max(plans.stacks[offers[v][1]].mean_used * plans.usage.hours, 1e-300) for v in mine}
        mean = plans.on_demand.mean() / plans.usage.hours
        if limits.max_share is not None:
            limit(f"the share of at most {limits.max_share:.0%} of mean demand", mine, [worth[v] * unit[v] for v in mine], limits.max_share * mean)
        if limits.min_share is not None:
            limit(f"the share of at least {limits.min_share:.0%} of mean demand", mine, [-worth[v] * unit[v] for v in mine], -limits.min_share * mean)
    for v, (g, i, offer) in enumerate(offers):
        if offer.minimum > 0:                               # nothing, or at least the minimum
            switch = len(cost)
            cost.append(0.0), low.append(0.0), high.append(1.0), whole.append(1)
            rows.append(([v, switch], [-unit[v], offer.minimum], 0.0))
            rows.append(([v, switch], [1.0, -high[v]], 0.0))
    at = np.concatenate([np.full(len(r[0]), k) for k, r in enumerate(rows)])
    matrix = sparse.csr_array((np.concatenate([r[1] for r in rows]), (at, np.concatenate([r[0] for r in rows]))), shape=(len(rows), len(cost)))
    found = milp(np.array(cost), constraints=LinearConstraint(matrix, -np.inf, [r[2] for r in rows]), bounds=Bounds(low, high),
                 integrality=whole, options={"mip_rel_gap": 1e-6})
    if found.x is None:
        raise PriceError(f"nothing keeps to all limits together: {'; '.join(dict.fromkeys(names)) or 'minimum and maximum'}. Loosen one, or buy nothing.")
    levels: list[list[float]] = [[] for _ in groups]
    for v, (g, _, offer) in enumerate(offers):
        levels[g].append(float(max(round(found.x[v]) if offer.step > 0 else found.x[v], 0.0) * unit[v]))
    return levels
