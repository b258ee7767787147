"""Reviews of cost: when one was due, when it was held, what kind it was (docs/method §18.6)."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterable
from dataclasses import dataclass

from ...errors import InputError, unknown
from ..plans.sheet import Sheet
from .rows import a_day, own_rows

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


def read_reviews(
    path: str | os.PathLike, entity: str = "", entities: Iterable[str] = ()
) -> list[Review]:
    r"""The reviews of a file, in the order of the days on which they were due.

    Parameters
    ----------
    path : path
        CSV or Excel: due, held (empty where it was not held), kind; perhaps decisions and entity.
    entity : str, optional
        Whose, where the file has a column `entity`; "": all rows.
    entities : iterable of str, optional
        Every entity of the company: a name that is none of them is refused.

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
    docs/method §18.6.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> file = pathlib.Path(tempfile.mkdtemp()) / "reviews.csv"
    >>> _ = file.write_text("due,held,kind\n2026-10-05,2026-10-06,monthly\n2026-11-02,,monthly\n")
    >>> [(str(one.due), one.held is not None) for one in read_reviews(file)]
    [('2026-10-05', True), ('2026-11-02', False)]
    """
    sheet = Sheet(path, "a file of reviews")
    due, held, kinds = sheet.days("due"), sheet.cells("held"), sheet.cells("kind")
    words = sheet.cells("decisions", needed=False)
    reviews: list[Review] = []
    seen: dict[tuple[str, dt.date], int] = {}
    for i in own_rows(sheet, entity, entities):
        day, kind, line = due[i], kinds[i].casefold(), sheet.lines[i]
        if kind not in KINDS:
            raise InputError(unknown(sheet.at(i, "kind"), "kind of review", kind[:40], KINDS))
        if (before := seen.setdefault((kind, day), line)) != line:
            raise InputError(
                f"{sheet.at(i, 'due')}: the {kind} review of {day} stands in line {before} already. Keep one of them."
            )
        when = a_day(sheet, i, sheet.column("held"), held[i])
        if when is not None and abs((when - day).days) > LATEST:
            raise InputError(
                f"{sheet.at(i, 'held')}: {when} is {abs((when - day).days)} days from {day}, when the review was due; at most {LATEST}. "
                "Correct one of the days, or write the later review in a line of its own."
            )
        reviews.append(Review(day, when, kind, " ".join(words[i].split()), line))
    return sorted(reviews, key=lambda review: (review.due, review.kind))
