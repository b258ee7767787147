"""The workbook of a company of several currencies: lines with live sums, the landing, the rates (docs/method §7.9)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xlsxwriter

from ..report.workbook.book import CREATED
from ..report.workbook.cells import Pen, clean

KEYS = ("own", "actual", "at_plan", "effect", "budget")
TITLES = [
    "Its own",
    "At average",
    "At plan",
    "FX effect",
    "Budget at plan",
    "Over (+) or under (−)",
]


def workbook(found: Mapping[str, Any], company: str) -> bytes:
    """The bytes of the workbook; they depend on the figures alone."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "company.xlsx"
        book = xlsxwriter.Workbook(
            str(place),
            {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False},
        )
        title = clean(f"{company} {found['month']} in {found['currency']}")
        book.set_properties({"title": title, "author": clean(company), "created": CREATED})
        book.set_calc_mode("auto")
        pen = Pen(book, found["currency"])
        _lines(pen, found, "month", "Month")
        _lines(pen, found, "year", "Year so far")
        _landing(pen, found)
        _rates(pen, found)
        book.close()
        return place.read_bytes()


def _lines(pen: Pen, found: Mapping[str, Any], name: str, sheet_name: str) -> None:
    sheet = pen.sheet(sheet_name, [26, 26, 10, *[18] * 6], landscape=True)
    pen.head(sheet, 0, ["Entity", "Unit", "Currency", *TITLES], right=3)
    sheet.freeze_panes(1, 2)
    lines, total = found[f"{name}_lines"], found[f"{name}_total"]
    for row, line in enumerate(lines, 1):
        pen.along(sheet, row, 0, (line["entity"], line["unit"], line["currency"]))
        values = [None if line[key] is None else float(line[key]) for key in KEYS]
        pen.along(sheet, row, 3, values, "money")
        if line["budget"] is not None:
            gap = float(line["actual"]) - float(line["budget"])
            sheet.write_formula(row, 8, f"=E{row + 1}-H{row + 1}", pen.formats["money"], gap)
    row = len(lines) + 1
    pen.along(sheet, row, 0, ("Company", "", found["currency"], ""), "part")
    for column, key in enumerate(KEYS[1:], 4):
        letter = chr(65 + column)
        value = 0.0 if total[key] is None else float(total[key])
        sheet.write_formula(
            row, column, f"=SUM({letter}2:{letter}{row})", pen.formats["total"], value
        )
    gap = float(total["actual"]) - float(total["budget"] or 0)
    sheet.write_formula(row, 8, f"=E{row + 1}-H{row + 1}", pen.formats["total"], gap)


def _landing(pen: Pen, found: Mapping[str, Any]) -> None:
    sheet = pen.sheet("Landing", [26, 14, *[18] * 5, 16], landscape=True)
    pen.head(
        sheet,
        0,
        ["Entity", "From", "P10", "P50", "P90", "Mean", "Budget", "Chance over budget"],
        right=2,
    )
    every = [*found["landings"], {**found["landing"], "entity": "Company", "currency": ""}]
    for row, land in enumerate(every, 1):
        pen.along(sheet, row, 0, (land["entity"], land["currency"]))
        values = (land[key] for key in ("p10", "p50", "p90", "mean", "budget"))
        pen.along(sheet, row, 2, values, "money")
        pen.put(sheet, row, 7, land["overrun_probability"], "share")
    first = len(every) + 3
    pen.head(sheet, first, ["Period", "", "Booked", "P10", "P50", "P90", "Mean", "Budget"], right=2)
    for row, one in enumerate(found["periods"], first + 1):
        pen.along(sheet, row, 0, (one["period"], one["state"]))
        keys = ("booked", "p10", "p50", "p90", "mean", "budget")
        pen.along(sheet, row, 2, (one[key] for key in keys), "money")


def _rates(pen: Pen, found: Mapping[str, Any]) -> None:
    sheet = pen.sheet("Rates", [14, 10, 30, 18, 90], landscape=True)
    pen.head(sheet, 0, ["Period", "Currency", "Taken for", "Rate", "What it is"], right=3)
    for row, one in enumerate(found["rates"], 1):
        pen.along(sheet, row, 0, (one["period"], one["currency"], one["for"]))
        pen.put(sheet, row, 3, float(one["value"]), "price")
        pen.put(sheet, row, 4, one["says"])
