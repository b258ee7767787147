"""Quality against cost, model by model, as an answer (docs/method §16.57)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from ...errors import together
from ...measure.outlook.frontier import Candidate
from ...periods import month_name
from ...wording import money, pictures
from ..questions.answer import Answer, cell


def against_cost(
    each: Mapping[str, Sequence[Candidate]],
    month: str,
    *,
    currency: str,
    counts: Mapping[str, tuple[str, float]] | None = None,
    notes: Sequence[str] = (),
) -> Answer:
    """A row for each judged model of each workload, cheapest first: quality with its range, cost of the month's work on it, the front.

    counts   workload -> (what is counted, how many in the month), where a driver counts that workload alone
    """
    rows, dearer = [], []
    for workload, models in each.items():
        before: Candidate | None = None
        noun, number = (counts or {}).get(workload, ("", 0.0))
        for one in models:
            row = _row(one, before, number)
            rows.append(row)
            if one.on_front:
                before = one
            if one.in_use > 0 and one.beaten_by:
                other = next(x for x in models if x.model == one.beaten_by)
                dearer.append((one.in_use * ((one.cost or 0.0) - (other.cost or 0.0)), one, other))
    dearer.sort(key=lambda item: -item[0])
    table = pd.DataFrame(rows)
    counted = [f"{noun} ({workload})" for workload, (noun, _) in (counts or {}).items()]
    first = next(iter(each))
    shown = [
        one for one in each[dearer[0][1].workload if dearer else first] if one.cost is not None
    ]
    return Answer(
        question="kpi quality",
        sentence=_sentence(dearer, each, month, currency),
        table=table,
        forms={
            "accepted": "share",
            "P10": "share",
            "P90": "share",
            "judged": "count",
            "in use": "share",
            "cost a month": "money",
            "cost per accepted": "units",
            "per quality point": "money",
            "per further point": "money",
        },
        range=f"quality: P10 to P90 of what so many judged answers speak for. Costs are of {month_name(month)}, so they have no range.",
        reason=_reason(dearer),
        next_best="",
        currency=currency,
        notes=(
            "Cost a month: all tokens of the workload in the month at the price of the model, as paid in the month, else as listed; a model may "
            "need more or fewer tokens for the same answers.",
            *(
                [
                    f"Cost per accepted: cost ÷ count ÷ share accepted, counts of {together(counted)}."
                ]
                if counted
                else []
            ),
            *notes,
        ),
        figures={
            "month": month,
            "models": [
                {
                    "workload": one.workload,
                    "model": one.model,
                    "sampled": one.sampled,
                    "accepted": one.accepted,
                    "quality": one.quality,
                    "low": one.low,
                    "high": one.high,
                    "cost": one.cost,
                    "in_use": one.in_use,
                    "on_front": one.on_front,
                    "beaten_by": one.beaten_by,
                    "surely": one.surely,
                    "priced": one.priced,
                }
                for models in each.values()
                for one in models
            ],
        },
        tables={
            "Samples": pd.DataFrame(
                [
                    {
                        "workload": one.workload,
                        "model": one.model,
                        "judged": one.sampled,
                        "accepted": one.quality,
                        "P10": one.low,
                        "P90": one.high,
                        "priced": one.priced,
                    }
                    for models in each.values()
                    for one in models
                ]
            )
        },
        picture=_picture(shown, currency) if shown else None,
    )


def _row(one: Candidate, before: Candidate | None, number: float) -> dict:
    points = 100 * one.quality
    further = None
    if one.on_front and before is not None and one.quality > before.quality:
        further = ((one.cost or 0.0) - (before.cost or 0.0)) / (points - 100 * before.quality)
    per = one.cost / number / one.quality if one.cost and number and one.quality else None
    stands = "on the front" if one.on_front else "no price" if one.cost is None else ""
    if one.on_front and before is not None and one.low < before.high:
        stands = "on the front, better only within what samples can tell"
    if one.beaten_by:
        stands = f"beaten by {one.beaten_by}"
    return {
        "workload": one.workload,
        "model": one.model,
        "in use": one.in_use,
        "accepted": one.quality,
        "cost a month": one.cost,
        "cost per accepted": per,
        "per quality point": one.cost / points if one.cost is not None and points else None,
        "per further point": further,
        "stands": stands,
    }


def _sentence(dearer, each, month: str, currency: str) -> str:
    if not dearer:
        return f"No model in use in {month_name(month)} is beaten: no other that was judged is as good for less, in {together(each)}."
    saved, one, other = dearer[0]
    return (
        f"{other.model} is as good as {one.model} for {one.workload} ({cell(other.quality, 'share', '')} and {cell(one.quality, 'share', '')} of judged "
        f"answers accepted) and would have cost {money(saved, currency)} less in {month_name(month)}."
    )


def _reason(dearer) -> str:
    if not dearer:
        return "a model is beaten where another costs no more and is as good, better in one of the two."
    _, one, other = dearer[0]
    if one.surely:
        return "the ranges of quality do not meet, so it is not the luck of the samples."
    return (
        "their ranges of quality meet, so that one is better is not certain; that it is cheaper is."
        if other.quality > one.quality
        else "they are as good, and one is cheaper."
    )


def _picture(models: Sequence[Candidate], currency: str) -> dict:
    names = [f"{one.model}, {money(one.cost, currency)} a month" for one in models]
    return pictures.ranges(
        names,
        [100 * one.low for one in models],
        [100 * one.quality for one in models],
        [100 * one.high for one in models],
        ["on the front" if one.on_front else f"beaten by {one.beaten_by}" for one in models],
        words=f"Accepted answers of {models[0].workload} by model, cheapest first: "
        + "; ".join(f"{one.model} {100 * one.quality:.0f} %" for one in models),
        axis=f"accepted answers of {models[0].workload}, percent",
        highlight=next((i for i, one in enumerate(models) if one.on_front), None),
    )
