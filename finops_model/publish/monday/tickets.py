"""Items as tickets: text for a tracker, a CSV that it takes in, and that comes back with answers (docs/method §12.24)."""

from __future__ import annotations

import csv
import io

from ...decide.questions.answer import guarded
from ...wording import clean, money
from .gather import Monday
from .items import LINES, Item

COLUMNS = (
    "id",
    "summary",
    "description",
    "owner",
    "team",
    "business_unit",
    "kind",
    "amount",
    "currency",
    "first_day",
    "last_day",
    "due",
    "priority",
    "labels",
    "answer",
    "by",
    "on",
    "because",
    "new_owner",
)
HIGH, MEDIUM = 0.05, 0.01  # of the company's usual week, from which on an item is urgent


def summary(item: Item, currency: str) -> str:
    """The title of a ticket."""
    sign = "+" if item.amount >= 0 else "−"
    return f"AI cost: {item.kind}, {clean(item.subject)}, {sign}{money(abs(item.amount), currency)}"


def description(item: Item, currency: str) -> str:
    """The text of a ticket: what, why, evidence, what to do, how to answer."""
    lines = [item.what]
    if not item.sure:
        lines.append("Not sure: the bill alone says so. Look before you switch anything off.")
    if item.why:
        lines.append(f"What moved: {item.why}.")
    lines += [f"Known already: {note}" for note in item.notes]
    lines += evidence(item)
    lines += [
        f"To do: {item.do}",
        f"Owner: {clean(item.owner)}.",
        f"Answer by file or command: accepted, disputed (with a reason) or done. Id: {item.id}.",
    ]
    return "\n".join(lines)


def evidence(item: Item) -> list[str]:
    """Rows of evidence in words, the first few."""
    said = []
    for row in item.evidence[:LINES]:
        cells = [
            f"{clean(name)} {_cell(value)}"
            for name, value in row.items()
            if value not in (None, "")
        ]
        said.append("- " + ", ".join(cells))
    if len(item.evidence) > LINES:
        said.append(f"- and {len(item.evidence) - LINES} more rows")
    return said


def _cell(value) -> str:
    if isinstance(value, float):
        return f"{value:,.2f}".replace("-", "−")
    return clean(value)


def priority(item: Item, usual: float) -> str:
    """High from 5 % of the company's usual week on, Medium from 1 %.

    >>> from types import SimpleNamespace
    >>> [priority(SimpleNamespace(amount=a), 1000.0) for a in (60.0, -20.0, 3.0)]
    ['High', 'Medium', 'Low']
    """
    share = abs(item.amount) / usual if usual > 0 else 1.0
    return "High" if share >= HIGH else "Medium" if share >= MEDIUM else "Low"


def rows(monday: Monday) -> list[dict]:
    """A row for each item, in the order of COLUMNS; cells that a spreadsheet would run are guarded."""
    usual = float(monday.week.usual)
    table = []
    for one in monday.items:
        said = one.answered
        table.append(
            {
                "id": one.id,
                "summary": summary(one, monday.currency),
                # one line: trackers take lines, but not every reader of CSV does, and this file comes back
                "description": description(one, monday.currency).replace("\n", " | "),
                "owner": one.owner,
                "team": one.team,
                "business_unit": one.business_unit,
                "kind": one.kind,
                "amount": f"{one.amount:.2f}",
                "currency": monday.currency,
                "first_day": one.first,
                "last_day": one.last,
                "due": monday.due,
                "priority": priority(one, usual),
                "labels": f"finops ai-cost {one.section.casefold()}",
                "answer": said.answer if said else "",
                "by": said.by if said else "",
                "on": said.on if said else "",
                "because": said.because if said else "",
                "new_owner": said.owner if said else "",
            }
        )
    amounts = ("amount",)
    return [
        {name: cell if name in amounts else guarded(cell) for name, cell in row.items()}
        for row in table
    ]


def as_csv(monday: Monday) -> str:
    """The tickets as CSV."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows(monday))
    return buffer.getvalue()
