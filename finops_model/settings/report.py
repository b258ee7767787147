"""What a report shows."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from .strict import Strict


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
