"""--until, and days that look unfinished, in words (docs/method §2.24)."""

from __future__ import annotations

from ..errors import InputError
from ..measure.words import money
from ..outlook.settling import Late, say
from ..publish.alerts import check_day


def until_day(text: str, ledger, settings) -> str:
    """--until, a day that the ledger has. Raises InputError."""
    day, complete = check_day(text, "--until"), ledger.complete(settings.time_zone)
    if not str(complete.first_day) <= day <= str(complete.now):
        raise InputError(f"--until {day}: the ledger has data from {complete.first_day} to {complete.now}. Choose a day in between.")
    return day


def words(late, currency: str | None = None) -> list[str]:
    """Days that look unfinished, and what to do where they are whole. late: settling.Late, or their fields as mappings."""
    late = tuple(one if isinstance(one, Late) else Late(**one) for one in late)
    if currency is None:
        return [f"{text} Where it is whole: --settling-days 0." for text in say(late)]
    return [f"{text} Where it is whole: settling_days: 0 in finops.yaml." for text in say(late, lambda value: money(value, currency))]
