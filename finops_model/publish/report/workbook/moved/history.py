"""Sheet History: the cost of every month on record, its change from the month before and from a year before, live (docs/method §15.50)."""

from __future__ import annotations

from .....measure.basis.sections import of
from .....measure.brief_types import Brief
from .....periods import add_months
from ..cells import Pen


def history(pen: Pen, brief: Brief) -> None:
    """A row a month; none for a brief without months."""
    booked = brief["actual"].get("by_month")
    if not booked:
        return
    partial = set(brief["actual"].get("partial_months") or [])
    holds = "The cost of every month on record"
    sheet = pen.sheet(
        "History", [12, 14, 18, 18, 12, 18, 12], landscape=True, holds=holds, titles=0
    )
    basis = f"{pen.currency}, {of('actual', brief.get('basis'))}"
    heads = ["Month", "State", basis, "Change", "In %", "Than a year before", "In %"]
    pen.head(sheet, 0, heads, right=2)
    sheet.freeze_panes(1, 1)
    rows = {month: at for at, month in enumerate(sorted(booked), 1)}
    for month, at in rows.items():
        pen.along(sheet, at, 0, (month, "part of the month" if month in partial else ""))
        pen.put(sheet, at, 2, booked[month], "input")
        for column, back in ((3, -1), (5, -12)):
            earlier = rows.get(add_months(month, back))
            if earlier is None or {month, add_months(month, back)} & partial:
                continue  # a part of a month is compared with no whole one
            then, change = booked[add_months(month, back)], "DF"[column > 3]
            moved = booked[month] - then
            text = f"=C{at + 1}-C{earlier + 1}"
            pen.formula(sheet, at, column, text, moved, "variance")
            if then:
                text = f"={change}{at + 1}/C{earlier + 1}"
                pen.formula(sheet, at, column + 1, text, moved / then, "percent")
    last, sums = len(rows) + 1, sum(booked.values())
    pen.along(sheet, last, 0, ("All", ""), "part")
    pen.formula(sheet, last, 2, f"=SUM(C2:C{last})", sums, "total")
    if brief["month"] in rows:
        what, cell = f"Check: {brief['month']} in the report", f"C{rows[brief['month']] + 1}"
        own = booked[brief["month"]]
        pen.check(sheet, last + 2, 2, what, cell, own, brief["actual"]["month"])
