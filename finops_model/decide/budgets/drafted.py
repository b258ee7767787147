"""What `finops budget draft` says of a drafted budget (docs/method §9.40)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from ...facts.daily.allocate import ALL
from ...wording import money, pictures
from ..questions.answer import Answer
from ..questions.reserve import NO_UNIT, futures, name_of
from .draft import Draft


@dataclass(frozen=True, kw_only=True)
class Drafted:
    """A draft and what it is held beside; money of one currency."""

    draft: Draft
    period: str
    before: Mapping[str, float]  # unit -> where the year under way lands on average
    before_name: str
    totals: np.ndarray  # (path,) of the period
    currency: str
    as_of: str
    what: str = "unit"  # or the dimension
    notes: tuple[str, ...] = ()


def answer_of(asked: Drafted) -> Answer:
    """The draft as an answer: a row for each unit, the lines together, the reserve, the total."""
    plan, currency, period = asked.draft, asked.currency, asked.period
    level, held = plan.held.level, plan.held
    p, total = name_of(level), money(float(plan.total), currency)
    lines = money(float(plan.together), currency)
    sentence = (
        f"{period} is drafted at {total}: {lines} in lines by {asked.what} and month, each what it costs on average, and "
        f"{money(float(plan.reserve), currency)} as one reserve of the company, with which all of it holds in {futures(level)} ({p})."
    )
    low, high = np.quantile(asked.totals, [0.1, 0.9])
    most = max(range(len(held.shares)), key=lambda i: held.shares[i])
    units = sorted({*asked.draft.means})
    apart = (
        f"Every {asked.what} with a reserve of its own at {p} would need {money(float(held.alone.sum()), currency)} together, "
        f"{money(held.diversification, currency)} more than the total: certainty is bought once."
        if held.diversification > 0.005 and len(held.alone) > 1
        else f"There is nothing to save by one reserve instead of one for each {asked.what}."
    )
    return Answer(
        question="budget draft",
        sentence=sentence,
        table=_table(asked, units),
        forms={"draft": "money", asked.before_name: "money", "change": "money"},
        range=f"{period} costs {money(float(low), currency)} to {money(float(high), currency)} in 8 of 10 futures.",
        reason=(
            f"Lines are means, and means add up. Most of the reserve stands for {_word(plan.units[most])}."
            if plan.reserve
            else "Lines are means, and means add up. At this level they need no reserve."
        ),
        next_best=apart,
        currency=currency,
        notes=_notes(asked),
        figures={
            "period": period,
            "as_of": asked.as_of,
            "level": level,
            "paths": held.paths,
            "lines": str(plan.together),
            "reserve": str(plan.reserve),
            "total": str(plan.total),
            "units": {unit: str(amount) for unit, amount in plan.means.items()},
            "p10": low,
            "p90": high,
        },
        tables={
            "Lines": pd.DataFrame(
                [
                    (
                        line.unit,
                        line.month,
                        float(line.amount),
                        float(line.held_back),
                        line.held_by,
                    )
                    for line in plan.lines
                ],
                columns=[asked.what, "month", "amount", "held back", "held by"],
            )
        },
        picture=pictures.waterfall(
            [*(_word(unit) for unit in units), "reserve"],
            [*(float(plan.means[unit]) for unit in units), float(plan.reserve)],
            [
                *(money(float(plan.means[unit]), currency) for unit in units),
                money(float(plan.reserve), currency),
            ],
            words=f"The draft of {period}: lines by {asked.what}, then the reserve.",
            axis=currency,
            total=period,
            total_label=total,
        ),
    )


def _word(unit: str) -> str:
    return NO_UNIT if unit == ALL else unit


def _table(asked: Drafted, units: list[str]) -> pd.DataFrame:
    plan = asked.draft
    rows: list[tuple] = [
        (
            _word(unit),
            float(plan.means[unit]),
            asked.before.get(unit),
            None if unit not in asked.before else float(plan.means[unit]) - asked.before[unit],
        )
        for unit in sorted(units, key=lambda unit: (-plan.means[unit], unit))
    ]
    before = sum(asked.before.values()) if asked.before else None
    together = float(plan.together)
    rows.append(("lines together", together, before, None if before is None else together - before))
    rows.append(("reserve of the company", float(plan.reserve), None, None))
    rows.append(("total", float(plan.total), None, None))
    names = [asked.what, "draft", asked.before_name, "change"]
    table = pd.DataFrame(rows, columns=names)[names if asked.before else names[:2]]
    return table.astype(object).where(table.notna(), None)


def _notes(asked: Drafted) -> tuple[str, ...]:
    plan, currency = asked.draft, asked.currency
    notes = [
        *asked.notes,
        f"Simulated from {asked.as_of} on with the base scenario."
        + f" '{asked.before_name}' is what the year under way costs on average by its end."
        * bool(asked.before),
    ]
    if rest := [unit for unit in asked.before if unit not in plan.means]:
        notes.append(
            f"No line for {', '.join(map(_word, rest))}: nothing of it is expected in {asked.period}."
        )
    for unit, amount in plan.left_out.items():
        notes.append(
            f"{_word(unit)}: {money(float(amount), currency)} of its months lie below zero on average (refunds); a budget is at least 0, so they are drafted as 0."
        )
    return tuple(notes)


__all__ = ["Drafted", "answer_of"]
