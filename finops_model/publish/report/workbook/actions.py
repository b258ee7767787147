"""Sheet Actions: what was done and what the bill says of it, what the forecast holds, what is open beside it (docs/method §17.73)."""

from __future__ import annotations

from typing import Any

from ....measure.basis.sections import of
from ....measure.brief_types import Brief
from .cells import Pen


def actions(pen: Pen, brief: Brief) -> None:
    """Three tables with their sums; no sheet for a brief without actions."""
    found = brief.get("actions")
    if not found:
        return
    sheet = pen.sheet(
        "Actions",
        [10, 44, 18, 14, 16, 16, 14, 14, 16, 40],
        landscape=True,
        holds="What was done about cost, what of it the bill shows, and what is open beside the forecast",
        titles=2,
    )
    sheet.write_string(0, 0, "Actions", pen.formats["title"])
    pen.note(sheet, 1, 9, f"{found['sentence']} {found['pipeline_sentence']}")
    basis = of("actions", brief.get("basis"))
    names = [
        "Done",
        f"Action, {basis}",
        "Owner",
        "Since",
        "Expected a month",
        "Saved a month",
        "P10 a month",
        "P90 a month",
        "In all",
        "The bill says",
    ]
    pen.head(sheet, 2, names)
    pen.along(sheet, 2, 4, names[4:9], "head_right")
    sheet.freeze_panes(3, 2)
    row = first = 2
    taken: list[dict[str, Any]] = [{**each} for each in found["taken"]]
    for line in taken:
        row += 1
        for column, key in ((0, "id"), (1, "action"), (2, "owner"), (3, "done_on")):
            pen.put(sheet, row, column, line[key], "wrap")
        for column, key in ((4, "expected"), (5, "saved"), (6, "p10"), (7, "p90"), (8, "in_all")):
            if line[key] is not None:
                pen.put(sheet, row, column, line[key], "input")
        says = f"{line['says']}: {line['why']}" if line["why"] else line["says"]
        pen.put(sheet, row, 9, says, "wrap")
    if row > first:
        shown = sum(float(each["in_all"] or 0.0) for each in taken if each["says"] == "on the bill")
        row += 1
        pen.put(sheet, row, 0, "On the bill", "part")
        text = f'=SUMIF(J{first + 2}:J{row},"on the bill*",I{first + 2}:I{row})'
        pen.formula(sheet, row, 8, text, shown, "total")
        pen.check(sheet, row + 1, 8, "As the report has it", f"I{row + 1}", shown, found["saved"])
        row += 1
    if found["held"]:
        row += 2
        pen.head(
            sheet,
            row,
            [
                "Approved",
                "Action",
                "Owner",
                "From",
                "In the forecast",
                "",
                "",
                "",
                "",
                "Approved by",
            ],
            right=99,
        )
        for line in [dict(each) for each in found["held"]]:
            row += 1
            for column, key in (
                (0, "id"),
                (1, "action"),
                (2, "owner"),
                (3, "starts"),
                (9, "approved_by"),
            ):
                pen.put(sheet, row, column, line[key], "wrap")
            pen.put(sheet, row, 4, "yes" if line["held"] else "no")
    if found["pipeline"]:
        row += 2
        names = [
            "Open",
            "Action",
            "Owner",
            "Decision",
            "Saving a month",
            "Chance",
            "P10",
            "P90",
            "Weighed",
            "How it is known",
        ]
        pen.head(sheet, row, names)
        pen.along(sheet, row, 4, names[4:9], "head_right")
        first = row
        for line in [dict(each) for each in found["pipeline"]]:
            row += 1
            for column, key in (
                (0, "id"),
                (1, "action"),
                (2, "owner"),
                (3, "decision"),
                (9, "how"),
            ):
                pen.put(sheet, row, column, line[key], "wrap")
            for column, key in ((4, "saving"), (6, "p10"), (7, "p90")):
                if line[key] is not None:
                    pen.put(sheet, row, column, line[key], "input")
            pen.put(sheet, row, 5, line["chance"], "share")
            if line["weighed"] is not None:
                pen.formula(sheet, row, 8, f"=E{row + 1}*F{row + 1}", line["weighed"], "money")
        row += 1
        pen.put(sheet, row, 0, "Weighed", "part")
        pen.formula(sheet, row, 8, f"=SUM(I{first + 2}:I{row})", found["weighed"], "total")
