"""What totals leave out, in words (docs/method §6.5). Light on purpose: a dashboard page must not pay for pandas."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..words import money

AHEAD = "No credit is known for the months to come; none is forecast."


def words(items: Iterable[Mapping], currency: str) -> str:
    """The items in words.

    >>> words([{"what": "Tax", "amount": 13085.0}, {"what": "Credits", "amount": -7500.0}], "USD")
    'tax $13.1k, credits −$7.50k'
    """
    return ", ".join(
        f"{item['what'][:1].lower()}{item['what'][1:]} {money(item['amount'], currency)}"
        for item in items
    )


def short(found: dict | None, currency: str) -> str:
    """What stands beside a figure of the year; empty where nothing is left out."""
    return (
        f"without {words(found['items'], currency)} of {found['period']} so far"
        if found and found["items"]
        else ""
    )


def sentence(found: Mapping | None, currency: str) -> str:
    """What the year leaves out, and where it lands after credits; empty where nothing is left out."""
    if not found or not found["items"]:
        return ""
    text = f"Left out of {found['period']} so far: {words(found['items'], currency)}"
    if found["after_credits"]["p50"] is None or not any(
        item["what"] == "Credits" for item in found["items"]
    ):
        return f"{text}."
    return (
        f"{text}; after credits the year lands at {money(found['after_credits']['p50'], currency)}."
    )


def of_run(excluded: Iterable[dict], currency: str) -> str:
    """What a run's totals leave out, in words; empty where nothing is.

    >>> of_run([{"what": "Tax", "amount": 14.0, "why": "x"}], "USD")
    'Left out of these totals and not forecast: tax $14.00 (newest 12 months).'
    """
    items = list(excluded)
    return (
        f"Left out of these totals and not forecast: {words(items, currency)} (newest 12 months)."
        if items
        else ""
    )
