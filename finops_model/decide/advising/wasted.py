"""Waste of a workspace as an answer: what was paid and bought nothing, each cost once (docs/method §17.1)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...errors import several
from ...measure.waste import CATEGORIES, Waste
from ...periods import month_name
from ...wording import clean, money, pictures
from ..questions.answer import Answer

WORDS = {
    "idle": "idle",
    "unused_commitment": "unused commitment",
    "orphaned_storage": "orphaned or stale storage",
    "failed_or_repeated": "failed or repeated work",
    "unused_seats": "unused seats",
}


def waste_answer(lines: Sequence[Waste], month: str, currency: str, spent: float) -> Answer:
    """Lines of waste, dearest in the month first; spent: cost of the month, money."""
    sure = sum(line.month_cost for line in lines if line.sure)
    asked = sum(line.month_cost for line in lines if not line.sure)
    by = {
        name: sum(w.month_cost for w in lines if w.sure and w.category == name)
        for name in CATEGORIES
    }
    named = {WORDS[name]: amount for name, amount in by.items() if amount > 0}
    rows = [
        {
            "what": clean(line.resource or line.workload),
            "kind": line.kind,
            "in the month": line.month_cost,
            "so far": sum(line.cost_by_month.values()),
            "since": line.since,
            "workload": clean(line.workload),
            "team": clean(line.team),
            "known": "yes" if line.sure else "to be asked",
            "why": clean(line.why),
        }
        for line in lines
    ]
    return Answer(
        question="advise",
        sentence=_sentence(lines, month, currency, sure, asked, spent),
        table=pd.DataFrame(
            rows,
            columns=[
                "what",
                "kind",
                "in the month",
                "so far",
                "since",
                "workload",
                "team",
                "known",
                "why",
            ],
        ),
        forms={"in the month": "money", "so far": "money"},
        range=f"{money(sure, currency)} is proven; {money(asked, currency)} beside it the bill alone suggests."
        if sure or asked
        else "",
        reason=f"most is {max(named, key=lambda name: named[name])}." if named else "",
        next_best="",
        currency=currency,
        notes=("Each cost is counted once. What to do about it: finops advise.",) if lines else (),
        figures={
            "month": month,
            "waste": sure,
            "sure": sure,
            "to_be_asked": asked,
            "share_of_cost": sure / spent if spent > 0 else None,
            "by_category": by,
        },
        tables={
            "Evidence": pd.DataFrame(
                [
                    {"of": clean(line.resource or line.workload), **row}
                    for line in lines
                    for row in line.evidence
                ]
            )
        },
        picture=pictures.bars(
            list(named),
            list(named.values()),
            [money(amount, currency) for amount in named.values()],
            words=f"Waste of {month_name(month)} by kind.",
            axis=currency,
        )
        if named
        else None,
    )


def _sentence(lines, month: str, currency: str, sure: float, asked: float, spent: float) -> str:
    """What is sure, as in the report and the KPI; what is to be asked beside it."""
    look = f" Somebody should look at another {money(asked, currency)}." if asked else ""
    if not sure and look:
        return f"No waste of {month_name(month)} is proven.{look}"
    if not sure:
        over = (
            f"; {several(len(lines), 'case')} before it {'is' if len(lines) == 1 else 'are'} over"
            if lines
            else ""
        )
        return f"No waste is seen in {month_name(month)}{over}."
    share = f", {100 * sure / spent:.1f} % of its cost" if spent > 0 else ""
    proven = [line for line in lines if line.sure]
    first = clean(proven[0].resource or proven[0].workload)
    most = f" Most: {first}, {money(proven[0].month_cost, currency)}." if len(proven) > 1 else ""
    return f"{month_name(month)} wasted {money(sure, currency)}{share}.{most}{look}"
