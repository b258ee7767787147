"""Dated notes with a kind as events of a forecast: checked and applied as those of known.yaml are (docs/method §12.26, §2.9)."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import numpy as np

from ...errors import InputError
from ...facts.cycle.notes import ONCE, Note
from ..covariates.file import CovariatesFile, EventEntry, WorkloadCovariates
from ..covariates.workspace import ALL, WorkspaceCovariates, read_file
from .once import times_usual
from .workspace import notes_of


class Places:
    """Stands for a document: where the events of notes were written."""

    def __init__(self, path: str, places: dict[tuple, str]):
        self.path, self.places = path, places

    def at(self, place: tuple) -> str:
        """File and line of the note behind an entry."""
        return self.places.get(tuple(place), self.path)


def with_notes(
    covariates: WorkspaceCovariates, settings, facts, daily, replay: bool = False
) -> WorkspaceCovariates:
    """What is known, and what dated notes with a kind say. A replay of an earlier day leaves notes out: nobody knows when they were written.

    facts, daily   as `read_covariates` takes them

    Raises InputError, with file and line, for a note that known.yaml says too, and for what an entry there would be refused for.
    """
    notes = [] if replay else [note for note in notes_of(settings, daily) if note.kind]
    if not notes:
        return covariates
    entries: dict[str, list[EventEntry]] = {}
    places: dict[tuple, str] = {}
    for note in notes:
        for workload, entry in _entries(note, notes, facts):
            mine = entries.setdefault(workload, [])
            places["workloads", workload, "events", len(mine)] = note.where
            mine.append(entry)
    file = CovariatesFile(
        workloads={name: WorkloadCovariates(events=own) for name, own in entries.items()}
    )
    document = Places(str(settings.dated_notes), places)
    said = read_file(settings, facts, daily, replay, file, document)
    events = dict(covariates.events)
    for workload, own in said.events.items():
        known = {(event.kind, event.since) for event, _ in events.get(workload, ())}
        for event, _ in own:
            if (event.kind, event.since) in known:
                raise InputError(
                    f"{settings.dated_notes}: '{event.label}': {settings.known} has a {event.kind} of '{workload}' on {event.since} "
                    "already. Keep one of them."
                )
        events[workload] = (*events.get(workload, ()), *own)
    return replace(covariates, events=events, notes=(*covariates.notes, *said.notes))


def _entries(note: Note, notes: list[Note], facts) -> list[tuple[str, EventEntry]]:
    """(workload or ALL, event) of a note; none where it says nothing of the forecast."""
    label = f"{note.text} ({note.day})"
    if note.kind == ONCE:
        made = []
        for name in facts.names if not note.workload else [note.workload]:
            times = once_of(note, notes, facts, name)
            if times is not None:
                until = min(note.until, facts.as_of)
                made.append(
                    (
                        name,
                        EventEntry(
                            kind="campaign",
                            since=note.day,
                            until=_after(until),
                            factor=times,
                            name=label,
                            owner=note.author,
                            source=note.where,
                            because=note.text,
                        ),
                    )
                )
        return made
    size = dict([note.number]) if note.number else {}
    until = _after(note.until) if note.kind == "campaign" else None
    entry = EventEntry(
        kind=note.kind,
        since=note.day,
        until=until,
        amount=size.get("amount"),
        factor=size.get("factor"),
        share=size.get("share"),
        name=label,
        owner=note.author,
        source=note.where,
        because=note.text,
    )
    return [(note.workload or ALL, entry)]


def once_of(note: Note, notes: list[Note], facts, workload: str) -> float | None:
    """How many times its usual a workload's volume was on the days of a note; None where that is not known, or nothing of it is past."""
    if workload not in facts.names or note.day > facts.as_of:
        return None
    values = facts.volume[:, facts.names.index(workload)]
    days = np.asarray(facts.dates, "datetime64[D]")
    return times_usual(values, days, note.day, note.until, set_apart(notes, days, workload))


def set_apart(notes: list[Note], days: np.ndarray, workload: str) -> np.ndarray:
    """(day,) of bool: days that a note of a workload or of the whole company says will not come again."""
    apart = np.zeros(len(days), bool)
    for one in notes:
        if one.kind == ONCE and one.workload in ("", workload):
            apart |= (days >= np.datetime64(one.day)) & (days <= np.datetime64(one.until))
    return apart


def _after(day: str) -> str:
    """The first day after it."""
    return str(dt.date.fromisoformat(day) + dt.timedelta(days=1))
