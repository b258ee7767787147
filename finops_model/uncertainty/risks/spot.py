"""A spot price that rests and moves in runs, and the work that interruptions cost (docs/method §3.29, §3.31, §5.36)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ... import resources
from ...errors import ScenarioError
from ...prices.capacity.checkpoints import Checkpointing
from ...prices.capacity.spot import fleet_hazard, hazard
from .. import spot_price
from ..distributions import Distribution
from ._base import (
    Clock,
    Factors,
    Uncertain,
    in_words,
    on_paths,
    percent,
    read_number,
    read_share,
    the,
    uncertain,
)

TODAY = ("spot", "on_demand")


@lru_cache(maxsize=16)
def _model(measured: str) -> spot_price.Spot:
    try:
        return spot_price.read_spot(resources.path("gcp_spot.json", beside=__package__), measured)
    except ScenarioError as problem:
        raise ScenarioError(f"measured: {str(problem).partition(': ')[2]}") from None


@dataclass(frozen=True, kw_only=True)
class Spot(Factors):
    """Prices follow a region's spot market; with `apart` each SKU (a region has its own) is drawn alone.

    start             today's spot price ÷ on-demand price
    today             what the price in the ledger is: spot, or on_demand where the use moves to spot on `since`
    measured          constants of a machine type in risks/gcp_spot.json, or pooled
    fallback          share of the useful hours that runs on demand (only where today is on_demand)
    interruptions     share of the machines interrupted in a month: hours are lost to checkpoints, rework and restarts
    interruptions_now the same in the ledger's months, where today is spot: only what differs from it costs
    checkpoint_minutes, restart_minutes, machines   of one job that stops when any of its machines does
    """

    start: float
    today: str = "spot"
    measured: str = "pooled"
    fallback: float = 0.0
    interruptions: Uncertain = 0.0
    interruptions_now: float = 0.0
    checkpoint_minutes: float = 0.0
    restart_minutes: float = 0.0
    machines: float = 1.0

    def check(self):
        if self.today not in TODAY:
            raise ScenarioError(
                f"today is '{str(self.today)[:40]}'; the ledger's price is {' or '.join(TODAY)}."
            )
        if not isinstance(self.measured, str):
            raise ScenarioError(f"measured is '{str(self.measured)[:40]}'; it must be a name.")
        model = _model(self.measured)
        read_number(self, "start")
        if not model.low <= self.start <= model.high:
            raise ScenarioError(
                f"start is {self.start:g} of the on-demand price; {self.measured} was measured from {model.low:g} to {model.high:g}."
            )
        read_share(self, "fallback")
        uncertain(self, "interruptions", by_path=True)
        for key in ("checkpoint_minutes", "restart_minutes", "interruptions_now"):
            read_number(self, key)
        read_number(self, "machines", 1.0, 1e6)
        most = (
            self.interruptions.support[1]
            if isinstance(self.interruptions, Distribution)
            else self.interruptions
        )
        for key, value in (("interruptions", most), ("interruptions_now", self.interruptions_now)):
            if value >= 1:
                raise ScenarioError(
                    f"{key}: a share of {value:g} is possible; it must stay below 1 (0.05: one machine of twenty in a month). "
                    "Write truncate: {max: 0.5}."
                )
        if not self.rework(min(most, 1 - 1e-9)) < 100:
            raise ScenarioError(
                f"interruptions: at {most:g} a month work takes over a hundred times as long; check machines ({self.machines:g}), "
                "checkpoint_minutes and restart_minutes."
            )
        if self.fallback and self.today == "spot":
            raise ScenarioError(
                "fallback: where the ledger's price is spot today, its hours on demand are in the ledger already; take fallback out."
            )
        if self.interruptions_now and self.today == "on_demand":
            raise ScenarioError(
                "interruptions_now: on demand nothing is interrupted today; take it out."
            )

    def rework(self, share) -> np.ndarray:
        """Hours run per useful hour at a monthly share of interruptions, with the best checkpoint interval.

        >>> round(float(Spot(skus="gpu", start=0.4, interruptions=0.05, checkpoint_minutes=5).rework(0.05)), 6)
        1.00343
        """
        rate = fleet_hazard(hazard(np.asarray(share, float)), self.machines)
        mtbf = np.where(rate > 0, 1 / np.where(rate > 0, rate, 1.0), np.inf)
        return Checkpointing(self.checkpoint_minutes / 60, mtbf, self.restart_minutes / 60).factor()

    def factors(self, seed: int, name: str, paths: range, clock: Clock) -> tuple[np.ndarray, ...]:
        ratio = spot_price.spot(seed, name, paths, clock.count, _model(self.measured), self.start)
        lost = self.rework(on_paths(self.interruptions, seed, f"{name}/interruptions", paths))[
            :, None
        ]
        if self.today == "spot":
            return (ratio / self.start * lost / self.rework(self.interruptions_now),)
        return ((1 - self.fallback) * ratio * lost + self.fallback,)

    def words(self) -> str:
        text = f"the spot price of {the(self)} rests and moves in runs as measured ({self.measured}), from {percent(self.start)} of on demand"
        if isinstance(self.interruptions, Distribution) or self.interruptions:
            text += f"; {in_words(self.interruptions, percent)} of the machines are interrupted in a month"
        return (
            text
            if self.today == "spot"
            else f"{the(self)} moves to spot, {percent(self.fallback)} stays on demand; {text}"
        )
