"""What demand costs on a tile in numpy: charges by line, levels of pools, tables of what settles them (docs/method §3.15)."""

from __future__ import annotations

from typing import Any

import numpy as np

from .numpy_draws import BLOCK
from .pack import HOURS, Packed

STEPS = 8  # steps that go through several operations while they lie in the cache


def charge(p: Packed, amount, lines, first: int, n: int, add) -> None:
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
    simple = []
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
                simple.append(q)
    return np.array(simple, int)


def settle_simple(p: Packed, pools, amount, lines, first: int, n: int, add) -> None:
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


def members_of(p: Packed) -> list[list[tuple[int, int]]]:
    """By pool: (position, workload) of each member."""
    owner = np.searchsorted(p.member_ptr, np.arange(len(p.member_pool)), side="right") - 1
    return [
        [(int(i), int(owner[i])) for i in np.flatnonzero(p.member_pool == q)]
        for q in range(len(p.pool))
    ]


def pool_on_tile(p: Packed, q: int, members, amount, lines, first: int, n: int):
    """Levels (1 or 24, step, path) and price (step, path) of one pool on a tile."""
    hourly, paid = p.pool[q, 2], p.pool[q, 3]
    level = np.zeros((HOURS if hourly else 1, n, BLOCK), np.float32)
    money: Any = np.zeros((n, BLOCK), np.float32) if paid else None
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


def settle_tables(p: Packed, q: int, level, price, first: int, n: int, add) -> None:
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
            value: Any = slope * here + base if slope or base or not len(span) else None
            over: Any = None
            for k in span:
                over = np.maximum(np.subtract(here, p.knots[k], out=over), np.float32(0), out=over)
                term = over if p.bends[k] == 1 else over * p.bends[k]
                value = (
                    (term.copy() if len(span) > 1 else term)
                    if value is None
                    else value.__iadd__(term)
                )
            value = value.sum(axis=0) if len(value) > 1 else value[0]
            if units >= 0:
                add[:, units] += value.sum(axis=0)
            if money >= 0:
                add[:, money] += np.einsum("tp,tp->p", value, price if every else price[at])
