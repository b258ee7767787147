"""The simulation kernel, compiled: 64 paths side by side, tiles of a month, sparse events, float64 totals (docs/method §3.15).

One block of 64 lanes goes through the plan tile by tile (at most 32 steps of one month); everything a tile needs lies in the
cache. Within a tile sums are float32, over tiles float64. Lanes never touch each other, so blocks may run on any thread and
be cut anywhere. The interpreter lock is released: threads are the caller's, and no threading layer of numba is needed.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .draws import LANES, fill_normals, fma
from .events import NEVER, ONE, ZERO, burst_draws, bursts, clear, jump_draw, jumps
from .numba_demand import add_volume, demand_of, price_line, stop_at_cap
from .numba_pools import (
    blend_prices,
    charge_demand,
    charge_line,
    join_hours,
    join_pool,
    money_per_unit,
    settle_table,
    times_price,
)
from .pack import HOURS, TILE


@njit(nogil=True, cache=True)
def simulate_lanes(p, keys, value, path0, count, totals, volume, levels, prices):
    """Simulate `count` paths from path0 (a multiple of 64) on.

    p        the packed plan;  keys: of factors, noise, levels, bursts, jumps;  value: (value, path) float32 log values, whole blocks
    totals   (path, month + 1, column) float64, added to; the last month takes steps outside all months
    volume   (step, workload) float64 sums of demand, or (0, 0)
    levels, prices   (pool, step, path) float32 of as many of the last pools: keep what tables are evaluated on, do not evaluate; or (0, 0, 0)
    """
    works, facts, processes, lines_count = (
        p.median.shape[0],
        keys[0].shape[0],
        p.jump.shape[0],
        p.price.shape[0],
    )
    factor, jump = (
        np.empty((facts, TILE, LANES), np.float32),
        np.empty((processes, TILE, LANES), np.float32),
    )
    lines = np.empty((lines_count, TILE, LANES), np.float32)
    demand, shock, blend = (
        np.empty((TILE, LANES), np.float32),
        np.empty((TILE, LANES), np.float32),
        np.empty((TILE, LANES), np.float32),
    )
    rows, acc, work = (
        np.empty((p.rows, TILE, LANES), np.float32),
        np.empty((totals.shape[2], LANES), np.float32),
        np.empty(LANES, np.float32),
    )
    noise, level = np.empty((works, LANES), np.float32), np.empty((works, LANES), np.float32)
    burst_due, burst_size, burst_left = (
        np.empty((works, LANES), np.float32),
        np.empty((works, LANES), np.float32),
        np.empty((works, LANES), np.float32),
    )
    jump_due, jump_size, jump_held, jump_level = (
        np.empty((processes, LANES), np.float32),
        np.empty((processes, LANES), np.float32),
        np.empty((processes, LANES), np.float32),
        np.empty((processes, LANES), np.float32),
    )
    burst_number, jump_number = (
        np.empty((works, LANES), np.int32),
        np.empty((processes, LANES), np.int32),
    )
    lanes, inside = np.empty(LANES + 1, np.int32), np.empty(LANES, np.float32)
    kept = p.pool.shape[0] - levels.shape[0]  # from this pool on, levels are kept and not settled
    # the tuple is taken apart once: handed to a function whole, each of its arrays would be counted in and out again
    median, forms, load, level_own, level_step, level_load = (
        p.median,
        p.noise,
        p.noise_load,
        p.level_own,
        p.level,
        p.level_load,
    )
    value_demand, profile, jump_demand, burst = p.value_demand, p.profile, p.jump_demand, p.burst
    keys_factor, keys_noise, keys_level, keys_burst, keys_jump = keys
    charge_ptr, charge, charge_rate, pool = p.charge_ptr, p.charge, p.charge_rate, p.pool
    member_ptr, member_pool, member_units, member_money, hour_share = (
        p.member_ptr,
        p.member_pool,
        p.member_units,
        p.member_money,
        p.hour_share,
    )
    member_line = p.member_line
    open_ptr, open_pool, close_ptr, close_pool = p.open_ptr, p.open_pool, p.close_ptr, p.close_pool
    line_ptr, line_of, line_weight = p.line_ptr, p.line_of, p.line_weight
    table_ptr, table, table_piece, piece, piece_ptr = (
        p.table_ptr,
        p.table,
        p.table_piece,
        p.piece,
        p.piece_ptr,
    )
    knots, bends, cap = p.knots, p.bends, p.cap
    for start in range(0, count, LANES):
        lane0 = path0 + start
        block, here = lane0 // LANES, min(LANES, count - start)
        values = value[:, start : start + LANES]
        noise[:], level[:], burst_left[:], jump_level[:], jump_held[:] = (
            ZERO,
            ZERO,
            ZERO,
            ZERO,
            ZERO,
        )
        burst_number[:], jump_number[:], burst_due[:], jump_due[:] = 0, 0, ZERO, ZERO
        for lane in range(LANES):
            inside[lane] = ONE if lane < here else ZERO
        for w in range(works):
            if burst[w, 0] > ZERO:
                burst_due[w, :] = burst[w, 3]
                burst_draws(
                    keys_burst[w],
                    lane0,
                    burst_number[w],
                    burst_due[w],
                    burst_size[w],
                    burst[w, 0],
                    burst[w, 1],
                    NEVER,
                )
        for j in range(processes):
            for lane in range(LANES):
                jump_due[j, lane] = ZERO if p.jump[j, 0] > ZERO else NEVER
                if p.jump[j, 0] > ZERO:
                    jump_draw(
                        keys_jump[j],
                        lane0 + lane,
                        lane,
                        jump_number[j],
                        jump_due[j],
                        jump_size[j],
                        jump_held[j],
                        p.jump[j],
                        True,
                    )
        for tile in range(p.tile.shape[0]):
            first, n, month = p.tile[tile, 0], p.tile[tile, 1] - p.tile[tile, 0], p.tile[tile, 2]
            acc[:] = ZERO
            for f in range(facts):
                fill_normals(factor[f], n, first, block, keys_factor[f])
            for j in range(processes):
                jumps(
                    jump[j],
                    n,
                    first,
                    keys_jump[j],
                    lane0,
                    jump_number[j],
                    jump_due[j],
                    jump_size[j],
                    jump_held[j],
                    jump_level[j],
                    p.jump[j],
                    lanes,
                )
            for k in range(lines_count):
                price_line(
                    lines[k],
                    n,
                    first,
                    p.price[k],
                    p.line[k],
                    p.value_line[k],
                    profile,
                    values,
                    p.jump_line[k],
                    jump,
                    factor,
                )
            for w in range(works):
                demand_of(
                    demand,
                    shock,
                    n,
                    first,
                    block,
                    median[w],
                    forms[w],
                    load[w],
                    level_own[w],
                    level_step[w],
                    level_load[w],
                    value_demand[w],
                    profile,
                    values,
                    jump_demand[w],
                    jump,
                    factor,
                    keys_noise[w],
                    keys_level[w],
                    noise[w],
                    level[w],
                )
                if burst[w, 0] > ZERO:
                    bursts(
                        demand,
                        n,
                        first,
                        keys_burst[w],
                        lane0,
                        burst_number[w],
                        burst_due[w],
                        burst_size[w],
                        burst_left[w],
                        burst[w, 0],
                        burst[w, 1],
                        burst[w, 2],
                        lanes,
                    )
                if cap.shape[0] > 0:
                    stop_at_cap(demand, cap[w], n, first)
                if volume.shape[0] > 0:
                    add_volume(volume[:, w], demand, n, first, inside, work)
                for i in range(charge_ptr[w], charge_ptr[w + 1]):
                    if charge[i, 1] < 0:
                        charge_demand(acc[charge[i, 0]], charge_rate[i], demand, n, first)
                    else:
                        charge_line(
                            acc[charge[i, 0]], charge_rate[i], demand, lines[charge[i, 1]], n, first
                        )
                for i in range(open_ptr[w], open_ptr[w + 1]):
                    q = open_pool[i]
                    for row in range(pool[q, 0], pool[q, 0] + (HOURS if pool[q, 2] != 0 else 1)):
                        clear(rows[row], n)
                    if pool[q, 3] != 0:
                        clear(rows[pool[q, 1]], n)
                for i in range(member_ptr[w], member_ptr[w + 1]):
                    q, priced, counted = member_pool[i], demand, demand
                    if member_line[i, 1] >= 0:
                        times_price(shock, demand, lines[member_line[i, 1]], n)
                        priced = shock
                        if member_line[i, 0] >= 0:
                            counted = shock
                    if pool[q, 2] != 0:
                        join_hours(
                            rows[pool[q, 0] :], member_units[i], hour_share[i], counted, n, first
                        )
                    else:
                        join_pool(rows[pool[q, 0]], member_units[i], counted, n, first)
                    if pool[q, 3] != 0:
                        join_pool(rows[pool[q, 1]], member_money[i], priced, n, first)
                for i in range(close_ptr[w], close_ptr[w + 1]):
                    q = close_pool[i]
                    row, hours = pool[q, 0], HOURS if pool[q, 2] != 0 else 1
                    blend_prices(
                        blend, n, lines, line_of, line_weight, line_ptr[q], line_ptr[q + 1]
                    )
                    if pool[q, 3] != 0:
                        money_per_unit(blend, rows[row:], rows[pool[q, 1]], hours, n)
                    if q >= kept:
                        for t in range(n):
                            for lane in range(here):
                                levels[q - kept, first + t, start + lane] = rows[row, t, lane]
                                prices[q - kept, first + t, start + lane] = blend[t, lane]
                    else:
                        for r in range(table_ptr[q], table_ptr[q + 1]):
                            settle_table(
                                rows,
                                row,
                                hours,
                                blend,
                                n,
                                first,
                                r,
                                table,
                                table_piece,
                                piece,
                                piece_ptr,
                                knots,
                                bends,
                                acc,
                                work,
                            )
            for column in range(acc.shape[0]):
                for lane in range(here):
                    totals[start + lane, month, column] += acc[column, lane]


@njit(nogil=True, cache=True)
def settle_kept(p, levels, prices, totals):
    """Evaluate all tables on kept levels and prices (pool, step, path): what is left to do when only an instrument moves.

    totals (column, month + 1, path) is added to. Paths go in long rows here: nothing else has to stay in the cache.
    """
    wide = 2048
    acc, work = np.empty((totals.shape[0], wide), np.float32), np.empty(wide, np.float32)
    table_ptr, table, of_step, piece, piece_ptr, knots, bends = (
        p.table_ptr,
        p.table,
        p.table_piece,
        p.piece,
        p.piece_ptr,
        p.knots,
        p.bends,
    )
    tiles, touched = p.tile, np.zeros(totals.shape[0], np.bool_)
    for r in range(table.shape[0]):
        for side in range(2):
            if table[r, side] >= 0:
                touched[table[r, side]] = True
    for start in range(0, totals.shape[2], wide):
        here = min(wide, totals.shape[2] - start)
        for tile in range(tiles.shape[0]):
            first, stop, month = tiles[tile, 0], tiles[tile, 1], tiles[tile, 2]
            acc[:] = ZERO
            for q in range(levels.shape[0]):
                for r in range(table_ptr[q], table_ptr[q + 1]):
                    units, money = table[r, 0], table[r, 1]
                    for t in range(first, stop):
                        i = of_step[r, t]
                        base, slope, begin, end = (
                            piece[i, 0],
                            piece[i, 1],
                            piece_ptr[i],
                            piece_ptr[i + 1],
                        )
                        if begin == end and base == ZERO and slope == ZERO:
                            continue
                        level, price = (
                            levels[q, t, start : start + here],
                            prices[q, t, start : start + here],
                        )
                        for lane in range(here):
                            work[lane] = fma(slope, level[lane], base)
                        for k in range(begin, end):
                            knot, bend = knots[k], bends[k]
                            for lane in range(here):
                                work[lane] = fma(bend, max(level[lane] - knot, ZERO), work[lane])
                        if units >= 0:
                            for lane in range(here):
                                acc[units, lane] += work[lane]
                        if money >= 0:
                            for lane in range(here):
                                acc[money, lane] = fma(work[lane], price[lane], acc[money, lane])
            for column in range(acc.shape[0]):
                if touched[column]:
                    total = totals[column, month, start : start + here]
                    for lane in range(here):
                        total[lane] += acc[column, lane]
