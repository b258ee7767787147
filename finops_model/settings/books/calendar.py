"""`calendar`: what the company's periods, quarters and years are (docs/method §1.3, §1.5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field, model_validator

from ...errors import InputError
from ..strict import Strict

if TYPE_CHECKING:
    from ...periods import Calendar

WEEKS = ("4-4-5", "4-5-4", "5-4-4", "13x4")
OF_WEEKS = ("month", "ends", "weekday", "extra_week", "named_after")
Month = Annotated[int, Field(ge=1, le=12)]


class FiscalCalendar(Strict):
    """The company's fiscal calendar: months, or weeks in years of 52 or 53 weeks."""

    kind: Literal["months", "4-4-5", "4-5-4", "5-4-4", "13x4"] = Field(
        default="months",
        description="Calendar months, weeks by quarter, or thirteen periods of four weeks.",
    )
    starts: Month | None = Field(
        default=None,
        description="Of months: the month in which the year begins; as `fiscal_year_starts`.",
    )
    month: Month = Field(
        default=12, description="Of weeks: the month to whose end the year's end is tied."
    )
    ends: Literal["last", "nearest"] = Field(
        default="last",
        description="Of weeks: on the last `weekday` of that month, or on the one nearest to its last day.",
    )
    weekday: Literal[
        "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"
    ] = Field(default="Saturday", description="Of weeks: the last day of every week.")
    named_after: Literal["end", "start"] = Field(
        default="end",
        description="Of weeks: the calendar year that the year ends or starts in gives its name.",
    )
    extra_week: Annotated[int, Field(ge=0, le=13)] = Field(
        default=0, description="Of weeks: the period that gets week 53; 0: the last one."
    )
    quarters: list[int] = Field(
        default=[],
        description="Of 13x4: periods of each quarter, four counts; without: 3, 3, 3, 4.",
    )

    @model_validator(mode="after")
    def _makes_sense(self):
        given = self.model_fields_set
        if self.kind in WEEKS and "starts" in given:
            raise ValueError(
                f"starts is of a year of months, and a year of {self.kind} is tied to the end of a month. "
                "Take it out, and write month: the last month of the year."
            )
        if self.kind not in WEEKS and (wrong := [key for key in OF_WEEKS if key in given]):
            raise ValueError(
                f"{wrong[0]} is of a year of weeks, and this one is of months. Take it out, or write kind: "
                f"{', '.join(WEEKS)}."
            )
        try:
            self.periods(1)
        except InputError as problem:
            raise ValueError(str(problem).removeprefix("calendar: ")) from None
        return self

    @property
    def of_weeks(self) -> bool:
        """Whether a year is weeks and not calendar months."""
        return self.kind in WEEKS

    def periods(self, starts: int) -> Calendar:
        """The calendar; `starts`: first month of a year of months that does not say it here."""
        from ...periods import Calendar  # numpy: settings are light

        return Calendar(
            self.kind,
            1 if self.of_weeks else self.starts or starts,
            self.month,
            self.ends,
            self.weekday,
            self.named_after,
            self.extra_week,
            tuple(self.quarters),
        )
