"""Sheet Runs out: what is left of budgets, balances, credits, commitments and quotas, and when it is used up (docs/method §9.21)."""

from __future__ import annotations

from collections.abc import Mapping

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....wording.runout import note, title
from ..cells import Pen

HEAD = (
    "What",
    "Whose use",
    "Unit",
    "There in all",
    "Left",
    "A day now",
    "P10 of the day",
    "P50, likely",
    "P90",
    "Looked at until",
    "Its end",
    "Chance by then",
    "Would expire unused",
    "Chance of that",
    "In words",
)
MONEY, SHARES = ("amount", "remaining", "per_day"), ("chance", "unused_chance")


def runout(pen: Pen, brief: Brief) -> None:
    """A line for each thing that can run out; no sheet where the brief has none."""
    found = brief.get("runout")
    if not found:
        return
    widths = [26, 18, 9, 14, 14, 12, 11, 11, 11, 11, 11, 9, 13, 9, 48]
    sheet = pen.sheet(
        "Runs out",
        widths,
        landscape=True,
        holds="What is used up when: budgets, balances, commitments",
        titles=3,
    )
    pen.note(sheet, 0, 8, note(brief["data_as_of"], pen.currency))
    pen.note(sheet, 1, 8, f"Money: {pen.currency}, {of('runout', brief.get('basis'))}.")
    pen.head(sheet, 3, list(HEAD))
    pen.along(sheet, 3, 3, list(HEAD[3:6]), "head_right")
    sheet.freeze_panes(4, 1)
    rows: list[Mapping] = [*found]  # by name
    for at, row in enumerate(rows, 4):
        kind = "money" if row["unit"] == pen.currency else "quantity"
        pen.put(sheet, at, 0, title(row).removeprefix("The "), "wrap")
        pen.put(sheet, at, 1, row["of"], "wrap")
        pen.put(sheet, at, 2, row["unit"])
        for column, key in enumerate(MONEY, 3):
            pen.put(sheet, at, column, row[key], kind)
        for column, key in enumerate(("earliest", "likely", "latest", "horizon", "end"), 6):
            pen.put(sheet, at, column, row[key] or "–")
        pen.put(sheet, at, 11, row["chance"], "share")
        pen.put(sheet, at, 12, row["unused"], kind)
        pen.put(sheet, at, 13, row["unused_chance"], "share")
        pen.put(sheet, at, 14, row["sentence"], "wrap")
