"""Gross margin after AI cost, month by month, as an answer (docs/method §16.55)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ...periods import month_name
from ...wording import money, pictures
from ..questions.answer import Answer, cell


def margins(
    months: Sequence[dict], *, currency: str, partial: Sequence[str] = (), names: Sequence[str] = ()
) -> Answer:
    """A row a month: revenue, cost of goods sold, undecided, research, gross margin.

    months     {"month", "revenue", "serving", "undecided", "research"}, money
    names      workloads of undecided cost, dearest first
    """
    rows = []
    for one in months:
        revenue, goods = one["revenue"], one["serving"] + one["undecided"]
        rows.append(
            {
                "month": one["month"],
                "revenue": revenue,
                "cost of goods sold": goods,
                "of it undecided": one["undecided"],
                "research": one["research"],
                "gross margin": (revenue - goods) / revenue if revenue > 0 else None,
                "without undecided": (revenue - one["serving"]) / revenue if revenue > 0 else None,
            }
        )
    table = pd.DataFrame(rows)
    last, first = rows[-1], rows[0]
    moved = (
        f" It was {_share(first['gross margin'])} in {month_name(first['month'])}."
        if len(rows) > 1
        else ""
    )
    undecided = last["of it undecided"]
    notes = [
        "Of AI cost alone: other cost of goods sold is not in the bill, so this is above the margin of the books.",
        *partial,
    ]
    if undecided:
        notes.append(
            f"{money(undecided, currency)} of {month_name(last['month'])} is neither serving nor research by cogs of finops.yaml, and counts as cost of "
            f"goods sold: {', '.join(names[:6])}{f' and {len(names) - 6} more' if len(names) > 6 else ''}."
        )
    return Answer(
        question="kpi margin",
        sentence=f"Gross margin after AI cost was {_share(last['gross margin'])} in {month_name(last['month'])}: revenue {money(last['revenue'], currency)}, "
        f"cost of goods sold {money(last['cost of goods sold'], currency)}, research {money(last['research'], currency)} apart.{moved}",
        table=table,
        forms={
            "revenue": "money",
            "cost of goods sold": "money",
            "of it undecided": "money",
            "research": "money",
            "gross margin": "share",
            "without undecided": "share",
        },
        range="These are actuals, so there is no range."
        + (
            f" Undecided cost moves it between {_share(last['gross margin'])} and {_share(last['without undecided'])}."
            if undecided
            else ""
        ),
        reason="training and experiments are research by the policy, and no cost of goods sold.",
        next_best="",
        currency=currency,
        notes=tuple(notes),
        figures={"months": rows},
        picture=pictures.curves(
            {
                "gross margin": (
                    [row["month"] for row in rows if row["gross margin"] is not None],
                    [100 * row["gross margin"] for row in rows if row["gross margin"] is not None],
                )
            },
            words=f"Gross margin after AI cost: {_share(last['gross margin'])} in {month_name(last['month'])}.",
            axis="percent",
        )
        if any(row["gross margin"] is not None for row in rows)
        else None,
    )


def _share(value: float | None) -> str:
    return "not known" if value is None else cell(value, "share", "")
