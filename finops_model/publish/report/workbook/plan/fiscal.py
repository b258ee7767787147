"""Sheet Fiscal year, of a company whose year is weeks: actual, budget and forecast by period, the days of each (docs/method §1.6)."""

from __future__ import annotations

from typing import cast

from .....measure.brief_types import Brief
from ..cells import Pen

KEYS = ("actual", "p10", "p50", "p90", "mean", "budget")


def fiscal(pen: Pen, brief: Brief) -> None:
    """A row a period, and the year; none of a year of months."""
    found = brief.get("fiscal")
    if not found:
        return
    sheet = pen.sheet(
        "Fiscal year",
        [14, 12, 12, 12, 8, 16, *[16] * 6],
        landscape=True,
        holds="Periods of the fiscal year of weeks",
        titles=0,
    )
    names = ["Period", "Quarter", "First day", "Last day", "Days", "State"]
    names += ["Actual", "P10", "P50", "P90", "Mean", "Budget"]
    pen.head(sheet, 0, names, right=6)
    sheet.freeze_panes(1, 1)
    for row, line in enumerate(cast(list[dict], found["periods"]), 1):
        state = line["state"]
        if line["partial"]:
            state += f", {line['booked_days']} of {line['days']} days"
        days = (line["name"], line["quarter"], line["start"], line["last"])
        pen.along(sheet, row, 0, days)
        pen.put(sheet, row, 4, line["days"], "quantity")
        pen.put(sheet, row, 5, state)
        pen.along(sheet, row, 6, (line[key] for key in KEYS), "money")
    row, land = len(found["periods"]) + 1, brief["landing"]
    pen.along(sheet, row, 0, (found["year"], "", found["start"], found["last"]), "part")
    sheet.write_formula(row, 4, f"=SUM(E2:E{row})", pen.formats["part"], 7 * found["weeks"])
    pen.put(sheet, row, 5, "heading for" if not land.get("closed") else "actual", "part")
    sheet.write_formula(row, 6, f"=SUM(G2:G{row})", pen.formats["total"], found["actual"])
    of_year = (land["p10"], land["p50"], land["p90"], land["mean"], land["budget"])
    pen.along(sheet, row, 7, of_year, "total")
    pen.note(sheet, row + 2, 11, found["said"])
