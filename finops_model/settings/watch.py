"""`watch`: what `finops watch` holds spend against."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, WrapValidator

from .strict import Strict


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


def _file_or_list(given, check):
    """`quotas`: the name of a file, or the entries themselves."""
    return given if isinstance(given, str) else check(given)


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
    quotas: Annotated[list[QuotaEntry], WrapValidator(_file_or_list)] = Field(
        default=[], description="Limits on use, a list of entries or the name of a file."
    )
