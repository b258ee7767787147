"""The simulation kernel in numpy: blocks of 256 paths, float32 lanes, float64 totals (docs/method.md §3.9).

A draw depends on (seed, name, path, day) only: streams "factor/common", "level/<workload>", "noise/<workload>". Every block is
drawn whole, so fewer paths cut it and a longer horizon continues it; blocks are reduced in their order.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.signal import lfilter

from .. import streams
from ..prices.settle import charge_months, share
from .plan import Plan, factor
from .pools import settle_block

ENGINE = "numpy"
GRID = 41           # levels of the commitment slider


@dataclass
class Block:
    """Money of one block of paths, float64, first axis (path,)."""

    by_workload: np.ndarray                 # (path, month, workload): everything still to come
    mean: np.ndarray                        # (day, demand): sum over the kept paths of the volume
    tokens: np.ndarray | None = None        # (path, month) dials
    other: np.ndarray | None = None
    routable: np.ndarray | None = None
    routed: np.ndarray | None = None
    tiered: list[np.ndarray] = field(default_factory=list)          # (path, month) units
    spill: list[np.ndarray] = field(default_factory=list)           # (path, month, grid) units
    pooled: list[np.ndarray] = field(default_factory=list)          # (path, month) on-demand money of what is eligible


def noise(seed: int, name: str, block: int, steps: int, phi: float, sigma: float) -> np.ndarray:
    """AR(1) log noise (day, path), stationary from the first day on, variance sigma²."""
    shocks = streams.normals(seed, f"noise/{name}", block, steps)
    shocks[1:] *= np.float32(sigma * np.sqrt(1 - phi * phi))
    shocks[:1] *= np.float32(sigma)
    if phi == 0:
        return shocks
    return lfilter(np.float32([1]), np.float32([1, -phi]), shocks, axis=0)


def levels(seed: int, name: str, block: int, common: np.ndarray, step: np.ndarray, loading: float) -> np.ndarray:
    """Log level (day, path): the running sum of increments that load on the common factor."""
    own = streams.normals(seed, f"level/{name}", block, len(step))
    own *= np.float32(np.sqrt(1 - loading * loading))
    own += np.float32(loading) * common
    own *= step.astype(np.float32)[:, None]
    return np.cumsum(own, axis=0, out=own)


def volume(plan: Plan, w: int, seed: int, block: int, common: np.ndarray, logs: list) -> np.ndarray:
    """Volume of workload w on one block of paths: (day, path) float32."""
    days, name = len(plan.dates), plan.names[w]
    total = levels(seed, name, block, common, plan.step[:, w], float(plan.loading[w])) if plan.step[:, w].any() else None
    sigma = float(plan.sigma[w])
    if sigma > 0:
        own = noise(seed, name, block, days, float(plan.phi[w]), sigma)
        own -= np.float32(sigma * sigma / 2)               # noise has mean 1: it does not raise the expected month
        total = own if total is None else np.add(total, own, out=total)
    for parameter, log in zip(plan.parameters, logs):
        if parameter.power[w]:
            extra = (log * parameter.power[w]).astype(np.float32)
            total = extra if total is None else total + extra
    median = plan.median[:, w].astype(np.float32)[:, None]
    if total is None:
        return np.repeat(median, streams.BLOCK, axis=1)
    return np.multiply(np.exp(total, out=total), median, out=total)


def monthly(values: np.ndarray, plan: Plan) -> np.ndarray:
    """(day, path) summed by month: (path, month) float64. Days of a month lie side by side."""
    months = len(plan.months)
    result = np.zeros((months, values.shape[1]))
    for m in range(months):
        inside = np.flatnonzero(plan.month_of == m)
        if len(inside):
            values[inside[0]:inside[-1] + 1].sum(axis=0, dtype=np.float64, out=result[m])
    return result.T


def parameter_logs(plan: Plan, seed: int, block: int) -> list[np.ndarray]:
    """Log multiplier (day, path) of every uncertain parameter on one block."""
    uniform = _uniform(seed, block)
    with np.errstate(divide="ignore"):                     # a level of 0 is no demand
        return [np.log(factor(p.kind, p.values.on_paths(uniform))) for p in plan.parameters]


def _uniform(seed: int, block: int):
    def draw(name: str) -> np.ndarray:
        return np.clip(streams.generator(seed, name, block).random(streams.BLOCK), 1e-12, 1 - 1e-12)
    return draw


def run_block(plan: Plan, seed: int, block: int, keep: int, dials: bool, grids: list[np.ndarray]) -> Block:
    """Simulate and settle one block; `keep` paths of it count in the means. dials: also what sliders re-settle."""
    months, count = len(plan.months), streams.BLOCK
    common = streams.normals(seed, "factor/common", block, len(plan.dates))
    logs = parameter_logs(plan, seed, block)
    done = Block(np.zeros((count, months, len(plan.names))), np.zeros((len(plan.dates), plan.demand)))
    factors = [values.on_paths(_uniform(seed, block)) for values, _ in plan.uncertain_prices]
    tiered = [np.zeros((count, months, len(t.workloads))) for t in plan.tiered]
    pools = [_PoolBlock(pool, len(plan.dates), months) for pool in plan.pools]
    if dials:
        done.tokens, done.other, done.routable, done.routed = (np.zeros((count, months)) for _ in range(4))
    for w in range(plan.demand):
        amount = volume(plan, w, seed, block, common, logs)
        done.mean[:, w] = amount[:, :keep].sum(axis=1, dtype=np.float64)
        cost = monthly(amount * plan.linear[:, w].astype(np.float32)[:, None], plan)
        for (_, money), by_path in zip(plan.uncertain_prices, factors):
            if money[:, w].any():
                cost += monthly(amount * (money[:, w][:, None] * by_path), plan)
        done.by_workload[:, :, w] = cost
        for values, tier in zip(tiered, plan.tiered):
            at = np.flatnonzero(tier.workloads == w)
            if len(at):
                values[:, :, at[0]] = monthly(amount * tier.usage[:, w].astype(np.float32)[:, None], plan)
        for pool in pools:
            pool.add(w, amount, plan)
        if dials:
            _dial(done, plan, w, amount, cost, pools)
    for values, tier in zip(tiered, plan.tiered):
        usage = values.sum(axis=-1)
        money = charge_months(tier.rates, usage, tier.already) * tier.factor
        done.by_workload[:, :, tier.workloads] += share(money, np.maximum(values, 0.0))
        done.tiered.append(usage)
    for pool, owner, grid in zip(pools, plan.unused_owner, grids):
        done.by_workload += pool.settle(plan, owner)
        if dials:
            done.spill.append(pool.spill(plan, grid))
            done.pooled.append(monthly(pool.cost * pool.eligible_share, plan))
    return done


def _dial(done: Block, plan: Plan, w: int, amount: np.ndarray, cost: np.ndarray, pools) -> None:
    """Linear cost outside pools, split into tokens and other, and the routable part."""
    tokens = monthly(amount * plan.tokens[:, w].astype(np.float32)[:, None], plan) if plan.tokens[:, w].any() else 0.0
    done.tokens += tokens
    done.other += cost - tokens
    if plan.routable[:, w].any():
        done.routable += monthly(amount * plan.routable[:, w].astype(np.float32)[:, None], plan)
        done.routed += monthly(amount * plan.routed[:, w].astype(np.float32)[:, None], plan)


class _PoolBlock:
    """Pooled usage of one block by day, and by workload and month for giving the cost back."""

    def __init__(self, pool, days: int, months: int):
        self.pool = pool
        self.usage, self.cost = np.zeros((days, streams.BLOCK)), np.zeros((days, streams.BLOCK))
        self.hours = None if pool.share is None else np.zeros((days, 24, streams.BLOCK))
        self.by = np.zeros((streams.BLOCK, months, len(pool.workloads)))
        self.eligible_share = max((i.eligible_share for i in pool.instruments), default=1.0)

    def add(self, w: int, amount: np.ndarray, plan: Plan) -> None:
        at = np.flatnonzero(self.pool.workloads == w)
        if not len(at):
            return
        usage = amount * self.pool.usage[:, w][:, None]
        self.usage += usage
        self.cost += amount * self.pool.cost[:, w][:, None]
        self.by[:, :, at[0]] = monthly(usage, plan)
        if self.hours is not None:
            for hour in range(24):
                self.hours[:, hour] += usage * self.pool.share[w, :, hour][:, None]

    def settle(self, plan: Plan, owner: int) -> np.ndarray:
        """What the commitments add to the on-demand cost, by workload: (path, month, workload)."""
        added = np.zeros((streams.BLOCK, len(plan.months), len(plan.names)))
        total = self.by.sum(axis=-1, keepdims=True)
        fallback = np.full(len(self.pool.workloads), 1 / max(len(self.pool.workloads), 1))
        parts = np.divide(self.by, total, out=np.broadcast_to(fallback, self.by.shape).copy(), where=total > 0)
        for instrument, (used, unused, covered) in zip(self.pool.instruments, settle_block(self.pool, self.usage, self.cost, self.hours)):
            net = monthly(used * instrument.rate - covered, plan)
            idle = monthly(unused * instrument.rate, plan)
            if owner >= 0 or not len(self.pool.workloads):
                added[:, :, owner if owner >= 0 else 0] += idle
            else:
                net = net + idle
            added[:, :, self.pool.workloads] += net[:, :, None] * parts
        return added

    def spill(self, plan: Plan, grid: np.ndarray) -> np.ndarray:
        """Units of eligible usage above each level, by month: (path, month, level)."""
        level = (self.usage[:, None, :] / 24 if self.hours is None else self.hours) * self.eligible_share
        times = 24 if self.hours is None else 1
        above, found = np.empty_like(level), []
        for k in grid:                                     # one buffer: allocation would take longer than the sums
            np.maximum(np.subtract(level, k, out=above), 0.0, out=above)
            found.append(monthly(above.sum(axis=1) * times, plan))
        return np.stack(found, axis=-1)
