"""The pools of a FlatPlan: members, tables and meters, and what commitments give back to workloads (docs/method §3.7, §3.13–3.14).

Pools of one level come first and have tables; the kept ones after them are the SKUs of commitments that overlap (§3.35): their levels are
settled by overlaps.py.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from ...prices.settle.hourly import weekday_of
from ..capped import CapMeters, cap_columns
from ..kernel.flat import Table
from .numbers import above, day_piece, hour_pieces, nothing
from .overlaps import Overlap
from .plan import Plan
from .pools import Pool


@dataclass(frozen=True)
class PoolMeters:
    """Where the meters of a pool lie in `BlockTotals.usage`."""

    by: slice  # usage of its workloads
    money: int  # on-demand money of all usage
    used: slice  # by instrument
    covered: slice  # on-demand money of what it covered
    spill: slice  # by level of the dial's grid


@dataclass(frozen=True)
class ApartMeters:
    """The same of a pool whose SKUs stand apart."""

    of_sku: tuple[tuple[np.ndarray, slice], ...]  # by SKU: workloads that use it, their usage
    by: slice  # on-demand money of its workloads
    used: slice  # by instrument, own units
    covered: slice  # by instrument: on-demand money of what it covered
    changed: slice  # by SKU: fees of what is used − on-demand money of what is covered
    scaled: slice  # by scale of demand: on-demand money of what is covered


@dataclass
class _Parts:
    """What is put together for the FlatPlan."""

    lines: int  # how many price lines the plan has
    names: list = field(default_factory=list)
    members: list = field(
        default_factory=list
    )  # (pool, workload, units, money, whether it counts money, price line)
    hours: list = field(default_factory=list)
    tables: list = field(default_factory=list)
    overlaps: list = field(default_factory=list)
    priced: list = field(default_factory=list)  # by pool: line of its price, −1

    def pool(self, name: str, line: int = -1) -> int:
        self.names.append(name)
        self.priced.append(line)
        return len(self.names) - 1

    def member(
        self,
        pool: int,
        workload: int,
        units,
        money,
        hours=None,
        line: int = -1,
        spend: bool = False,
    ) -> None:
        self.members.append((pool, workload, units, money, line if spend else -1, line))
        self.hours.append(np.zeros((len(units), 24)) if hours is None else hours)

    def fields(self, steps: int, kept: int) -> dict:
        """The fields of the FlatPlan."""
        rows, columns = self.members, list(zip(*self.members)) or [()] * 6
        weights = np.zeros((len(self.names), self.lines))
        for q, line in enumerate(self.priced):
            if line >= 0:
                weights[q, line] = 1.0
        return {
            "pools": tuple(self.names),
            "pool_line": weights,
            "member_pool": np.array(columns[0]),
            "member_workload": np.array(columns[1]),
            "member_units": np.array(columns[2]).reshape(len(rows), steps),
            "member_money": np.array(columns[3]).reshape(len(rows), steps),
            "member_units_line": np.array(columns[4]),
            "member_line": np.array(columns[5]),
            "hour_share": np.array(self.hours) if any(h.any() for h in self.hours) else None,
            "tables": tuple(self.tables),
            "kept": kept,
            "overlaps": tuple(self.overlaps),
        }


def add_pools(
    plan: Plan, columns, lines: int, grids=None
) -> tuple[tuple[PoolMeters | ApartMeters, ...], dict, tuple[CapMeters, ...]]:
    """(meters of each pool, fields of the FlatPlan, meters of each cap); the meters are added to the columns.

    lines   how many price lines the plan has; uncertain prices come first, in the order of plan.prices.uncertain
    grids   by pool: levels of its commitment dial (units per hour), or scales of demand where its SKUs stand apart; None: no dials
    """
    parts, meters, caps = _Parts(lines), {}, None
    dial = [
        () if grids is None else tuple(grid)
        for grid in (grids or [()] * len(plan.commitments.pools))
    ]
    for q in sorted(
        range(len(plan.commitments.pools)),
        key=lambda q: plan.commitments.pools[q].apart is not None,
    ):
        add = _add_pool if plan.commitments.pools[q].apart is None else _add_apart
        if add is _add_apart and caps is None:
            caps = cap_columns(plan, columns, parts)
        meters[q] = add(plan, plan.commitments.pools[q], q, columns, parts, dial[q])
    caps = cap_columns(plan, columns, parts) if caps is None else caps
    tabled = _tabled(plan)
    return (
        tuple(meters[q] for q in range(len(plan.commitments.pools))),
        parts.fields(len(plan.dates), len(parts.names) - tabled),
        caps,
    )


def _tabled(plan: Plan) -> int:
    """How many pools have tables; the kept ones are counted after them."""
    by_day = sum(one.cap.per_day is not None for one in plan.commitments.caps)
    return sum(pool.apart is None for pool in plan.commitments.pools) + by_day


def _add_pool(plan: Plan, pool: Pool, q: int, columns, parts: _Parts, grid) -> PoolMeters:
    names, units = [plan.names[w] for w in pool.workloads], len(plan.names)
    by = columns.add(*(f"pool/{q}/by/{name}" for name in names))
    money = columns.add(f"pool/{q}/money").start
    used = columns.add(*(f"pool/{q}/used/{i}" for i in range(len(pool.instruments))))
    covered = columns.add(*(f"pool/{q}/covered/{i}" for i in range(len(pool.instruments))))
    spill = columns.add(*(f"pool/{q}/spill/{k}" for k in range(len(grid))))
    shapes = None if pool.share is None else pool.share[pool.workloads]  # (member, day, 24)
    alike = shapes is None or not len(shapes) or bool(np.abs(shapes - shapes[:1]).max() < 1e-15)
    own = parts.pool(f"pool/{q}")
    for i, w in enumerate(pool.workloads):
        hours = shapes[i] if shapes is not None and not alike else None
        if pool.usage[:, w].any() or not pool.loose:
            parts.member(own, w, pool.usage[:, w], pool.cost[:, w], hours)
        columns.charge(w, by.start + i, pool.usage[:, w])
        columns.charge(w, money, pool.cost[:, w])
        for line, quantity, _ in pool.loose:  # SKUs whose price differs from path to path
            if quantity[:, w].any():
                parts.member(own, w, quantity[:, w], quantity[:, w], hours, line, pool.spend)
            columns.charge(w, by.start + i, quantity[:, w], line if pool.spend else -1)
            columns.charge(w, money, quantity[:, w], line)
    weekday = (
        weekday_of(plan.dates)
        if shapes is not None and alike and len(shapes)
        else np.zeros(len(plan.dates), int)
    )
    state = np.concatenate([weekday[None], pool.in_term.astype(int)])
    distinct, of_step = np.unique(state, axis=1, return_inverse=True)
    of_step = of_step.reshape(-1)

    def of_day(piece, day: int):
        if shapes is None or not len(shapes):
            return day_piece(piece, None)
        return day_piece(piece, shapes[0, day]) if alike else piece

    days = [int(np.flatnonzero(of_step == s)[0]) for s in range(distinct.shape[1])]
    by_state = [
        [
            of_day(piece, day)
            for piece in hour_pieces(
                [
                    (one.share, one.quantity if on else 0.0)
                    for one, on in zip(pool.levels, distinct[1:, s])
                ]
            )
        ]
        for s, day in enumerate(days)
    ]
    for i in range(len(pool.instruments)):
        parts.tables.append(
            Table(
                own,
                tuple(pieces[i] for pieces in by_state),
                of_step,
                used.start + i,
                covered.start + i,
            )
        )
    share_ = max((one.share for one in pool.levels), default=1.0)
    for k in range(spill.stop - spill.start):
        parts.tables.append(
            Table(
                own,
                tuple(of_day(above(grid[k], share_) if share_ else nothing(), day) for day in days),
                of_step,
                spill.start + k,
            )
        )
    return PoolMeters(*(_shifted(one, units) for one in (by, money, used, covered, spill)))


def _add_apart(plan: Plan, pool: Pool, q: int, columns, parts: _Parts, scales) -> ApartMeters:
    """A kept pool for each SKU and hour shape of those who use it, and the Overlap that settles them."""
    apart, units, count = pool.apart, len(plan.names), len(pool.instruments)
    of_sku = []
    for s, sku in enumerate(apart.skus):
        using = np.flatnonzero(apart.usage[s].any(axis=0))
        where = columns.add(*(f"pool/{q}/{sku}/{plan.names[w]}" for w in using))
        for column, w in zip(range(where.start, where.stop), using):
            columns.charge(w, column, apart.usage[s][:, w])
        of_sku.append((using, where))
    by = columns.add(*(f"pool/{q}/by/{plan.names[w]}" for w in pool.workloads))
    for column, w in zip(range(by.start, by.stop), pool.workloads):
        for s, line in enumerate(apart.line):
            columns.charge(
                w, column, apart.usage[s][:, w] * (apart.price[s] if line < 0 else 1.0), line
            )
    used = columns.add(*(f"pool/{q}/used/{i}" for i in range(count)))
    covered = columns.add(*(f"pool/{q}/covered/{i}" for i in range(count)))
    changed = columns.add(*(f"pool/{q}/changed/{sku}" for sku in apart.skus))
    scaled = columns.add(*(f"pool/{q}/scaled/{k}" for k in range(len(scales))))
    first = _tabled(plan)  # kept pools are counted from here
    sku_of, shares, line = [], [], np.full(len(apart.skus), -1)
    for s, (using, _) in enumerate(of_sku):
        line[s] = len(parts.names) - first if apart.line[s] >= 0 else -1
        shapes, of_workload = _shapes(pool, using)
        for k in range(len(shapes)):
            own = parts.pool(f"pool/{q}/{apart.skus[s]}/{k}", apart.line[s])
            for w in using[of_workload == k]:
                parts.member(own, w, apart.usage[s][:, w], np.zeros(len(plan.dates)))
        sku_of += [s] * len(shapes)
        shares += list(shapes)
    pools = np.arange(len(parts.names) - len(sku_of), len(parts.names)) - first
    parts.overlaps.append(
        Overlap(
            skus=apart.skus,
            rules=apart.rules,
            held=apart.held,
            fees=apart.fees,
            price=apart.price,
            line=line,
            pools=pools,
            sku_of=np.array(sku_of, int),
            share=None
            if pool.share is None
            else np.array(shares).reshape(len(sku_of), len(plan.dates), 24),
            used=used.start,
            covered=covered.start,
            changed=changed.start,
            scales=tuple(scales),
            scaled=scaled.start,
        )
    )
    return ApartMeters(
        tuple((using, _shifted(where, units)) for using, where in of_sku),
        *(_shifted(one, units) for one in (by, used, covered, changed, scaled)),
    )


def _shapes(pool: Pool, using) -> tuple[np.ndarray, np.ndarray]:
    """Hour shapes (shape, day, 24) of some workloads, each once, and which one each workload has."""
    if pool.share is None:
        return np.zeros((1, 0, 24)), np.zeros(len(using), int)
    own = pool.share[using]
    _, at, of_workload = np.unique(
        own.round(15).reshape(len(own), -1), axis=0, return_index=True, return_inverse=True
    )
    return own[at], of_workload.reshape(-1)


def _shifted(where, units: int):
    return (
        slice(where.start - units, where.stop - units)
        if isinstance(where, slice)
        else where - units
    )


def give_back(
    own: np.ndarray, plan: Plan, meters: tuple[PoolMeters | ApartMeters, ...], usage: np.ndarray
) -> None:
    """Add to the money by workload, own (path, month, workload), what all commitments change of it."""
    nobodys = sum(
        _idle(plan, pool)
        for pool, owner in zip(plan.commitments.pools, plan.commitments.unused_owner)
        if owner < 0 and not len(pool.workloads)
    )
    if np.any(nobodys):  # neither used nor carried in the bill by anybody: all share it
        own += nobodys[:, None] * _by_use(np.maximum(own, 0.0))
    for pool, one, owner in zip(plan.commitments.pools, meters, plan.commitments.unused_owner):
        if owner >= 0 or len(pool.workloads):
            own += (_given_back if pool.apart is None else _given_apart)(
                plan, pool, one, owner, usage
            )


def _idle(plan: Plan, pool: Pool) -> np.ndarray:
    """(month,): fees of a pool that nobody uses."""
    if pool.apart is not None:
        return sum(
            (_by_month(plan, held) * fee for held, fee in zip(pool.apart.held, pool.apart.fees)),
            np.zeros(len(plan.months)),
        )
    return sum(
        (
            _by_month(plan, term * level.quantity) * level.rate
            for term, level in zip(pool.in_term, pool.levels)
        ),
        np.zeros(len(plan.months)),
    )


def _by_use(by: np.ndarray) -> np.ndarray:
    """Shares (path, month, workload) by use; alike where nothing is used."""
    total = by.sum(axis=-1, keepdims=True)
    fallback = np.full(by.shape[-1], 1 / max(by.shape[-1], 1))
    return np.divide(by, total, out=np.broadcast_to(fallback, by.shape).copy(), where=total > 0)


def _given_back(
    plan: Plan, pool: Pool, meters: PoolMeters, owner: int, usage: np.ndarray
) -> np.ndarray:
    """What the commitments of a pool add to the on-demand cost, by workload."""
    added = np.zeros((*usage.shape[:2], len(plan.names)))
    parts = _by_use(usage[:, :, meters.by])
    for i, level in enumerate(pool.levels):
        held = _by_month(plan, pool.in_term[i] * level.quantity)
        used, covered = usage[:, :, meters.used.start + i], usage[:, :, meters.covered.start + i]
        net, idle = used * level.rate - covered, (held - used) * level.rate
        if owner >= 0:
            added[:, :, owner] += idle
        else:
            net = net + idle
        added[:, :, pool.workloads] += net[:, :, None] * parts
    return added


def _given_apart(
    plan: Plan, pool: Pool, meters: ApartMeters, owner: int, usage: np.ndarray
) -> np.ndarray:
    """The same where SKUs stand apart: what a SKU is covered goes to those who use it, what is unused to the owner or to all by money."""
    added = np.zeros((*usage.shape[:2], len(plan.names)))
    for s, (using, where) in enumerate(meters.of_sku):
        added[:, :, using] += usage[:, :, meters.changed.start + s, None] * _by_use(
            usage[:, :, where]
        )
    for i, fee in enumerate(pool.apart.fees):
        idle = (_by_month(plan, pool.apart.held[i]) - usage[:, :, meters.used.start + i]) * fee
        if owner >= 0:
            added[:, :, owner] += idle
        else:
            added[:, :, pool.workloads] += idle[:, :, None] * _by_use(usage[:, :, meters.by])
    return added


def _by_month(plan: Plan, per_hour: np.ndarray) -> np.ndarray:
    """What is held in each month, of units per hour by day."""
    inside = plan.month_of >= 0
    return np.bincount(plan.month_of[inside], per_hour[inside] * 24.0, len(plan.months))
