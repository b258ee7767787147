"""What was done about cost and whether the bill shows it; what the forecast holds of it; what is open beside it (docs/method §17.73)."""

from __future__ import annotations

from markupsafe import Markup

from ....wording import chance, day, percent
from ..tables import Column, Figures, table

MOST = 12  # lines of a table; the workbook has all


def actions(figures: Figures) -> dict | None:
    """The section; None for a brief that says nothing of it."""
    found = figures.brief.get("actions")
    if not found:
        return None
    tables = [_taken(figures), _held(figures), _open(figures)]
    lead = found["sentence"]
    if found["closed"]:
        lead += f" By their owners' word {found['done']} of {found['closed']} closed actions are done ({percent(found['adoption'])})."
    return {
        "title": "Did it pay",
        "lead": lead,
        "figure": None,
        "tables": [each for each in tables if each],
    }


def _left(count: int) -> str:
    return f" {count - MOST} more stand in the workbook, sheet Actions." if count > MOST else ""


def _taken(figures: Figures) -> Markup | None:
    every = figures.brief["actions"]["taken"]
    rows = []
    for i, line in enumerate(every[:MOST]):
        amounts = (
            figures.show(f"actions/taken/{i}/{key}", "whole") if line[key] is not None else "–"
            for key in ("expected", "saved", "p10", "p90", "in_all")
        )
        why = f": {line['why']}" if line["says"] == "not measured" else ""
        rows.append(
            [
                f"{line['id']} {line['action']}",
                day(line["done_on"]),
                *amounts,
                line["says"] + why,
                line["owner"],
            ]
        )
    if not rows:
        return None
    columns = [
        Column("What was done", False, True),
        Column("Since", False, True),
        *map(Column, ("Expected a month", "Saved a month", "P10 a month", "P90 a month", "In all")),
        Column("The bill says", False, True),
        Column("Whose", False, True),
    ]
    note = (
        f"Unit cost before × volume after at each day's prices − what was paid.{_left(len(every))}"
    )
    return table(
        columns,
        rows,
        f"Realised savings, {figures.money('actions')}",
        note=note,
        name="actions-taken",
    )


def _held(figures: Figures) -> Markup | None:
    rows = [
        [
            f"{line['id']} {line['action']}",
            day(line["starts"]),
            line["approved_by"],
            line["owner"],
            "yes" if line["held"] else "no: it names no scenario file",
        ]
        for line in figures.brief["actions"]["held"][:MOST]
    ]
    if not rows:
        return None
    columns = [
        Column(name, False, True) for name in ("Approved", "From", "By", "Whose", "In the forecast")
    ]
    return table(columns, rows, "Approved actions", name="actions-approved")


def _open(figures: Figures) -> Markup | None:
    every = figures.brief["actions"]["pipeline"]
    rows = []
    for i, line in enumerate(every[:MOST]):
        amounts = [
            figures.show(f"actions/pipeline/{i}/{key}", "whole") if line[key] is not None else "–"
            for key in ("saving", "p10", "p90", "weighed")
        ]
        rows.append(
            [
                f"{line['id']} {line['action']}",
                line["decision"],
                *amounts[:3],
                line["how"],
                chance(line["chance"]),
                amounts[3],
                line["owner"],
            ]
        )
    if not rows:
        return None
    columns = [
        Column("Open", False, True),
        Column("Decision", False, True),
        *map(Column, ("Saving a month", "P10", "P90")),
        Column("How it is known", False, True),
        Column("Chance"),
        Column("Weighed"),
        Column("Whose", False, True),
    ]
    note = f"{figures.brief['actions']['pipeline_sentence']}{_left(len(every))}"
    return table(
        columns,
        rows,
        f"Beside the forecast, {figures.money('actions')}",
        note=note,
        name="actions-open",
    )
