"""Draws of one block of paths in numpy: normals, bursts, jumps (docs/method §3.15).

SFC64, keyed by blake2b of seed and stream name, and block; paths side by side, steps one after the other.
"""

from __future__ import annotations

import numpy as np

from ... import streams
from .flat import FlatPlan
from .pack import Packed

BLOCK = streams.BLOCK


def generator(seed: int, name: str, block: int) -> np.random.Generator:
    """The generator of one stream and block: paths of the block side by side, steps one after the other."""
    words = [int(word) for word in streams.key(seed, name)]
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(words, spawn_key=(block,))))


class Events:
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
        arrivals = self.when[:cut].astype(np.int64), self.size[:cut]
        self.when, self.size = self.when[cut:], self.size[cut:]
        return arrivals


class Spells:
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


def all_bursts(p: Packed, plan: FlatPlan, seed: int, block: int):
    """All bursts of a block in the order of their steps: (step, workload, path, size), and where each step starts."""
    parts, last = [], int(p.tile[-1, 1]) if len(p.tile) else 0
    for w in np.flatnonzero(p.burst[:, 0] > 0):
        begins = int(p.burst[w, 3])
        cells, marks = Events(seed, f"burst/{plan.workloads[w]}", block, 1 / p.burst[w, 0]).until(
            last - begins
        )
        cells = cells + begins * BLOCK
        parts.append(
            (cells, np.full(len(cells), w), (-np.log(marks) * p.burst[w, 1]).astype(np.float32))
        )
    if not parts:
        return None
    cells, works, sizes = (np.concatenate(part) for part in zip(*parts))
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


def normals(generators, n: int) -> np.ndarray:
    out = np.empty((len(generators), n, BLOCK), np.float32)
    for row, draw in zip(out, generators):
        draw.standard_normal(dtype=np.float32, out=row)
    return out


def mixed(generators, n: int, own, load, factor) -> np.ndarray:
    """own · z + Σ loading · factor for some workloads: (workload, step, path)."""
    shock = normals(generators, n)
    shock *= own[:, None, None]
    if load.any():
        shock += (load @ factor.reshape(len(factor), -1)).reshape(shock.shape)
    return shock
