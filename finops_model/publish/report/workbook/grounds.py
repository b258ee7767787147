"""Sheets Assumptions and Lineage: what the figures rest on, and what they were made from."""

from __future__ import annotations

from collections.abc import Mapping

from ....measure.brief_types import Brief
from ....records.states import FOUR_EYES_OFF
from .cells import Pen


def assumptions(pen: Pen, brief: Brief) -> None:
    """Assumptions and decisions of the base scenario, with owner and review."""
    sheet = pen.sheet(
        "Assumptions",
        [60, 22, 14, 30, 20, 12, 8],
        landscape=True,
        holds="Assumptions and decisions of the base scenario",
        titles=0,
    )
    pen.head(
        sheet,
        0,
        ["Assumption or decision", "Value", "Kind", "Source", "Owner", "Review by", "Stale"],
    )
    sheet.freeze_panes(1, 0)
    for row, line in enumerate(brief.get("assumptions", []), 1):
        pen.put(sheet, row, 0, line["text"], "wrap")
        value = line.get("value")
        pen.put(
            sheet,
            row,
            1,
            value if value is None or isinstance(value, (int, float)) else str(value),
            "quantity" if isinstance(value, (int, float)) else "wrap",
        )
        whose = (line.get("kind"), line.get("source"), line.get("owner"), line.get("review_by"))
        pen.along(sheet, row, 2, (text or "" for text in whose), "wrap")
        pen.put(sheet, row, 6, "yes" if line.get("stale") else "")


def lineage(pen: Pen, brief: Brief, marks: Mapping) -> None:
    """Hashes, seed, engine and versions, who prepared and reviewed, and the chain's head of the records."""
    sheet = pen.sheet(
        "Lineage",
        [24, 80],
        landscape=True,
        holds="What the figures were made from, and by whom",
        titles=0,
    )
    pen.head(sheet, 0, ["What", "Value"])
    sheet.freeze_panes(1, 0)
    facts = {
        "company": brief.get("company", ""),
        "unit": brief["unit"],
        "month": brief["month"],
        "status": brief.get("status", ""),
        **brief.get("lineage", {}),
        **{name.replace("_", " "): value for name, value in brief.get("people", {}).items()},
    }
    if "head" in marks:
        facts["chain head of the records"] = marks["head"]
    if marks.get("four_eyes") == "off":
        facts["four eyes"] = FOUR_EYES_OFF
    for row, (name, value) in enumerate(facts.items(), 1):
        pen.put(sheet, row, 0, name)
        pen.put(sheet, row, 1, "" if value is None else str(value), "wrap")
