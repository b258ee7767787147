"""Sheet Bridge: from one state of cost to another, steps and rows added up live, with their check (docs/method §10.4)."""

from __future__ import annotations

from collections.abc import Mapping

from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell
from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....wording import bridge as words
from ..cells import Pen

NAMES = {"workload": "Workload", "unit": "Unit", "service": "Service"}


def bridge(pen: Pen, brief: Brief) -> None:
    """Every bridge of the brief below the one before; none where it has none."""
    bridges = brief.get("bridge")
    if not bridges:
        return
    sheet = pen.sheet(
        "Bridge",
        [44, *[16] * 14],
        landscape=True,
        holds="Why cost moved, step by step, to the cent",
    )
    row = 0
    for one in bridges:
        row = _one(pen, sheet, row, one, of("bridge", brief.get("basis"))) + 2


def _one(pen: Pen, sheet: Worksheet, row: int, one: Mapping, basis: str) -> int:
    """Steps one below the other, then the same by name; the row after it."""
    steps, money = words.shown(one), pen.formats["money"]
    pen.put(sheet, row, 0, words.sentence(one, pen.currency), "strong")
    pen.head(sheet, row + 1, ["Step", f"{pen.currency}, {basis}", "", "Of it"], right=1)
    row = first = row + 2
    pen.along(sheet, row, 0, (_first(one["from"]["name"]),))
    pen.put(sheet, row, 1, one["from"]["amount"], "money")
    for step in steps:
        row += 1
        pen.put(sheet, row, 0, words.title(step, one["parts"]))
        pen.put(sheet, row, 1, one["steps"][step], "money")
        if text := words.of(one, step, pen.currency):
            pen.put(sheet, row, 3, text)
    row += 1
    pen.put(sheet, row, 0, _first(one["to"]["name"]), "part")
    total = f"=SUM(B{first + 1}:B{row})"
    sheet.write_formula(row, 1, total, pen.formats["total"], one["to"]["amount"])
    _check(pen, sheet, row, one["to"]["amount"])
    row = _rows(pen, sheet, row + 2, one, steps, money)
    for text in [*one["said"], words.LATER]:
        pen.put(sheet, row, 0, text)
        row += 1
    return row


def _check(pen: Pen, sheet: Worksheet, row: int, amount: float) -> None:
    """Whether the steps come to the state's own total."""
    formula = f'=IF(ROUND(B{row + 1}-({amount!r}),2)=0,"agrees","DIFFERS")'
    sheet.write_formula(row, 2, formula, pen.formats["part"], "agrees")
    pen.checked(sheet, f"C{row + 1}", "agrees")


def _rows(pen: Pen, sheet: Worksheet, row: int, one: Mapping, steps: list[str], money) -> int:
    titles = [words.title(step, one["parts"]) for step in steps]
    head = [NAMES[one["by"]], _first(one["from"]["name"]), *titles]
    pen.head(sheet, row, [*head, _first(one["to"]["name"]), "Change"], right=1)
    first, last = row + 1, len(steps) + 2  # the column of the second total
    for line in one["rows"]:
        row += 1
        pen.put(sheet, row, 0, line["name"] or "(no name)")
        pen.put(sheet, row, 1, line["previous"], "money")
        for column, step in enumerate(steps, 2):
            pen.put(sheet, row, column, line["steps"].get(step, 0.0), "money")
        cells = f"B{row + 1}:{xl_rowcol_to_cell(row, last - 1)}"
        sheet.write_formula(row, last, f"=SUM({cells})", money, line["current"])
        change = f"={xl_rowcol_to_cell(row, last)}-B{row + 1}"
        sheet.write_formula(row, last + 1, change, money, line["change"])
    row += 1
    pen.put(sheet, row, 0, "Total", "part")
    values = [one["from"]["amount"], *(one["steps"][step] for step in steps)]
    for column, value in enumerate([*values, one["to"]["amount"], one["change"]], 1):
        letter = xl_col_to_name(column)
        total = f"=SUM({letter}{first + 1}:{letter}{row})" if one["rows"] else "=0"
        sheet.write_formula(row, column, total, pen.formats["total"], value)
    return row + 1


def _first(text: str) -> str:
    return text[:1].upper() + text[1:]
