"""`maturity`: from which figure on a capability crawls, walks or runs (docs/method §18.1)."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, field_validator, model_validator

from ..strict import Strict
from ..watch import Day

Figure = Annotated[float, Field(ge=0)]
Share = Annotated[float, Field(ge=0, le=1)]
SHARES = ("allocated", "reviews", "decided")  # measures that are a part of a whole


class Steps(Strict):
    """The figures at which a capability crawls, walks and runs: rising where more is better, falling
    where less is"""

    crawl: Figure = Field(description="Crawl from this figure on.")
    walk: Figure = Field(description="Walk from this figure on.")
    run: Figure = Field(description="Run from this figure on.")

    @model_validator(mode="after")
    def _in_order(self):
        if not (self.crawl < self.walk < self.run or self.crawl > self.walk > self.run):
            raise ValueError(
                f"crawl {self.crawl:g}, walk {self.walk:g}, run {self.run:g}: each step must be harder than the one before, "
                "all rising or all falling. Put them in order."
            )
        return self

    @property
    def limits(self) -> tuple[float, float, float]:
        """Crawl, walk, run."""
        return self.crawl, self.walk, self.run

    @property
    def rising(self) -> bool:
        """Whether more is better."""
        return self.run > self.crawl


class Stated(Strict):
    """What no file can show, said by somebody who answers for it"""

    item: Annotated[str, Field(min_length=1)] = Field(
        description="A line of the checklist of `finops maturity`: educate, autoscaling, roadmap and others."
    )
    by: Annotated[str, Field(min_length=1, max_length=80)] = Field(description="Who says so.")
    on: Day = Field(description="On which day.")
    says: Annotated[str, Field(max_length=300)] = Field(
        default="", description="What is done, in a sentence."
    )


class Maturity(Strict):
    """How mature each capability is, by what can be measured"""

    months: Annotated[int, Field(ge=1, le=36)] = Field(
        default=12,
        description="Months of a record: budgets, forecasts, data delay, reviews, decisions.",
    )
    least_months: Annotated[int, Field(ge=1, le=36)] = Field(
        default=3,
        description="Months that a record of budgets or forecasts has at least; fewer are no data.",
    )
    trend: Annotated[int, Field(ge=1, le=60)] = Field(
        default=13, description="Months of the trend."
    )
    lead: Annotated[int, Field(ge=1, le=12)] = Field(
        default=1, description="How many months ahead a forecast was made that is graded."
    )
    decision_days: Annotated[int, Field(ge=1, le=366)] = Field(
        default=30, description="Days within which a recommendation is to be decided."
    )
    allocated: Steps = Field(
        default=Steps(crawl=0.5, walk=0.8, run=0.9),
        description="Share of the month's cost that has an owner.",
    )
    budget: Steps = Field(
        default=Steps(crawl=0.2, walk=0.15, run=0.12),
        description="Distance of cost to budget, as a share of the budget.",
    )
    forecast: Steps = Field(
        default=Steps(crawl=0.2, walk=0.15, run=0.12),
        description="Distance of forecast to cost, as a share of the cost.",
    )
    data_delay: Steps = Field(
        default=Steps(crawl=7, walk=3, run=1),
        description="Days from a day's use to its cost in the ledger.",
    )
    reviews: Steps = Field(
        default=Steps(crawl=0.5, walk=0.8, run=0.95),
        description="Share of the reviews due that were held.",
    )
    decided: Steps = Field(
        default=Steps(crawl=0.25, walk=0.5, run=0.8),
        description="Share of the recommendations that were decided in time.",
    )
    utilisation: Share = Field(
        default=0.8, description="Share of the commitments that is used, at least."
    )
    break_even: Annotated[float, Field(gt=0)] = Field(
        default=9, description="Months after which a commitment has paid for itself, at most."
    )
    stated: list[Stated] = Field(
        default=[], description="What no file can show, said by somebody who answers for it."
    )

    @field_validator(*SHARES)
    @classmethod
    def _is_share(cls, steps: Steps) -> Steps:
        if (most := max(steps.crawl, steps.run)) > 1:
            raise ValueError(
                f"{most:g} is more than the whole; a share is 0 to 1. Write 0.8 for 80 %."
            )
        if not steps.rising:
            raise ValueError("crawl is above run, and more is better here. Exchange them.")
        return steps

    @field_validator("budget", "forecast", "data_delay")
    @classmethod
    def _falls(cls, steps: Steps) -> Steps:
        if steps.rising:
            raise ValueError("crawl is below run, and less is better here. Exchange them.")
        return steps
