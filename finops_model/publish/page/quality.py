"""The data-quality card on the page, short: its sentence, and the lines that are not good (docs/method §13.70)."""

from __future__ import annotations

from markupsafe import Markup

from .tables import Column, Figures, table

WORDS = {
    "attention": Markup("<strong>attention</strong>"),
    "bad": Markup('<strong class="bad">bad</strong>'),
}


def card(figures: Figures) -> Markup | None:
    """The card's sentence, then what to look at; None for a brief without a card."""
    found = figures.brief.get("quality_card")
    if not found:
        return None
    rows = [
        [
            row["what"],
            WORDS.get(row["verdict"], row["verdict"]),
            row["text"],
            row["do"],
        ]
        for row in found["lines"]
        if row["verdict"] != "good"
    ]
    good = f"{found['good']} of {len(found['lines'])} lines are good"
    sentence = Markup(
        "<p><strong>{}</strong> {}; the whole card is in the workbook, sheet Data quality.</p>"
    ).format(found["headline"], good)
    columns = [
        Column("What", False),
        Column("Verdict", False),
        Column("Figure", False, True),
        Column("What to do", False, True),
    ]
    return sentence + (table(columns, rows, name="quality-card") if rows else Markup(""))
