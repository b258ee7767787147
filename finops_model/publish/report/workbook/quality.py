"""Sheet Data quality: the whole card, every line with its figure, limit and remedy, then the parts of each (docs/method §13.70)."""

from __future__ import annotations

from ....measure.brief_types import Brief
from .cells import Pen, clean

KINDS = {"share": "share", "days": "quantity", "count": "quantity"}


def quality(pen: Pen, brief: Brief) -> None:
    """The card of a company or an entity; no sheet for a unit, or for a brief of before."""
    card = brief.get("quality_card")
    if not card:
        return
    sheet = pen.sheet(
        "Data quality",
        [30, 12, 62, 12, 16, 28, 48],
        landscape=True,
        holds="How far the data can be relied on",
        titles=3,
    )
    sheet.write_string(0, 0, clean(card["headline"]), pen.formats["strong"])
    pen.note(
        sheet,
        1,
        6,
        f"Shares of cost are of {card['month']}; days and prices are judged for {card['as_of']}. Limits: quality in finops.yaml.",
    )
    pen.head(
        sheet,
        3,
        ["What", "Verdict", "Figure", "Value", f"Amount, {pen.currency}", "Limit", "What to do"],
    )
    pen.along(sheet, 3, 3, ["Value", f"Amount, {pen.currency}"], "head_right")
    sheet.freeze_panes(4, 1)
    row = 4
    for line in card["lines"]:
        pen.put(sheet, row, 0, line["what"], "wrap")
        pen.put(sheet, row, 1, line["verdict"], line["verdict"].replace("not known", "muted"))
        pen.put(sheet, row, 2, line["text"], "wrap")
        pen.put(sheet, row, 3, line["value"], KINDS[line["unit"]])
        pen.put(sheet, row, 4, line["amount"], "money")
        pen.put(sheet, row, 5, line["rule"], "beside")
        pen.put(sheet, row, 6, line["do"], "wrap")
        row += 1
    row += 1
    pen.head(sheet, row, ["Part of", "", "Part", "Value", f"Amount, {pen.currency}", "", ""])
    pen.along(sheet, row, 3, ["Value", f"Amount, {pen.currency}"], "head_right")
    for line in card["lines"]:
        for part in line["parts"]:
            row += 1
            pen.put(sheet, row, 0, line["what"], "wrap")
            pen.put(sheet, row, 2, f"{part['name']}: {part['text']}", "wrap")
            pen.put(
                sheet,
                row,
                3,
                part["value"],
                KINDS[line["unit"] if _of_unit(line["key"]) else "count"],
            )
            pen.put(sheet, row, 4, part["amount"], "money")


def _of_unit(key: str) -> bool:
    """Whether the parts of a line are in its own unit; parts of others are counts."""
    return key in ("tag_debt", "volatile_prices", "missing_days", "behind_days")
