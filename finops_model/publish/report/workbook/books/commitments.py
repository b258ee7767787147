"""Sheet Commitments: what is held, until when, and the money of it that nobody used (docs/method §15.50)."""

from __future__ import annotations

from typing import cast

from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = (
    "Commitment",
    "What",
    "Vendor",
    "Ends",
    "Days left",
    "Cost of the month",
    "Used",
    "Unused, money",
    "Used, money",
    "Unused, year so far",
)


def commitments(pen: Pen, brief: Brief) -> None:
    """A row a commitment and their sums; none where none is held."""
    page = brief.get("page_one")
    found = page.get("commitments") if page else None
    if not found:
        return
    widths = [34, 36, 22, 12, 10, 18, 10, 18, 18, 18]
    holds = "Commitments held, when they end, what of them is not used"
    sheet = pen.sheet("Commitments", widths, landscape=True, holds=holds, titles=0)
    pen.head(sheet, 0, list(HEAD), right=4)
    sheet.freeze_panes(1, 1)
    for at, line in enumerate(found, 1):
        pen.along(sheet, at, 0, (line["name"], line["what"], line["vendor"]), "wrap")
        pen.put(sheet, at, 3, line["ends"])
        pen.put(sheet, at, 4, line["days_left"], "quantity")
        pen.put(sheet, at, 5, line["cost"], "input")
        pen.put(sheet, at, 6, line["used"], "share")
        pen.put(sheet, at, 7, line["unused"], "input")
        if line["cost"] is not None and line["unused"] is not None:
            used = line["cost"] - line["unused"]
            pen.formula(sheet, at, 8, f"=F{at + 1}-H{at + 1}", used)
        else:
            pen.put(sheet, at, 8, None, "money")
        pen.put(sheet, at, 9, line["unused_year_to_date"], "input")
    last = len(found) + 1
    pen.along(sheet, last, 0, ("All", "", "", "", ""), "part")
    pen.put(sheet, last, 6, "", "part")
    keys = ((5, "F", "cost"), (7, "H", "unused"), (9, "J", "unused_year_to_date"))
    for column, letter, key in keys:
        known = sum(line[key] or 0.0 for line in cast(list[dict], found))
        pen.formula(sheet, last, column, f"=SUM({letter}2:{letter}{last})", known, "total")
    both = [line for line in found if line["cost"] is not None and line["unused"] is not None]
    used = sum((line["cost"] or 0.0) - (line["unused"] or 0.0) for line in both)
    pen.formula(sheet, last, 8, f"=SUM(I2:I{last})", used, "total")
    said = f"{pen.currency}, EffectiveCost of {brief['month']}. A commitment without a figure is one whose cost the bill does not say."
    pen.note(sheet, last + 2, len(HEAD) - 1, said)
