"""Advice as answers: the list with what it saves together, and one recommendation with its evidence (docs/method §17.23)."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ...errors import InputError, several, unknown
from ...wording import clean, eight_of_ten, money, pictures
from ..advice import Recommendation
from ..questions.answer import Answer
from ..questions.waterfall import money_signed
from .workspace import Advice

FORMS = dict.fromkeys(("a month", "this year", "P10", "P90", "one-off"), "money")
LIST = (
    "recommendation",
    "a month",
    "this year",
    "P10",
    "P90",
    "owner",
    "effort",
    "from",
    "decision",
    "id",
)


def answer_of(advice: Advice) -> Answer:
    """The list: what is chosen, largest first; what cannot be done beside it, and what was left out, as further tables."""
    year = advice.jointly[:, advice.in_year].sum(axis=1) - advice.one_off
    low, high = (float(v) for v in np.quantile(year, (0.1, 0.9)))
    rate = advice.run_rate
    tables = {}
    if advice.others:
        tables["Instead of one chosen"] = pd.DataFrame(
            [{**_row(a, advice), "instead of": advice.against[a.id]} for a in advice.others]
        )
    if advice.asked:
        tables["To be asked"] = pd.DataFrame(
            [{**_row(a, advice), "why": clean(a.why)} for a in advice.asked]
        )
    if advice.refused:
        tables["Left out"] = pd.DataFrame(
            [{"id": name, "why": clean(why)} for name, why in advice.refused.items()]
        )
    names = [clean(each.title) for each in advice.chosen]
    values = [each.run_rate or 0.0 for each in advice.chosen]
    return Answer(
        question="advise",
        sentence=_sentence(advice, rate, float(year.mean())),
        table=pd.DataFrame([_row(a, advice) for a in advice.chosen], columns=list(LIST)),
        forms=FORMS,
        range=f"{eight_of_ten(low, high, advice.currency)} together this fiscal year, net of what they cost once."
        if advice.chosen
        else "",
        reason=_reason(advice),
        next_best=_next(advice),
        currency=advice.currency,
        notes=(*_notes(advice), *advice.notes),
        figures={
            "as_of": advice.as_of,
            "months": list(advice.months),
            "paths": advice.paths,
            "run_rate": rate,
            "in_year": float(year.mean()),
            "in_year_p10": low,
            "in_year_p90": high,
            "horizon": float(advice.jointly.sum(axis=1).mean()) - advice.one_off,
            "overlap": advice.overlap,
            "recommendations": [a.plain() for a in advice.chosen],
            "alternatives": [a.plain() for a in advice.others],
            "to_be_asked": [a.plain() for a in advice.asked],
        },
        tables=tables,
        picture=pictures.bars(
            names,
            values,
            [money(value, advice.currency) for value in values],
            words="What each recommendation saves a month.",
            axis=f"expected saving a month, {advice.currency}",
        )
        if names
        else None,
    )


def told(advice: Advice, name: str) -> Answer:
    """One recommendation: why, the rows it was seen in, what it changes, its risk and how it is taken back.

    Raises InputError for a name that no recommendation has.
    """
    every = {each.id: each for each in advice.every}
    if name not in every:
        if name in advice.refused:
            raise InputError(f"{name}: {advice.refused[name]}")
        raise InputError(unknown("finops advise", "recommendation", name, every))
    one = every[name]
    low, high = one.in_year_p10 or 0.0, one.in_year_p90 or 0.0
    instead = (
        f"It cannot be done beside {advice.against[name]}, which saves more."
        if name in advice.against
        else ""
    )
    return Answer(
        question="advise",
        sentence=f"{clean(one.title)}: {money(one.run_rate, one.currency)} a month from {one.since}, {money(one.in_year, one.currency)} this fiscal year"
        f"{f', net of {money(one.one_off, one.currency)} once' if one.one_off else ''}.",
        table=(rows := pd.DataFrame(one.evidence)),
        forms=dict.fromkeys(rows.select_dtypes("number").columns, "units")
        | dict.fromkeys(("cost a month", "cost", "not opened", "paid", "unused"), "money")
        | {"share": "share"},
        range=f"{eight_of_ten(low, high, one.currency)} this fiscal year.",
        reason=clean(one.why),
        next_best=instead,
        currency=one.currency,
        notes=tuple(
            text
            for text in (
                f"Owner: {clean(one.owner) or 'nobody is named'}. Effort: {one.effort}. To be looked at anew after {one.expires}.",
                f"Risk: {clean(one.risk)}" if one.risk else "",
                f"Taken back: {clean(one.rollback)}" if one.rollback else "",
                f"The table of actions: {advice.stands[name]}." if name in advice.stands else "",
                "" if one.sure else "The facts allow it and do not prove it: ask the owner first.",
            )
            if text
        ),
        figures={"recommendation": one.plain()},
        tables={"Changes": pd.DataFrame([_change(c) for c in one.changes])},
    )


def _row(one: Recommendation, advice: Advice) -> dict:
    return {
        "recommendation": clean(one.title),
        "a month": one.run_rate,
        "this year": one.in_year,
        "P10": one.in_year_p10,
        "P90": one.in_year_p90,
        "owner": clean(one.owner) or "nobody named",
        "effort": one.effort,
        "from": one.since,
        "decision": advice.stands.get(one.id, "open"),
        "id": one.id,
    }


def _change(change: dict) -> dict:
    return {key: value if isinstance(value, str) else str(value) for key, value in change.items()}


def _sentence(advice: Advice, rate: float, year: float) -> str:
    if not advice.chosen:
        return f"There is nothing to recommend on the bill up to {advice.as_of}."
    many = len(advice.chosen)
    first = advice.chosen[0]
    do = "saves" if many == 1 else "save"
    most = f" Most: {clean(first.title)}." if many > 1 else ""
    return (
        f"{several(many, 'recommendation')} {do} {money(year, advice.currency)} this fiscal year together, and {money(rate, advice.currency)} a month "
        f"once all act.{most}"
    )


def _reason(advice: Advice) -> str:
    if len(advice.chosen) < 2:
        return clean(advice.chosen[0].why) if advice.chosen else ""
    if abs(advice.overlap) < 1:
        return "they act on different cost, so what they save adds up."
    overlap = money_signed(advice.overlap, advice.currency)
    how = "they take from the same cost" if advice.overlap < 0 else "they do more together"
    return f"together they save {overlap} beside the sum of each alone over {advice.months[0]} to {advice.months[-1]}: {how}."


def _next(advice: Advice) -> str:
    if not advice.others:
        return ""
    one = advice.others[0]
    return f"{clean(one.title)} saves {money(one.run_rate, advice.currency)} a month instead of “{clean(_title(advice, advice.against[one.id]))}”."


def _title(advice: Advice, id: str) -> str:
    """What a recommendation is called; its id where it is not chosen."""
    return next((one.title for one in advice.chosen if one.id == id), id)


def _notes(advice: Advice) -> list[str]:
    notes = [
        f"{advice.paths:,} futures of the base, the same for all; data up to {advice.as_of}. A month: mean of the first 12 months from its start. "
        "A saving is expected and not booked: no budget and no forecast holds it."
    ]
    if any(a.category == "rate" for a in advice.chosen):
        notes.append("Rates are bought for what is used once the rest is done.")
    if advice.asked:
        first = advice.asked[0]
        notes.append(
            f"To be asked, not counted above: {several(len(advice.asked), 'idea')} that the facts allow and do not prove; most: "
            f"{clean(first.title)}, {money(first.run_rate, advice.currency)} a month ({first.id})."
        )
    if advice.refused:
        notes.append(
            f"{several(len(advice.refused), 'further idea')} left out: decided already, saving nothing here, or not to be simulated (--export has why)."
        )
    return notes
