"""Made-up hours of use of seventeen kinds: regimes that no real series at hand has shown.

The kinds were written down while the widths of hours were (method §2.14), ten before the first fit; these draws of them are of 2026-11-30, seen
for the first time when all was fitted, and stay.

`series(kind, number, hours)` gives one, the same for ever; `worlds()` all of them. Used by benchmarks/hourly_classes.py --simulated.
"""

from __future__ import annotations

import zlib

import numpy as np

HOURS = 24
MONDAY = np.datetime64("2025-03-03T00", "h")


class Draw:
    """What the kinds share: draws of one name, a day's shape, a level, noise."""

    def __init__(self, name: str, hours: int) -> None:
        self.rng = np.random.default_rng(zlib.crc32(name.encode()))
        self.hours, self.day = hours, np.arange(hours) // HOURS

    def shape(self, low: float, high: float) -> np.ndarray:
        """A day of hours again and again (hour,), mean 1."""
        rng, hour, depth = self.rng, np.arange(HOURS), self.rng.uniform(low, high)
        first = depth * np.sin(2 * np.pi * (hour - rng.uniform(0, HOURS)) / HOURS)
        second = 0.3 * depth * np.sin(4 * np.pi * (hour - rng.uniform(0, HOURS)) / HOURS)
        shape = np.exp(first + second)
        return np.resize(shape / shape.mean(), self.hours)

    def wandering(self, keep: float, sd: float) -> np.ndarray:
        """exp of a process that returns to its mean (hour,)."""
        shock = self.rng.standard_normal(self.hours) * sd * np.sqrt(1 - keep**2)
        out = np.empty(self.hours)
        out[0] = self.rng.standard_normal() * sd
        for i in range(1, self.hours):
            out[i] = keep * out[i - 1] + shock[i]
        return np.exp(out)

    def walk(self, sd: float) -> np.ndarray:
        return np.exp(np.cumsum(sd * self.rng.standard_normal(self.hours)))

    def noise(self, sd: float) -> np.ndarray:
        return np.exp(sd * self.rng.standard_normal(self.hours) - sd**2 / 2)

    def starts(self, apart: float) -> np.ndarray:
        """Hours at which something begins, `apart` hours apart in the mean."""
        return np.flatnonzero(self.rng.random(self.hours) < 1 / apart)

    def stepwise(self, apart: float, first: float, move) -> np.ndarray:
        """A level (hour,) that stays until it moves."""
        out, level = np.empty(self.hours), first
        for i in range(self.hours):
            if self.rng.random() < 1 / apart:
                level = move(level)
            out[i] = level
        return out


def daynight(d):
    return d.shape(0.2, 1.2) * d.wandering(0.9, d.rng.uniform(0.02, 0.1)) * d.noise(0.1)


def weekly(d):
    return d.shape(0.2, 1.0) * _weekend(d, 0.3, 0.8) * d.wandering(0.95, 0.06) * d.noise(0.1)


def drifting(d):
    return d.shape(0.1, 0.6) * d.walk(d.rng.uniform(0.01, 0.05)) * d.noise(0.08)


def bursty(d):
    use = d.shape(0.2, 1.2) * d.noise(0.1)
    for start in d.starts(d.rng.uniform(20, 80)):
        use[start : start + d.rng.integers(1, 7)] *= d.rng.uniform(2, 8)
    return use


def onoff(d):
    stops, begins = 1 / d.rng.uniform(6, 40), 1 / d.rng.uniform(4, 30)
    on, level, use = True, 1.0, np.empty(d.hours)
    for i in range(d.hours):
        if d.rng.random() < (stops if on else begins):
            on, level = not on, float(np.exp(0.5 * d.rng.standard_normal()))
        use[i] = on * level
    return use * d.noise(0.1)


def plateau(d):
    moved = lambda level: np.clip(level + 0.2 * d.rng.standard_normal(), 0.02, 1)  # noqa: E731
    return d.stepwise(d.rng.uniform(8, 30), 0.6, moved) * d.noise(0.02)


def restless(d):
    days = np.exp(d.rng.uniform(0.1, 0.4) * d.rng.standard_normal(d.hours // HOURS + 1))
    return d.shape(0.2, 1.2) * days[d.day] * d.noise(0.1)


def shifts(d):
    jumps = (d.rng.random(d.hours) < 1 / 150) * d.rng.standard_normal(d.hours) * 0.5
    return d.shape(0.2, 1.2) * d.noise(0.08) * np.exp(np.cumsum(jumps))


def counts(d):
    mean = d.rng.uniform(0.5, 8) * d.shape(0.2, 1.2) * d.wandering(0.97, d.rng.uniform(0.05, 0.4))
    return d.rng.poisson(mean).astype(float)


def spiky(d):
    return d.shape(0.2, 1.2) * d.noise(d.rng.uniform(0.4, 0.9))


def news(d):
    """Talk of a subject: bursts that rise at once and fade within hours."""
    use = d.shape(0.2, 1.0) * _weekend(d, 0.4, 0.8) * d.wandering(0.97, 0.2) * d.noise(0.25)
    for start in d.starts(d.rng.uniform(50, 200)):
        since = np.arange(d.hours - start)
        use[start:] *= 1 + (d.rng.pareto(1.5) + 0.5) * np.exp(-since / d.rng.uniform(2, 15))
    return use


def machine(d):
    """One machine: flat for days, then another level."""
    moved = lambda level: np.clip(level * np.exp(0.8 * d.rng.standard_normal()), 0.01, 1)  # noqa: E731
    use = d.stepwise(d.rng.uniform(60, 300), d.rng.uniform(0.05, 0.6), moved)
    use = use * d.noise(d.rng.uniform(0.01, 0.1))
    use[d.starts(100)] *= 1.5
    return use


def requests(d):
    mean = d.rng.uniform(5, 200) * d.shape(0.2, 1.0) * d.wandering(0.95, d.rng.uniform(0.1, 0.5))
    return d.rng.poisson(mean) * d.rng.choice([1.0, 1, 1, 3], d.hours)


def prices(d):
    """Cost of advertising: a drifting level, a wild hour now and then."""
    use = d.shape(0.2, 1.0) * d.walk(0.012) * d.noise(d.rng.uniform(0.1, 0.3))
    use[d.starts(100)] *= d.rng.uniform(0.1, 4)
    return use


def batch(d):
    """Jobs at fixed hours, of sizes with a heavy tail, on top of little."""
    at = d.rng.integers(0, HOURS, d.rng.integers(1, 4))
    use = 0.05 * d.noise(0.5)
    on = np.isin(np.arange(d.hours) % HOURS, at) & (d.rng.random(d.hours) < 0.85)
    use[on] += np.exp(d.rng.standard_normal(on.sum()))
    return use


def clients(d):
    """A client of an interface: there for days, away for days, restless while there."""
    on, use = True, np.ones(d.hours)
    for day in range(d.hours // HOURS + 1):
        if d.rng.random() < (0.12 if on else 0.4):
            on = not on
        use[day * HOURS : (day + 1) * HOURS] = 1.0 if on else 0.01
    mean = d.rng.uniform(1, 300) * d.shape(0.2, 1.0) * use
    return d.rng.poisson(mean * d.wandering(0.98, d.rng.uniform(0.3, 0.9))).astype(float)


def queue(d):
    """Jobs waiting for a cluster that holds so many."""
    cap, waiting, use = d.rng.uniform(20, 200), 0.0, np.empty(d.hours)
    for i in range(d.hours):
        waiting += d.rng.poisson(0.15) * d.rng.exponential(cap * d.rng.uniform(2, 6))
        use[i] = min(waiting, cap)
        waiting -= use[i]
    return use


def _weekend(d, low, high):
    return np.where((d.day + d.rng.integers(0, 7)) % 7 >= 5, d.rng.uniform(low, high), 1.0)


KINDS = {
    one.__name__: one
    for one in (
        *(daynight, weekly, drifting, bursty, onoff, plateau, restless, shifts, counts, spiky),
        *(news, machine, requests, prices, batch, clients, queue),
    )
}
LENGTHS = (336, 744, 1000)


def series(kind: str, number: int, hours: int) -> np.ndarray:
    """Use by the hour (hour,) of one made-up series.

    >>> series("daynight", 0, 48).shape, bool((series("queue", 1, 500) >= 0).all())
    ((48,), True)
    """
    draw = Draw(f"{kind}/{number}", hours)
    return KINDS[kind](draw) * 10 ** draw.rng.uniform(0, 3)


def worlds(each: int = 12) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """{"kind/number": (hours, values)}, of two weeks to six."""
    return {
        f"{kind}/{i}": (MONDAY + np.arange(hours), series(kind, i, hours))
        for kind in KINDS
        for i in range(each)
        for hours in (LENGTHS[i % len(LENGTHS)],)
    }
