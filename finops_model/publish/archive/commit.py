"""Publishing as one step: made aside, put together as sets, and committed by one link; one publication at a time (docs/method §15.31)."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

from ...documents import fsync_folder
from ...errors import ReportError, why_not_written
from ...published import HIDDEN
from ...records.store import Records
from ..aside import aside as working_folder
from . import generation, rows
from .adopt import adopt, no_strangers
from .layout import current
from .layout import generation as newest_generation
from .plan import Plan, Staged, plan
from .sweep import STAGING, sweep

__all__ = ["Staged", "commit", "note", "settle", "staging"]

ASSETS = ".assets"  # programs of charts, named by what they hold


@contextlib.contextmanager
def staging(root: str | os.PathLike) -> Iterator[Path]:
    """A folder in the archive to make a publication in: `<month>/<slug>/…`, slider data at `<month>/`. It goes at the end.

    Leftovers of killed publications are swept first. Raises ReportError where something lies in the archive that is no report.
    """
    root = Path(root)
    with contextlib.ExitStack() as held:
        with _told(root):
            root.mkdir(parents=True, exist_ok=True)
            no_strangers(root)
            (root / HIDDEN).mkdir(exist_ok=True)
            with publishing(root):
                sweep(root)
                folder = held.enter_context(working_folder(root / HIDDEN, STAGING))
        yield folder


def commit(
    root: str | os.PathLike,
    staged: Sequence[Staged],
    folder: Path,
    *,
    records: Records | None = None,
    archive_name: str = "",
    left_out: Collection[tuple[str, str]] = (),
) -> list[dict]:
    """Publish what was staged: every path of the archive shows all of it or nothing, at every moment.

    Parameters
    ----------
    root : path
        The archive.
    staged : sequence of Staged
        Folders below `folder`; of a month at most one for each slug. Reports of a month that are not
        among them stay, and are marked `not_renewed`.
    folder : path
        As `staging` gave it.
    records : Records, optional
        Where it is recorded, and which months are closed; None: nowhere, and none.
    archive_name : str, optional
        How the rows call this archive.
    left_out : collection of (month, slug), optional
        Reports that this publication was to renew and could not: marked also where nothing else changed.

    Returns
    -------
    list of dict
        Index entries of the staged reports, in their order; of one that stands beside a closed
        month's, `slug` is its place in the month and `beside` is true.

    Raises
    ------
    ReportError
        And then nothing has been published.

    Source
    ------
    docs/method §14.6, §15.31.

    Examples
    --------
    >>> import tempfile
    >>> with staging(tempfile.mkdtemp()) as folder:
    ...     commit(folder.parent.parent, [], folder)
    []
    """
    root = Path(root)
    with _told(root), publishing(root):
        adopt(root, folder)
        before = current(root)
        found = plan(root, before, staged, folder, records, left_out)
        _assets(root, folder)
        if _same(before, found):
            return found.told
        begun = rows.pending(records, archive_name, found.rows)
        try:
            _put(root, folder, found)
        finally:
            rows.done(root, begun, records, current(root))
        sweep(root)
    return found.told


def note(root: str | os.PathLike, month: str, slug: str, **keys: Any) -> dict:
    """Keep something with the index entry of a published report; nothing else changes, no published file does.

    Parameters
    ----------
    root : path
        The archive.
    month, slug : str
        Of the report.
    **keys
        What is kept; None takes a key away. `later`: sentences of what happened since, which the
        archive's pages say.

    Returns
    -------
    dict
        The entry.

    Raises
    ------
    ReportError
        No such report is published, or a key is one of the archive's own.

    Source
    ------
    docs/method §15.32.

    Examples
    --------
    >>> import tempfile
    >>> try:
    ...     note(tempfile.mkdtemp(), "2026-10", "company", later="x")
    ... except ReportError as problem:
    ...     print(str(problem)[:29])
    '2026-10/company' is not a pu
    """
    root = Path(root)
    if taken := sorted(OWN & set(keys)):
        raise ReportError(f"'{taken[0]}' is a key of the archive's own. Choose another name.")
    with staging(root) as folder, _told(root), publishing(root):
        adopt(root, folder)
        before = current(root)
        old = next(
            (one for one in before["reports"] if (one["month"], one["slug"]) == (month, slug)), None
        )
        if old is None:
            raise ReportError(
                f"'{month}/{slug}' is not a published report. Choose a month and unit from {root / 'index.json'}."
            )
        kept = {
            key: value
            for key, value in {**old, **keys}.items()
            if value is not None or key not in keys
        }
        reports = [kept if one is old else one for one in before["reports"]]
        found = Plan({**before, "reports": reports}, [], [], [])
        if not _same(before, found):
            _put(root, folder, found)
            sweep(root)
        return kept


OWN = {
    "month", "unit", "slug", "status", "headline", "currency", "files", "figures", "entity", "set", "versions", "not_renewed",
}  # fmt: skip


def settle(root: str | os.PathLike, records: Records | None, archive_name: str) -> None:
    """Publications that were begun and cut off: what the index lists is done, the rest void; leftovers go."""
    root = Path(root)
    if records is None or not rows.waiting(records, archive_name):
        return
    with _told(root):
        root.mkdir(parents=True, exist_ok=True)
        with publishing(root):
            if begun := rows.waiting(records, archive_name):
                if (root / HIDDEN).is_dir():
                    sweep(root)
                rows.done(root, begun, records, current(root), "settled at the next start")


@contextlib.contextmanager
def publishing(root: Path) -> Iterator[None]:
    """One publication at a time per archive; the next one waits."""
    with open(root / ".lock", "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _same(before: dict, found: Plan) -> bool:
    keys = ("reports", "months")
    return not found.made and all(before[key] == found.index[key] for key in keys)


def _put(root: Path, folder: Path, found: Plan) -> None:
    index = {**found.index, "schema": 2, "generation": newest_generation(root) + 1}
    # what is listed comes last, so that a reader sees first what the file is
    index = {key: index[key] for key in ("schema", "generation", "months", "reports")}
    generation.put(root, folder, index, found.made)


def _assets(root: Path, folder: Path) -> None:
    """Chart programs beside the months: named by what they hold, so that one of this name is this one."""
    made = folder / ASSETS
    for path in sorted(made.iterdir()) if made.is_dir() else ():
        place = root / ASSETS / path.name
        if not place.is_file():
            place.parent.mkdir(exist_ok=True)
            os.rename(path, place)
            fsync_folder(place.parent)


@contextlib.contextmanager
def _told(root: Path) -> Iterator[None]:
    """What the disk refuses, in a sentence."""
    try:
        yield
    except OSError as problem:
        why = why_not_written(problem) or problem.strerror or type(problem).__name__
        raise ReportError(
            f"{root}: the publication could not be put in place ({why}). What was published before is unchanged."
        ) from None
