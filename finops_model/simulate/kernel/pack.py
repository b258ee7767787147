"""A FlatPlan laid out for the engines: float32, workload by workload, tiles of at most 32 steps (docs/method §3.13)."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

import numpy as np

from .flat import FlatPlan

TILE = 32  # steps computed together: their sums stay short in float32, and a tile of 64 lanes in the first cache
HOURS = 24


class Packed(NamedTuple):
    """Arrays of one plan, C-contiguous; *_ptr are starts of the entries that belong to a workload, pool or piece."""

    tile: np.ndarray  # (tile, 3): first step, step after the last, month (months = dropped)
    median: np.ndarray  # (workload, step) float32, the centring of the noise included
    noise: np.ndarray  # (workload, 4): phi, scale of a shock, scale of the first one, own part
    noise_load: np.ndarray  # (workload, factor)
    level: np.ndarray  # (workload, step)
    level_own: np.ndarray  # (workload,); below 0: no level
    level_load: np.ndarray
    burst: np.ndarray  # (workload, 4): steps between two, mean size, share that stays, first step
    profile: np.ndarray  # (value, step)
    value_demand: np.ndarray  # (workload, value)
    value_line: np.ndarray  # (line, value)
    jump: (
        np.ndarray
    )  # (jump, 5): steps between two, law (0 uniform, 1 lognormal), low, high, steps of a spell
    jump_line: np.ndarray  # (line, jump)
    jump_demand: np.ndarray  # (workload, jump)
    price: np.ndarray  # (line, step)
    line: np.ndarray  # (line, 4): varies, overhead, its sd, its factor (−1: none)
    charge_ptr: np.ndarray  # (workload + 1,)
    charge: np.ndarray  # (charge, 2): column, line
    charge_rate: np.ndarray  # (charge, step)
    member_ptr: np.ndarray  # (workload + 1,)
    member_pool: np.ndarray
    member_units: np.ndarray  # (member, step)
    member_money: np.ndarray
    member_line: np.ndarray  # (member, 2): line that its units and its money follow (−1: none)
    hour_share: np.ndarray  # (member, step, 24); no members where all pools settle by the step
    pool: (
        np.ndarray
    )  # (pool, 4): row of its level, row of its money, 1 if by hour, 1 if members bring money
    open_ptr: np.ndarray  # (workload + 1,): pools whose first member it is
    open_pool: np.ndarray
    close_ptr: np.ndarray  # (workload + 1,): pools whose last member it is
    close_pool: np.ndarray
    line_ptr: np.ndarray  # (pool + 1,)
    line_of: np.ndarray
    line_weight: np.ndarray
    table_ptr: np.ndarray  # (pool + 1,)
    table: np.ndarray  # (table, 2): units column, money column
    table_piece: np.ndarray  # (table, step)
    piece: np.ndarray  # (piece, 2): base, slope
    piece_ptr: np.ndarray  # (piece + 1,)
    knots: np.ndarray
    bends: np.ndarray
    cap: np.ndarray  # (workload, step), or (0, 0): no limit
    rows: int  # tiles of pool levels that are open at the same time


def pack(plan: FlatPlan) -> Packed:
    """The plan's arrays as the engines read them."""
    steps, count, columns = plan.steps, len(plan.workloads), {}
    centre = np.exp(-(plan.sigma**2) / 2) if plan.centred else np.ones(count)
    scale = plan.sigma * np.sqrt(1 - plan.phi**2)
    own = np.sqrt(np.maximum(1 - (plan.noise_loadings**2).sum(axis=1), 0.0))
    level_own = np.sqrt(np.maximum(1 - (plan.level_loadings**2).sum(axis=1), 0.0))
    columns["tile"] = _tiles(plan.month_of, len(plan.months))
    columns["median"] = _f((plan.median * centre).T)
    columns["noise"] = _f(
        np.stack([plan.phi, scale, plan.sigma if plan.stationary else scale, own], axis=-1)
    )
    columns["noise_load"] = _f(plan.noise_loadings)
    columns["level"] = _f(plan.level_step.T)
    columns["level_own"] = _f(
        np.where(plan.level_step.any(axis=0), level_own, -1.0) if steps else np.full(count, -1.0)
    )
    columns["level_load"] = _f(plan.level_loadings)
    columns["cap"] = _f(np.zeros((0, 0)) if plan.cap is None else plan.cap.T)
    columns["burst"] = _f(
        np.stack(
            [
                _gap(np.where(plan.burst_size > 0, plan.burst_rate, 0.0)),
                plan.burst_size,
                plan.burst_stays,
                np.floor(plan.burst_from),
            ],
            axis=-1,
        )
    )
    columns["profile"], columns["value_demand"], columns["value_line"] = (
        _f(plan.profile),
        _f(plan.value_demand.T),
        _f(plan.value_line.T),
    )
    law = np.array([float(law == "lognormal") for law in plan.jump_law])
    columns["jump"] = _f(
        np.stack(
            [_gap(plan.jump_rate), law, plan.jump_low, plan.jump_high, plan.jump_steps], axis=-1
        )
    )
    columns["jump_line"], columns["jump_demand"] = _f(plan.jump_line.T), _f(plan.jump_demand.T)
    columns["price"] = _f(plan.price.T)
    where = np.array(
        [plan.factors.index(name) if name else -1 for name in plan.overhead_factor]
        or [-1] * len(plan.lines),
        float,
    )
    varies = plan.value_line.any(axis=0) | plan.jump_line.any(axis=0) | (plan.overhead > 0)
    columns["line"] = _f(
        np.stack([varies, plan.overhead, plan.overhead_sd, where], axis=-1).reshape(
            len(plan.lines), 4
        )
    )
    order = np.argsort(plan.charge_workload, kind="stable")
    columns["charge_ptr"] = _starts(plan.charge_workload, count)
    columns["charge"] = _i(np.stack([plan.charge_column, plan.charge_line], axis=-1)[order])
    columns["charge_rate"] = _f(plan.charge_rate[order])
    columns.update(_members(plan, count))
    columns.update(_pools(plan, count))
    return Packed(**columns)


def keys(plan: FlatPlan, seed: int) -> tuple[np.ndarray, ...]:
    """Stream keys (name, 4) uint32 of factors, noise, levels, bursts, jumps: blake2b of seed and name, 128 bits."""

    def of(kind, names):
        digests = [
            hashlib.blake2b(f"{int(seed)}\x00{kind}/{name}".encode(), digest_size=16).digest()
            for name in names
        ]
        return (
            np.frombuffer(b"".join(digests), dtype="<u4").reshape(len(names), 4).astype(np.uint32)
        )

    work = plan.workloads
    return (
        of("factor", plan.factors),
        of("noise", work),
        of("level", work),
        of("burst", work),
        of("jump", plan.jumps),
    )


def _tiles(month_of, months: int) -> np.ndarray:
    tiles, first = [], 0
    for t in range(1, len(month_of) + 1):
        if t == len(month_of) or month_of[t] != month_of[first] or t - first == TILE:
            tiles.append((first, t, month_of[first] if month_of[first] >= 0 else months))
            first = t
    return _i(np.array(tiles, dtype=np.int64).reshape(-1, 3))


def _members(plan: FlatPlan, count: int) -> dict:
    order = np.argsort(plan.member_workload, kind="stable")
    hours = (
        np.zeros((0, plan.steps, HOURS))
        if plan.hour_share is None
        else np.asarray(plan.hour_share, float)[order]
    )
    return {
        "member_ptr": _starts(plan.member_workload, count),
        "member_pool": _i(plan.member_pool[order]),
        "member_units": _f(plan.member_units[order]),
        "member_money": _f(plan.member_money[order]),
        "member_line": _i(np.stack([plan.member_units_line, plan.member_line], axis=-1)[order]),
        "hour_share": _f(hours),
    }


def _pools(plan: FlatPlan, count: int) -> dict:
    """Rows of levels are lent to a pool from its first member to its last: pools of one workload share one row, in the cache."""
    pools = len(plan.pools)
    first, last = np.full(pools, max(count - 1, 0)), np.full(pools, max(count - 1, 0))
    hourly, money = np.zeros(pools, int), np.zeros(pools, int)
    for q in range(pools):
        mine = plan.member_pool == q
        if mine.any():
            first[q], last[q] = plan.member_workload[mine].min(), plan.member_workload[mine].max()
            money[q] = int(plan.member_money[mine].any())
            hourly[q] = int(
                plan.hour_share is not None and bool(np.asarray(plan.hour_share)[mine].any())
            )
    shape, taken = np.zeros((pools, 4)), []
    for q in np.argsort(first, kind="stable"):
        for row in range(len(taken) + 1):
            need = range(row, row + (HOURS if hourly[q] else 1) + money[q])
            if all(r >= len(taken) or taken[r] < first[q] for r in need):
                break
        taken += [-1] * (need[-1] + 1 - len(taken))
        for r in need:
            taken[r] = last[q]
        shape[q] = row, need[-1], hourly[q], money[q]
    order = sorted(range(len(plan.tables)), key=lambda r: plan.tables[r].pool)
    tables = [plan.tables[r] for r in order]
    pieces, of_step = [], np.zeros((len(tables), plan.steps))
    for r, table in enumerate(tables):
        of_step[r] = len(pieces) + np.asarray(table.of_step)
        pieces += table.pieces
    weights = plan.pool_line
    return {
        "pool": _i(shape),
        "open_ptr": _starts(first, count),
        "open_pool": _i(np.argsort(first, kind="stable")),
        "close_ptr": _starts(last, count),
        "close_pool": _i(np.argsort(last, kind="stable")),
        "line_ptr": _i(np.concatenate([[0], np.cumsum((weights != 0).sum(axis=1))])),
        "line_of": _i(np.nonzero(weights)[1]),
        "line_weight": _f(weights[weights != 0]),
        "table_ptr": _starts(np.array([t.pool for t in tables]), pools),
        "table": _i(np.array([(t.units, t.money) for t in tables]).reshape(-1, 2)),
        "table_piece": _i(of_step),
        "piece": _f(np.array([(p[0], p[1]) for p in pieces]).reshape(-1, 2)),
        "piece_ptr": _i(np.concatenate([[0], np.cumsum([len(p[2]) for p in pieces])])),
        "knots": _f(np.concatenate([p[2] for p in pieces]) if pieces else []),
        "bends": _f(np.concatenate([p[3] for p in pieces]) if pieces else []),
        "rows": max(len(taken), 1),
    }


def _starts(owner, count: int) -> np.ndarray:
    return _i(
        np.concatenate(
            [[0], np.cumsum(np.bincount(np.asarray(owner, int), minlength=count)[:count])]
        )
        if count
        else np.zeros(1)
    )


def _gap(rate) -> np.ndarray:
    return np.where(rate > 0, 1 / np.where(rate > 0, rate, 1.0), 0.0)


def _f(values) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.float32)


def _i(values) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.int32)
