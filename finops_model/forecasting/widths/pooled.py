"""How far series of any kind missed, in units of their own change over a season: the prior of a width (docs/method §2.15).

A young series has missed too few times to say how wide its range must be. How much it changes from one week to the next is seen on every one
of its days, and series of all kinds miss by about the same multiple of it. The multiples lie in pooled_widths.json, made by
benchmarks/pooled_widths.py; they know no class and no name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np

from ... import resources

TABLE = resources.path("pooled_widths.json", beside=__package__)
SEASONS = 26  # newest seasons whose changes count: half a year of weeks
MOST = 1.5  # sd of a pooled log level, at most
MOST_CHANGE = np.log(10.0)  # one change counts at most tenfold
WORTH = 2.0  # independent windows that the table is worth: multiples of series differ by a log sd of about .5, and 1 ÷ (2·.5²) = 2
MOST_GAP = np.log(
    10.0
)  # own and pooled spread are at most this far apart when one is drawn to the other
LEAST_CHANGES = 14  # changes from which a series alone says how much it changes (two weeks of them)


@dataclass(frozen=True)
class Widths:
    """Multiples of the size of a series' changes over a season, by length of the history and lead."""

    histories: np.ndarray  # (history,), steps known, rising
    leads: np.ndarray  # (lead,), steps ahead, rising
    ratio: np.ndarray  # (history, lead): P80 of |log level missed| ÷ size ÷ 1.2816
    noise: float  # sd of the steps around the level ÷ size
    change: float  # change of a typical series
    power: float  # size = change of a typical series × (own ÷ typical)^power: calm series do not stay as calm, nor restless as restless
    shape: float = 0.0  # hours: change inside of days of a typical series (hours.shape_change)

    def size(self, change: float) -> float:
        """What the multiples multiply.

        >>> Widths(None, None, None, 0.5, 0.1, 0.5).size(0.4)
        0.2
        """
        return float(self.change * (change / self.change) ** self.power)

    def level_sd(self, change: float, known: int, ahead: np.ndarray) -> np.ndarray:
        """sd of the log level at leads `ahead` (step,), for a history of `known` steps; variance grows on straight after the last lead.

        >>> flat = Widths(np.array([20, 90]), np.array([7, 30]), np.array([[2.0, 2.0], [1.0, 1.0]]), 0.5, 0.1, 1.0)
        >>> flat.level_sd(0.2, 55, np.array([1, 7, 30])).round(6).tolist()
        [0.3, 0.3, 0.3]
        """
        row = np.array([np.interp(known, self.histories, column) for column in self.ratio.T])
        variance = np.maximum.accumulate(row**2)
        inside = np.interp(ahead, self.leads, variance)
        slope = (variance[-1] - variance[0]) / (self.leads[-1] - self.leads[0])
        grown = np.sqrt(inside + slope * np.maximum(np.asarray(ahead) - self.leads[-1], 0.0))
        return np.minimum(self.size(change) * grown, MOST)


@lru_cache(maxsize=4)
def widths(step: str = "D", path: Path = TABLE) -> Widths:
    """The pooled multiples of days ("D") or hours ("h").

    >>> widths("D").ratio.shape == (len(widths("D").histories), len(widths("D").leads))
    True
    """
    return read(json.loads(Path(path).read_text())["steps"][step])


def read(table: dict) -> Widths:
    """A Widths of one part of the table's text."""
    return Widths(
        np.array(table["histories"], float),
        np.array(table["leads"], float),
        np.array(table["ratio"], float),
        *(float(table.get(name, 0.0)) for name in ("noise", "change", "power", "shape")),
    )


def without_a_past(months: int) -> tuple[np.ndarray, float]:
    """sd of the log level at the middles of the next months (month,), and of the days around it, of a series that has no past at all.

    >>> level, day = without_a_past(3); bool((np.diff(level) > 0).all() and day > 0)
    True
    """
    known = widths("D")
    return known.level_sd(
        known.change, 0, (np.arange(months) + 0.5) * 365.25 / 12
    ), known.change * known.noise


def season_change(values: np.ndarray, offset: float, season: int, typical: float) -> float:
    """Root mean square of log(value ÷ value a season before) over the newest SEASONS seasons; a change counts at most tenfold.

    typical   stands in for it where the history is too short to have LEAST_CHANGES changes, by their share

    >>> round(season_change(np.array([1.0] * 7 + [2.0] * 7 + [4.0] * 7), 0.0, 7, 0.2), 4)
    0.6931
    """
    logs = np.log(values[-(SEASONS + 1) * season :] + offset)
    changes = np.clip(logs[season:] - logs[:-season], -MOST_CHANGE, MOST_CHANGE)
    own = min(len(changes) / LEAST_CHANGES, 1.0)
    change = np.sqrt((changes**2).mean()) if len(changes) else 0.0
    return float(np.sqrt(own * change**2 + (1 - own) * typical**2))


def drawn_together(
    own: np.ndarray, pooled: np.ndarray, windows: float, worth: float = WORTH
) -> tuple[float, float]:
    """Factors of the own and of the pooled level that bring both to one spread: windows ÷ (windows + worth) of the way to the own, in logs.

    own, pooled   sd of the log level (step,) of the same steps

    >>> own, pooled = drawn_together(np.array([0.1]), np.array([0.2]), 2.0)
    >>> round(own * 0.1, 4), round(pooled * 0.2, 4), round(float(np.sqrt(0.1 * 0.2)), 4)
    (0.1414, 0.1414, 0.1414)
    """
    size = np.maximum(np.sqrt([(own**2).mean(), (pooled**2).mean()]), 1e-12)
    gap = np.clip(np.log(size[1] / size[0]), -MOST_GAP, MOST_GAP)
    trust = windows / (windows + worth)
    return float(np.exp((1 - trust) * gap)), float(np.exp(-trust * gap))
