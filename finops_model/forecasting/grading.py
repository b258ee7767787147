"""How well each method did from earlier days on, and what share it gets for that (docs/method §2.2).

Cutoffs are earlier days; a method forecasts from each with what was known then and is compared with actuals. The newest cutoffs are graded
as far as there are days: what a method missed last month is the freshest thing known of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .methods import ask, shelf

CUTOFFS = 8  # rolling cutoffs graded on all their days, at most
COSTLY_CUTOFFS = 3  # newest cutoffs on which costly methods are graded
OFFSET = 0.02  # of the recent mean: keeps ratios of quiet days finite


@dataclass(frozen=True)
class Clock:
    """What a step of a history is, and how far and how often it is graded."""

    step: str  # numpy's unit
    season: int  # steps after which the shape comes again
    graded: int  # longest lead graded
    between: int  # steps between cutoffs at most
    train: int  # steps a cutoff needs before it, where the history has them
    independent_after: int  # steps after which two errors are independent
    blocks: tuple[
        int, ...
    ]  # leads at which a part of the graded steps begins that has weights of its own

    def least(self, days: int) -> int:
        """The shortest history of a method, in steps."""
        return -(-days * self.season // 7)

    def edges(self, graded: int) -> np.ndarray:
        """Where the parts of the graded steps begin, and where the last one ends.

        >>> DAYS.edges(92).tolist(), DAYS.edges(15).tolist()
        ([0, 7, 30, 92], [0, 7, 15])
        """
        return np.array([start for start in self.blocks if start < graded] + [graded])


DAYS = Clock("D", 7, 92, 31, 60, 30, (0, 7, 30))
HOURS = Clock("h", 24, 96, 24, 96, 24, (0, 6, 24))


def rolling_cutoffs(days: int, clock: Clock = DAYS) -> tuple[int, int, np.ndarray]:
    """Steps graded per cutoff, steps between cutoffs, and the cutoffs graded in full (steps known), newest first.

    Depends on the length of the history only, never on the horizon asked for.

    >>> rolling_cutoffs(760)
    (92, 31, array([668, 637, 606, 575, 544, 513, 482, 451]))
    >>> rolling_cutoffs(20)
    (6, 1, array([14, 13, 12, 11, 10,  9,  8,  7]))
    """
    train = min(clock.train, max(clock.season, days // 3))
    graded = int(min(clock.graded, max(1, (days - train) // 2)))
    room = days - graded - train
    step = int(min(clock.between, max(1, room // (CUTOFFS - 1))))
    count = int(min(CUTOFFS, max(0, room // step + 1))) if days >= clock.season + 2 else 0
    return graded, step, days - graded - step * np.arange(count)


def newer_cutoffs(
    days: int, graded: int, step: int, cutoffs: np.ndarray, clock: Clock = DAYS
) -> np.ndarray:
    """Cutoffs after the newest one graded in full, newest first: those with at least `clock.independent_after` steps after them (a month, a day of hours).

    >>> newer_cutoffs(760, *rolling_cutoffs(760)).tolist(), newer_cutoffs(20, *rolling_cutoffs(20)).tolist()
    ([730, 699], [])
    """
    if not len(cutoffs):
        return cutoffs
    return np.arange(cutoffs[0] + step, days - min(clock.independent_after, graded) + 1, step)[::-1]


@dataclass(frozen=True)
class Grades:
    """What the methods said from each cutoff and how far they missed, newest cutoff first.

    actual (cutoff, step), NaN after the last known one; points (method, cutoff, step), NaN where a method cannot;
    misses (block, method, cutoff); shares_known (cutoff,): share of the graded steps a cutoff has.
    """

    cutoffs: np.ndarray
    actual: np.ndarray
    points: np.ndarray
    misses: np.ndarray
    shares_known: np.ndarray
    edges: np.ndarray

    def shares(self, usable: np.ndarray, steps: int, without: int | None = None) -> np.ndarray:
        """Weights (method, step) of the methods that can forecast, adding up to 1, straight lines between the middles of the blocks.

        usable    (method,) bool;  without: a cutoff that may not be seen
        """
        seen = np.arange(len(self.cutoffs)) != (-1 if without is None else without)
        by_block = []
        for misses in self.misses:
            on = seen & ~np.isnan(misses).all(axis=0)
            share = np.where(
                usable, weigh(misses[:, on], self.shares_known[on]) if on.any() else 1.0, 0.0
            )
            by_block.append(share / share.sum() if share.sum() > 0 else usable / usable.sum())
        middles = (self.edges[:-1] + self.edges[1:] - 1) / 2
        return np.stack(
            [np.interp(np.arange(steps), middles, each) for each in np.transpose(by_block)]
        )


def grade(
    values: np.ndarray, days: np.ndarray, names, clock: Clock, covariates=None
) -> tuple[Grades, int]:
    """Grades of the methods on rolling cutoffs, and the steps between the cutoffs.

    Of a cutoff that no method could forecast no method is graded: its points and misses are NaN for all of them.
    A miss is the root mean square of mean |error| and |mean error| ÷ mean actual: days and totals count alike. A block's miss is the root
    mean square of that of its steps and that of all graded ones: a week is little to judge by.
    """
    graded, step, full = rolling_cutoffs(len(values), clock)
    cutoffs = np.concatenate([newer_cutoffs(len(values), graded, step, full, clock), full]).astype(
        int
    )
    edges = clock.edges(graded)
    actual = np.full((len(cutoffs), graded), np.nan)
    points = np.full((len(names), len(cutoffs), graded), np.nan)
    misses = np.full((len(edges) - 1, len(names), len(cutoffs)), np.nan)
    for i, cutoff in enumerate(cutoffs):
        known_actual = values[cutoff : cutoff + graded]
        actual[i, : len(known_actual)] = known_actual
        for m, name in enumerate(names):
            module = shelf()[name]
            if cutoff >= clock.least(module.MIN_DAYS) and (
                module.COST == "cheap" or i < COSTLY_CUTOFFS
            ):
                points[m, i] = ask(
                    name, values[:cutoff], days[:cutoff], graded, clock.season, covariates
                )
        size = known_actual.mean() + OFFSET * values[:cutoff].mean() + 1e-300
        error = known_actual - points[:, i, : len(known_actual)]
        whole = _squared(error)
        for block, (start, end) in enumerate(zip(edges, edges[1:])):
            if start < len(known_actual):
                misses[block, :, i] = np.sqrt((_squared(error[:, start:end]) + whole) / 2) / size
    shares_known = np.minimum(len(values) - cutoffs, graded) / graded
    return Grades(cutoffs, actual, points, misses, shares_known, edges), step


def _squared(error):
    """Mean of (mean |error|)² and (mean error)² by method, (method,)."""
    return (np.abs(error).mean(axis=1) ** 2 + error.mean(axis=1) ** 2) / 2


def weigh(misses: np.ndarray, counts: np.ndarray | None = None) -> np.ndarray:
    """Weights ∝ 1 ÷ miss² (method,), adding up to 1, from misses (method, cutoff) with NaN where a method was not graded.

    A method is compared with the others on the cutoffs it was graded on: its miss is the typical miss (root mean square) of all times
    its ratio to them there. A method graded on a single cutoff of several counts half; one never graded counts nothing.
    counts (cutoff,): how much a cutoff counts; None: all alike.

    >>> weigh(np.array([[0.1, 0.1], [0.2, 0.2]])).round(2).tolist()
    [0.8, 0.2]
    """
    graded = ~np.isnan(misses)
    if not graded.any():
        return np.full(len(misses), 1 / len(misses))
    counts = np.ones(misses.shape[1]) if counts is None else counts
    always = graded.all(axis=1)
    base = misses[always] if always.any() else misses
    reference = np.nanmean(base, axis=0) + 1e-6
    ratio = np.full(len(misses), np.inf)
    for m in np.flatnonzero(graded.any(axis=1)):
        on = graded[m]
        ratio[m] = max(
            np.sqrt((counts[on] @ misses[m, on] ** 2) / (counts[on] @ reference[on] ** 2)), 0.02
        )
    weight = ratio**-2.0
    if misses.shape[1] > 1:
        weight = np.where(graded.sum(axis=1) == 1, weight / 2, weight)
    return weight / weight.sum()
