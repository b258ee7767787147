"""Decisions due: by when, what, what it saves, who, and what happens if nothing is done."""

from __future__ import annotations

from collections.abc import Sequence

from markupsafe import Markup

from ....measure.page_one.types import DecisionDue
from ....periods import is_date
from ...charts.parts import clauses, short
from ..tables import Figures, unbroken

MOST = 3  # decisions on page one
LONG = 120  # letters of one there; page two has all of them
AT = "page_one/decisions"
Decision = tuple[str, Markup, Markup, str]  # by, what, saves, owner


def due(figures: Figures) -> Sequence[DecisionDue]:
    """All of them, by date."""
    return figures.one.get("decisions") or []


def decisions(figures: Figures, most: int = MOST, long: int = LONG) -> list[Decision]:
    """(by, what and what happens otherwise, saves with its range, owner) of the first ones."""
    return [_one(figures, i, one, long) for i, one in enumerate(due(figures)[:most])]


def period(figures: Figures, most: int = MOST) -> str:
    """The period that all savings shown are of; "" where they differ, or nobody says."""
    said = {one["period"] for one in due(figures)[:most] if one["saves"] is not None}
    return said.pop() or "" if len(said) == 1 else ""


def _one(figures: Figures, i: int, one: DecisionDue, long: int) -> Decision:
    what = unbroken(clauses(one["what"], long))
    if one["if_nothing"]:
        what += Markup('<span class="beside">If nothing is done: {}</span>').format(
            unbroken(clauses(one["if_nothing"], long))
        )
    return (
        short_day(one["by"]),
        what,
        saves(figures, i, one),
        short(one["owner"], long // 3) or "not named",
    )


def short_day(text: str) -> str:
    """A day on one line; what is no day stays as it is.

    >>> short_day("2026-11-30"), short_day("soon")
    ('30 Nov 2026', 'soon')
    """
    names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
    if not is_date(text):
        return text
    return f"{int(text[8:10])} {names[int(text[5:7]) - 1]} {text[:4]}"


def saves(figures: Figures, i: int, one: DecisionDue) -> Markup:
    """The mean with its range; negative: it costs."""
    if one["saves"] is None:
        return Markup("not known")
    text = figures.show(f"{AT}/{i}/saves", "money")
    if one["p10"] is not None and one["p10"] != one["p90"]:
        ends = [figures.show(f"{AT}/{i}/{q}", "money") for q in ("p10", "p90")]
        text += Markup('<span class="ends">{} to {}</span>').format(*ends)
    return text
