"""The fiscal year by its periods, on the page of a company whose year is weeks (docs/method §1.6)."""

from __future__ import annotations

from markupsafe import Markup

from ....measure.budget.types import FiscalPeriod
from ....wording import day
from ..tables import Column, Figures, table, variance

STATES = {"actual": "actual", "under way": "under way", "forecast": "forecast"}


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
        f"{day(found['start'])} to {day(found['last'])}",
        f"{found['weeks']} weeks",
        "heading for" if not land.get("closed") else "actual",
        show("fiscal/actual", "whole"),
        *(show(f"landing/{key}", "whole") for key in ("p10", "p50", "p90", "mean")),
    ]
    if planned:
        total += [
            show("landing/budget", "whole"),
            *variance(land["budget"], land["mean"], figures.digits),
        ]
    names = ["Period", "Days", "", "", "Actual", "P10", "Median", "P90", "Mean"]
    names += ["Budget", "Variance", ""] if planned else []
    columns = [Column(name, 4 <= i != 11) for i, name in enumerate(names)]
    caption = f"By fiscal period, {found['year']} ({found['kind']}), {figures.money('budget')}"
    note = f"Variance of a period to come, and of the year, is budget − mean. {found['said']}"
    return [table(columns, rows, caption, total=total, name="fiscal", note=note)]


def _row(figures: Figures, i: int, line: FiscalPeriod, planned: bool) -> list:
    show, at = figures.show, f"fiscal/periods/{i}"
    state = STATES[line["state"]]
    if line["partial"]:
        state += f", {line['booked_days']} of {line['days']} days"
    over = line["state"] == "actual"
    cells: list = [
        line["name"],
        f"{day(line['start'])} to {day(line['last'])}",
        f"{line['days']} days",
        state,
        show(f"{at}/actual", "whole") if line["actual"] is not None else "–",
        *("" if over else show(f"{at}/{key}", "whole") for key in ("p10", "p50", "p90", "mean")),
    ]
    if planned:
        cost = line["actual"] if over and not line["partial"] else line["mean"]
        cells += [
            show(f"{at}/budget", "whole") if line["budget"] is not None else "–",
            *variance(line["budget"], cost, figures.digits),
        ]
    return cells
