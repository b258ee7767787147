"""The workbook of a brief: the report's figures, with quantity × price as live formulas. The bytes depend on the brief alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import tempfile
from collections.abc import Mapping
from pathlib import Path

import xlsxwriter

from ....documents import write_atomic
from ....errors import ReportError
from ....measure.brief_types import Brief
from .books.bridge import bridge
from .cells import Pen, clean
from .dimensions import dimensions
from .fiscal import fiscal
from .forecast import forecast
from .grounds import assumptions, lineage
from .lines import lines
from .quality import quality
from .runout import runout
from .shared import shared
from .summary import summary
from .unit_costs import unit_costs
from .units import units

CREATED = dt.datetime(2000, 1, 1)  # fixed: the same brief gives the same bytes


def write_workbook(brief: Brief, path: str | os.PathLike, marks: Mapping | None = None) -> Path:
    """Write the workbook of a brief (docs/architecture.md §5) and return its path; whole or not at all.

    Sheets: Summary, Units, Shared cost and Dimensions (of the company), Lines (cost = quantity × unit price, live, with its check), Bridge (where something moved), Forecast, Fiscal year (where it is weeks), Runs out (where something can), Unit costs, Assumptions, Data quality (of the company), Lineage.
    marks: of the records, as the page has them.
    Raises ReportError for a brief without the keys a workbook needs.
    """
    for key in ("unit", "month", "currency", "actual", "landing", "tie_out", "forecast", "lines"):
        if key not in brief:
            raise ReportError(
                f"{path}: the brief has no '{key}', so no workbook can be written. Render the report again."
            )
    path = Path(path)
    brief = json.loads(
        json.dumps(brief, sort_keys=True)
    )  # the same bytes for the same figures, whatever the keys' order
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "workbook.xlsx"
        book = xlsxwriter.Workbook(
            str(place),
            {
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
                "nan_inf_to_errors": False,
            },
        )
        book.set_properties(
            {
                "title": clean(f"{brief['unit']} {brief['month']}"),
                "author": clean(brief.get("company", "")),
                "created": CREATED,
            }
        )
        book.set_calc_mode("auto")
        pen = Pen(book, brief["currency"])
        for fill in (
            summary,
            units,
            shared,
            dimensions,
            lines,
            bridge,
            forecast,
            fiscal,
            runout,
            unit_costs,
            assumptions,
            quality,
        ):
            fill(pen, brief)
        lineage(pen, brief, marks or {})
        book.close()
        return write_atomic(path, place.read_bytes())
