"""Days that look unfinished, in words (docs/method §2.24)."""

from __future__ import annotations

from ...forecasting.settling import Late, say
from ...measure.words import money


def words(late, currency: str | None = None) -> list[str]:
    """Days that look unfinished, and what to do where they are whole. late: settling.Late, or their fields as mappings."""
    late = tuple(one if isinstance(one, Late) else Late(**one) for one in late)
    if currency is None:
        return [f"{text} Where it is whole: --settling-days 0." for text in say(late)]
    return [
        f"{text} Where it is whole: settling_days: 0 in finops.yaml."
        for text in say(late, lambda value: money(value, currency))
    ]
