"""Recommendations as proposed actions: a row in the table of actions and a scenario file each (docs/method §17.33)."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from ...documents import dump_yaml, write_atomic
from ...errors import InputError, why_not_written
from ...facts.cycle.actions import add_actions
from ...names import slug
from ...scenario.files.writing import document_of, folder_of
from ...settings import Settings
from ..advice import Recommendation

FOLDER = "actions"  # beside the base scenario
HEAD = "# Changes of a recommendation, written by `finops advise --write`; yours to edit. The base holds them once the action is approved.\n"


def propose(
    settings: Settings, advice: Sequence[Recommendation], day: str
) -> tuple[list[str], list[str]]:
    """(ids added to the table of actions, scenario files written); what is there already is left as it is.

    day   YYYY-MM-DD on which it is proposed. Raises InputError where finops.yaml names no table of actions, or nothing can be written.
    """
    if not settings.actions:
        raise InputError(
            "finops.yaml names no table of actions. Write actions: actions.csv there; the file is made with the first rows. Nothing was written."
        )
    whose = f"{slug(settings.own.name)}-" if settings.own else ""  # entities share a folder
    root, written, rows = Path(settings.root).resolve(), [], []
    for each in advice:
        file = (folder_of(settings) / FOLDER / f"{whose}{each.id}.yaml").resolve()
        if not file.is_relative_to(root):
            raise InputError(
                f"{settings.scenario}: the base lies outside the folder of finops.yaml, so that no file of an action can lie beside it."
            )
        rows.append(_row(settings, each, day, file.relative_to(root).as_posix()))
        written.append((file, each))
    made = []
    try:
        for file, each in written:
            if file.exists():
                continue
            file.parent.mkdir(parents=True, exist_ok=True)
            document = document_of(each.title, _changes(each), question=each.why, owner=each.owner)
            write_atomic(file, HEAD + dump_yaml(document))
            made.append(file.relative_to(root).as_posix())
    except OSError as problem:
        raise InputError(
            f"{file}: cannot be written: {why_not_written(problem) or problem.strerror}. No row was added."
        ) from None
    table = Path(settings.path(settings.actions))
    with _alone(table.parent):
        return add_actions(table, rows), made


@contextlib.contextmanager
def _alone(folder: Path):
    """One writer at a time, where the system can: of two at once the later would write over the rows of the other."""
    try:
        import fcntl

        handle = os.open(folder, os.O_RDONLY)
    except (ImportError, OSError):
        yield
        return
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _changes(each: Recommendation) -> list[dict]:
    return [
        {**change, "kind": "decision", **({"owner": each.owner} if each.owner else {})}
        for change in each.changes
    ]


def _row(settings: Settings, each: Recommendation, day: str, scenario: str) -> dict:
    cents = Decimal("0.01")
    return {
        "id": each.id,
        "entity": settings.own.name if settings.own else "",
        "kind": each.kind,
        "action": each.title,
        "resource": each.resource,
        "workload": each.workload,
        "unit": each.unit,
        "owner": each.owner,
        "proposed_on": day,
        "starts": f"{each.since[:7]}-01",
        "monthly_saving": str(Decimal(str(each.run_rate or 0.0)).quantize(cents)),
        "one_off": str(Decimal(str(each.one_off)).quantize(cents)),
        "scenario": scenario,
        "currency": each.currency,
        "expires": each.expires,
    }
