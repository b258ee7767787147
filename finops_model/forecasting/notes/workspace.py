"""Dated notes of a workspace: read once, for whoever shows or uses them (docs/method §12.20)."""

from __future__ import annotations

import pandas as pd

from ...errors import InputError
from ...facts.cycle.notes import Note, read_notes
from ...settings import Settings
from ..covariates.events import KINDS


def notes_of(settings: Settings, daily: pd.DataFrame | None = None) -> tuple[Note, ...]:
    """The notes that finops.yaml names (`dated_notes`), of this company or entity; empty where it names none.

    daily   DAILY: a note on a workload that it does not have is refused; None: not looked at
    """
    if not settings.dated_notes:
        return ()
    path = settings.path(settings.dated_notes)
    if not path.is_file():
        raise InputError(
            f"{settings.dated_notes}: there is no such file. Check dated_notes in finops.yaml."
        )
    known = None if daily is None else {str(name) for name in daily["x_Workload"].unique()}
    return read_notes(
        path,
        entity=settings.own.name if settings.own else "",
        entities=[one.name for one in settings.entities],
        workloads=known,
        kinds=KINDS,
    )


def noted(notes: tuple[Note, ...], workload: str, first: str, last: str) -> list[Note]:
    """Notes on a workload, or on the whole company, that touch the days from first to last.

    >>> one = Note(day="2026-08-18", until="2026-08-20", text="Sweep", workload="sweeps")
    >>> [len(noted((one,), name, "2026-08-20", "2026-08-25")) for name in ("sweeps", "chat")]
    [1, 0]
    """
    return [
        note
        for note in notes
        if note.workload in ("", workload) and note.day <= last and first <= note.until
    ]
