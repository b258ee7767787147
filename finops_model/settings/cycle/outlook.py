"""`driver_sets`, `cogs`, `discount_rate`: how unit costs add up, what serves customers, what money of later is worth."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from ..strict import Strict

Names = Annotated[list[str], Field(min_length=1)]


class Charges(Strict):
    """Which charges are meant: those of which any key fits"""

    workloads: list[str] = Field(default=[], description="Workloads of the bill.")
    teams: list[str] = Field(default=[], description="Teams.")
    environments: list[str] = Field(
        default=[], description="Environments, such as `production`, `research`."
    )
    categories: list[str] = Field(
        default=[], description="ServiceCategory of the bill, such as `AI and Machine Learning`."
    )

    @property
    def named(self) -> bool:
        """Whether any charge can be meant."""
        return bool(self.workloads or self.teams or self.environments or self.categories)


class Cogs(Strict):
    """What of AI cost is cost of goods sold: serving is, research is not; a charge of both is research"""

    serving: Charges = Field(
        default=Charges(),
        description="What serves customers: inference, serving, licences, retries.",
    )
    research: Charges = Field(
        default=Charges(), description="What does not: training, experiments, R&D."
    )
    revenue: str = Field(
        description="The driver or outcome of the driver files that is revenue by day, in the ledger's currency."
    )

    @model_validator(mode="after")
    def _serves_something(self):
        if not self.serving.named:
            raise ValueError(
                "serving names nothing, so nothing would be cost of goods sold. Write workloads, teams, environments or categories."
            )
        return self


class Outlook(Strict):
    """Value and unit costs ahead. How unit costs add up, what serves customers, what money of later is worth"""

    driver_sets: dict[str, Names] = Field(
        default={},
        description="Named sets of drivers: inside a set unit cost × count + not driven = cost; between sets nothing is added.",
    )
    cogs: Cogs | None = Field(
        default=None,
        description="What of AI cost is cost of goods sold, for gross margin; without: no margin is told.",
    )
    discount_rate: float = Field(
        default=0.0, ge=0, lt=1, description="A year, for payback of `finops roi`; 0.08 is 8 %."
    )
