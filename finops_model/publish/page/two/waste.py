"""Money that bought nothing: what is sure, what somebody should look at, and how it went month by month."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

from ....periods import month_name
from ....wording import day
from ..tables import Column, Figures, table

MOST = 12  # lines of a table; the workbook has all
MONTHS = 7  # of the row of months


def waste(figures: Figures) -> dict | None:
    """The section; None for a brief that says nothing of it."""
    found = figures.brief.get("waste")
    if not found:
        return None
    tables = [_lines(figures, True), _lines(figures, False), _months(figures)]
    return {
        "title": "Waste",
        "lead": found["sentence"],
        "figure": None,
        "tables": [each for each in tables if each],
    }


def _lines(figures: Figures, sure: bool) -> Markup | None:
    """The lines that are sure, or those that are not."""
    every = [
        (i, line) for i, line in enumerate(figures.brief["waste"]["lines"]) if line["sure"] == sure
    ]
    rows = []
    for i, line in every[:MOST]:
        at, show = f"waste/lines/{i}", figures.show
        rows.append(
            [
                f"{line['kind'].capitalize()}: {line['resource'] or line['workload']}",
                show(f"{at}/cost", "whole"),
                show(f"{at}/before", "whole"),
                show(f"{at}/so_far", "whole"),
                day(line["since"]),
                whose(line),
                line["why"],
            ]
        )
    if not rows:
        return None
    columns = [
        Column("What", False, True),
        *map(Column, ("This month", "Month before", "So far")),
        Column("Since", False, True),
        Column("Whose", False, True),
        Column("How it is known", False, True),
    ]
    what = "Spent on nothing" if sure else "Somebody should look"
    left = (
        f" {len(every) - MOST} more stand in the workbook, sheet Waste."
        if len(every) > MOST
        else ""
    )
    note = (
        f"Each cost stands in one line.{left}"
        if sure
        else f"The bill alone suggests it; it is not counted above.{left}"
    )
    name = "waste" if sure else "waste-to-look-at"
    return table(columns, rows, f"{what}, {figures.money('waste')}", note=note, name=name)


def whose(line: Mapping[str, Any]) -> str:
    """Who to ask.

    >>> whose({"owner": "", "team": "fraud", "unit": "Risk"}), whose({"owner": "", "team": "(untagged)", "unit": ""})
    ('fraud, Risk', 'nobody is named')
    """
    words = [line["owner"], line["team"], line["unit"]]
    named = [word for word in words if word and not word.startswith("(") and word != "All"]
    return ", ".join(dict.fromkeys(named)) or "nobody is named"


def _months(figures: Figures) -> Markup | None:
    """Waste month by month, newest last."""
    months = figures.brief["waste"]["by_month"]
    if len(months) < 2:
        return None
    shown = list(enumerate(months))[-MONTHS:]
    rows = [
        [name, *(figures.show(f"waste/by_month/{i}/{key}", "whole") for i, _ in shown)]
        for name, key in (("Spent on nothing", "sure"), ("To look at", "not_sure"))
        if any(dict(row)[key] for _, row in shown)
    ]
    columns = [Column("", False), *(Column(month_name(row["month"])) for _, row in shown)]
    return table(columns, rows, f"Month by month, {figures.money('waste')}", name="waste-months")
