"""The simulation kernel in numpy: the same distribution as the compiled one, bits of its own (docs/method §3.15).

Blocks of 256 paths, tiles of at most 32 steps of one month; arrays are (workload, step, path), so that a sum over workloads is one
matrix product and a step of the noise one contiguous row. Draws: SFC64, keyed by blake2b of seed and stream name, and block.
"""

from __future__ import annotations

import numpy as np

from .flat import FlatPlan
from .numpy_draws import BLOCK, Events, Spells, all_bursts, generator, log_factor, mixed, normals
from .numpy_pools import (
    charge,
    members_of,
    pool_on_tile,
    settle_simple,
    settle_tables,
    simple_pools,
)
from .pack import Packed

ROWS = 16  # workloads that go through several operations while they lie in the cache


class _Block:
    """State of one block of 256 paths between tiles."""

    def __init__(
        self, p: Packed, plan: FlatPlan, seed: int, block: int, values: np.ndarray, shifts: dict
    ):
        self.p, self.values, self.shifts = p, values, shifts
        self.factors = [generator(seed, f"factor/{name}", block) for name in plan.factors]
        self.noisy, self.level_at = (
            np.flatnonzero(p.noise[:, 1] > 0),
            np.flatnonzero(p.level_own >= 0),
        )
        self.noise = [generator(seed, f"noise/{plan.workloads[w]}", block) for w in self.noisy]
        self.levels = [generator(seed, f"level/{plan.workloads[w]}", block) for w in self.level_at]
        self.bursts = all_bursts(p, plan, seed, block)
        self.jumps = [
            (
                Spells(seed, f"jump/{name}", block, p.jump[j])
                if p.jump[j, 4] > 0
                else Events(seed, f"jump/{name}", block, 1 / p.jump[j, 0])
            )
            if p.jump[j, 0] > 0
            else None
            for j, name in enumerate(plan.jumps)
        ]
        self.x, self.level = (
            np.zeros((len(self.noisy), BLOCK), np.float32),
            np.zeros((len(self.level_at), BLOCK), np.float32),
        )
        self.left, self.jumped = (
            np.zeros((len(p.median), BLOCK), np.float32),
            np.zeros((len(plan.jumps), BLOCK), np.float32),
        )

    def factor(self, n: int) -> np.ndarray:
        return normals(self.factors, n)

    def jump(self, first: int, n: int) -> np.ndarray:
        """Log factors of the jump processes: (jump, step, path)."""
        out = np.zeros((len(self.jumps), n, BLOCK), np.float32)
        for j, process in enumerate(self.jumps):
            if process is None:
                continue
            cells, sizes = process.until(first + n)
            if isinstance(process, Events):
                sizes = log_factor(self.p.jump[j], sizes)
            np.add.at(out[j].reshape(-1), cells - first * BLOCK, sizes.astype(np.float32))
            out[j, 0] += self.jumped[j]
            np.cumsum(out[j], axis=0, out=out[j])
            self.jumped[j] = out[j, -1]
        return out

    def shift(self, powers: np.ndarray, first: int, n: int):
        """What path values add to the logs: (target, step, path), or None where they do nothing."""
        key = id(powers), first
        if key not in self.shifts:  # the same for every block: which value adds what to which row
            on = [
                (row, v, (powers[row, v] * self.p.profile[v, first : first + n])[:, None])
                for v in range(powers.shape[1])
                for row in np.flatnonzero(powers[:, v])
            ]
            self.shifts[key] = [(row, v, weight) for row, v, weight in on if weight.any()], bool(on)
        parts, some = self.shifts[key]
        if not some:
            return None
        total, term = (
            np.zeros((len(powers), n, BLOCK), np.float32),
            np.empty((n, BLOCK), np.float32),
        )
        for row, v, weight in parts:
            total[row] += np.multiply(weight, self.values[v], out=term)
        return total

    def demand(self, first: int, n: int, factor: np.ndarray, jump: np.ndarray) -> np.ndarray:
        """Demand of all workloads on a tile: (workload, step, path) float32."""
        p = self.p
        log = None
        if len(self.noisy):
            shock = mixed(self.noise, n, p.noise[self.noisy, 3], p.noise_load[self.noisy], factor)
            scale, phi = p.noise[self.noisy, 1][:, None], p.noise[self.noisy, 0][:, None]
            for t in range(n):
                row = shock[:, t]
                row *= p.noise[self.noisy, 2][:, None] if first + t == 0 else scale
                self.x *= phi
                self.x += row
                row[...] = self.x
            log = _spread(shock, self.noisy, len(p.median))
        if len(self.level_at):
            shock = mixed(
                self.levels, n, p.level_own[self.level_at], p.level_load[self.level_at], factor
            )
            shock *= p.level[self.level_at, first : first + n][:, :, None]
            shock[:, 0] += self.level
            np.cumsum(shock, axis=1, out=shock)
            self.level[...] = shock[:, -1]
            log = _plus(log, _spread(shock, self.level_at, len(p.median)))
        log = _plus(log, self.shift(p.value_demand, first, n))
        if p.jump_demand.any():
            log = _plus(log, np.tensordot(p.jump_demand, jump, axes=1))
        median = p.median[:, first : first + n, None]
        if log is None:
            amount = np.repeat(median, BLOCK, axis=2)
        else:
            amount = log
            for rows in (
                slice(w, w + ROWS) for w in range(0, len(log), ROWS)
            ):  # rows that stay in the cache
                part = amount[rows]
                np.exp(
                    np.maximum(part, np.float32(-87), out=part) if p.value_demand.any() else part,
                    out=part,
                )
                part *= median[rows]
        self._burst(amount, first, n)
        return (
            np.minimum(amount, p.cap[:, first : first + n, None], out=amount)
            if len(p.cap)
            else amount
        )

    def _burst(self, amount, first: int, n: int) -> None:
        """Add the bursts that come on this tile; where some of a burst stays, it goes on from step to step."""
        if self.bursts is None:
            return
        steps, works, paths, sizes, starts = self.bursts
        at = slice(starts[first], starts[first + n])
        where = (works[at] * n + (steps[at] - first)) * BLOCK + paths[at]
        staying = np.flatnonzero(self.p.burst[:, 2] > 0)
        if not len(staying):
            np.add.at(amount.reshape(-1), where, sizes[at])
            return
        added = np.zeros_like(amount)
        np.add.at(added.reshape(-1), where, sizes[at])
        stays = self.p.burst[:, 2][:, None]
        for t in range(n):
            self.left = self.left * stays + added[:, t]
            amount[:, t] += self.left

    def prices(self, first: int, n: int, factor: np.ndarray, jump: np.ndarray) -> np.ndarray:
        """Price of every line on a tile: (line, step, path)."""
        p = self.p
        out = np.repeat(p.price[:, first : first + n, None], BLOCK, axis=2)
        log = self.shift(p.value_line, first, n)
        if p.jump_line.any():
            log = _plus(log, np.tensordot(p.jump_line, jump, axes=1))
        if log is not None:
            out *= np.exp(log)
        for k in np.flatnonzero(p.line[:, 1] > 0):
            of = int(p.line[k, 3])
            out[k] *= 1 + p.line[k, 1] * (np.exp(p.line[k, 2] * factor[of]) if of >= 0 else 1)
        return out


def _spread(some, at, count: int) -> np.ndarray:
    """Rows of some workloads put among all of them."""
    if len(at) == count:
        return some
    out = np.zeros((count, *some.shape[1:]), np.float32)
    out[at] = some
    return out


def _plus(one, other):
    if one is None or other is None:
        return one if other is None else other
    one += other
    return one


def simulate_lanes(
    p: Packed,
    plan: FlatPlan,
    seed: int,
    values,
    path0: int,
    count: int,
    totals,
    *,
    volume,
    levels=None,
    prices=None,
) -> None:
    """Simulate `count` paths from path0 (a multiple of 256) on; the arguments are those of the compiled kernel."""
    kept = len(p.pool) - (
        0 if levels is None else len(levels)
    )  # from this pool on, levels are kept and not settled
    plainly = [q for q in simple_pools(p) if q < kept]
    others = [q for q in range(len(p.pool)) if q not in plainly]
    members, shifts = members_of(p), {}
    for start in range(0, count, BLOCK):
        here = min(BLOCK, count - start)
        own = np.ascontiguousarray(values[:, start : start + BLOCK], np.float32)
        state = _Block(p, plan, seed, (path0 + start) // BLOCK, own, shifts)
        for first, stop, month in p.tile:
            n = stop - first
            factor, jump = state.factor(n), state.jump(first, n)
            lines = state.prices(first, n, factor, jump)
            amount = state.demand(first, n, factor, jump)
            if volume.shape[0]:
                volume[first:stop] += amount[:, :, :here].sum(axis=2, dtype=np.float64).T
            add = np.zeros((BLOCK, totals.shape[2]))
            charge(p, amount, lines, first, n, add)
            settle_simple(p, plainly, amount, lines, first, n, add)
            for q in others:
                level, price = pool_on_tile(p, q, members[q], amount, lines, first, n)
                if q >= kept:
                    levels[q - kept, first:stop, start : start + here] = level[0, :, :here]
                    prices[q - kept, first:stop, start : start + here] = price[:, :here]
                else:
                    settle_tables(p, q, level, price, first, n, add)
            totals[start : start + here, month] += add[:here]


def settle_kept(p: Packed, levels, prices, totals) -> None:
    """Evaluate all tables on kept levels and prices (pool, step, path) into totals (column, month + 1, path); see the compiled kernel."""
    for first, stop, month in p.tile:
        add = np.zeros((totals.shape[0], totals.shape[2]))
        for q in range(len(levels)):
            settle_tables(
                p,
                q,
                levels[q : q + 1, first:stop],
                prices[q, first:stop],
                first,
                stop - first,
                add.T,
            )
        totals[:, month] += add
