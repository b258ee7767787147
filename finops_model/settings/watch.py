"""`watch`: what `finops watch` holds spend against; `balances`: money or use that is there to be used up (docs/method §9.22)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PlainValidator,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)

from ..errors import as_written
from .strict import Strict, file_or_list


class QuotaEntry(Strict):
    """At most `quantity` of `unit` (or money of the ledger's currency) per day or month, for one
    subject"""

    dimension: str = Field(
        description="workload, team, sku, service, business unit, model, environment or account."
    )
    subject: str = Field(description="Whose use is limited: a name of that dimension.")
    unit: str = Field(description="A unit of the bill, or the ledger's currency.")
    per: Literal["day", "month"] = Field(description="For how long the quantity is.")
    quantity: Annotated[float, Field(ge=0)] = Field(description="The most that may be used.")
    owner: str = Field(default="", description="Who is notified.")


class WatchLimits(Strict):
    """What `finops watch` holds spend against; an option of the command counts before these, and
    what is not given is the command's own default"""

    by: list[str] | None = Field(default=None, description="Dimensions looked at, narrow first.")
    threshold: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="How many usual misses away a day must be."
    )
    money_floor: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="Least money a day that is worth a word."
    )
    percent_floor: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="Least share of what was expected; 0.25 is 25 %."
    )
    late_days: Annotated[int, Field(ge=0, le=31)] | None = Field(
        default=None, description="Newest days whose bill may still be coming in."
    )
    pace_margin: Annotated[float, Field(ge=0)] | None = Field(
        default=None, description="How far over the budget's pace; 0.10 is 10 %."
    )
    utilization: Annotated[float, Field(ge=0, le=1)] | None = Field(
        default=None, description="Share of a commitment from which on it counts as used."
    )
    unused_days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        default=None, description="Days in a row under it."
    )
    runout_days: Annotated[int, Field(ge=1, le=366)] | None = Field(
        default=None, description="Days ahead in which what runs out or expires is raised; 30."
    )
    quotas: Annotated[list[QuotaEntry], WrapValidator(file_or_list)] = Field(
        default=[], description="Limits on use, a list of entries or the name of a file."
    )


def _day(given):
    """A day YYYY-MM-DD; a month is none, as nobody can tell which of its days is meant."""
    from ..periods import is_date

    if not is_date(given) or len(given) != len("YYYY-MM-DD"):
        raise ValueError(f"{as_written(given, 40)} is no day. Write it as YYYY-MM-DD.")
    return given


Day = Annotated[str, PlainValidator(_day), WithJsonSchema({"type": "string"})]
MOST = 1e15  # of a balance, in any unit
LAST_DAY = "2199-12-31"  # who writes a later one means never
Amount = Annotated[float, Field(ge=0)]
Names = Annotated[
    list[str], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
]


class BalanceEntry(Strict):
    """A prepaid balance, a credit, or a commitment to use so much by a day"""

    name: Annotated[str, Field(min_length=1, max_length=80)] = Field(description="Its name.")
    kind: Literal["prepaid", "credit", "commitment"] = Field(
        default="prepaid",
        description="Paid in advance, given by a vendor, or to be used by contract.",
    )
    amount: Amount | None = Field(
        default=None,
        description="How much there was on its first day (`start`); what was used since comes from the bill.",
    )
    unit: str = Field(
        default="", description="A unit of the bill, or the ledger's currency; without: money."
    )
    start: Day | None = Field(default=None, description="First day it pays for.")
    last_day: Day | None = Field(
        default=None, description="Last day it pays for; what is left then expires unused."
    )
    left: Amount | None = Field(
        default=None,
        description="How much was left at the end of `left_on`; counts before `amount`.",
    )
    left_on: Day | None = Field(default=None, description="The day of `left`.")
    covers: dict[str, Names] = Field(
        default={},
        description="Whose use it pays for: vendor, service, sku, team, workload, model, environment, account, "
        "business unit or a dimension of the company's own, and a name or several; all must fit. Without: all use.",
    )
    next_topup: Day | None = Field(default=None, description="Day on which it is filled up again.")
    owner: str = Field(default="", description="Who is notified.")

    @model_validator(mode="after")
    def _whole(self):
        """Amount with its first day, or what was left with its day; days in their order."""
        for one, other in (("left", "left_on"), ("left_on", "left")):
            if getattr(self, one) is not None and getattr(self, other) is None:
                raise ValueError(
                    f"'{self.name}': {one} needs {other}. Write both, or neither of them."
                )
        if self.left is None and (self.amount is None or self.start is None):
            gone = "amount" if self.amount is None else "start"
            raise ValueError(
                f"'{self.name}': {gone} is missing. Write amount and start, or left and left_on."
            )
        if self.left is not None and self.amount is not None and self.left > self.amount:
            raise ValueError(
                f"'{self.name}': left is {self.left:g}, more than its amount of {self.amount:g}. "
                "Correct one of them; a balance that was topped up needs left and left_on alone."
            )
        for key in ("amount", "left"):
            if (much := getattr(self, key)) is not None and much > MOST:
                raise ValueError(
                    f"'{self.name}': {key} is {much:g}, more than any balance; at most {MOST:g}. Correct it."
                )
        for key in ("last_day", "next_topup"):
            if (when := getattr(self, key)) is not None and when > LAST_DAY:
                raise ValueError(
                    f"'{self.name}': {key} is {when}, after {LAST_DAY}. Leave it out where there is none."
                )
        begins = self.start if self.left is None else self.left_on
        for key in ("last_day", "next_topup", *(("left_on",) if self.left is not None else ())):
            when, first = getattr(self, key), self.start if key == "left_on" else begins
            if when is not None and first is not None and when < first:
                raise ValueError(
                    f"'{self.name}': {key} is {when}, before {first}. Exchange or correct them."
                )
        return self


Balances = Annotated[list[BalanceEntry], WrapValidator(file_or_list)]
