"""Sheet Cash: what was billed beside what it cost, their difference live (docs/method §15.50)."""

from __future__ import annotations

from .....measure.brief_types import Brief
from ..cells import Pen

HEAD = ("Period", "Billed (BilledCost)", "Expense (EffectiveCost)", "Billed less expense")


def cash(pen: Pen, brief: Brief) -> None:
    """A row a period; none for a brief of before."""
    page = brief.get("page_one")
    found = page.get("cash") if page else None
    if not found or not found["lines"]:
        return
    holds = "What was billed beside what it cost"
    sheet = pen.sheet("Cash", [24, 22, 22, 22], landscape=True, holds=holds, titles=2)
    pen.note(sheet, 0, 3, f"{pen.currency}. {found['sentence']}")
    pen.head(sheet, 2, list(HEAD), right=1)
    sheet.freeze_panes(3, 1)
    for at, line in enumerate(found["lines"], 3):
        billed, expense, own = line["billed"], line["expense"], line["difference"]
        pen.put(sheet, at, 0, line["period"])
        pen.along(sheet, at, 1, (billed, expense), "input")
        if billed is None:
            pen.put(sheet, at, 3, None, "money")
            continue
        apart = round(billed - expense, pen.places) + 0.0
        pen.formula(sheet, at, 3, f"=ROUND(B{at + 1}-C{at + 1},{pen.places})", apart, "variance")
        if own is not None:
            row = at + len(found["lines"]) + 1
            what = f"Check: difference of {line['period']} in the report"
            pen.check(sheet, row, 2, what, f"D{at + 1}", billed - expense, own)
