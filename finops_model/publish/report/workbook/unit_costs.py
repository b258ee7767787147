"""Sheet Unit costs: direct and fully loaded, and how they add up to the cost of the month (docs/method §16.3)."""

from __future__ import annotations

import math

from xlsxwriter.worksheet import Worksheet

from ....measure.basis.sections import of
from ....measure.brief_types import Brief
from ....measure.cycle.types import UnitCostTie
from .cells import Pen


def unit_costs(pen: Pen, brief: Brief) -> None:
    """A row a unit cost; below them, how they add up."""
    sheet = pen.sheet(
        "Unit costs",
        [40, 24, 16, 16, 12, 12, 16, 16, 18, 18, 40],
        landscape=True,
        holds="Cost per outcome, driver, hour and token",
        titles=0,
    )
    pen.head(
        sheet,
        0,
        [
            f"Unit cost, {of('unit_costs', brief.get('basis'))}",
            "Unit",
            brief["month"],
            "Month before",
            "Change",
            "Days",
            "Fully loaded",
            "Fully loaded, before",
            "Numerator",
            "Denominator",
            "Cost of",
        ],
        right=2,
    )
    pen.put(sheet, 0, 10, "Cost of", "head_word")
    sheet.freeze_panes(1, 1)
    row = 0
    for line in brief.get("unit_costs", []):
        row += 1
        pen.put(sheet, row, 0, line["name"], "wrap")
        pen.put(sheet, row, 1, line["unit"])
        pen.put(sheet, row, 2, line["value"], "price")
        pen.put(sheet, row, 3, line.get("previous"), "price")
        pen.put(sheet, row, 4, line.get("change_pct"), "share")
        pen.put(sheet, row, 5, line.get("days"), "quantity")
        pen.put(sheet, row, 6, line.get("fully_loaded"), "price")
        pen.put(sheet, row, 7, line.get("fully_loaded_previous"), "price")
        pen.put(sheet, row, 8, line.get("numerator"), "money")
        pen.put(sheet, row, 9, line.get("denominator"), "quantity")
        pen.put(sheet, row, 10, line.get("of"), "beside")
    tie = brief.get("unit_cost_tie")
    if not row:
        pen.put(sheet, 1, 0, "No driver was given, so no unit cost is known.", "muted")
    elif tie:
        _tie(pen, sheet, row + 2, tie, brief["month"])


def _tie(pen: Pen, sheet: Worksheet, row: int, tie: UnitCostTie, month: str) -> None:
    """Count × unit cost as live formulas; with what is not driven they are the cost of the month."""
    pen.head(
        sheet,
        row,
        [
            "Adds up: driver",
            "Business unit",
            "Count",
            "Direct, each",
            "Direct",
            "Fully loaded, each",
            "Fully loaded",
        ],
        right=2,
    )
    first = row + 2
    for line in tie["rows"]:
        row += 1
        pen.along(sheet, row, 0, (line["name"].replace("_", " "), line["unit"]))
        pen.put(sheet, row, 2, line["count"], "quantity")
        for column, letter, each in (
            (3, "D", line["value"]),
            (5, "F", line["fully_loaded_value"]),
        ):
            pen.put(sheet, row, column, each, "price")
            formula = f"=C{row + 1}*{letter}{row + 1}"
            sheet.write_formula(
                row, column + 1, formula, pen.formats["money"], line["count"] * each
            )
    for name, direct, loaded in (
        ("Days without a count", tie["uncounted"], tie["loaded_uncounted"]),
        ("Not driven", tie["not_driven"], tie["left"]),
    ):
        row += 1
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 4, direct, "money")
        pen.put(sheet, row, 6, loaded, "money")
    pen.put(sheet, row + 1, 0, f"Cost of {month}", "part")
    direct_parts = [line["count"] * line["value"] for line in tie["rows"]]
    loaded_parts = [line["count"] * line["fully_loaded_value"] for line in tie["rows"]]
    for column, letter, parts in (
        (4, "E", [*direct_parts, tie["uncounted"], tie["not_driven"]]),
        (6, "G", [*loaded_parts, tie["loaded_uncounted"], tie["left"]]),
    ):
        formula = f"=SUM({letter}{first}:{letter}{row + 1})"
        sheet.write_formula(row + 1, column, formula, pen.formats["total"], math.fsum(parts))
