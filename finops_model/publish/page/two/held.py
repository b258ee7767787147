"""Commitments held and what of them is unused, the month by vendor, cash beside expense."""

from __future__ import annotations

from markupsafe import Markup

from ....wording import day
from ..tables import Column, Figures, table


def held(figures: Figures) -> dict | None:
    """The section; None for a brief that says nothing of it."""
    tables = [one for one in (_commitments(figures), _vendors(figures), _cash(figures)) if one]
    if not tables:
        return None
    return {"title": "Commitments, vendors, cash", "figure": None, "tables": tables}


def _commitments(figures: Figures) -> Markup | None:
    found = figures.one.get("commitments") or []
    rows = []
    for i, one in enumerate(found):
        at = f"page_one/commitments/{i}"
        rows.append(
            [
                one["name"],
                _ends(one["ends"], one["days_left"]),
                figures.show(f"{at}/cost", "whole"),
                figures.show(f"{at}/used", "percent") if one["used"] is not None else "–",
                figures.show(f"{at}/unused", "whole"),
                figures.show(f"{at}/unused_year_to_date", "whole"),
                one["what"],
                one["vendor"],
            ]
        )
    columns = [
        Column("Commitment", False, True),
        Column("Ends", False, True),
        *map(Column, ("Cost of the month", "Used", "Unused", "Unused, year to date")),
        Column("What", False, True),
        Column("Vendor", False, True),
    ]
    caption = f"Commitments held, {figures.money('actual')}"
    note = "Unused: what was paid for and used by nobody."
    return table(columns, rows, caption, note=note, name="commitments") if rows else None


def _ends(ends: str, left: int) -> str:
    """When it ends.

    >>> _ends("2026-12-31", 61), _ends("2026-10-31", 0)
    ('31 December 2026, in 61 days', '31 October 2026, ended')
    """
    when = f"in {left} day{'s' * (left != 1)}" if left > 0 else "ended"
    return f"{day(ends)}, {when}"


def _vendors(figures: Figures) -> Markup | None:
    found = figures.one.get("vendors") or []
    rows = []
    for i, one in enumerate(found):
        at, show = f"page_one/vendors/{i}", figures.show
        share = "–" if one["share"] is None else show(f"{at}/share", "percent")
        amounts = [show(f"{at}/{key}", "whole") for key in ("actual", "previous", "year_to_date")]
        rows.append([one["vendor"], amounts[0], share, *amounts[1:]])
    flash = figures.brief["status"] == "flash"
    titles = (
        "This month so far" if flash else "This month",
        "Share",
        "Same days, month before" if flash else "Month before",
        "Year to date",
    )
    columns = [Column("Vendor", False, True), *map(Column, titles)]
    caption = f"By vendor, {figures.money('actual')}"
    return table(columns, rows, caption, name="vendors") if rows else None


def _cash(figures: Figures) -> Markup | None:
    found = figures.one.get("cash")
    if not found:
        return None
    rows = []
    for i, one in enumerate(found["lines"]):
        at = f"page_one/cash/lines/{i}"
        rows.append(
            [
                one["period"],
                figures.show(f"{at}/billed", "whole") if one["billed"] is not None else "not known",
                figures.show(f"{at}/expense", "whole"),
                figures.show(f"{at}/difference", "signed"),
            ]
        )
    columns = [
        Column("", False),
        *map(Column, ("Billed (cash)", "Cost (expense)", "Billed − cost")),
    ]
    caption = f"Cash beside expense, {figures.currency}"
    return table(columns, rows, caption, note=found["sentence"], name="cash") if rows else None
