"""The fiscal year by its periods, on the page of a company whose year is weeks (docs/method §1.6)."""

from __future__ import annotations

import datetime as dt

from markupsafe import Markup

from ....measure.budget.types import FiscalPeriod
from ..tables import OVER, Column, Figures, table

NAMES = ["Period", "", "Days", "Actual", "P10", "Median", "P90", "Mean"]
QUANTILES = ("p10", "p50", "p90", "mean")


def fiscal(figures: Figures) -> list[Markup]:
    """The table "By fiscal period"; none of a year of months."""
    found = figures.brief.get("fiscal")
    if not found:
        return []
    show, land, lines = figures.show, figures.brief["landing"], found["periods"]
    planned = any(line["budget"] is not None for line in lines)
    rows = [_row(figures, i, line, planned) for i, line in enumerate(lines)]
    total: list = [
        found["year"],
        dates(found["start"], found["last"]),
        f"{found['weeks']} weeks",
        show("fiscal/actual", "whole"),
        *(show(f"landing/{key}", "whole") for key in QUANTILES),
    ]
    if planned:
        total += [
            show("landing/budget", "whole"),
            figures.over(land["budget"], land["mean"]),
        ]
    names = [*NAMES, *(["Budget", OVER] if planned else [])]
    columns = [Column(name, i > 1) for i, name in enumerate(names)]
    caption = (
        f"By fiscal period, {found['year']} ({found['kind']}), begun {found['start']}, "
        f"{figures.money('budget')}"
    )
    note = (
        "Of a period under way, or in which the bill begins, Days says how many of its days have actuals. Over or under is actual − budget, "
        f"of what is to come and of the year mean − budget. {found['said']}"
    )
    return [table(columns, rows, caption, total=total, name="fiscal", note=note)]


def _row(figures: Figures, i: int, line: FiscalPeriod, planned: bool) -> list:
    show, at = figures.show, f"fiscal/periods/{i}"
    over_ = line["state"] == "actual"
    cells: list = [
        line["name"],
        dates(line["start"], line["last"]),
        f"{line['booked_days']} of {line['days']}" if line["partial"] else f"{line['days']}",
        show(f"{at}/actual", "whole") if line["actual"] is not None else "",
        *("" if over_ else show(f"{at}/{key}", "whole") for key in QUANTILES),
    ]
    if planned:
        cost = line["mean"] if not over_ else None if line["partial"] else line["actual"]
        cells += [
            show(f"{at}/budget", "whole") if line["budget"] is not None else "–",
            figures.over(line["budget"], cost),
        ]
    return cells


def dates(first: str, last: str) -> str:
    """First and last day, short.

    >>> dates("2025-12-28", "2026-01-24")
    '28 Dec – 24 Jan'
    """
    days = [dt.date.fromisoformat(text) for text in (first, last)]
    return " – ".join(f"{day.day} {day:%b}" for day in days)
