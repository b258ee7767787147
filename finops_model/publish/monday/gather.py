"""The Monday list of a workspace: its watch, its week, its waste, and what was answered (docs/method §12.21)."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from ...facts.cycle.notes import Note
from ...facts.daily import warehouse
from ...forecasting.notes.workspace import noted, notes_of
from ...measure.actuals import cost_rows
from ...measure.anomalies.watch import Watch
from ...measure.change.week import Week, week_of
from ...measure.waste import found_waste
from ...periods import add_months, month_days
from ...progress import Progress
from ...records.store import Records
from ...settings import Settings
from ...wording import clean
from ..alerts.answers import Answered, record_answers
from ..alerts.workspace import answers_of, look
from ..close import books
from .items import Item, in_order, of_alert, of_mover, of_waste, once_each, with_answers

LATELY = (
    35  # days: what was noted of the whole company longer ago says nothing of a waste that goes on
)


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
    ledger = books(settings, progress)
    daily = warehouse.daily(ledger, settings)
    notes = notes_of(settings, daily)
    rows = cost_rows(daily)
    rows = rows[rows["ChargeClass"] != "Correction"]
    last = _whole_until(watched)
    week = week_of(rows, last, settings.currency)
    month = last_month(watched.as_of)
    facts = daily[daily["ChargeDate"] <= pd.Timestamp(watched.as_of)]
    end = str(month_days(month)[-1])
    items = [of_alert(one) for one in watched.alerts]
    if f"{daily['ChargeDate'].min():%Y-%m}" <= month:
        items += [
            of_waste(one, month, end)
            for one in found_waste(settings, ledger, facts, month)
            if one.month_cost > 0
        ]
    items += [of_mover(one, week, settings.currency) for one in week.movers]
    answers = answers_of(settings)
    kept, gone = with_answers(
        [_with_notes(one, notes, watched.as_of) for one in once_each(items)], answers
    )
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


def record(settings: Settings, answers: list[Answered], known: dict[str, str]) -> list[Answered]:
    """Answers into the records of a company or entity; returns those that did not stand already."""
    with Records(settings.path(settings.records)) as records:
        return record_answers(records, answers, known, settings.own.name if settings.own else "")


def _with_notes(item: Item, notes: tuple[Note, ...], as_of: str) -> Item:
    """An item with the dated notes on its days: what is known of them already; notes of the whole company on its newest LATELY days."""
    first = item.first or as_of
    lately = max(first, str(np.datetime64(item.last or as_of, "D") - LATELY))
    said = [
        note
        for note in noted(notes, item.workload or item.subject, first, item.last)
        if note.workload or note.until >= lately
    ]
    return replace(item, notes=tuple(f"{one.span}: {clean(one.text)}" for one in said))


def last_month(day: str) -> str:
    """The newest month that is whole by a day.

    >>> last_month("2026-11-15"), last_month("2026-11-30")
    ('2026-10', '2026-11')
    """
    month = day[:7]
    return month if day == str(month_days(month)[-1]) else add_months(month, -1)


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
