"""Options beside one another, path by path: chances, regret, where two cost the same, when one overtakes (docs/method §8.63–§8.65)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from ..crossings import Crossings, crossings
from .priced import Priced, Settling

MOST = 3.0  # times the demand of the file: how far a break-even is looked for
POINTS = 25
ALIKE = 1e-9  # of the cost of a path: dearer by less is the same


@dataclass(frozen=True, kw_only=True)
class Ranked:
    """Options by their mean at NPV, the cheapest first; columns of `npv` in the order of `priced`."""

    priced: tuple[Priced, ...]
    npv: np.ndarray  # (path, option)

    @property
    def chance(self) -> np.ndarray:
        """(option,): share of the paths on which it is cheapest; paths on which several are share it."""
        least = self.npv.min(axis=1, keepdims=True)
        best = self.npv <= least + ALIKE * np.abs(least)
        return (best / best.sum(axis=1, keepdims=True)).mean(axis=0)

    @property
    def regret(self) -> np.ndarray:
        """(path, option): what it costs more than the cheapest of the path."""
        return self.npv - self.npv.min(axis=1, keepdims=True)

    def difference(self, one: int, other: int) -> tuple[float, float]:
        """Mean of other − one, and its standard error: of a path-wise difference."""
        gap = self.npv[:, other] - self.npv[:, one]
        error = float(gap.std(ddof=1) / np.sqrt(len(gap))) if len(gap) > 1 else 0.0
        return float(gap.mean()), error


def ranked(settling: Settling) -> Ranked:
    """Every option settled, in the order of its mean at NPV; of equal ones the name decides, never the place in the file."""
    priced = [settling.settle(option) for option in settling.question.options]
    priced.sort(key=lambda one: (round(float(one.npv.mean()), 9), one.name))
    return Ranked(priced=tuple(priced), npv=np.stack([one.npv for one in priced], axis=1))


def break_evens(settling: Settling, order: Ranked, most: int) -> pd.DataFrame:
    """Multiples of the demand at which two options cost the same at NPV, in the mean over the same draws; of more options than `most`, the best with each."""
    known: dict[tuple[str, float], np.ndarray] = {}

    def paid(one: Priced, scale: float) -> np.ndarray:
        key = (one.name, scale)
        if key not in known:
            known[key] = settling.settle(one.option, scale=scale).npv
        return known[key]

    count, units, rows = len(order.priced), float(settling.world.use.mean()), []
    for i, one in enumerate(order.priced):
        for other in order.priced[i + 1 :] if i == 0 or count <= most else ():
            size = max(abs(float(one.npv.mean())), abs(float(other.npv.mean())))

            def gap(scale: float, one: Priced = one, other: Priced = other) -> float:
                return float((paid(one, scale) - paid(other, scale)).mean())

            seen = crossings(
                gap,
                0.0,
                MOST,
                points=POINTS,
                tolerance=1e-7,
                scale=size,
                knots=(1.0,),
            )
            for times in _used(seen) or (None,):
                at = None if times is None else times * units
                rows.append((one.name, other.name, times, at, _sides(seen, one.name, other.name)))
    return pd.DataFrame(
        rows, columns=["option", "other", "times the demand", "units a month", "cheaper"]
    )


def _used(seen: Crossings) -> list[float]:
    """Where they cost the same with any use at all: without use two offers without a fee cost nothing both."""
    return [times for times in seen.values if times > seen.tolerance]


def _sides(seen: Crossings, one: str, other: str) -> str:
    """Who is cheaper on which side, in words."""
    if seen.flat:
        low, high = seen.flat[0]
        return f"they cost the same from {low:.3g} to {high:.3g} times the demand"
    values = _used(seen)
    if len(values) > 1:
        return "more than one: who is cheaper changes at each"
    middle = 0.5 * values[0] if values else 1.0
    below = float(np.interp(middle, seen.xs, seen.ys))
    under, over = (other, one) if below > 0 else (one, other)
    if not values:
        return f"none: '{under}' is cheaper at any demand up to {MOST:g} times, '{over}' never"
    if values[0] >= MOST:
        return f"at the edge: up to {MOST:g} times the demand '{under}' is cheaper"
    above = float(np.interp(0.5 * (values[0] + MOST), seen.xs, seen.ys))
    if above * below > 0:
        return f"they only touch there: '{under}' is cheaper on both sides"
    return f"below it '{under}' is cheaper, above it '{over}'"


def overtakes(one: Priced, other: Priced, months: tuple[str, ...]) -> str:
    """From which month on the first has cost less money in all than the second, in the mean, and stays so."""
    paid = [by_month(each.ledger, months) for each in (one, other)]
    ahead = np.cumsum(paid[1] - paid[0]) >= -ALIKE * max(1.0, float(np.abs(paid[0]).sum()))
    if ahead.all():
        return "from the start"
    if not ahead[-1]:
        return "never"
    return (*months, "after the end")[int(np.flatnonzero(~ahead)[-1]) + 1]


def by_month(ledger, months: tuple[str, ...]) -> np.ndarray:
    """(month + 1,): mean money paid in each month; what is paid after the last stands behind it."""
    at = (ledger.dates.astype("datetime64[M]") - np.datetime64(months[0], "M")).astype(int)
    return np.bincount(np.clip(at, 0, len(months)), ledger.cash.mean(axis=0), len(months) + 1)
