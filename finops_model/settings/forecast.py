"""How forecasts are made."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from .strict import Strict


def _one_or_more(given):
    return [given] if isinstance(given, str) else given


class Forecasting(Strict):
    """Forecasts"""

    settling_days: Annotated[int, Field(ge=0, le=31)] = Field(
        default=2,
        description="Newest days of a bill that may still be written (docs/method §2.24).",
    )
    methods: Annotated[list[str] | None, BeforeValidator(_one_or_more)] = Field(
        default=None,
        description="Forecasters by the names of their files, one (`prophet`) or a list; without: the defaults of the shelf.",
    )
    compare_prophet: bool = Field(
        default=False,
        description="Let Prophet forecast every workload too when a report is made, and say in it where that is over 10 % "
        "away from the forecast (docs/method §2.26). Costs about 0.1 s of CPU a workload and a run more.",
    )
