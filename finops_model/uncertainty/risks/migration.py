"""Use that moves to something cheaper or dearer, over months, perhaps late, perhaps paid twice meanwhile (docs/method §3.33)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...errors import ScenarioError
from ..curves import check_curve, month_profile, reached
from ..distributions import Distribution
from ._base import (
    Clock,
    Factors,
    Uncertain,
    day_of,
    in_words,
    months,
    on_paths,
    percent,
    read_number,
    the,
    uncertain,
)


@dataclass(frozen=True, kw_only=True)
class Migration(Factors):
    """A share of the workloads' use moves away from `since` on; one under way goes on from where the last known day found it.

    share            of the use that has moved in the end, 0 to 1
    cost_ratio       what the moved use costs then ÷ before; 0: it is not ours to pay any more
    months           from nothing to all of it; curve: straight or s_curve
    delay_months     by which it begins late: a number or a range
    overlap_months   how long what has moved is still paid in the old place too
    """

    share: Uncertain
    cost_ratio: Uncertain = 0.0
    months: float = 0.0
    curve: str = "straight"
    delay_months: Uncertain = 0.0
    overlap_months: float = 0.0

    acts: ClassVar[tuple[str, ...]] = ("demand",)
    needs: ClassVar[tuple[str, ...]] = ("demand",)

    def check(self):
        if not self.since:
            raise ScenarioError(
                "migration: since is missing; write the day or month on which it begins."
            )
        check_curve(self.curve)
        for key in ("share", "cost_ratio", "delay_months"):
            uncertain(self, key, by_path=True)
        most = self.share.support[1] if isinstance(self.share, Distribution) else self.share
        if most > 1:
            raise ScenarioError(
                f"share: {most:g} is possible; no more than all of the use can move. Write truncate: {{max: 1}}, or {{min, mode, max}}."
            )
        for key in ("months", "overlap_months"):
            read_number(self, key, most=120)

    @property
    def idle(self) -> bool:
        return self.share == 0

    def profile(self, clock: Clock) -> np.ndarray:
        return month_profile(clock.dates)

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        since = day_of(self.since)
        arrived = reached(
            seed,
            name,
            paths,
            dates=clock.dates,
            since=since,
            months=self.months,
            curve=self.curve,
            delay=self.delay_months,
        )
        left = arrived
        if self.overlap_months:
            left = reached(
                seed,
                name,
                paths,
                dates=clock.dates,
                since=since,
                months=self.months,
                curve=self.curve,
                delay=self.delay_months,
                later=self.overlap_months,
            )
        share, ratio = (
            on_paths(getattr(self, key), seed, f"{name}/{key}", paths)[:, None]
            for key in ("share", "cost_ratio")
        )
        use = 1 - share * left + share * ratio * arrived
        known = use[:, :1]  # what has moved already stands in the history
        return (np.where(known > 0, use[:, 1:] / np.where(known > 0, known, 1.0), 1.0),)

    def words(self) -> str:
        text = f"{in_words(self.share, percent)} of the use of {the(self, 'demand')} moves from {self.since} on, {f'within {months(self.months)}' if self.months else 'at once'}"
        if isinstance(self.delay_months, Distribution) or self.delay_months:
            text += f", {in_words(self.delay_months)} months late"
        text += f", and costs × {in_words(self.cost_ratio)} there"
        return text + (
            f"; both are paid for {months(self.overlap_months)}" if self.overlap_months else ""
        )
