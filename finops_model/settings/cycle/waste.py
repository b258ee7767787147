"""`waste`: from which figure on money counts as spent on nothing (docs/method §17)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..strict import Strict


class WasteRules(Strict):
    """From which figure on money counts as spent on nothing"""

    requests_an_hour: Annotated[float, Field(gt=0)] = Field(
        default=1.0, description="An endpoint with fewer requests per paid GPU hour is idle."
    )
    flat_days: Annotated[int, Field(ge=28, le=366)] = Field(
        default=56, description="Days in a row of the same use, night and day, weekends too."
    )
    stale_days: Annotated[int, Field(ge=28, le=366)] = Field(
        default=90, description="Days in which nothing was written to storage or deleted from it."
    )
    runaway_factor: Annotated[float, Field(gt=1)] = Field(
        default=3.0, description="How many times its usual use a runaway job takes a day."
    )
    least: Annotated[float, Field(ge=0)] = Field(
        default=1.0, description="Money in all below which a line of waste is not shown."
    )
