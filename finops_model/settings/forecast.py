"""How forecasts are made."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from .strict import Strict


class Forecasting(Strict):
    """Forecasts"""

    settling_days: Annotated[int, Field(ge=0, le=31)] = Field(
        default=2,
        description="Newest days of a bill that may still be written (docs/method §2.24).",
    )
    methods: list[str] | None = Field(
        default=None,
        description="Forecasters by the names of their files; without: the defaults of the shelf.",
    )
