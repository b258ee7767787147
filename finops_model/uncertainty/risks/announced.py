"""Changes of which the day is known, and perhaps not whether they come (docs/method §3.31)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np

from ...errors import ScenarioError, unknown
from .. import uniforms
from ..distributions._checks import set_fields
from ._base import (
    Clock,
    Factors,
    Uncertain,
    a_factor,
    check_date,
    day_of,
    in_words,
    on_paths,
    read_share,
    the,
)

KEYS = ("since", "factor", "chance")


@dataclass(frozen=True, kw_only=True)
class _Change:
    """One dated change of a price."""

    since: str
    factor: Uncertain
    chance: float = 1.0

    def __post_init__(self):
        check_date(self.since, "since")
        a_factor(self, "factor")
        read_share(self, "chance")
        set_fields(self, since=day_of(self.since))


@dataclass(frozen=True, kw_only=True)
class Announced(Factors):
    """Prices change on given days; a change before the first day forecast stands in the ledger's prices and is left out.

    changes   list of {since, factor, chance}: from that day on × factor, with that chance (default 1)
    """

    changes: tuple[dict, ...]

    def check(self):
        if not isinstance(self.changes, (list, tuple)) or not self.changes:
            raise ScenarioError("changes: write a list of {since, factor, chance}, at least one.")
        dated = []
        for i, one in enumerate(self.changes):
            if isinstance(one, _Change):
                dated.append(one)
                continue
            if not isinstance(one, dict):
                raise ScenarioError(
                    f"changes/{i} is '{str(one)[:40]}'; write {{since, factor, chance}}."
                )
            for key in one:
                if key not in KEYS:
                    raise ScenarioError(unknown(f"changes/{i}", "field", str(key), KEYS))
            missing = [key for key in KEYS[:2] if key not in one]
            if missing:
                raise ScenarioError(f"changes/{i}: {missing[0]} is missing; write it.")
            try:
                dated.append(_Change(**one))
            except ScenarioError as problem:
                raise ScenarioError(f"changes/{i}: {problem}") from None
        if self.since:
            raise ScenarioError("since: every change has a day of its own; take since out.")
        days = [change.since for change in dated]
        twice = next((day for day in days if days.count(day) > 1), None)
        if twice:
            raise ScenarioError(f"changes: two are of {twice}; write one, or a risk for each.")
        set_fields(self, changes=tuple(sorted(dated, key=lambda change: change.since)))

    @property
    def _dated(self) -> tuple[_Change, ...]:
        """What `check` made of the mappings, by day."""
        return cast(tuple[_Change, ...], self.changes)

    @property
    def idle(self) -> bool:
        return all(change.chance == 0 or change.factor == 1 for change in self._dated)

    def profile(self, clock: Clock) -> np.ndarray:
        days = [np.datetime64(change.since, "D") for change in self._dated]
        return np.array([(clock.dates >= day) & (day >= clock.dates[0]) for day in days], float)

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        factors = np.ones((len(paths), len(self._dated)))
        for i, change in enumerate(self._dated):
            size = on_paths(change.factor, seed, f"{name}/size/{change.since}", paths)
            come = (
                change.chance == 1
                or uniforms.path_uniforms(seed, f"{name}/comes/{change.since}", paths)
                < change.chance
            )
            factors[:, i] = np.where(come, size, 1.0)
        return (factors,)

    def words(self) -> str:
        each = [
            f"× {in_words(c.factor)} from {c.since}"
            + (f" with a chance of {100 * c.chance:.3g} %" if c.chance < 1 else "")
            for c in self._dated
        ]
        return f"the price of {the(self)} changes {', '.join(each)}"
