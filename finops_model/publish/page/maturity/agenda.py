"""The agenda of a review as a page, a section for each topic, in the look of the report (docs/method §18.13)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from ....wording import day, money
from ..html import shell
from ..tables import Column, table, templates

TITLES = {
    "decide": "To decide",
    "do": "To do: decided, and not done yet",
    "answer": "To answer: what the Monday list has",
    "renew": "To renew: assumptions of the report",
    "raise": "To raise: what holds maturity down",
    "hold": "To hold: what was missed",
}
WIDE = "<style>@media (min-width: 700px) { .agenda tbody th { min-width: 21em; max-width: 30em; } }</style>"
MOST = 40  # rows of a table; the workbook has all


def page(
    lines: Sequence[Mapping[str, Any]],
    decided: Sequence[Mapping[str, Any]],
    *,
    company: str,
    headline: str,
    said: Sequence[str],
    currency: str,
    as_of: str,
) -> str:
    """The whole HTML document. lines: topic, by, what, money, of, owner, do; decided: on, decided, by, because."""
    sections = []
    for topic, title in TITLES.items():
        rows = [line for line in lines if line["topic"] == topic]
        if rows:
            sections.append((title, [_lines(rows, currency)]))
    if decided:
        sections.append(("Decided since the last review", [_decided(decided)]))
    body = templates.get_template("company.html.j2").render(
        company=company,
        currency=currency,
        period=f"as of {day(as_of)}",
        headline=headline,
        tiles=[],
        sections=sections,
        said=said,
    )
    body = body.replace(f"· all entities in {currency}", "· agenda of a review", 1)
    foot = f"{company} · agenda as of {day(as_of)} · {currency}"
    return shell(f"{company} · agenda · {as_of}", WIDE + body, [], foot)


def _lines(rows: Sequence[Mapping[str, Any]], currency: str) -> Markup:
    dated = any(row["by"] for row in rows)
    costed = any(row["money"] is not None for row in rows)
    owned = any(row["owner"] for row in rows)
    columns = [
        Column("What", False, True),
        *([Column("By", False)] if dated else []),
        *([Column("Money")] if costed else []),
        *([Column("Owner", False, True)] if owned else []),
        Column("What to do", False, True),
    ]
    cells = [
        [
            _what(row),
            *([day(row["by"]) if row["by"] else "–"] if dated else []),
            *(
                [money(row["money"], currency) if row["money"] is not None else "–"]
                if costed
                else []
            ),
            *([row["owner"] or "nobody is named"] if owned else []),
            row["do"] or "–",
        ]
        for row in rows[:MOST]
    ]
    left = len(rows) - MOST
    return table(
        columns,
        cells,
        note=f"{left} more stand in the workbook." if left > 0 else "",
        name="agenda",
    )


def _what(row: Mapping[str, Any]) -> Markup | str:
    """A line's words, and what its money is of."""
    if row["money"] is None or not row["of"] or row["topic"] == "answer":  # its words say it
        return row["what"]
    return Markup('{}<br><span class="note">Money: {}</span>').format(row["what"], row["of"])


def _decided(rows: Sequence[Mapping[str, Any]]) -> Markup:
    columns = [Column("On", False), Column("What", False, True), Column("By", False, True)]
    cells = [[day(row["on"]), row["decided"], row["by"] or "–"] for row in rows[:MOST]]
    return table(columns, cells)
