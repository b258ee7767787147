"""Sheet Movements: the month against the one before, why the next differs, what changed since the last report (docs/method §15.50)."""

from __future__ import annotations

from xlsxwriter.worksheet import Worksheet

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....measure.page_one.types import ChangeLine, NextMonth
from ..cells import Pen

HEAD = ("Workload", "Before", "Now", "Change", "Of it volume", "Of it price", "Volume + price")


def movements(pen: Pen, brief: Brief) -> None:
    """Blocks one below the other; none where nothing is known of any."""
    page, drivers = brief.get("page_one"), brief.get("drivers")
    ahead, since = (page.get("next_month"), page.get("since_report")) if page else (None, None)
    changes = drivers["change"] if drivers else []
    lines = since["lines"] if since else []
    if not (changes or ahead or lines):
        return
    holds = "What moved since the month before, the next month, and since the last report"
    sheet = pen.sheet("Movements", [46, *[18] * 6], landscape=True, holds=holds)
    sheet.freeze_panes(0, 1)
    row = 0
    if changes:
        row = _changes(pen, sheet, brief) + 2
    if ahead:
        row = _ahead(pen, sheet, row, ahead, brief) + 2
    if since and lines:
        row = _since(pen, sheet, row, lines, since["month"]) + 2
    for one in brief.get("moved") or []:
        pen.note(sheet, row, 6, one["sentence"])
        row += 1


def _changes(pen: Pen, sheet: Worksheet, brief: Brief) -> int:
    """By workload; sums live, the month's beside the report's."""
    rows, flash = brief["drivers"]["change"], brief["status"] == "flash"
    basis = of("drivers", brief.get("basis"))
    pen.put(sheet, 0, 0, f"What moved in {brief['month']}, {pen.currency}, {basis}", "strong")
    heads = [*HEAD]
    heads[1] = "Same days before" if flash else "Month before"
    heads[2] = brief["month"]
    pen.head(sheet, 1, heads, right=1)
    for at, line in enumerate(rows, 2):
        row = at + 1
        pen.put(sheet, at, 0, line["name"], "wrap")
        pen.along(sheet, at, 1, (line["previous"], line["current"]), "input")
        change = line["current"] - line["previous"]
        pen.formula(sheet, at, 3, f"=C{row}-B{row}", change, "variance")
        pen.along(sheet, at, 4, (line["volume"], line["price"]), "blue_variance")
        pen.formula(sheet, at, 6, f"=E{row}+F{row}", line["volume"] + line["price"], "variance")
    last = len(rows) + 2
    pen.put(sheet, last, 0, "Total", "part")
    sums = {key: sum(line[key] for line in rows) for key in ("previous", "current")}
    parts = {key: sum(line[key] for line in rows) for key in ("volume", "price")}
    change = sums["current"] - sums["previous"]
    values = (*sums.values(), change, *parts.values(), sum(parts.values()))
    for column, value in enumerate(values, 1):
        letter = "ABCDEFG"[column]
        kind = "total" if column < 3 else "variance_total"
        pen.formula(sheet, last, column, f"=SUM({letter}3:{letter}{last})", value, kind)
    actual = brief["actual"]["month"]
    what = f"Check: {brief['month']} in the report"
    pen.check(sheet, last + 1, 2, what, f"C{last + 1}", sums["current"], actual)
    what = "Check: volume and price are the change"
    moved = sum(line["change"] for line in rows)
    pen.check(sheet, last + 2, 3, what, f"G{last + 1}", sum(parts.values()), moved)
    return last + 3


def _ahead(pen: Pen, sheet: Worksheet, row: int, ahead: NextMonth, brief: Brief) -> int:
    """The steps from this month to the next; they add up to its mean."""
    pen.note(sheet, row, 6, ahead["sentence"], "sentence")
    pen.head(sheet, row + 1, [f"From {brief['month']} to {ahead['month']}", pen.currency], right=1)
    at, this = row + 2, ahead["value"] - ahead["change"]
    pen.put(sheet, at, 0, brief["month"])
    pen.put(sheet, at, 1, this, "input")
    for part in ahead["parts"]:
        at += 1
        pen.put(sheet, at, 0, part["what"], "wrap")
        pen.put(sheet, at, 1, part["amount"], "blue_variance")
    at += 1
    sums = this + sum(part["amount"] for part in ahead["parts"])
    pen.put(sheet, at, 0, f"{ahead['month']}, mean of the forecast", "part")
    pen.formula(sheet, at, 1, f"=SUM(B{row + 3}:B{at})", sums, "total")
    what = f"Check: {ahead['month']} in the report"
    pen.check(sheet, at + 1, 1, what, f"B{at + 1}", sums, ahead["value"])
    return at + 2


def _since(pen: Pen, sheet: Worksheet, row: int, lines: list[ChangeLine], month: str | None) -> int:
    """What changed since the last report, in its words."""
    title = "What is new" if month is None else f"Changed since the report {month}"
    pen.head(sheet, row, [title, f"Change, {pen.currency}", "In words", "", "", "", ""])
    pen.put(sheet, row, 1, f"Change, {pen.currency}", "head_right")
    for at, line in enumerate(lines, row + 1):
        pen.put(sheet, at, 0, line["what"], "wrap")
        pen.put(sheet, at, 1, line["change"], "blue_variance")
        pen.span(sheet, at, 2, 6, line["sentence"], "beside")
    return row + 1 + len(lines)
