"""Dated notes on a chart of months: an upright stroke with a number, and what the numbers say (docs/method §12.25)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...measure.change.types import DatedNote
from ...periods import month_days
from ...wording import day
from .parts import GREY, Canvas, short

MOST = 4  # notes on one chart, the newest of its months
LETTERS = 46  # of a note below a chart
Marked = tuple[float, DatedNote]


def on_months(months: Sequence[str], notes: Sequence[DatedNote], most: int = MOST) -> list[Marked]:
    """(place on an axis where month i has its middle at i, note) of the newest notes of these months, oldest first.

    >>> one = {"date": "2026-02-15", "until": "2026-02-15", "note": "Launch", "workload": "", "author": "", "kind": ""}
    >>> [(place, note["note"]) for place, note in on_months(["2026-01", "2026-02"], [one])]
    [(1.0, 'Launch')]
    """
    at: Mapping[str, int] = {month: i for i, month in enumerate(months)}
    marked = []
    for note in sorted(notes, key=lambda one: one["date"]):
        place = at.get(note["date"][:7])
        if place is None:
            continue
        dates = len(month_days(note["date"][:7]))
        share = (int(note["date"][8:10]) - 1) / dates - 0.5
        marked.append((min(max(place + share, 0.0), max(len(months) - 1.0, 0.0)), note))
    return marked[-most:]


def draw_notes(draw: Canvas, marked: Sequence[Marked], inside: bool = False) -> None:
    """The strokes, with their numbers above the upper edge, or beside the stroke where there is no room above."""
    low, high = draw.y
    draw.rules([{"x": x, "x2": x, "y": low, "y2": high} for x, _ in marked], GREY, 1, (2, 3))
    rows = [{"x": x, "y": high, "t": str(i)} for i, (x, _) in enumerate(marked, 1)]
    if inside:
        draw.text(rows, GREY, "left", dx=3, dy=6)
    else:
        draw.text(rows, GREY, "center", dy=-7)


def said(marked: Sequence[Marked]) -> str:
    """What the numbers say, for the line below a title.

    >>> one = {"date": "2026-02-15", "until": "2026-02-15", "note": "Launch", "workload": "chat", "author": "", "kind": ""}
    >>> said([(1.0, one)])
    'Notes: 1, 15 February 2026, chat: Launch.'
    """
    if not marked:
        return ""
    texts = []
    for i, (_, note) in enumerate(marked, 1):
        of = f"{short(note['workload'], 24)}: " if note["workload"] else ""
        texts.append(f"{i}, {day(note['date'])}, {of}{short(note['note'], LETTERS)}")
    return f"Notes: {'; '.join(texts)}."
