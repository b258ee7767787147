"""`rates`: what turns the money of an entity into the company's currency (docs/method §7.5)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ..strict import Strict

ECB = "ecb"


class ExchangeRates(Strict):
    """Exchange rates into the company's currency."""

    plan: list[str] = Field(
        default=[],
        description="YAML files of plan rates (docs/method §7.3); globs are allowed. Rates without a day are "
        "of the fiscal year whose first day is nearest to `approved_on`.",
    )
    table: Annotated[str, Field(min_length=1)] = Field(
        default=ECB,
        description="Published rates, for averages, month ends and purchases: `ecb`, the stored rates of the "
        "European Central Bank, or a CSV of your own: date, currency, to, rate.",
    )
    scenario: str | None = Field(
        default=None,
        description="A YAML file of rates as of `plan`, which forecasts take; without: the plan's.",
    )
