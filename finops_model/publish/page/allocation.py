"""Whose cost it is, on the company's page: what each team bears with shared cost, and cost by dimension (docs/method §13.64, §13.65)."""

from __future__ import annotations

from decimal import Decimal

from markupsafe import Markup

from ...measure.allocation.types import Shared, Tagged
from ...periods import month_name
from ...wording import shared as words
from .dimensions import dimensions
from .tables import Column, Figures, cents, table

MOST = 24  # teams shown one by one; the others are one line


def allocation(figures: Figures) -> dict | None:
    """The section; None where the brief says nothing of it."""
    found = figures.brief.get("allocation") or {}
    tables = [_shared(figures, found["shared"])] if found.get("shared") else []
    tables += dimensions(figures)
    lead = _tags(figures, found["tags"]) if found.get("tags") else ""
    if not tables and not lead:
        return None
    return {"title": "Whose cost it is", "figure": None, "tables": tables, "lead": lead}


def _tags(figures: Figures, tags: Tagged) -> Markup:
    """How much of the month is tagged as the rules want, and what it was: one line."""
    show, at = figures.show, "allocation/tags"
    text = Markup("{} of the cost of {} is tagged as the company's rules want; tag debt {}").format(
        show(f"{at}/coverage", "rate"), month_name(tags["month"]), show(f"{at}/debt", "money")
    )
    if tags["before"] is None or tags["debt_before"] is None:
        return text + "."
    gap = tags["debt"] - tags["debt_before"]
    then = (
        "as much as"
        if abs(gap) < 0.005
        else Markup("{} from {}").format(
            "grown" if gap > 0 else "fallen", show(f"{at}/debt_before", "money")
        )
    )
    return text + Markup(", {} in {} (then {} tagged).").format(
        then, month_name(tags["before"]), show(f"{at}/coverage_before", "rate")
    )


def _shared(figures: Figures, shared: Shared) -> Markup:
    """Own cost, shared cost received and total by team; they add up to the month."""
    brief, lines, kinds = figures.brief, shared["lines"], words.kinds(shared)
    at = "allocation/shared"
    rows = [
        [
            line["team"] or words.NO_TEAM,
            *(figures.show(f"{at}/lines/{i}/{kind}", "cents") for kind in kinds),
        ]
        for i, line in enumerate(lines[:MOST])
    ]
    if rest := lines[MOST:]:
        name = f"{len(rest)} more team{'s' if len(rest) > 1 else ''}"
        rows.append([name, *(cents(words.total({"lines": rest}, kind)) for kind in kinds)])
    if Decimal(shared["central"]):
        blank = [""] * (len(kinds) - 1)
        rows.append([words.CENTRAL, *blank, figures.show(f"{at}/central", "cents")])
    total = [
        brief["unit"],
        *(cents(words.total(shared, kind)) for kind in kinds[:-1]),
        figures.show(f"{at}/total", "cents"),
    ]
    so_far = " so far" if brief["status"] == "flash" else ""
    return table(
        [Column("Team", False), *(Column(words.KINDS[kind]) for kind in kinds)],
        rows,
        f"{month_name(brief['month'])}{so_far} by who bears it, {figures.currency}",
        total=total,
        name="shared-cost",
        note=" ".join([*filter(None, [words.pools(shared, figures.currency)]), *shared["said"]]),
    )
