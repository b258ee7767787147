"""The last section of the report: what the numbers rest on, and what this report does not have."""

from __future__ import annotations

from collections.abc import Mapping

from markupsafe import Markup

from ...facts.taken import NOBODY
from ...measure.brief_types import Brief
from . import quality as page_quality
from .tables import Column, Figures, four, table
from .two.control import whole_of

INPUTS = {
    "ledger": "Ledger",
    "scenario": "Scenario",
    "budgets": "Budgets",
    "drivers": "Drivers",
    "invoices": "Invoices",
    "commitments": "Commitments",
    "organisation": "Organisation",
    "code": "Program",
    "lock": "Package versions",
    "python": "Python",
    "seed": "Seed",
    "paths": "Futures simulated",
    "engine": "Engine",
}


def basis(figures: Figures) -> dict:
    """What the last section shows."""
    named = (
        ("Invoices and ledger", _issuers(figures)),
        ("Where one amount is taken for another", _taken(figures)),
        ("Can the data be relied on?", page_quality.card(figures)),
        ("Quality of the data", _quality(figures)),
        ("Assumptions and decisions", _assumptions(figures)),
    )
    return {
        "parts": [(title, part) for title, part in named if part],
        "missing": left_out(figures.brief),
        "lineage": _lineage(figures),
    }


def _issuers(figures: Figures) -> Markup | None:
    tie = figures.brief["tie_out"]
    keys = ("invoice", "ledger", "quarantined", "difference")
    rows = [
        [
            row["issuer"],
            row["billing_period"],
            *(figures.show(f"tie_out/rows/{i}/{key}", "cents") for key in keys),
        ]
        for i, row in enumerate(tie["rows"])
    ]
    columns = [
        Column("Issuer", False),
        Column("Billing period", False),
        *map(Column, ("Invoice", "Ledger", "Refused", "Difference")),
    ]
    caption = f"{figures.money('tie_out')}, {whole_of(figures.brief)}"
    return table(columns, rows, caption, note=tie["note"], name="tie") if rows else None


def _taken(figures: Figures) -> Markup | None:
    """Issuers whose cost on one basis is not known; None where all are, and for a brief of before."""
    lines = (figures.brief.get("basis") or {"taken": []})["taken"]
    rows = [
        [
            one["issuer"] or NOBODY,
            f"{one['not_known']}Cost",
            f"{one['taken']}Cost",
            figures.show(f"basis/taken/{i}/amount", "cents"),
            one["first"] if one["first"] == one["last"] else f"{one['first']} to {one['last']}",
            one["why"],
        ]
        for i, one in enumerate(lines)
    ]
    columns = [
        Column("Issuer", False),
        Column("Not known", False),
        Column("Taken for it", False),
        Column(f"Bill of the month, {figures.currency}"),
        Column("Billing periods", False),
        Column("Why", False, True),
    ]
    return table(columns, rows, name="taken") if rows else None


def _quality(figures: Figures) -> Markup | None:
    show = figures.show
    rows = [
        [
            row["what"],
            show(f"quality/{i}/amount", "whole"),
            show(f"quality/{i}/share", "rate"),
            row["note"],
        ]
        for i, row in enumerate(figures.brief["quality"])
    ]
    columns = [
        Column("What", False, True),
        Column(figures.currency),
        Column("of the month"),
        Column("Note", False, True),
    ]
    return table(columns, rows, name="quality") if rows else None


def _assumptions(figures: Figures) -> Markup | None:
    lines = figures.brief["assumptions"]
    overdue = Markup('{} <span class="bad">overdue</span>')
    rows = [
        [
            row["text"],
            value_words(row["value"]),
            row["kind"],
            row["source"] or "–",
            row["owner"] or "–",
            overdue.format(row["review_by"]) if row["stale"] else row["review_by"] or "–",
        ]
        for row in lines
    ]
    columns = [
        Column("What is assumed", False, True),
        Column("Value"),
        Column("Kind", False),
        Column("Source", False, True),
        Column("Owner", False),
        Column("Review by", False),
    ]
    stale = sum(bool(row["stale"]) for row in lines)
    note = (
        f"{stale} of {len(rows)} {'is' if stale == 1 else 'are'} past the review date."
        if stale
        else ""
    )
    return table(columns, rows, note=note, name="assumptions") if rows else None


def left_out(brief: Brief) -> list[str]:
    """What this report does not have, and why."""
    land, moving = brief["landing"], brief["drivers"]
    entity = brief.get("entity") or {"unit": brief["unit"], "note": ""}
    reasons = [
        (bool(entity["note"]), f"Company: {entity['note'][:1].lower()}{entity['note'][1:]}"),
        (not brief["budget"], "Budget and variance: no approved budget covers this unit."),
        (
            brief["budget"] and land["budget"] is None,
            f"Year against budget: the budget does not cover all of {land['period']}.",
        ),
        (
            entity["unit"] == "Company" and not brief["children"],
            "Business units: no organisation file says which unit a team belongs to."
            if brief.get("teams")
            else "Business units: the bill is not divided into units.",
        ),
        (
            not moving["change"] and not brief.get("bridge"),
            "What moved: there is no month before to compare with.",
        ),
        (land["p50"] is None, f"Forecast: {land.get('why_none')}."),
        (
            not any(row["share"] for row in moving["range"]),
            "What makes the range wide: nothing uncertain was simulated.",
        ),
        (
            not brief["unit_costs"],
            "Unit costs: no business driver was given for it, and the bill has no quantities in tokens or GPU-hours.",
        ),
        (not brief["what_ifs"], "What-ifs: none are named in finops.yaml."),
        (
            not brief["previous_forecast"],
            "Forecast and actual: no forecast was made for this month.",
        ),
        (
            not brief["accuracy"]["rows"],
            "Track record: there is too little history to grade earlier forecasts.",
        ),
    ]
    return [text for absent, text in reasons if absent]


def _lineage(figures: Figures) -> list[tuple]:
    inputs: Mapping = figures.brief["lineage"]
    keys = [key for key in [*INPUTS, *sorted(set(inputs) - set(INPUTS))] if key in inputs]
    rows = [
        (INPUTS.get(key, key), f"{inputs[key]:,}" if key == "paths" else str(inputs[key]))
        for key in keys
    ]
    return [
        *rows,
        ("Rows in the ledger", f"{figures.brief['ledger_rows']:,}"),
        ("Billed cost of all time", figures.show("ledger_all_time", "cents")),
    ]


def value_words(value: object) -> str:
    """The value of an assumption: four digits for numbers, plain words for the rest.

    >>> value_words({"p10": 0.5, "p90": 1234.567}), value_words(None), value_words(["a", True])
    ('p10 0.5000, p90 1,235', '–', 'a, yes')
    """
    if value is None:
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, (int, float)):
        return four(value)
    if isinstance(value, dict):
        return ", ".join(f"{key} {value_words(item)}" for key, item in value.items())
    return ", ".join(value_words(item) for item in value) if isinstance(value, list) else str(value)
