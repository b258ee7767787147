"""What a report shows, and from which figure on a line of its data-quality card says attention or bad."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from .strict import Strict

PERCENT = re.compile(r"((?:100|\d{1,2})(?:\.\d+)?) ?%")


def _units(given):
    """`units`: all, a number, or a list of names."""
    if given == "all" or (isinstance(given, int) and not isinstance(given, bool) and given >= 0):
        return given
    if isinstance(given, list) and all(isinstance(name, str) for name in given):
        return given
    raise ValueError(
        "must be all, a number of units (those that carry most cost), or a list of their names, "
        f"not '{str(given)[:60]}'."
    )


class Report(Strict):
    """The report"""

    units: Annotated[Literal["all"] | int | list[str], BeforeValidator(_units)] = Field(
        default=12,
        description="Units with a report of their own: all, how many (those that carry most cost), "
        "or their names.",
    )
    kpis: Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        description="KPIs it shows, by the names of their files; without: the defaults of the shelf. A driver is one without a file: "
        '`support_tickets` gives "Cost per support ticket" (`cost_per_driver`).',
    )


Figure = Annotated[float, Field(ge=0)]


class Limit(Strict):
    """Above which figure a line asks for attention, and above which it is bad"""

    attention: Figure = Field(default=0.0, description="Attention above this figure.")
    bad: Figure | None = Field(
        default=None, description="Bad above this figure; without: never bad."
    )

    @model_validator(mode="after")
    def _in_order(self):
        if self.bad is not None and self.bad < self.attention:
            raise ValueError(
                f"bad above {self.bad:g}, attention above {self.attention:g}: bad comes later. "
                "Exchange them."
            )
        return self


def _share(given):
    """A share: 0.02, or the text "2 %"."""
    if isinstance(given, str) and (found := PERCENT.fullmatch(given.strip())):
        return float(found[1]) / 100
    if isinstance(given, (int, float)) and not isinstance(given, bool) and 0 <= given <= 1:
        return given
    raise ValueError(f"is '{str(given)[:40]}', and a share is 0 to 1. Write 0.02, or 2 %.")


Share = Annotated[float, BeforeValidator(_share), Field(ge=0, le=1)]


class Materiality(Strict):
    """From which distance to its budget a line is named and coloured on page one: both must be
    reached (docs/method §9.24)"""

    of_line: Share = Field(default=0.02, description="Share of the line's own budget; 0.02 is 2 %.")
    of_company: Share = Field(
        default=0.001, description="Share of the company's budget of the year; 0.001 is 0.1 %."
    )


class TieOut(Strict):
    """When invoices and ledger agree"""

    tolerance: Figure = Field(
        default=0.01,
        description="An issuer's invoice may differ from the ledger by this much, in the invoice's currency; what it differs is told.",
    )


class Quality(Strict):
    """From which figure on a line of the data-quality card says attention or bad (docs/method
    §13.70); 0.01 is 1 %"""

    days: Annotated[int, Field(ge=1, le=366)] = Field(
        default=90, description="Newest days in which a price that changed counts as volatile."
    )
    stale_days: Annotated[int, Field(ge=1, le=3660)] = Field(
        default=90, description="Days after which a price that nobody read again is stale."
    )
    quarantined: Limit = Field(
        default=Limit(attention=0, bad=0.01),
        description="Share of rows, or of their money, in quarantine.",
    )
    missing_days: Limit = Field(
        default=Limit(attention=0, bad=3), description="Days without data inside a vendor's bill."
    )
    behind_days: Limit = Field(
        default=Limit(attention=2, bad=7), description="Days that a vendor's newest day is behind."
    )
    tag_debt: Limit = Field(
        default=Limit(attention=0.05, bad=0.2),
        description="Share of the month's cost whose tags break a rule.",
    )
    volatile_prices: Limit = Field(
        default=Limit(attention=0.25, bad=None),
        description="Share of the month's usage cost at prices that changed, or that nobody "
        "confirmed.",
    )
    list_cost: Limit = Field(
        default=Limit(attention=0, bad=0.01),
        description="Share of the month's list cost that is not price times quantity.",
    )
    totals: Limit = Field(
        default=Limit(attention=0, bad=2),
        description="Files whose own totals differ from their lines.",
    )
    estimated_days: Limit = Field(
        default=Limit(attention=7, bad=31), description="Days that are known from use alone."
    )
    invoices: Limit = Field(
        default=Limit(attention=0, bad=2),
        description="Invoices that differ from the ledger, or are missing.",
    )
    assumed: Limit = Field(
        default=Limit(attention=0, bad=None),
        description="Readings of tables that were assumed and not confirmed.",
    )
