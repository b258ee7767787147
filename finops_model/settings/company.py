"""Who the company is: its name, currency, time zone and fiscal year, and who signs its reports."""

from __future__ import annotations

import zoneinfo
from typing import Annotated

from pydantic import AfterValidator, Field

from ..errors import nearest
from .strict import Strict


def _zone(name: str) -> str:
    """A time zone of the IANA table, spelt as it stands there."""
    known = sorted(zoneinfo.available_timezones())
    if name in known:
        return name
    city = {zone.rpartition("/")[2].casefold(): zone for zone in known if "/" in zone}
    whole = {zone.casefold(): zone for zone in known}
    word = name.strip().casefold()
    guess = (
        whole.get(word)
        or city.get(word.replace(" ", "_"))
        or nearest(name, known)
        or city.get(nearest(name, city) or "")
    )
    hint = f" Did you mean '{guess}'?" if guess else ""
    raise ValueError(
        f"unknown time zone '{name[:60]}'.{hint} "
        "Write a name of the IANA table, such as UTC or Europe/Berlin."
    )


class Company(Strict):
    """The company"""

    company: str = Field(default="Our company", description="Its name, as reports print it.")
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = Field(
        default="USD", description="Currency of every amount, by its ISO code."
    )
    time_zone: Annotated[str, AfterValidator(_zone)] = Field(
        default="UTC", description="Time zone of the bill's days, a name of the IANA table."
    )
    fiscal_year_starts: Annotated[int, Field(ge=1, le=12)] = Field(
        default=1, description="Month in which the fiscal year begins."
    )
    prepared_by: str = Field(default="", description="Who prepares the reports.")
    reviewed_by: str = Field(default="", description="Who reviews them.")
    four_eyes: bool = Field(
        default=True,
        description="Whether a second person approves a period; `off` lets one person do both, and every page says so.",
    )
