"""The Monday list of a workspace: its watch, its week, its waste, and what was answered (docs/method §12.21)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import pandas as pd

from ...facts.daily import warehouse
from ...measure.actuals import cost_rows
from ...measure.anomalies.watch import Watch
from ...measure.change.week import Week, week_of
from ...progress import Progress
from ...records.store import Records
from ...settings import Settings
from ..alerts.answers import Answered, standing_answers
from ..alerts.workspace import look
from ..close import books
from .items import Item, in_order, of_alert, of_mover, once_each, with_answers

MONDAY = 0


@dataclass(frozen=True)
class Monday:
    """The list: `items` to look at, `closed` that were done, the week they are of."""

    company: str
    currency: str
    as_of: str
    due: str  # the Monday by which each item has an answer
    week: Week
    items: tuple[Item, ...]
    closed: tuple[Item, ...]
    answers: dict[str, Answered]
    owners: tuple[str, ...]  # teams and units that somebody can be
    notes: tuple[str, ...] = ()


def gather(
    settings: Settings, as_of: str | None = None, *, progress: Progress | None = None
) -> Monday:
    """The list as of a day; None: the newest complete one."""
    watched = look(settings, as_of, progress=progress)
    daily = warehouse.daily(books(settings, progress), settings)
    rows = cost_rows(daily)
    rows = rows[rows["ChargeClass"] != "Correction"]
    last = _whole_until(watched)
    week = week_of(rows, last, settings.currency)
    items = [of_alert(one) for one in watched.alerts]
    items += [of_mover(one, week, settings.currency) for one in week.movers]
    with Records(settings.path(settings.records)) as records:
        answers = standing_answers(records, settings.own.name if settings.own else "")
    kept, gone = with_answers(once_each(items), answers)
    units = {str(name) for name in set(daily["x_BusinessUnit"]) if name and name != "All"}
    teams = {str(name) for name in set(daily["x_Team"]) if name and not name.startswith("(un")}
    return Monday(
        company=settings.own.name if settings.own else settings.company,
        currency=settings.currency,
        as_of=watched.as_of,
        due=str(next_monday(watched.as_of)),
        week=week,
        items=tuple(in_order(kept)),
        closed=tuple(in_order(gone)),
        answers=answers,
        owners=tuple(sorted(units | teams)),
        notes=tuple(watched.notes),
    )


def _whole_until(watched: Watch) -> str:
    """The newest day that is whole: a week with half a day in it would be less than it was."""
    if not watched.unfinished:
        return watched.as_of
    first = min(one.day for one in watched.unfinished)
    return str((pd.Timestamp(first) - pd.Timedelta(days=1)).date())


def next_monday(day: str) -> dt.date:
    """The first Monday after a day, and a week of time for what was seen on it.

    >>> str(next_monday("2026-11-15")), str(next_monday("2026-11-16"))
    ('2026-11-16', '2026-11-23')
    """
    date = dt.date.fromisoformat(day)
    return date + dt.timedelta(days=7 - date.weekday())
