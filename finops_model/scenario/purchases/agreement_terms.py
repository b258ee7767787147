"""What an agreement on spend of a scenario says (docs/method §3.48)."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from ...documents import Date, Quantity
from ...settings import Strict

Many = list[Quantity]


class AgreementTerms(Strict):
    """Committed spend of each contract year, a discount, and the spend it is on."""

    start: Date  # first month of the contract
    commitment: Quantity | None = None  # money of every contract year; or
    commitments: Many | None = None  # money of each contract year
    years: Annotated[int, Field(ge=1, le=10)] = 1  # with commitment: how many contract years
    year_months: Annotated[int, Field(ge=1, le=60)] = 12
    discount: Quantity | Many = 0.0  # share off the spend; one, or one for each contract year
    levels: dict[str, Quantity] | None = (
        None  # instead: spend of the contract year from which on a share is off
    )
    discount_in_prices: Quantity = 0.0  # share that today's bill has off already
    counts: Literal["after_discount", "before_discount"] = "after_discount"
    shortfall_carry: Quantity = 0.0
    shortfall_years: Annotated[int, Field(ge=1, le=10)] = 1
    excess_carry: Quantity = 0.0
    excess_cap: Quantity = 1.0
    providers: list[str] = []  # whose spend it is on; nothing said: all
    services: list[str] = []
    workloads: list[str] = []
    without_services: list[str] = []
    spent_before: Quantity | None = (
        None  # counted spend of the contract year under way up to the last day known; default: the bill's
    )
    because: str = ""
    source: str = ""
    owner: str = ""
    review_by: Date | None = None

    @model_validator(mode="before")
    @classmethod
    def _levels_are_texts(cls, data: Any):
        """Levels are numbers in a file and names of a mapping here."""
        if isinstance(data, dict) and isinstance(data.get("levels"), dict):
            return {**data, "levels": {str(key): value for key, value in data["levels"].items()}}
        return data
