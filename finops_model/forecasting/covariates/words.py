"""What is known, in words: one sentence for each entry of known.yaml, for the list of assumptions (docs/method §2.20)."""

from __future__ import annotations

from collections.abc import Mapping

from .events import Event

ALL = "every workload"


def number(size):
    """A number, or a range in words, as the list of assumptions shows it.

    >>> number(1.25), number({"p10": 900, "p50": 1200.0, "p90": 2500})
    (1.25, '1,200 (P10 900, P90 2,500)')
    """
    if isinstance(size, Mapping):
        return f"{size['p50']:,.6g} (P10 {size['p10']:,.6g}, P90 {size['p90']:,.6g})"
    return size


def said(size) -> str:
    return number(size) if isinstance(size, Mapping) else f"{size:,.6g}"


def who(scope: str) -> str:
    return ALL if scope == "*" else scope


def of_event(scope: str, event: Event, unit: str, as_of: str) -> str:
    """
    >>> of_event("chat", Event("campaign", "2027-02-01", until="2027-03-01", factor=1.4, name="spring"), "USD", "2026-11-15")
    "chat: campaign 'spring' multiplies use by 1.4 from 2027-02-01 until 2027-03-01"
    >>> of_event("chat", Event("launch", "2026-09-01", amount=900, ramp_days=60), "USD", "2026-11-15")
    "chat: launch 'launch 2026-09-01' adds 900 USD a day from 2026-09-01, in full after 60 days; it is taken out of the history and goes on"
    """
    ramped = f", in full after {event.ramp_days} days" if event.ramp_days else ""
    if event.amount is not None:
        what = f"adds {said(event.amount)} {unit} a day"
    elif event.kind == "shutdown":
        what = "ends all use"
    elif event.kind == "migration":
        share = event.share
        inward = not isinstance(share, Mapping) and share < 0
        what = (
            f"brings {-share:.3g} times its use from elsewhere"
            if inward
            else f"takes a share of {said(share)} of its use away"
        )
    else:
        what = f"multiplies {'its money' if event.kind == 'price_change' else 'use'} by {said(event.factor)}"
    when = f"from {event.since}" + (f" until {event.until}" if event.until else "")
    past = event.since <= as_of
    over = past and event.until is not None and event.until <= as_of
    tail = "" if not past else "; it is taken out of the history" + ("" if over else " and goes on")
    return (
        f"{who(scope)}: {event.kind.replace('_', ' ')} '{event.label}' {what} {when}{ramped}{tail}"
    )


def of_driver(scope: str, driver, entry, as_of: str) -> str:
    plan = driver.months
    first, last = plan[0], plan[-1]
    power = "" if entry.elasticity == 1 else f" (elasticity {entry.elasticity:g})"
    return (
        f"{who(scope)} follows {driver.name}{power}: planned {first[1]:,.6g} a day in {first[0]} to {last[1]:,.6g} in {last[0]}; after that it goes on "
        "as its own past and plan say"
    )


def of_holidays(scope: str, entry) -> str:
    """
    >>> from .file import HolidaysEntry
    >>> of_holidays("*", HolidaysEntry(country="US")), of_holidays("chat", HolidaysEntry(country=["US", "DE-BY"]))
    ('every workload: what days off of US do is learned from the history by name', 'chat: what days off of US and DE-BY do is learned from the history by name')
    """
    what = f"of {' and '.join(entry.country)}" if entry.country else f"on {len(entry.dates)} dates"
    return f"{who(scope)}: what days off {what} do is learned from the history by name"


def of_cap(scope: str, entry, unit: str, since: str, until: str, today: float | None) -> str:
    when = (f" from {since}" if since else "") + (f" until {until}" if until else "")
    below = (
        "" if today is None else f"; that is below today's use of {today:,.6g} a day and cuts it"
    )
    return f"{scope} uses at most {entry.value:,.6g} {unit} a day{when}: demand above it is not served{below}"


def of_override(one: dict, currency: str) -> str:
    """
    >>> of_override({"unit": "Support", "workload": "", "month": "2026-12", "value": 81000.0, "by": "Priya"}, "USD")
    'Support: 2026-12 is set to 81,000 USD by hand, by Priya; it is shown with the model and moves no other number'
    """
    return (
        f"{one['workload'] or one['unit']}: {one['month']} is set to {one['value']:,.0f} {currency} by hand, by {one['by']}; it is shown with the model "
        "and moves no other number"
    )


__all__ = ["number", "of_cap", "of_driver", "of_event", "of_holidays", "of_override"]
