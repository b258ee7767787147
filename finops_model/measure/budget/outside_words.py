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


def short(outside: Mapping | None, currency: str) -> str:
    """What stands beside a figure of the year; empty where nothing is left out."""
    return (
        f"without {words(outside['items'], currency)} of {outside['period']} so far"
        if outside and outside["items"]
        else ""
    )


def sentence(outside: Mapping | None, currency: str) -> str:
    """What the year leaves out, and where it lands after credits; empty where nothing is left out."""
    if not outside or not outside["items"]:
        return ""
    text = f"Left out of {outside['period']} so far: {words(outside['items'], currency)}"
    if outside["after_credits"]["p50"] is None or not any(
        item["what"] == "Credits" for item in outside["items"]
    ):
        return f"{text}."
    return f"{text}; after credits the year lands at {money(outside['after_credits']['p50'], currency)}."


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
