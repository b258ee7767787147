"""Changes of which the day is known, and perhaps not whether they come (docs/method.md §3.31)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ...errors import ScenarioError, unknown
from .. import price_risk
from ..distributions._checks import set_fields, share
from ._base import DAY, Clock, Risk, Uncertain, a_factor, day_of, on_paths, told, the

KEYS = ("since", "factor", "chance")


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One dated change of a price."""

    since: str
    factor: Uncertain
    chance: float = 1.0

    def __post_init__(self):
        if not isinstance(self.since, str) or not DAY.match(self.since):
            raise ScenarioError(f"since is '{str(self.since)[:40]}'; write a month YYYY-MM or a day YYYY-MM-DD.")
        a_factor(self, "factor")
        set_fields(self, since=day_of(self.since), chance=share(self.chance, "chance"))


@dataclass(frozen=True, kw_only=True)
class Announced(Risk):
    """Prices change on given days.

    changes   list of {since, factor, chance}: from that day on × factor, with that chance (default 1)
    """

    changes: tuple[dict, ...]

    def check(self):
        if not isinstance(self.changes, (list, tuple)) or not self.changes:
            raise ScenarioError("changes: write a list of {since, factor, chance}, at least one.")
        found = []
        for i, one in enumerate(self.changes):
            if isinstance(one, _Change):
                found.append(one)
                continue
            if not isinstance(one, dict):
                raise ScenarioError(f"changes/{i} is '{str(one)[:40]}'; write {{since, factor, chance}}.")
            for key in one:
                if key not in KEYS:
                    raise ScenarioError(unknown(f"changes/{i}", "field", str(key), KEYS))
            missing = [key for key in KEYS[:2] if key not in one]
            if missing:
                raise ScenarioError(f"changes/{i}: {missing[0]} is missing; write it.")
            try:
                found.append(_Change(**one))
            except ScenarioError as problem:
                raise ScenarioError(f"changes/{i}: {problem}") from None
        if self.since:
            raise ScenarioError("since: every change has a day of its own; take since out.")
        set_fields(self, changes=tuple(sorted(found, key=lambda change: change.since)))

    @property
    def idle(self) -> bool:
        return all(change.chance == 0 or change.factor == 1 for change in self.changes)

    def profile(self, clock: Clock) -> np.ndarray:
        return np.array([(clock.dates >= np.datetime64(change.since, "D")) for change in self.changes], float)

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        found = np.ones((len(paths), len(self.changes)))
        for i, change in enumerate(self.changes):
            size = on_paths(change.factor, seed, f"{name}/size/{change.since}", paths)
            come = change.chance == 1 or price_risk.path_uniforms(seed, f"{name}/comes/{change.since}", paths) < change.chance
            found[:, i] = np.where(come, size, 1.0)
        return (found,)

    def words(self) -> str:
        each = [f"× {told(c.factor)} from {c.since}" + (f" with a chance of {100 * c.chance:.3g} %" if c.chance < 1 else "") for c in self.changes]
        return f"the price of {the(self)} changes {', '.join(each)}"
