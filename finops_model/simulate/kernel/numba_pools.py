"""What demand costs on a tile, compiled: charges by line, levels of pools, tables of what settles them (docs/method §3.15).

Each function adds to arrays (step of the tile, lane) or (column, lane) in place; lanes never touch each other.
"""

from __future__ import annotations

from numba import njit

from .draws import LANES, divide, fma
from .events import ZERO, clear
from .numba_demand import add_row
from .pack import HOURS


@njit
def charge_demand(row, rate, demand, n, first):
    """Demand × rate into one column of the tile."""
    for t in range(n):
        now = rate[first + t]
        if now != ZERO:
            for lane in range(LANES):
                row[lane] = fma(now, demand[t, lane], row[lane])


@njit
def charge_line(row, rate, demand, line, n, first):
    """Demand × rate × price of a line into one column of the tile."""
    for t in range(n):
        now = rate[first + t]
        if now != ZERO:
            for lane in range(LANES):
                row[lane] = fma(now * demand[t, lane], line[t, lane], row[lane])


@njit
def times_price(out, demand, line, n):
    """Demand × price of a line."""
    for t in range(n):
        for lane in range(LANES):
            out[t, lane] = demand[t, lane] * line[t, lane]


@njit
def join_pool(level, units, demand, n, first):
    """Add units of a workload's demand to a level (or to the money) of its pool."""
    for t in range(n):
        now = units[first + t]
        for lane in range(LANES):
            level[t, lane] = fma(now, demand[t, lane], level[t, lane])


@njit
def join_hours(levels, units, share, demand, n, first):
    for t in range(n):
        for hour in range(HOURS):
            now = units[first + t] * share[first + t, hour]
            for lane in range(LANES):
                levels[hour, t, lane] = fma(now, demand[t, lane], levels[hour, t, lane])


@njit
def blend_prices(out, n, lines, line_of, weight, start, stop):
    """Σ weight × line: the price of one unit of a pool's spill."""
    if stop - start == 2:
        one, two, a, b = (
            lines[line_of[start]],
            lines[line_of[start + 1]],
            weight[start],
            weight[start + 1],
        )
        for t in range(n):
            for lane in range(LANES):
                out[t, lane] = fma(b, two[t, lane], a * one[t, lane])
        return
    clear(out, n)
    for i in range(start, stop):
        add_row(out, n, lines[line_of[i]], weight[i])


@njit
def money_per_unit(out, levels, money, hours, n):
    """Add a pool's money at list ÷ its usage: what one unit of spill costs on that path and step."""
    for t in range(n):
        for lane in range(LANES):
            usage = levels[0, t, lane]
            for hour in range(1, hours):
                usage += levels[hour, t, lane]
            out[t, lane] += divide(money[t, lane], usage) if usage > ZERO else ZERO


@njit
def settle_table(
    levels,
    row,
    hours,
    price,
    n,
    first,
    r,
    table,
    of_step,
    piece,
    piece_ptr,
    knots,
    bends,
    acc,
    work,
):
    """Evaluate table r of a pool on its levels (row + hour, step, lane); add values, and values × price, to the columns that want them.

    Rows are named by number: a view of one would be counted in and out at each call, which costs more than a short tile.
    """
    units, money = table[r, 0], table[r, 1]
    for t in range(n):
        i = of_step[r, first + t]
        base, slope, start, stop = piece[i, 0], piece[i, 1], piece_ptr[i], piece_ptr[i + 1]
        if start == stop and base == ZERO and slope == ZERO:
            continue
        for hour in range(row, row + hours):
            for lane in range(LANES):
                work[lane] = fma(slope, levels[hour, t, lane], base)
            for k in range(start, stop):
                knot, bend = knots[k], bends[k]
                for lane in range(LANES):
                    work[lane] = fma(bend, max(levels[hour, t, lane] - knot, ZERO), work[lane])
            if units >= 0:
                for lane in range(LANES):
                    acc[units, lane] += work[lane]
            if money >= 0:
                for lane in range(LANES):
                    acc[money, lane] = fma(work[lane], price[t, lane], acc[money, lane])
