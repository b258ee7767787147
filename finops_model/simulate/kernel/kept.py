"""Draws of all paths, kept where the hourly instruments act; a what-if settles them again (docs/method §3.16)."""

from __future__ import annotations

import numpy as np

from ...errors import ScenarioError
from . import limits
from .engine import choose, kernel, packed, path_values, price_forms
from .flat import BlockTotals, FlatPlan
from .pack import keys


class Kept:
    """Draws of all paths, kept where the hourly instruments act: a what-if evaluates their tables again and nothing else."""

    def __init__(self, plan: FlatPlan, base, levels, prices, engine: str):
        self.plan, self.base, self.levels, self.prices, self.engine = (
            plan,
            base,
            levels,
            prices,
            engine,
        )
        self.priced = _by_column(
            price_forms(plan, base)
        )  # tariffs do not hang on instruments: they are priced once

    def settle(self, plan: FlatPlan | None = None) -> BlockTotals:
        """Totals under the tables, fixed columns and forms of `plan` (default: its own); its demand and prices must be the same."""
        plan = plan or self.plan
        touched = max((max(table.units, table.money) for table in plan.tables), default=0) + 1
        priced = (
            self.priced
            if plan.forms is self.plan.forms
            else _by_column(price_forms(plan, self.base))
        )
        totals = priced[: max(plan.units, touched)].copy()
        if self.engine == "numba":
            kernel()["settle"](packed(plan), self.levels, self.prices, totals)
        else:
            from . import numpy_engine

            numpy_engine.settle_kept(packed(plan), self.levels, self.prices, totals)
        usage = (
            priced[plan.units :]
            if touched <= plan.units
            else np.concatenate([totals[plan.units :], priced[len(totals) :]])
        )
        fixed = plan.fixed.T[:, :, None]  # (column, month, 1)
        cost, usage = totals[: plan.units, :-1], usage[:, :-1]
        cost += fixed[: plan.units]
        usage = usage + fixed[plan.units :] if fixed[plan.units :].any() else usage
        return BlockTotals(0, cost.transpose(2, 1, 0), usage.transpose(2, 1, 0))


def _by_column(totals: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(totals.transpose(2, 1, 0))


def keep_draws(plan: FlatPlan, paths: int, seed: int, engine: str | None = None) -> Kept:
    """Simulate once and keep levels and prices of all pools: (pool, step, path) float32 each."""
    limits.check(plan, paths)
    engine, need = choose(engine), 2 * 4 * len(plan.pools) * plan.steps * paths
    if plan.overlaps:
        raise ScenarioError(
            "kept draws: commitments whose SKUs overlap settle in their order; only pools with tables can be kept."
        )
    if plan.hour_share is not None:
        raise ScenarioError(
            "kept draws: a pool settles by the hour from several shapes; only pools with one level per step can be kept."
        )
    if need > limits.free_memory():
        raise ScenarioError(
            f"kept draws: {paths:,} paths × {plan.steps} steps × {len(plan.pools)} pools need {need / 1e9:,.1f} GB and "
            f"{limits.free_memory() / 1e9:,.1f} GB are free. Keep fewer paths or coarser steps."
        )
    levels = np.zeros((len(plan.pools), plan.steps, paths), np.float32)
    prices, totals = (
        np.zeros_like(levels),
        np.zeros((paths, len(plan.months) + 1, len(plan.columns))),
    )
    values = path_values(plan, 0, paths, seed)
    if engine == "numba":
        kernel()["simulate"](
            packed(plan),
            keys(plan, seed),
            values.astype(np.float32, order="C"),
            0,
            paths,
            totals,
            np.zeros((0, 0)),
            levels,
            prices,
        )
    else:
        from . import numpy_engine

        numpy_engine.simulate_lanes(
            packed(plan),
            plan,
            seed,
            values,
            0,
            paths,
            totals,
            volume=np.zeros((0, 0)),
            levels=levels,
            prices=prices,
        )
    return Kept(plan, totals, levels, prices, engine)
