"""Minutes of work between two checkpoints on machines that may be interrupted (docs/method §3.66, §5.36)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from ...checks import in_range
from ...errors import ScenarioError
from ...prices.capacity.checkpoints import Checkpointing
from ..pulled.bought import scaled


@dataclass(frozen=True, kw_only=True)
class CheckpointMinutes:
    """Spot hours × expected time at `value` ÷ expected time at `today`: checkpoints, rework and restarts (Daly 2006).

    checkpoint      minutes that one checkpoint takes
    hours_between_interruptions   of the job: of one machine ÷ machines that stop together
    restart         minutes until work goes on after an interruption
    """

    value: float | np.ndarray
    today: float | np.ndarray
    checkpoint: float
    hours_between_interruptions: float
    restart: float = 0.0
    skus: tuple = ()

    STEP: ClassVar[int] = 1
    SAYS: ClassVar[str] = "minutes of work between two checkpoints"
    LEAST: ClassVar[float] = 0.0
    MOST: ClassVar[float] = np.inf
    OPEN: ClassVar[tuple[str, ...]] = ("least",)
    NEUTRAL: ClassVar[float | None] = None

    def __post_init__(self):
        for name in ("checkpoint", "restart"):
            in_range(getattr(self, name), name)
        if in_range(self.hours_between_interruptions, "hours_between_interruptions") == 0:
            raise ScenarioError("hours_between_interruptions is 0; it must be above 0.")

    @classmethod
    def read(cls, units, bought) -> float | None:
        """No bill tells it."""
        return None

    def act(self, units, bought, age):
        """Units with the rework of `value`."""
        work = Checkpointing(self.checkpoint, 60 * self.hours_between_interruptions, self.restart)
        before = work.factor(np.asarray(self.today, float))
        factor = work.factor(np.asarray(self.value, float)) / before
        if not np.isfinite(factor).all():
            raise ScenarioError(
                "work saved so seldom never ends at that rate of interruptions; write fewer minutes."
            )
        return scaled(units, bought.sorted_as(units, "hours", self.skus, "spot"), factor)
