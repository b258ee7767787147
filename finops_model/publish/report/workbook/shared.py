"""Sheet Shared cost, of the company: what each team bears of the month, its total live (docs/method §13.64)."""

from __future__ import annotations

from decimal import Decimal
from typing import cast

from ....measure.brief_types import Brief
from ....wording import shared as words
from .cells import Pen


def shared(pen: Pen, brief: Brief) -> None:
    """A line per team: own cost, what it receives of shared cost, total; none where nothing is shared."""
    found = (brief.get("allocation") or {}).get("shared")
    if not found:
        return
    kinds, lines = words.kinds(found), cast(list[dict], found["lines"])
    last = len(kinds)  # the column of totals
    sheet = pen.sheet(
        "Shared cost",
        [34, *[18] * last],
        landscape=True,
        holds="What each team bears of shared cost",
        titles=0,
    )
    titles = [words.KINDS[kind] for kind in kinds[:-1]]
    pen.head(sheet, 0, ["Team", *titles, f"Total {brief['month']}"], right=1)
    sheet.freeze_panes(1, 1)
    for row, line in enumerate(lines, 1):
        pen.put(sheet, row, 0, line["team"] or words.NO_TEAM)
        for column, kind in enumerate(kinds[:-1], 1):
            pen.put(sheet, row, column, float(line[kind]), "money")
        ahead = f"=SUM(B{row + 1}:{chr(64 + last)}{row + 1})"
        sheet.write_formula(row, last, ahead, pen.formats["money"], float(line["total"]))
    row = len(lines) + 1
    if Decimal(found["central"]):
        pen.put(sheet, row, 0, words.CENTRAL)
        pen.put(sheet, row, last, float(found["central"]), "money")
        row += 1
    pen.put(sheet, row, 0, brief["unit"], "part")
    for column, kind in enumerate(kinds, 1):
        letter = chr(65 + column)
        value = found["total"] if kind == "total" else words.total(found, kind)
        total = f"=SUM({letter}2:{letter}{row})"
        sheet.write_formula(row, column, total, pen.formats["total"], float(value))
    for text in [words.pools(found, brief["currency"]), *found["said"]]:
        if text:
            row += 2
            pen.note(sheet, row, last, text)
