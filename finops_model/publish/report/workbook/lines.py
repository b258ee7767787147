"""Sheet Lines: cost = quantity × unit price of every line, live, with its check against the report."""

from __future__ import annotations

import math

from xlsxwriter.worksheet import Worksheet

from ....measure.basis.sections import of
from ....measure.brief_types import Brief
from .cells import AGREES, DIFFERS, Pen


def lines(pen: Pen, brief: Brief) -> None:
    """Every line of the month, their sum, and whether it is the actual of the report."""
    sheet = pen.sheet(
        "Lines",
        [10, 28, 22, 30, 14, 18, 18, 18],
        landscape=True,
        holds="Quantity × unit price of every line of the month",
    )
    pen.head(
        sheet,
        0,
        [
            "Month",
            "Workload",
            "Service",
            "SKU",
            "Unit",
            "Quantity",
            f"Unit price, {pen.currency}",
            f"Cost, {pen.currency}, {of('lines', brief.get('basis'))}",
        ],
        right=5,
    )
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    rows = brief["lines"]
    for row, line in enumerate(rows, 1):
        pen.along(
            sheet,
            row,
            0,
            (line["month"], line["workload"], line["service"], line["sku"], line["unit"]),
        )
        pen.put(sheet, row, 5, line["quantity"], "blue_quantity")
        pen.put(sheet, row, 6, line["unit_price"], "blue_price")
        sheet.write_formula(
            row,
            7,
            f"=F{row + 1}*G{row + 1}",
            pen.formats["money"],
            line["quantity"] * line["unit_price"],
        )
    if rows:
        sheet.autofilter(0, 0, len(rows), 7)
    _check(pen, sheet, len(rows) + 1, brief)


def _check(pen: Pen, sheet: Worksheet, last: int, brief: Brief) -> None:
    """The sum of the lines above row `last`, beside the actual of the report."""
    total = math.fsum(line["quantity"] * line["unit_price"] for line in brief["lines"])
    actual = brief["actual"].get("month") or 0.0
    difference = round(total - actual, 2) + 0.0
    money = pen.formats["money"]
    pen.put(sheet, last, 0, "Total", "part")
    formula = f"=SUM(H2:H{last})" if brief["lines"] else "=0"
    sheet.write_formula(last, 7, formula, pen.formats["total"], total)
    pen.put(sheet, last + 1, 0, f"Actual of {brief['month']} in the report")
    pen.put(sheet, last + 1, 7, actual, "money")
    pen.put(sheet, last + 2, 0, "Check: total less actual")
    sheet.write_formula(last + 2, 7, f"=ROUND(H{last + 1}-H{last + 2},2)", money, difference)
    verdict = AGREES if abs(difference) < 0.005 else DIFFERS
    formula = f'=IF(H{last + 3}=0,"agrees","DIFFERS")'
    sheet.write_formula(last + 3, 7, formula, pen.formats["part"], verdict)
    pen.checked(sheet, f"H{last + 4}", verdict)
