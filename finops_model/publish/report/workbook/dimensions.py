"""Sheet Dimensions, of the company: cost by team, environment, model and each dimension of its own, with budgets of values (docs/method §13.65)."""

from __future__ import annotations

from typing import cast

from ....measure.brief_types import Brief
from ....wording import dimensions as words
from ....wording.landing import CHANCE_COLUMN
from .cells import Pen

COST = ("actual", "previous_month", "year_to_date", "share")
PLAN = (
    "budget",
    "landing_p10",
    "landing_p50",
    "landing_p90",
    "landing_mean",
    "year_budget",
    "over",
)
ADDED = {"actual", "previous_month", "year_to_date", "budget", "landing_mean", "year_budget"}


def dimensions(pen: Pen, brief: Brief) -> None:
    """A block per dimension, its values and their sum, live; none where the bill says none."""
    each = (brief.get("allocation") or {}).get("dimensions")
    if not each:
        return
    planned = any(one["budgeted"] for one in each)
    month, period = brief["month"], brief["landing"]["period"]
    flash = brief["status"] == "flash"
    titles = [f"Actual {month}", "Same days, month before" if flash else "Month before"]
    titles += [f"{period} so far", "Share of the month"]
    if planned:
        titles += [f"Budget {month}", f"P10 {period}", "P50", "P90", "Mean", f"Budget {period}"]
        titles += ["Over (+) or under (−)", CHANCE_COLUMN]
    sheet = pen.sheet(
        "Dimensions",
        [20, 34, *[16] * len(titles)],
        landscape=True,
        holds="Cost by team, environment, model and your own dimensions",
        titles=0,
    )
    pen.head(sheet, 0, ["Dimension", "Value", *titles], right=2)
    sheet.freeze_panes(1, 2)
    row = 1
    for one in each:
        keys = (*COST, *(PLAN if one["budgeted"] else ()))
        first = row
        for line in cast(list[dict], one["values"]):
            pen.put(sheet, row, 0, words.titled(one["name"]))
            pen.put(sheet, row, 1, words.value(one["name"], line["value"]))
            for column, key in enumerate(keys, 2):
                pen.put(sheet, row, column, line[key], "share" if key == "share" else "money")
            if one["budgeted"]:
                if line["over"] is not None:
                    over = f"=K{row + 1}-L{row + 1}"
                    sheet.write_formula(row, 12, over, pen.formats["variance"], line["over"])
                pen.put(sheet, row, 13, line["overrun_probability"], "share")
            row += 1
        pen.along(sheet, row, 0, (words.titled(one["name"]), brief["unit"]), "part")
        for column, key in enumerate(keys, 2):
            known = [line[key] for line in cast(list[dict], one["values"]) if line[key] is not None]
            if key in ADDED and known:
                letter = chr(65 + column)
                total = f"=SUM({letter}{first + 1}:{letter}{row})"
                sheet.write_formula(row, column, total, pen.formats["total"], sum(known))
            else:
                pen.put(sheet, row, column, "", "part")
        row += 2
