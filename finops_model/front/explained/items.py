"""A thing of the Monday list, as it was told last: its evidence and its answer (docs/method §12.28)."""

from __future__ import annotations

import json

import pandas as pd

from ...decide.questions.answer import Answer
from ...publish.alerts.folder import folder_of
from ...wording import clean


def names_of_items(asked) -> dict[str, str]:
    """Small letters -> id, of everything that stood on a published list."""
    return {name.casefold(): name for name in _published(asked.settings)}


def explain_item(asked, name: str) -> Answer:
    """The item: what was seen, on which days, in which rows, and what was answered."""
    day, currency, item = _published(asked.settings)[name]
    return Answer(
        question="explain",
        sentence=clean(item["what"]),
        table=pd.DataFrame(item["evidence"]),
        forms=dict.fromkeys(("volume", "mix", "rate", "change", "cost"), "money"),
        range="none: it is of days that are over.",
        reason=clean(item["why"]) or "What is expected or allowed stands in the table.",
        next_best="",
        currency=currency,
        notes=(
            f"On the Monday list of {day}; days {item['first']} to {item['last']}; owner: {clean(item['owner'])}.",
            f"Answer: {clean(item['state']) or 'not answered'}.",
            f"To do: {clean(item['do'])}",
        ),
        figures={"figure": f"item:{name}", "item": item},
    )


def _published(settings) -> dict[str, tuple[str, str, dict]]:
    """Id -> (day of the list, currency, item) as told last; a list that cannot be read is left out."""
    known: dict[str, tuple[str, str, dict]] = {}
    for path in sorted(folder_of(settings).glob("monday/[0-9]*/monday.json")):
        try:
            told = json.loads(path.read_text(encoding="utf-8"))
            for one in [*told["items"], *told["closed"]]:
                known[str(one["id"])] = (str(told["as_of"]), str(told["currency"]), one)
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return known
