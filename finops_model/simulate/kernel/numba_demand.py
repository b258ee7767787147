"""What paths draw on a tile, compiled: prices of lines, demand of workloads, sums of demand (docs/method §3.15).

Each function fills or reads arrays (step of the tile, lane) in place; lanes never touch each other.
"""

from __future__ import annotations

from numba import njit

from .draws import LANES, exp32, fill_normals, fma
from .events import ONE, ZERO, clear


@njit
def add_row(tile, n, other, power):
    for t in range(n):
        for lane in range(LANES):
            tile[t, lane] = fma(power, other[t, lane], tile[t, lane])


@njit
def shift(tile, n, first, powers, profile, value):
    """Add what the path values do to a logarithm on the tile."""
    for v in range(powers.shape[0]):
        if powers[v] != ZERO:
            for t in range(n):
                weight = powers[v] * profile[v, first + t]
                if weight != ZERO:
                    for lane in range(LANES):
                        tile[t, lane] = fma(weight, value[v, lane], tile[t, lane])


@njit
def price_line(tile, n, first, price, form, powers, profile, value, jump_powers, jump, factor):
    """Price of a line on the tile: dated price × path values × jumps × (1 + overhead)."""
    varies, rise, spread, of = form[0], form[1], form[2], int(form[3])
    clear(tile, n)
    if varies != ZERO:
        shift(tile, n, first, powers, profile, value)
        for j in range(jump_powers.shape[0]):
            if jump_powers[j] != ZERO:
                add_row(tile, n, jump[j], jump_powers[j])
    for t in range(n):
        now = price[first + t]
        if varies == ZERO:
            for lane in range(LANES):
                tile[t, lane] = now
        elif rise > ZERO and of >= 0:
            for lane in range(LANES):
                tile[t, lane] = (
                    now * exp32(tile[t, lane]) * fma(rise, exp32(spread * factor[of, t, lane]), ONE)
                )
        else:
            for lane in range(LANES):
                tile[t, lane] = now * exp32(tile[t, lane]) * (ONE + rise)


@njit
def demand_of(
    demand,
    shock,
    n,
    first,
    block,
    median,
    form,
    load,
    own,
    step,
    level_load,
    powers,
    profile,
    value,
    jump_powers,
    jump,
    factor,
    key_noise,
    key_level,
    noise,
    level,
):
    """Demand of one workload on the tile, bursts apart."""
    moves = form[1] > ZERO
    if moves:
        fill_normals(shock, n, first, block, key_noise)
        _mix(shock, n, form[3], load, factor)
        phi = form[0]
        for t in range(n):
            scale = form[2] if first + t == 0 else form[1]
            for lane in range(LANES):
                x = fma(phi, noise[lane], scale * shock[t, lane])
                noise[lane] = x
                demand[t, lane] = x
    else:
        clear(demand, n)
    if own >= ZERO:
        moves = True
        fill_normals(shock, n, first, block, key_level)
        _mix(shock, n, own, level_load, factor)
        for t in range(n):
            sd = step[first + t]
            for lane in range(LANES):
                x = fma(sd, shock[t, lane], level[lane])
                level[lane] = x
                demand[t, lane] += x
    for v in range(powers.shape[0]):
        moves |= powers[v] != ZERO
    shift(demand, n, first, powers, profile, value)
    for j in range(jump_powers.shape[0]):
        if jump_powers[j] != ZERO:
            moves = True
            add_row(demand, n, jump[j], jump_powers[j])
    for t in range(n):
        now = median[first + t]
        if moves:
            for lane in range(LANES):
                demand[t, lane] = now * exp32(demand[t, lane])
        else:
            for lane in range(LANES):
                demand[t, lane] = now


@njit
def stop_at_cap(demand, cap, n, first):
    """A quota stops each path on each step."""
    for t in range(n):
        for lane in range(LANES):
            demand[t, lane] = min(demand[t, lane], cap[first + t])


@njit
def _mix(shock, n, own, load, factor):
    """own · shock + Σ loading · factor, in place."""
    for t in range(n):
        for lane in range(LANES):
            shock[t, lane] *= own
    for f in range(load.shape[0]):
        if load[f] != ZERO:
            add_row(shock, n, factor[f], load[f])


@njit
def add_volume(volume, demand, n, first, inside, work):
    """Add the demand of the lanes that count; sixteen partial sums, so that lanes add side by side in a fixed order."""
    for t in range(n):
        for i in range(16):
            work[i] = (demand[t, i] * inside[i] + demand[t, i + 16] * inside[i + 16]) + (
                demand[t, i + 32] * inside[i + 32] + demand[t, i + 48] * inside[i + 48]
            )
        total = 0.0
        for i in range(16):
            total += work[i]
        volume[first + t] += total
