"""How KPIs moved, month by month (docs/method §16.10)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ....errors import InputError
from ....measure.kpis import Facts, Part, parts_of
from ....periods import month_name
from ....wording import pictures
from ..answer import Answer
from ..unit_costs import of_month
from .words import figure, shown_value


def trend(
    facts: Facts, months: Sequence[str], whose: str, *, asked=None, only: str | None = None
) -> Answer:
    """A row for each line, a column for each month; numerator, denominator and days in the sheet Months.

    facts   of one unit;  months: YYYY-MM, oldest first;  asked: files of the shelf;  only: one line by its name
    Raises InputError where no line has a value in any of them.
    """
    lines = [
        (part, {month: said for month in months if (said := of_month(part, month))})
        for part in parts_of(facts, asked)
        if only is None or part.name.casefold() == only.casefold()
    ]
    lines = [(part, said) for part, said in lines if said]
    if not lines:
        raise InputError(
            f"no KPI of {whose} has a value from {month_name(months[0])} to {month_name(months[-1])}. finops kpi --list says why."
        )
    part, said = lines[0]
    first, last = list(said)[0], list(said)[-1]
    return Answer(
        question="kpi trend",
        sentence=f"{part.name} of {whose} went from {shown_value(said[first]['value'], part.unit)} in {month_name(first)} to "
        f"{shown_value(said[last]['value'], part.unit)} in {month_name(last)}{_per(part)}.",
        table=pd.DataFrame([_row(one, of_it, months) for one, of_it in lines]),
        range="These are actuals, so there is no range.",
        reason=f"{part.better} is better; {_behind(said, first, last)}.",
        next_best="",
        currency=facts.currency,
        forms={"value": "units", "numerator": "units", "denominator": "units", "days": "count"},
        notes=_partial(lines),
        figures={
            one.name: {"unit": one.unit, "better": one.better, "months": of_it}
            for one, of_it in lines
        },
        tables={"Months": pd.DataFrame([row for line in lines for row in _months(*line)])},
        picture=pictures.curves(
            {part.name: (list(said), [one["value"] for one in said.values()])},
            words=f"{part.name}, month by month.",
            axis="share" if part.unit == "share" else part.unit,
        ),
    )


def _per(part: Part) -> str:
    return "" if part.unit == "share" else f" ({part.unit})"


def _behind(said: dict, first: str, last: str) -> str:
    """What the line is divided out of, at both ends."""
    ends = [
        f"{figure(said[month]['cost'])} ÷ {figure(said[month]['count'])}" for month in (first, last)
    ]
    return f"it was {ends[0]}, and is {ends[1]}"


def _row(part: Part, said: dict, months: Sequence[str]) -> dict:
    cells = {
        month: shown_value(said[month]["value"], part.unit) if month in said else "–"
        for month in months
    }
    return {"KPI": part.name, "unit": part.unit, **cells}


def _months(part: Part, said: dict) -> list[dict]:
    return [
        {
            "KPI": part.name,
            "unit": part.unit,
            "month": month,
            "value": one["value"],
            "numerator": one["cost"],
            "denominator": one["count"],
            "days": one["days"],
            "of days": one["of_days"],
        }
        for month, one in said.items()
    ]


def _partial(lines) -> tuple[str, ...]:
    """Months of which days are missing, the first six."""
    told = [
        f"{part.name}, {month_name(month)}: {one['days']} of {one['of_days']} days have both."
        for part, said in lines
        for month, one in said.items()
        if one["days"] < one["of_days"]
    ]
    return tuple(told[:6]) + (
        (f"And {len(told) - 6} more months with days missing.",) if len(told) > 6 else ()
    )
