"""What the dashboard re-settles: frozen draws at company level, numpy only (docs/method §3.10).

total = fixed + linear_tokens + linear_other + tiered forms of their pooled usage + commitments (fee + spill × price)
"""

from __future__ import annotations

import numpy as np

from ..prices.settle.windows import charge_months
from .compile.plan import Plan
from .compile.to_flat import Compiled, compile_flat, tier_factors
from .kernel.engine import block_of, simulate_paths
from .kernel.flat import BlockTotals

GRID = 41  # levels of the commitment slider
SCALES = (
    *(n / 20 for n in range(10, 20)),
    *(n / 10 for n in range(10, 21)),
)  # of demand where commitments overlap: what its slider reaches
PATHS = 1000


def grid_of(plan, pool) -> np.ndarray:
    """Levels for the commitment slider: 0, every level in force, and an even grid up to beyond the usual peak.

    Where SKUs stand apart no single level is there to move: the grid is one of demand, for the demand slider.
    """
    if pool.apart is not None:
        return np.array(SCALES)
    if not len(plan.dates):
        return np.array([0.0])
    usage = pool.usage + sum(
        quantity * (price[:, None] if pool.spend else 1.0) for _, quantity, price in pool.loose
    )
    usual = (plan.demand.median * usage).sum(axis=1) / 24
    steady = np.unique(level_by_month(plan, pool)[0])
    top = max(float(usual.max()) * 2, float(steady.max(initial=0.0)) * 1.5, 1e-9)
    return np.unique(np.concatenate([np.linspace(0, top, GRID), steady]))


def level_by_month(plan, pool) -> tuple[np.ndarray, np.ndarray]:
    """(units per hour, money per unit and hour) in force in each month, mean over its days: (month,) each."""
    level, rate = np.zeros(len(plan.months)), np.zeros(len(plan.months))
    quantity = np.array([one.quantity for one in pool.levels])
    rates = np.array([one.rate for one in pool.levels])
    for m in range(len(plan.months)):
        term = (
            pool.in_term[:, plan.month_of == m].mean(axis=1)
            if (plan.month_of == m).any()
            else np.zeros(len(quantity))
        )
        held = quantity * term
        level[m] = held.sum()
        rate[m] = (held * rates).sum() / held.sum() if held.sum() > 0 else rates[0]
    return level, rate


class FirstPaths:
    """What sliders re-settle: meters of the first paths, taken from the blocks of the run where these are small, else drawn again.

    Draws depend on names, so the same paths under more meters cost the same, bit for bit (§3.3).
    """

    def __init__(self, plan: Plan, compiled: Compiled, paths: int, seed: int):
        self.grids = [grid_of(plan, pool) for pool in plan.commitments.pools]
        self.plain, self.metered = compiled, compile_flat(plan, self.grids)
        self.paths, self.seed = min(PATHS, paths), seed
        self.small = block_of(compiled.flat, paths) <= 2 * PATHS
        self.blocks: list[BlockTotals] = []

    @property
    def ahead(self) -> dict:
        """What `stream` is told: the first blocks carry the meters."""
        return {"ahead": self.metered.flat, "ahead_paths": self.paths} if self.small else {}

    def take(self, block: BlockTotals) -> Compiled:
        """The plan that a block was drawn with; it is kept where it holds some of the first paths."""
        if not self.small or block.path0 >= self.paths:
            return self.plain
        self.blocks.append(block)
        return self.metered

    def dials(self, effective: np.ndarray, engine: str, threads: int) -> dict:
        """Everything of the sliders, of the first paths."""
        totals = (
            BlockTotals(
                0,
                np.concatenate([block.cost for block in self.blocks])[: self.paths],
                np.concatenate([block.usage for block in self.blocks])[: self.paths],
            )
            if self.small
            else simulate_paths(self.metered.flat, self.paths, self.seed, engine, workers=threads)
        )
        return collect(self.metered, totals, effective, self.grids, self.seed)


def collect(
    compiled: Compiled, totals: BlockTotals, effective: np.ndarray, grids, seed: int
) -> dict:
    """The dials of a run: arrays float64 (path, month) of the paths in `totals`, and the exact totals of all paths."""
    plan, count, usage = compiled.plan, len(totals.cost), totals.usage
    base = effective.sum(axis=2)
    days = np.bincount(plan.month_of[plan.month_of >= 0], minlength=len(plan.months)).astype(float)
    tokens, routable, routed = (usage[:, :, compiled.dials + i] for i in range(3))
    other = totals.cost.sum(axis=2) - tokens
    tiered = []
    rebuilt = tokens.copy()
    for i, tier in enumerate(plan.prices.tiered):
        pooled, (factor, due) = (
            np.maximum(usage[:, :, compiled.tiers[i]], 0.0).sum(axis=-1),
            tier_factors(plan, tier, totals, seed),
        )
        rebuilt += charge_months(tier.rates, pooled, tier.already, factor, due)
        tiered.append(
            {
                "sku": tier.sku,
                "usage": pooled,
                "already": tier.already,
                "factor": factor,
                "due": due,
                "kind": [type(rate).__name__.casefold() for rate in tier.rates],
                "tiers": [
                    {
                        name: list(v) if isinstance(v := getattr(rate, name), tuple) else v
                        for name in _fields(rate)
                    }
                    for rate in tier.rates
                ],
            }
        )
    commitments, overlaps = [], []
    for i, (pool, grid) in enumerate(zip(plan.commitments.pools, grids)):
        meters = compiled.pools[i]
        if pool.apart is not None:
            held = [
                np.bincount(
                    plan.month_of[plan.month_of >= 0],
                    row[plan.month_of >= 0] * 24.0,
                    len(plan.months),
                )
                for row in pool.apart.held
            ]
            fee, covered = pool.apart.fees @ np.array(held), usage[:, :, meters.scaled]
            rebuilt += fee - covered[:, :, int(np.flatnonzero(grid == 1)[0])]
            overlaps.append(
                {
                    "ids": [x.id for x in pool.instruments],
                    "skus": list(pool.skus),
                    "fee": fee,
                    "scales": grid,
                    "covered": covered,
                }
            )
            continue
        spill = usage[:, :, meters.spill]
        pooled = usage[:, :, meters.money] * max((one.share for one in pool.levels), default=1.0)
        whole, above = pooled, spill[:, :, 0]  # above level 0 is all of it
        if not pool.loose:  # a certain price is one of all paths
            whole, above = whole.sum(axis=0), above.sum(axis=0)
        price = whole / np.where(above > 0, above, 1.0)
        level, rate = level_by_month(plan, pool)
        other = other - pooled
        rebuilt += level * rate * 24 * days + _at(spill, grid, level) * price
        commitments.append(
            {
                "ids": [x.id for x in pool.instruments],
                "skus": list(pool.skus),
                "unit": pool.unit,
                "grid": grid,
                "spill": spill,
                "price": price,
                "rate": rate,
                "level": level,
                "hours": 24 * days,
            }
        )
    rebuilt += other
    return {
        "months": list(plan.months),
        "currency": plan.about.currency,
        "linear_tokens": tokens,
        "linear_other": other,
        "routable": routable,
        "routed": routed,
        "small_models": dict(plan.prices.small.models),
        "fixed": base[:count] - rebuilt,
        "graduated": tiered,
        "commitments": commitments,
        "overlaps": overlaps,
        "base": base[:count].copy(),
        "base_all": base,
    }


def _at(spill, grid, level) -> np.ndarray:
    """Spill at one level per month, straight between grid points: (path, month)."""
    at_level = np.empty(spill.shape[:2])
    for m, k in enumerate(level):
        right = int(np.clip(np.searchsorted(grid, k), 1, len(grid) - 1)) if len(grid) > 1 else 0
        left = max(right - 1, 0)
        width = grid[right] - grid[left]
        weight = (k - grid[left]) / width if width > 0 else 0.0
        at_level[:, m] = spill[:, m, left] * (1 - weight) + spill[:, m, right] * weight
    return at_level


def _fields(rate) -> list[str]:
    return list(type(rate).__dataclass_fields__)
