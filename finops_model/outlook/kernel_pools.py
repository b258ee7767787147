"""The pools of a FlatPlan: members, tables and meters, and what commitments give back to workloads (docs/method.md §3.7, §3.13–3.14)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..prices.commitments import weekday_of
from .flat import Table
from .kernel_tables import above, day_piece, hour_pieces, nothing
from .plan import Plan
from .pools import Pool


@dataclass(frozen=True)
class PoolMeters:
    """Where the meters of a pool lie in `BlockTotals.usage`."""

    by: slice                           # usage of its workloads
    money: int                          # on-demand money of all usage
    used: slice                         # by instrument
    covered: slice                      # on-demand money of what it covered
    spill: slice                        # by level of the dial's grid


def add_pool(plan: Plan, pool: Pool, q: int, columns, members, hours, tables, grid) -> PoolMeters:
    """Add a pool's meters to the columns, its members and its tables to the lists; grid: levels of its dial (units per hour) or None."""
    names, units = [plan.names[w] for w in pool.workloads], len(plan.names)
    by = columns.add(*(f"pool/{q}/by/{name}" for name in names))
    money = columns.add(f"pool/{q}/money").start
    used = columns.add(*(f"pool/{q}/used/{i}" for i in range(len(pool.instruments))))
    covered = columns.add(*(f"pool/{q}/covered/{i}" for i in range(len(pool.instruments))))
    spill = columns.add(*(f"pool/{q}/spill/{k}" for k in range(len(grid) if grid is not None else 0)))
    shapes = None if pool.share is None else pool.share[pool.workloads]                  # (member, day, 24)
    alike = shapes is None or not len(shapes) or bool(np.abs(shapes - shapes[:1]).max() < 1e-15)
    for i, w in enumerate(pool.workloads):
        members.append((q, w, pool.usage[:, w], pool.cost[:, w]))
        hours.append(shapes[i] if shapes is not None and not alike else np.zeros((len(plan.dates), 24)))
        columns.charge(w, by.start + i, pool.usage[:, w])
        columns.charge(w, money, pool.cost[:, w])
    weekday = weekday_of(plan.dates) if shapes is not None and alike and len(shapes) else np.zeros(len(plan.dates), int)
    state = np.concatenate([weekday[None], pool.in_term.astype(int)])
    distinct, of_step = np.unique(state, axis=1, return_inverse=True)
    of_step = of_step.reshape(-1)

    def of_day(piece, day: int):
        if shapes is None or not len(shapes):
            return day_piece(piece, None)
        return day_piece(piece, shapes[0, day]) if alike else piece

    days = [int(np.flatnonzero(of_step == s)[0]) for s in range(distinct.shape[1])]
    by_state = [[of_day(piece, day) for piece in hour_pieces([(one.eligible_share, one.quantity if on else 0.0)
                                                              for one, on in zip(pool.instruments, distinct[1:, s])])]
                for s, day in enumerate(days)]
    for i in range(len(pool.instruments)):
        tables.append(Table(q, tuple(pieces[i] for pieces in by_state), of_step, used.start + i, covered.start + i))
    share_ = max((one.eligible_share for one in pool.instruments), default=1.0)
    for k in range(spill.stop - spill.start):
        tables.append(Table(q, tuple(of_day(above(grid[k], share_) if share_ else nothing(), day) for day in days), of_step, spill.start + k))
    return PoolMeters(*(slice(s.start - units, s.stop - units) if isinstance(s, slice) else s - units for s in (by, money, used, covered, spill)))


def give_back(own: np.ndarray, plan: Plan, meters: tuple[PoolMeters, ...], usage: np.ndarray) -> None:
    """Add to the money by workload, own (path, month, workload), what all commitments change of it."""
    for pool, one, owner in zip(plan.pools, meters, plan.unused_owner):
        own += _given_back(plan, pool, one, owner, usage)


def _given_back(plan: Plan, pool: Pool, meters: PoolMeters, owner: int, usage: np.ndarray) -> np.ndarray:
    """What the commitments of a pool add to the on-demand cost, by workload."""
    added = np.zeros((*usage.shape[:2], len(plan.names)))
    by = usage[:, :, meters.by]
    total = by.sum(axis=-1, keepdims=True)
    fallback = np.full(by.shape[-1], 1 / max(by.shape[-1], 1))
    parts = np.divide(by, total, out=np.broadcast_to(fallback, by.shape).copy(), where=total > 0)
    inside = plan.month_of >= 0
    for i, instrument in enumerate(pool.instruments):
        held = np.bincount(plan.month_of[inside], pool.in_term[i, inside] * instrument.quantity * 24.0, len(plan.months))
        used, covered = usage[:, :, meters.used.start + i], usage[:, :, meters.covered.start + i]
        net, idle = used * instrument.rate - covered, (held - used) * instrument.rate
        if owner >= 0 or not len(pool.workloads):
            added[:, :, owner if owner >= 0 else 0] += idle
        else:
            net = net + idle
        added[:, :, pool.workloads] += net[:, :, None] * parts
    return added
