"""The simulation kernel in numpy: the same distribution as the compiled one, bits of its own (docs/method §3.15).

Blocks of 256 paths, tiles of at most 32 steps of one month; arrays are (workload, step, path), so that a sum over workloads is one
matrix product and a step of the noise one contiguous row. Draws: SFC64, keyed by blake2b of seed and stream name, and block.
"""

from __future__ import annotations

import numpy as np

from ... import streams
from .flat import FlatPlan
from .pack import HOURS, Packed

BLOCK = streams.BLOCK
ROWS, STEPS = (
    16,
    8,
)  # workloads, steps that go through several operations while they lie in the cache


def generator(seed: int, name: str, block: int) -> np.random.Generator:
    """The generator of one stream and block: paths of the block side by side, steps one after the other."""
    words = [int(word) for word in streams.key(seed, name)]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words, spawn_key=(block,))))


class _Events:
    """Arrivals of one stream on a block, in the order (step, path): one exponential wait after the other over all its cells.

    Chunks have one size per rate, so a longer horizon continues the stream.
    """

    def __init__(self, seed: int, name: str, block: int, rate: float):
        self.chunk = int(rate * BLOCK * 128) + 16
        self.gaps, self.marks = generator(seed, name, block), generator(seed, f"{name}/size", block)
        self.rate, self.at, self.when, self.size = rate, 0.0, np.empty(0), np.empty(0)

    def until(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """(cell, mark) of all arrivals before `step`; cell = step × BLOCK + path, mark a uniform in (0, 1]."""
        while self.at < step * BLOCK:
            waits = self.gaps.standard_exponential(self.chunk) / self.rate
            when = self.at + np.cumsum(waits)
            self.when, self.size = (
                np.concatenate([self.when, when]),
                np.concatenate([self.size, 1 - self.marks.random(self.chunk)]),
            )
            self.at = when[-1]
        cut = int(np.searchsorted(self.when, step * BLOCK))
        found = self.when[:cut].astype(np.int64), self.size[:cut]
        self.when, self.size = self.when[cut:], self.size[cut:]
        return found


class _Spells:
    """A jump process whose factor is taken back after a while: every path alternates between waiting and holding."""

    def __init__(self, seed: int, name: str, block: int, form):
        self.draws, self.form = generator(seed, name, block), form
        self.due, self.holds, self.size = np.zeros(BLOCK), np.zeros(BLOCK, bool), np.zeros(BLOCK)
        self._next(np.ones(BLOCK, bool), start=True)

    def _next(self, on, start=False):
        """All paths draw each round, those that do not need it too: so the stream of a path does not depend on the others' cut."""
        waits, marks = self.draws.standard_exponential(BLOCK), 1 - self.draws.random(BLOCK)
        begins = on & ~self.holds & (not start)
        self.due = np.where(
            on, self.due + waits * np.where(begins, self.form[4], self.form[0]), self.due
        )
        self.size = np.where(
            begins, -self.size, np.where(on, log_factor(self.form, marks), self.size)
        )
        self.holds = np.where(on, begins, self.holds)

    def until(self, step: int):
        """(cell, log factor) of all changes before `step`."""
        cells, sizes = [], []
        while (on := self.due < step).any():
            paths = np.flatnonzero(on)
            cells.append(self.due[paths].astype(np.int64) * BLOCK + paths)
            sizes.append(self.size[paths])
            self._next(on)
        return (
            (np.concatenate(cells), np.concatenate(sizes))
            if cells
            else (np.empty(0, np.int64), np.empty(0))
        )


def log_factor(form, marks) -> np.ndarray:
    """Log of a jump's factor from a uniform mark; form as in Packed.jump."""
    if form[1] == 0:
        return np.log(form[2] + (form[3] - form[2]) * marks)
    from scipy.special import ndtri

    return form[2] + form[3] * ndtri(np.minimum(marks, 1 - 1e-12))


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
        self.bursts = _all_bursts(p, plan, seed, block)
        self.jumps = [
            (
                _Spells(seed, f"jump/{name}", block, p.jump[j])
                if p.jump[j, 4] > 0
                else _Events(seed, f"jump/{name}", block, 1 / p.jump[j, 0])
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
        return _normals(self.factors, n)

    def jump(self, first: int, n: int) -> np.ndarray:
        """Log factors of the jump processes: (jump, step, path)."""
        out = np.zeros((len(self.jumps), n, BLOCK), np.float32)
        for j, process in enumerate(self.jumps):
            if process is None:
                continue
            cells, sizes = process.until(first + n)
            if isinstance(process, _Events):
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
            shock = _mixed(self.noise, n, p.noise[self.noisy, 3], p.noise_load[self.noisy], factor)
            scale, phi = p.noise[self.noisy, 1][:, None], p.noise[self.noisy, 0][:, None]
            for t in range(n):
                row = shock[:, t]
                row *= p.noise[self.noisy, 2][:, None] if first + t == 0 else scale
                self.x *= phi
                self.x += row
                row[...] = self.x
            log = _spread(shock, self.noisy, len(p.median))
        if len(self.level_at):
            shock = _mixed(
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


def _all_bursts(p: Packed, plan: FlatPlan, seed: int, block: int):
    """All bursts of a block in the order of their steps: (step, workload, path, size), and where each step starts."""
    found, last = [], int(p.tile[-1, 1]) if len(p.tile) else 0
    for w in np.flatnonzero(p.burst[:, 0] > 0):
        begins = int(p.burst[w, 3])
        cells, marks = _Events(seed, f"burst/{plan.workloads[w]}", block, 1 / p.burst[w, 0]).until(
            last - begins
        )
        cells = cells + begins * BLOCK
        found.append(
            (cells, np.full(len(cells), w), (-np.log(marks) * p.burst[w, 1]).astype(np.float32))
        )
    if not found:
        return None
    cells, works, sizes = (np.concatenate(parts) for parts in zip(*found))
    steps = (cells // BLOCK).astype(np.uint16 if last < 65536 else np.int64)
    order = np.argsort(steps, kind="stable")
    steps = steps[order].astype(np.int64)
    return (
        steps,
        works[order],
        (cells % BLOCK)[order],
        sizes[order],
        np.searchsorted(steps, np.arange(last + 1)),
    )


def _normals(generators, n: int) -> np.ndarray:
    out = np.empty((len(generators), n, BLOCK), np.float32)
    for row, one in zip(out, generators):
        one.standard_normal(dtype=np.float32, out=row)
    return out


def _mixed(generators, n: int, own, load, factor) -> np.ndarray:
    """own · z + Σ loading · factor for some workloads: (workload, step, path)."""
    shock = _normals(generators, n)
    shock *= own[:, None, None]
    if load.any():
        shock += (load @ factor.reshape(len(factor), -1)).reshape(shock.shape)
    return shock


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
    members, shifts = _members(p), {}
    for done in range(0, count, BLOCK):
        here = min(BLOCK, count - done)
        own = np.ascontiguousarray(values[:, done : done + BLOCK], np.float32)
        state = _Block(p, plan, seed, (path0 + done) // BLOCK, own, shifts)
        for first, stop, month in p.tile:
            n = stop - first
            factor, jump = state.factor(n), state.jump(first, n)
            lines = state.prices(first, n, factor, jump)
            amount = state.demand(first, n, factor, jump)
            if volume.shape[0]:
                volume[first:stop] += amount[:, :, :here].sum(axis=2, dtype=np.float64).T
            add = np.zeros((BLOCK, totals.shape[2]))
            _charge(p, amount, lines, first, n, add)
            _settle_simple(p, plainly, amount, lines, first, n, add)
            for q in others:
                level, price = _pool(p, q, members[q], amount, lines, first, n)
                if q >= kept:
                    levels[q - kept, first:stop, done : done + here] = level[0, :, :here]
                    prices[q - kept, first:stop, done : done + here] = price[:, :here]
                else:
                    _tables(p, q, level, price, first, n, add)
            totals[done : done + here, month] += add[:here]


def settle_kept(p: Packed, levels, prices, totals) -> None:
    """Evaluate all tables on kept levels and prices (pool, step, path) into totals (column, month + 1, path); see the compiled kernel."""
    for first, stop, month in p.tile:
        add = np.zeros((totals.shape[0], totals.shape[2]))
        for q in range(len(levels)):
            _tables(
                p,
                q,
                levels[q : q + 1, first:stop],
                prices[q, first:stop],
                first,
                stop - first,
                add.T,
            )
        totals[:, month] += add


def _charge(p: Packed, amount, lines, first: int, n: int, add) -> None:
    for w in range(len(p.median)):
        for i in range(p.charge_ptr[w], p.charge_ptr[w + 1]):
            rate, (column, line) = p.charge_rate[i, first : first + n], p.charge[i]
            if line < 0:
                add[:, column] += rate @ amount[w]
            elif rate.any():
                add[:, column] += np.einsum("t,tp,tp->p", rate, amount[w], lines[line])


def simple_pools(p: Packed) -> np.ndarray:
    """Pools that can settle together: one member, one level per step, the price from lines, one table with one piece of one knot."""
    count = np.bincount(p.member_pool, minlength=len(p.pool))
    found = []
    for q in range(len(p.pool)):
        r = p.table_ptr[q]
        if (
            count[q] == 1
            and not p.pool[q, 2]
            and not p.pool[q, 3]
            and p.table_ptr[q + 1] - r == 1
            and p.table[r, 0] < 0
        ):
            pieces = np.unique(p.table_piece[r])
            if len(pieces) == 1 and p.piece_ptr[pieces[0] + 1] - p.piece_ptr[pieces[0]] == 1:
                found.append(q)
    return np.array(found, int)


def _settle_simple(p: Packed, pools, amount, lines, first: int, n: int, add) -> None:
    """All simple pools at once: many small arrays would cost more in calls than in sums."""
    if not len(pools):
        return
    member = np.array([int(np.flatnonzero(p.member_pool == q)[0]) for q in pools])
    owner = np.searchsorted(p.member_ptr, member, side="right") - 1
    table = p.table_ptr[pools]
    piece = p.table_piece[table, 0]
    knot, bend = p.knots[p.piece_ptr[piece]], p.bends[p.piece_ptr[piece]]
    weights = np.zeros((len(pools), len(lines)), np.float32)
    for row, q in enumerate(pools):
        weights[row, p.line_of[p.line_ptr[q] : p.line_ptr[q + 1]]] = p.line_weight[
            p.line_ptr[q] : p.line_ptr[q + 1]
        ]
    base, slope = p.piece[piece, 0], p.piece[piece, 1]
    rows = slice(owner[0], owner[-1] + 1) if (np.diff(owner) == 1).all() else owner
    columns, money = p.table[table, 1], np.zeros((len(pools), BLOCK))
    for t in range(0, n, STEPS):
        k = min(STEPS, n - t)
        price = (weights @ lines[:, t : t + k].reshape(len(lines), -1)).reshape(
            len(pools), k, BLOCK
        )
        level, units = amount[rows, t : t + k], p.member_units[member, first + t : first + t + k]
        if not (units == 1).all():
            level = level * units[:, :, None]
        over = np.subtract(level, knot[:, None, None])
        np.maximum(over, np.float32(0), out=over)
        if (bend != 1).any():
            over *= bend[:, None, None]
        if slope.any() or base.any():
            over += slope[:, None, None] * level + base[:, None, None]
        over *= price
        money += over.sum(axis=1)
    for column in np.unique(columns):
        if column >= 0:
            add[:, column] += money[columns == column].sum(axis=0)


def _members(p: Packed) -> list[list[tuple[int, int]]]:
    """By pool: (position, workload) of each member."""
    owner = np.searchsorted(p.member_ptr, np.arange(len(p.member_pool)), side="right") - 1
    return [
        [(int(i), int(owner[i])) for i in np.flatnonzero(p.member_pool == q)]
        for q in range(len(p.pool))
    ]


def _pool(p: Packed, q: int, members, amount, lines, first: int, n: int):
    """Levels (1 or 24, step, path) and price (step, path) of one pool on a tile."""
    hourly, paid = p.pool[q, 2], p.pool[q, 3]
    level, money = (
        np.zeros((HOURS if hourly else 1, n, BLOCK), np.float32),
        np.zeros((n, BLOCK), np.float32) if paid else None,
    )
    for i, w in members:
        (counts, paid_by), demand = p.member_line[i], amount[w]
        priced = demand * lines[paid_by] if paid_by >= 0 else demand
        used = (priced if counts >= 0 else demand) * p.member_units[i, first : first + n, None]
        if hourly:
            level += used * p.hour_share[i, first : first + n].T[:, :, None]
        else:
            level[0] += used
        if paid:
            money += priced * p.member_money[i, first : first + n, None]
    price = np.zeros((n, BLOCK), np.float32)
    for i in range(p.line_ptr[q], p.line_ptr[q + 1]):
        price += p.line_weight[i] * lines[p.line_of[i]]
    if paid:
        usage = level.sum(axis=0)
        price += np.divide(money, usage, out=np.zeros_like(money), where=usage > 0)
    return level, price


def _tables(p: Packed, q: int, level, price, first: int, n: int, add) -> None:
    """Evaluate the tables of a pool: (row, step, path) levels into sums of units and money by path."""
    for r in range(p.table_ptr[q], p.table_ptr[q + 1]):
        units, money = p.table[r]
        for piece in np.unique(p.table_piece[r, first : first + n]):
            at = np.flatnonzero(p.table_piece[r, first : first + n] == piece)
            every = len(at) == n
            here, (base, slope), span = (
                level if every else level[:, at],
                p.piece[piece],
                range(p.piece_ptr[piece], p.piece_ptr[piece + 1]),
            )
            if not len(span) and base == 0 and slope == 0:
                continue
            found, over = (slope * here + base if slope or base or not len(span) else None), None
            for k in span:
                over = np.maximum(np.subtract(here, p.knots[k], out=over), np.float32(0), out=over)
                term = over if p.bends[k] == 1 else over * p.bends[k]
                found = (
                    (term.copy() if len(span) > 1 else term)
                    if found is None
                    else found.__iadd__(term)
                )
            value = found.sum(axis=0) if len(found) > 1 else found[0]
            if units >= 0:
                add[:, units] += value.sum(axis=0)
            if money >= 0:
                add[:, money] += np.einsum("tp,tp->p", value, price if every else price[at])
