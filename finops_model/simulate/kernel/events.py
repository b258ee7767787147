"""Sparse events of the compiled kernel: bursts of demand, jumps of prices (docs/method §3.15).

Few cells have an event, so none is drawn by cell: each path carries the time of its next one. Event n of a path is counter (path, n) of
its stream, whatever the tiles, the horizon or the other paths.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from .draws import LANES, fma, log32, normal32, philox, uniform32

ZERO, ONE, NEVER = np.float32(0.0), np.float32(1.0), np.float32(3e38)


@njit
def clear(tile, n):
    for t in range(n):
        for lane in range(LANES):
            tile[t, lane] = ZERO


@njit(inline="always")
def _waiting(word, gap):
    """An exponential waiting time with mean `gap`."""
    return -log32(uniform32(word)) * gap


@njit
def _due(due, end, lanes):
    """The lanes whose next event comes before `end`, without a branch; how many there are."""
    count = 0
    for lane in range(LANES):
        lanes[count] = lane
        count += 1 if due[lane] < end else 0
    return count


@njit
def burst_draws(key, lane0, number, due, size, gap, mean, end):
    """Time and size of the next burst of each lane whose last one came before `end`; event n of a path is counter (path, n)."""
    for lane in range(LANES):
        a, b, c, d = philox(
            np.uint32(lane0 + lane), np.uint32(number[lane]), key[2], key[3], key[0], key[1]
        )
        wait, mass = _waiting(a, gap), _waiting(b, mean)
        on = due[lane] < end
        number[lane] += 1 if on else 0
        size[lane] = mass if on else size[lane]
        due[lane] += wait if on else ZERO


@njit
def bursts(demand, n, first, key, lane0, number, due, size, left, gap, mean, stays, lanes):
    """Add compound-Poisson bursts to the demand of a tile; few cells have one, so only those are touched."""
    if stays > ZERO:
        for lane in range(LANES):
            rest = left[lane]
            if rest > ZERO:
                for t in range(n):
                    rest *= stays
                    demand[t, lane] += rest
                left[lane] = rest if rest > np.float32(1e-20) else ZERO
    end = np.float32(first + n)
    while True:
        count = _due(due, end, lanes)
        if count == 0:
            return
        for i in range(count):
            lane = lanes[i]
            at = min(max(int(due[lane]) - first, 0), n - 1)
            value = size[lane]
            demand[at, lane] += value
            if stays > ZERO:
                for t in range(at + 1, n):
                    value *= stays
                    demand[t, lane] += value
                left[lane] += value
        if count > 8:
            burst_draws(key, lane0, number, due, size, gap, mean, end)
        else:
            for i in range(count):
                lane = lanes[i]
                a, b, c, d = philox(
                    np.uint32(lane0 + lane), np.uint32(number[lane]), key[2], key[3], key[0], key[1]
                )
                number[lane] += 1
                size[lane] = _waiting(b, mean)
                due[lane] += _waiting(a, gap)


@njit
def jump_draw(key, path, lane, number, due, size, held, form, start):
    """A lane's next jump: after a wait a factor; where spells end, after its length the factor is taken back."""
    a, b, c, d = philox(np.uint32(path), np.uint32(number[lane]), key[2], key[3], key[0], key[1])
    number[lane] += 1
    if (
        form[4] > ZERO and not start and held[lane] == ZERO
    ):  # a spell has just begun: next comes its end
        due[lane] += _waiting(a, form[4])
        held[lane] = ONE
        size[lane] = -size[lane]
        return
    due[lane] += _waiting(a, form[0])
    held[lane] = ZERO
    if form[1] == ZERO:
        size[lane] = log32(fma(form[3] - form[2], uniform32(b), form[2]))
    else:
        size[lane] = fma(form[3], normal32(b), form[2])


@njit
def jumps(out, n, first, key, lane0, number, due, size, held, level, form, lanes):
    """Log factor of one jump process on the tile: (n, lanes)."""
    clear(out, n)
    end = np.float32(first + n)
    while True:
        count = _due(due, end, lanes)
        if count == 0:
            break
        for i in range(count):
            lane = lanes[i]
            out[min(max(int(due[lane]) - first, 0), n - 1), lane] += size[lane]
            jump_draw(key, lane0 + lane, lane, number, due, size, held, form, False)
    for t in range(n):
        for lane in range(LANES):
            level[lane] += out[t, lane]
            out[t, lane] = level[lane]
