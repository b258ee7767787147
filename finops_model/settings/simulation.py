"""How futures are drawn."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .strict import Strict


class Simulation(Strict):
    """Futures"""

    paths: Annotated[int, Field(ge=100, le=100_000)] = Field(
        default=4000, description="How many futures a run draws, unless the scenario says it."
    )
    seed: Annotated[int, Field(ge=0, lt=2**63)] = Field(
        default=20260101,
        description="The same seed draws the same futures; a scenario that states one counts first.",
    )
