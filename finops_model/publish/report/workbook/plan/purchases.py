"""Sheet Purchases: what the base scenario buys, month by month, and how it is priced (docs/method §3.41, §15.50)."""

from __future__ import annotations

from .....measure.brief_types import Brief
from ..cells import Pen


def purchases(pen: Pen, brief: Brief) -> None:
    """A row for a month of a purchase, as the paths expect it; none where the base scenario buys nothing."""
    rows = brief.get("purchases")
    if not rows:
        return
    sheet = pen.sheet(
        "Purchases",
        [10, 28, 16, 46, 34, 16, 16],
        landscape=True,
        holds="What the base scenario buys, how it is priced, cost and what is billed by month",
    )
    head = ["Month", "Purchase", "Way", "How it is priced", "Of it"]
    money = [f"Cost, {pen.currency}, mean (simulated)", f"Billed, {pen.currency}, mean (simulated)"]
    pen.head(sheet, 0, [*head, *money], right=5)
    sheet.freeze_panes(1, 2)
    sheet.repeat_rows(0)
    for at, row in enumerate(rows, 1):
        pen.along(sheet, at, 0, (row["month"], row["name"], row["way"]))
        pen.put(sheet, at, 3, row["formula"], "wrap")
        parts = [f"{part} {value:,.2f}" for part, value in row["parts"].items()]
        pen.put(sheet, at, 4, ", ".join(parts) if len(parts) > 1 else "", "wrap")
        pen.along(sheet, at, 5, (row["cost"], row["billed"]), "simulated")
    last = len(rows) + 1
    pen.put(sheet, last, 0, "Total", "part")
    totals = (sum(row["cost"] for row in rows), sum(row["billed"] for row in rows))
    for column, total in enumerate(totals, 5):
        letter = "ABCDEFG"[column]
        sheet.write_formula(
            last, column, f"=SUM({letter}2:{letter}{last})", pen.formats["total"], total
        )
