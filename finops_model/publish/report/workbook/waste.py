"""Sheet Waste: every line with its months and sums as live formulas, then the evidence of each (docs/method §17.11)."""

from __future__ import annotations

from typing import Any

from ....measure.basis.sections import of
from ....measure.brief_types import Brief
from .cells import Pen


def waste(pen: Pen, brief: Brief) -> None:
    """A row a line, its sum against the report's; no sheet for a brief without waste."""
    found = brief.get("waste")
    if not found:
        return
    sheet = pen.sheet(
        "Waste",
        [24, 30, 12, 16, 16, 16, 12, 24, 22, 60],
        landscape=True,
        holds="Money that bought nothing, line by line, with its evidence",
        titles=2,
    )
    sheet.write_string(0, 0, "Waste", pen.formats["title"])
    pen.note(sheet, 1, 9, found["sentence"])
    names = [
        f"Kind, {of('waste', brief.get('basis'))}",
        "Resource",
        "Sure",
        brief["month"],
        "Month before",
        "So far",
        "Since",
        "Workload",
        "Team, unit",
        "How it is known",
    ]
    pen.head(sheet, 2, names)
    pen.along(sheet, 2, 3, names[3:6], "head_right")
    sheet.freeze_panes(3, 1)
    row = 2
    lines: list[dict[str, Any]] = [{**line} for line in found["lines"]]
    for sure in (True, False):
        first = row + 1
        for line in (each for each in lines if each["sure"] == sure):
            row += 1
            pen.put(sheet, row, 0, line["kind"], "wrap")
            pen.put(sheet, row, 1, line["resource"] or line["workload"], "wrap")
            pen.put(sheet, row, 2, "yes" if sure else "look at it")
            for column, key in ((3, "cost"), (4, "before"), (5, "so_far")):
                pen.put(sheet, row, column, line[key], "input")
            pen.put(sheet, row, 6, line["since"], "beside")
            pen.put(sheet, row, 7, line["workload"], "wrap")
            pen.put(
                sheet,
                row,
                8,
                ", ".join(filter(None, (line["owner"], line["team"], line["unit"]))),
                "wrap",
            )
            pen.put(sheet, row, 9, line["why"], "wrap")
        if row < first:
            continue
        row += 1
        pen.put(sheet, row, 0, "Spent on nothing" if sure else "To look at", "part")
        for column, letter, key in ((3, "D", "cost"), (4, "E", "before"), (5, "F", "so_far")):
            total = sum(float(line[key]) for line in lines if line["sure"] is sure)
            text = f"=SUM({letter}{first + 1}:{letter}{row})"
            pen.formula(sheet, row, column, text, total, "total")
        said = found["sure" if sure else "not_sure"]
        total = sum(float(line["cost"]) for line in lines if line["sure"] is sure)
        pen.check(sheet, row + 1, 3, "As the report has it", f"D{row + 1}", total, said)
        row += 2
    row += 1
    pen.head(sheet, row, ["Month", "", "", "Spent on nothing", "To look at"], right=3)
    for month in found["by_month"]:
        row += 1
        pen.put(sheet, row, 0, month["month"])
        pen.put(sheet, row, 3, month["sure"], "money")
        pen.put(sheet, row, 4, month["not_sure"], "money")
    row += 2
    pen.head(sheet, row, ["Evidence of", "Resource", "", "Figure", "", "", "", "Of"], right=99)
    for line in lines:
        for evidence in line["evidence"]:
            words = ", ".join(str(value) for value in evidence.values() if isinstance(value, str))
            for name, value in evidence.items():
                if isinstance(value, str):
                    continue
                row += 1
                pen.put(sheet, row, 0, line["kind"], "wrap")
                pen.put(sheet, row, 1, line["resource"] or line["workload"], "wrap")
                pen.put(sheet, row, 3, value, "quantity")
                pen.put(sheet, row, 7, f"{name}: {words}", "wrap")
