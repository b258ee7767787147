"""The foot of page one: how far to trust it, what it leaves out, who prepared and reviewed it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from markupsafe import Markup

from ....measure.brief_types import Brief
from ....wording import money
from ..tables import unbroken

# what of a track record is for those who make it again, and not for leaders
ASIDE = re.compile(r"\s*(Graded here:.*|Not graded.*|finops .*)$")


def foot(brief: Brief) -> Iterator[tuple[str, str | Markup]]:
    """(title, sentence)."""
    if trust := trusted(brief):
        yield "How far to trust this", trust
    yield "Left out", unbroken(left_out(brief))
    people = brief["people"]
    yield (
        "Prepared by",
        f"{people['prepared_by'] or 'not named'}, reviewed by {people['reviewed_by'] or 'nobody yet'}.",
    )


def trusted(brief: Brief) -> str:
    """How earlier forecasts did, short; "" where nobody graded one."""
    accuracy = brief["accuracy"]
    return ASIDE.sub("", accuracy.get("trust") or accuracy["sentence"])


def left_out(brief: Brief) -> str:
    """Tax, credits and others of the year, else of the month: what the figures do not hold."""
    year = brief.get("year_outside")
    items, of = (year["items"], year["period"]) if year else (brief["excluded"], "the month")
    if not items:
        return "nothing."
    named = ", ".join(
        f"{item['what'].lower()} {money(item['amount'], brief['currency'])}" for item in items
    )
    return f"{named} of {of}{' so far' if year else ''}."
