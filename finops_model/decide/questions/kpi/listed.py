"""Every KPI of the shelf: its value, what it is, and why it has none here (docs/method §16.10)."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ....measure.kpis import Facts, Part, parts_of, shelf
from ....measure.quality.card import counted
from ....periods import month_name
from ..answer import Answer
from ..unit_costs import of_month
from .words import figure, with_unit


def listed(facts: Facts, month: str, whose: str, names: Sequence[str] | None = None) -> Answer:
    """A row for each KPI (names None: all of the shelf) with its value in the month; without data: why.

    facts   of one unit, with all that the KPIs need;  month: YYYY-MM;  whose: "the company", or a unit
    Further sheets: What they are (formula, unit, basis, source, whose question, better), Lines (numerator, denominator, days of each line).
    """
    rows, about, lines, lacking = [], [], [], 0
    for name in names or shelf():
        module = shelf()[name]
        parts = parts_of(facts, [name])
        valued = [(part, said) for part in parts if (said := of_month(part, month))]
        title = getattr(module, "TITLE", name.replace("_", " "))
        why = "" if valued else _why(module, parts, month)
        lacking += not valued
        rows.append(
            {
                "KPI": title,
                "value": with_unit(valued[0][1]["value"], valued[0][0].unit) if valued else "–",
                "formula": getattr(module, "FORMULA", ""),
                "better, basis, for": _about(module),
                "here": _here(valued) if valued else why,
            }
        )
        about.append(
            {
                "KPI": title,
                "name": name,
                "formula": getattr(module, "FORMULA", ""),
                "unit": getattr(module, "UNIT", ""),
                "basis": getattr(module, "BASIS", ""),
                "source": getattr(module, "SOURCE", ""),
                "for": ", ".join(getattr(module, "PERSONA", ())),
                "better": getattr(module, "BETTER", "lower"),
                "data": "yes" if valued else why,
            }
        )
        lines += [_line(name, part, said) for part, said in valued]
    here = len(rows) - lacking
    rows.sort(key=lambda row: row["value"] == "–")  # what has a value first
    return Answer(
        question="kpi list",
        sentence=f"{here} of {counted(len(rows), 'KPI', 'KPIs')} {'has' if here == 1 else 'have'} a value for {whose} in {month_name(month)}.",
        table=pd.DataFrame(rows),
        forms={"numerator": "units", "denominator": "units", "days": "count"},
        range="These are actuals, so there is no range.",
        reason="each is a numerator over a denominator, on days or months that have both; their sum, not a mean of daily values, makes the month.",
        next_best="",
        currency=facts.currency,
        figures={"month": month, "kpis": about, "lines": lines},
        tables={"What they are": pd.DataFrame(about), "Lines": pd.DataFrame(lines)},
    )


def _here(valued: list[tuple[Part, dict]]) -> str:
    """What stands behind the first line, and how many more there are."""
    part, said = valued[0]
    more = f"; {counted(len(valued) - 1, 'more line', 'more lines')}" if len(valued) > 1 else ""
    return f"{part.name}: {figure(said['cost'])} ÷ {figure(said['count'])}{more}"


def _about(module) -> str:
    """Better direction, basis and whose question it is, in a cell."""
    basis = getattr(module, "BASIS", "")
    words = [
        getattr(module, "BETTER", "lower"),
        "no money" if basis == "none" else basis,
        ", ".join(getattr(module, "PERSONA", ())),
    ]
    return "; ".join(word for word in words if word)


def _why(module, parts: list[Part], month: str) -> str:
    """Why a KPI has no value in the month."""
    if parts:
        return f"No value in {month_name(month)}: no day or whole month of it has both numerator and denominator."
    return getattr(module, "WITHOUT", "") or "The workspace has nothing that it needs."


def _line(name: str, part: Part, said: dict) -> dict:
    return {
        "name": name,
        "line": part.name,
        "value": said["value"],
        "unit": part.unit,
        "numerator": said["cost"],
        "denominator": said["count"],
        "days": said["days"],
        "of": part.of,
        "better": part.better,
    }
