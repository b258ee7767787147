"""Where alerts, verdicts and the record of what was sent lie.

<watch>/alerts/2026-08-21/alerts.json  alerts.md  alerts.html      <watch>: the folder `watch` beside the ledger
<watch>/feedback.jsonl      one verdict a line, never changed      <watch>/sent.json: what was sent where
"""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path

from ...names import old_slug, slug
from ...settings import Settings


def folder_of(settings: Settings) -> Path:
    """Where alerts, verdicts and the record of what was sent lie: beside the ledger, of an entity in a folder of its own.

    A folder of before slugs kept every script goes on, unless it is another entity's.
    """
    root = settings.path(settings.ledger).parent / "watch"
    if settings.own is None:
        return root
    name = settings.own.name
    old, others = old_slug(name), [one.name for one in settings.entities if one.name != name]
    kept = old not in map(slug, others) and [old_slug(one) for one in others].count(old) == 0
    fresh = root / slug(name)
    return root / old if kept and not fresh.exists() and (root / old).is_dir() else fresh


@contextlib.contextmanager
def alone(folder: Path):
    """One writer at a time in this folder."""
    Path(folder).mkdir(parents=True, exist_ok=True)
    with open(Path(folder) / ".lock", "w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.flock(handle, fcntl.LOCK_UN)
