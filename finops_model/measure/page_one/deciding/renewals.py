"""What it saves to renew a commitment that ends, on the run's own futures (docs/method §9.31).

The base run keeps, for its first paths, what of a commitment's use lies above each of some levels (simulate/dials.py): any level can be
settled from them month by month, against the same futures without it. numpy only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ....periods import month_days
from ....prices.terms.contracts import is_currency
from .commitments_held import PREFIX, term, text_of

NOISE = 1e-12  # of the money on demand: what floats add


@dataclass(frozen=True)
class Renewal:
    """A commitment renewed at its own terms from the day it ends, against letting it end; money of the months asked for."""

    quantity: float  # best on the mean of the paths; 0: no renewal pays
    held: float  # as it is
    saving: np.ndarray  # (path,), of `quantity`
    as_held: float  # mean saving of what is held
    months: float  # months of the period that the renewal covers


def pool_of(frozen: Mapping, record: Mapping) -> Mapping | None:
    """The frozen pool of a commitment; None where it has none of its own, or overlaps with others in part."""
    name = text_of(record, f"{PREFIX}Id")
    own = [pool for pool in frozen.get("commitments", []) if pool["ids"].count(name) == 1]
    return own[0] if len(own) == 1 and len(own[0]["grid"]) > 1 else None


def rate_of(pool: Mapping, record: Mapping, month: int) -> float | None:
    """Money per unit and hour of a commitment; None where its pool has others and the record does not say it."""
    try:
        return float(text_of(record, "x_Rate"))
    except ValueError:
        return float(pool["rate"][month]) if len(pool["ids"]) == 1 else None


def covered(record: Mapping, months: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray] | None:
    """Shares of each month's days on which the commitment holds, and on which one of the same length that follows it would: (month,) each."""
    days = term(record)
    if days is None:
        return None
    start, last = (np.datetime64(day, "D") for day in days)
    length = last - start + np.timedelta64(1, "D")
    now, then = np.zeros(len(months)), np.zeros(len(months))
    for i, month in enumerate(months):
        dates = month_days(month)
        now[i] = np.mean((dates >= start) & (dates <= last))
        then[i] = np.mean((dates > last) & (dates <= last + length))
    return now, then


def renewal(
    frozen: Mapping, record: Mapping, months: tuple[str, ...], inside: np.ndarray
) -> Renewal | None:
    """The best renewal of a commitment at its own rate and length; None where nothing can be computed.

    frozen   `dials` of the base run;  months: those of the run
    inside   (month,): the share of each month that is asked for, that of a fiscal year
    """
    pool, shares = pool_of(frozen, record), covered(record, months)
    if pool is None or shares is None or list(frozen["months"]) != list(months):
        return None
    now, then = shares
    weight = then * inside
    at = np.flatnonzero(weight > 0)
    try:
        quantity = float(text_of(record, f"{PREFIX}Quantity"))
    except ValueError:
        return None
    if not len(at) or (rate := rate_of(pool, record, int(at[0]))) is None:
        return None
    # what others of the pool hold: the level in force less its own part of the month
    others = np.maximum(np.asarray(pool["level"], float) - quantity * now, 0.0)[at]
    spill, price = pool["spill"][:, at], np.asarray(pool["price"])[..., at]
    paid = spill * np.broadcast_to(price, spill.shape[:2])[..., None]
    hours = np.asarray(pool["hours"], float)[at]

    def saving(money: np.ndarray, size: float) -> np.ndarray:
        """On demand less renewed, (path,)."""
        grid = pool["grid"]
        less = _above(money, grid, others) - _above(money, grid, others + size)
        return (less - rate * size * hours) @ weight[at]

    sizes = _sizes(pool, quantity, float(others.max()))
    mean = paid.mean(axis=0, keepdims=True)
    means = np.array([float(saving(mean, size)[0]) for size in sizes])
    grain = NOISE * float((mean[0, :, 0] * weight[at]).sum())
    # of several best levels the smallest, as in §8.1
    best = float(sizes[np.argmax(means >= means.max() - grain)]) if means.max() > grain else 0.0
    as_held = float(saving(mean, quantity)[0])
    return Renewal(best, quantity, saving(paid, best), as_held, float(weight.sum()))


def _sizes(pool: Mapping, quantity: float, others: float) -> np.ndarray:
    """What is tried: whole units (of money: the levels that the run kept), and what is held."""
    grid = np.asarray(pool["grid"], float)
    top = max(float(grid[-1]) - others, 0.0)
    steps = grid if is_currency(pool["unit"]) or top > 10_000 else np.arange(np.floor(top) + 1)
    return np.unique(np.append(steps[steps <= top], quantity))


def _above(paid: np.ndarray, grid, levels: np.ndarray) -> np.ndarray:
    """Straight between the grid's levels, which never says less is left on demand than there is: (path, month)."""
    grid = np.asarray(grid, float)
    right = np.clip(np.searchsorted(grid, levels), 1, len(grid) - 1)
    months = np.arange(paid.shape[1])
    share = np.clip((levels - grid[right - 1]) / (grid[right] - grid[right - 1]), 0.0, 1.0)
    return paid[:, months, right - 1] * (1 - share) + paid[:, months, right] * share
