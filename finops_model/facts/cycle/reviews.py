"""Reviews of cost: when one was due, when it was held, what kind it was (docs/method §18.7)."""

from __future__ import annotations

import datetime as dt
import os
from dataclasses import dataclass

from ...errors import InputError, unknown
from ..intake.formats import read_moment
from ..intake.mapping import date_order
from ..plans.sheet import Sheet

KINDS = ("weekly", "biweekly", "monthly", "quarterly")
LATEST = 62  # days after which a date of `held` is of another review, or a slip


@dataclass(frozen=True)
class Review:
    """One review. `held` is None where it was not held; `decisions` are the words of the file."""

    due: dt.date
    held: dt.date | None
    kind: str
    decisions: str
    line: int


def read_reviews(path: str | os.PathLike, entity: str = "") -> list[Review]:
    r"""The reviews of a file, in the order of the days on which they were due.

    Parameters
    ----------
    path : path
        CSV or Excel: due, held (empty where it was not held), kind; perhaps decisions and entity.
    entity : str, optional
        Rows that name another entity are left out; "": all rows.

    Returns
    -------
    list of Review
        Each day and kind once.

    Raises
    ------
    InputError
        File, line and column: a day that is none, a review held two months before or after it was
        due, an unknown kind, one review twice.

    Source
    ------
    docs/method §18.7.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = file.write_text("due,held,kind\n2026-10-05,2026-10-06,monthly\n2026-11-02,,monthly\n")
    >>> [(str(one.due), one.held is not None) for one in read_reviews(file)]
    [('2026-10-05', True), ('2026-11-02', False)]
    """
    sheet = Sheet(path, "a file of reviews")
    due = sheet.days("due")
    held = _held(sheet, due)
    kinds = [kind.casefold() for kind in sheet.cells("kind")]
    words = sheet.cells("decisions", needed=False)
    whose = sheet.cells("entity", needed=False)
    reviews: list[Review] = []
    seen: dict[tuple[str, dt.date, str], int] = {}
    for i, day in enumerate(due):
        if kinds[i] not in KINDS:
            raise InputError(unknown(sheet.at(i, "kind"), "kind of review", kinds[i][:40], KINDS))
        if entity and whose[i] and whose[i].casefold() != entity.casefold():
            continue
        before = seen.setdefault((kinds[i], day, whose[i].casefold()), sheet.lines[i])
        if before != sheet.lines[i]:
            raise InputError(
                f"{sheet.at(i, 'due')}: the {kinds[i]} review of {day} stands in line {before} already. Keep one of them."
            )
        reviews.append(Review(day, held[i], kinds[i], " ".join(words[i].split()), sheet.lines[i]))
    return sorted(reviews, key=lambda review: (review.due, review.kind))


def _held(sheet: Sheet, due: list[dt.date]) -> list[dt.date | None]:
    """The day each was held; None of an empty cell."""
    cells, column = sheet.cells("held"), sheet.column("held")
    order = date_order(sheet.frame, column, sheet.name)[0] if any(cells) else ""
    held: list[dt.date | None] = []
    for i, cell in enumerate(cells):
        if not cell:
            held.append(None)
            continue
        moment = read_moment(cell)
        day = moment.day(order) if moment and moment.second else None
        if day is None:
            raise InputError(
                f"{sheet.at(i, column)}: '{cell[:40]}' is not a day. Write it as 2026-01-31; leave it empty where the review was not held."
            )
        if abs((day - due[i]).days) > LATEST:
            raise InputError(
                f"{sheet.at(i, column)}: {day} is {abs((day - due[i]).days)} days from {due[i]}, when the review was due; at most {LATEST}. "
                "Correct one of the days, or write the later review in a line of its own."
            )
        held.append(day)
    return held
