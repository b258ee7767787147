"""Ranges that stand beside values of a scenario: today's value of a lever, what is run again, the amount of a cap (docs/method §3.27)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from ...uncertainty.distributions import Distribution

WORDS = {"from": "today", "escalation": "again"}  # key of a change -> field of `changes.Beside`


def ranges_of(resolved) -> dict[str, Distribution]:
    """These ranges by the name of their draw, in file order."""
    every = {}
    for event in resolved.events:
        for word, key in WORDS.items() if event.beside else ():
            every[f"{event.draw or event.path}/{word}"] = getattr(event.beside, key)
    every |= {f"{cap.path}/per_month": cap.per_month for cap in resolved.caps}
    return {name: value for name, value in every.items() if isinstance(value, Distribution)}


def changed(resolved, names, change: Callable):
    """The scenario with `change(range)` in place of the ranges whose draw is in names: a number or another range."""

    def beside(event):
        own = {}
        for word, key in WORDS.items():
            value = getattr(event.beside, key)
            if isinstance(value, Distribution) and f"{event.draw or event.path}/{word}" in names:
                own[key] = change(value)
        return replace(event, beside=replace(event.beside, **own)) if own else event

    def cap(one):
        uncertain = isinstance(one.per_month, Distribution) and f"{one.path}/per_month" in names
        return replace(one, per_month=change(one.per_month)) if uncertain else one

    events = tuple(beside(event) if event.beside else event for event in resolved.events)
    return replace(resolved, events=events, caps=tuple(map(cap, resolved.caps)))
