"""What killed publications left behind goes with the next one: folders in the making, what was put in place and never committed (docs/method §15.31)."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from pathlib import Path

from ...published import CURRENT, HIDDEN, INDEX
from ..aside import dead
from . import generation
from .layout import GENERATION, SET, linked_generation
from .rows import sets_in

STAGING = ".staging-"
KEPT = 3  # generations that stay: whoever reads one that was the newest a moment ago reads on


def sweep(root: Path) -> None:
    """Remove leftovers. Under the lock of the archive alone: then nothing of a living publication but its folder aside is there."""
    hidden = root / HIDDEN
    for folder in sorted(hidden.glob(f"{STAGING}*")):
        if dead(folder):
            shutil.rmtree(folder, ignore_errors=True)
    now = linked_generation(root)
    if now is None and not _first_was_killed(root):
        return  # a copy whose links were followed or lost: nothing says what was committed
    if now is not None and not (hidden / f"generation-{now}" / INDEX).is_file():
        return  # nor does a link to what is not there
    known = _known(hidden / f"generation-{now}") if now is not None else None
    for folder in sorted(hidden.glob("generation-*")):
        found = GENERATION.fullmatch(folder.name)
        if not found or folder.is_symlink():
            continue
        number = int(found[1])
        if now is None or number > now:
            _never_committed(hidden, folder, known if now is not None else set())
        elif number <= now - KEPT:
            generation.remove(folder)
    if now is None or known is not None:
        months = {path.name for path in (hidden / f"generation-{now}").glob("[0-9]*")}
        for path in sorted(root.iterdir()):
            shown = path.name in (*generation.PAGES, *months)
            if generation.is_ours(root, path.name) and (now is None or not shown):
                with contextlib.suppress(OSError):
                    path.unlink()


def _first_was_killed(root: Path) -> bool:
    """Whether all there is was left by a first publication that never came to its commit: links are there, and none was ever committed."""
    hidden = root / HIDDEN
    alone = [path.name for path in hidden.glob("generation-*")] in ([], ["generation-1"])
    linked = any(path.is_symlink() for path in hidden.glob("generation-1/*/*"))
    return alone and linked and not os.path.lexists(hidden / CURRENT)


def _never_committed(hidden: Path, folder: Path, known: set[str] | None) -> None:
    """A generation that no link ever pointed at, and the sets that it alone knows."""
    fresh = _known(folder)
    if known is not None and fresh is not None:
        for name in sorted(fresh - known):
            if SET.fullmatch(name):
                shutil.rmtree(hidden / name, ignore_errors=True)
    if known is not None:
        generation.remove(folder)


def _known(folder: Path) -> set[str] | None:
    """The sets that the index of a generation lists; None where it cannot be read."""
    try:
        return sets_in(json.loads((folder / INDEX).read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
