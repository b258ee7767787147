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
from .actions import actions
from .books.bridge import bridge
from .books.cash import cash
from .books.commitments import commitments
from .books.vendors import vendors
from .cells import Pen, clean
from .contents import begin, contents
from .dimensions import dimensions
from .grounds import assumptions, lineage
from .lines import lines
from .moved.carriers import carriers
from .moved.history import history
from .moved.movements import movements
from .moved.record import record
from .plan.decisions import decisions
from .plan.fiscal import fiscal
from .plan.forecast import forecast
from .plan.months import months
from .plan.periods import periods
from .plan.purchases import purchases
from .plan.runout import runout
from .plan.what_ifs import what_ifs
from .quality import quality
from .shared import shared
from .summary import summary
from .unit_costs import unit_costs
from .units import units
from .waste import waste

SHEETS = (  # in the order of a controller's questions; each stays away where the brief has nothing for it
    summary,
    months,
    periods,
    fiscal,
    units,
    carriers,
    decisions,
    movements,
    bridge,
    forecast,
    purchases,
    what_ifs,
    commitments,
    runout,
    waste,
    actions,
    vendors,
    cash,
    shared,
    dimensions,
    unit_costs,
    lines,
    record,
    history,
    assumptions,
    quality,
)
CREATED = dt.datetime(2000, 1, 1)  # fixed: the same brief gives the same bytes


def write_workbook(brief: Brief, path: str | os.PathLike, marks: Mapping | None = None) -> Path:
    """Write the workbook of a brief (docs/architecture.md §5) and return its path; whole or not at all.

    Sheets: Contents, then those of `SHEETS` for which the brief has something, then Lineage. Sums, differences and shares are formulas, with
    cells that compare them with the report's own figures; what a formula cannot be (quantiles, chances) says it is simulated (docs/method §15.50).
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
        first = begin(pen)
        for fill in SHEETS:
            fill(pen, brief)
        lineage(pen, brief, marks or {})
        contents(pen, first, brief)
        book.close()
        return write_atomic(path, place.read_bytes())
