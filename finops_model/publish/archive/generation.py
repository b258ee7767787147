"""A generation: the index, the pages, and links to the sets it lists; and the one link that makes it the archive's (docs/method §15.31)."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from ...documents import fsync_folder
from ...published import CURRENT, HIDDEN, INDEX
from . import pages, sets
from .exchange import exchange, link
from .layout import FORMER, RESTATED
from .plan import Made

PAGES = (INDEX, "index.html")  # of the archive


def write(folder: Path, root: Path, index: Mapping, made: Sequence[Made]) -> None:
    """The files of a generation, in a new folder aside. made: sets that are not in their place yet."""
    folder.mkdir()
    aside = {one.name: one.folder for one in made}
    entries = index["reports"]
    _text(folder / INDEX, json.dumps(index, ensure_ascii=False, indent=1) + "\n")
    _text(folder / "index.html", pages.of_archive(entries))
    for month, line in index["months"].items():
        place = folder / month
        place.mkdir()
        _text(place / "index.html", pages.of_month(month, entries))
        held = aside.get(line["set"], root / HIDDEN / line["set"])
        for path in sorted(held.iterdir()):
            if path.name != sets.PAGE:
                link(f"../../{line['set']}/{path.name}", place / path.name)
        if line.get("former"):
            (place / FORMER).mkdir()
            _text(place / FORMER / "index.html", pages.above())
            for one in line["former"]:
                link(f"../../../{one['set']}", place / FORMER / str(one["number"]))
        for one in line.get("restated", ()):
            link(f"../../{one['set']}", place / f"{RESTATED}{one['number']}")


def put(root: Path, aside: Path, index: Mapping, made: Sequence[Made]) -> None:
    """Make an index the archive's: its generation first, which says what belongs to it, then the sets, then the link `current`.

    Before the last step nothing changes for a reader, after it all has. Raises OSError, ReportError.
    """
    hidden, name = root / HIDDEN, f"generation-{index['generation']}"
    fresh = aside / name
    write(fresh, root, index, made)
    os.rename(fresh, hidden / name)
    for one in made:
        sets.put(root, one.folder, one.name, one.kept)
    if not os.path.lexists(hidden / "index.html"):
        _text(aside / "above.html", pages.above())
        os.rename(aside / "above.html", hidden / "index.html")
    fsync_folder(hidden)
    for shown in (*PAGES, *index["months"]):
        place = root / shown
        if not os.path.lexists(place):  # leads nowhere until the commit, then for ever there
            link(f"{HIDDEN}/{CURRENT}/{shown}", place)
    fresh = aside / f"to-{name}"
    link(name, fresh)
    if (hidden / CURRENT).is_dir() and not (
        hidden / CURRENT
    ).is_symlink():  # a copy, links followed
        exchange(hidden / CURRENT, fresh)
    else:
        os.replace(fresh, hidden / CURRENT)  # the commit
    fsync_folder(hidden)
    fsync_folder(root)


def is_ours(root: Path, name: str) -> bool:
    """Whether a name in the archive is the link that leads into its newest generation."""
    with contextlib.suppress(OSError):
        return os.readlink(root / name) == f"{HIDDEN}/{CURRENT}/{name}"
    return False


def strangers(folder: Path) -> list[Path]:
    """Files and folders below a generation that no publication made."""
    found = []
    for path in sorted(folder.iterdir()):
        if path.is_symlink() or (path.is_file() and path.name in PAGES):
            continue
        if not path.is_dir():
            found.append(path)
            continue
        for inner in sorted(path.iterdir()):
            if inner.is_symlink() or (inner.is_file() and inner.name == "index.html"):
                continue
            if inner.name != FORMER or not inner.is_dir():
                found.append(inner)
                continue
            found += [
                one
                for one in sorted(inner.iterdir())
                if not one.is_symlink() and not (one.is_file() and one.name == "index.html")
            ]
    return found


def remove(folder: Path) -> None:
    """Take a generation away: its links and pages. What somebody else put there stays, and the folders above it."""
    with contextlib.suppress(OSError):
        for path in sorted(folder.iterdir()):
            if path.is_symlink() or (path.is_file() and path.name in PAGES):
                path.unlink()
            elif path.is_dir():  # no link: what a link leads to is never looked into
                remove(path)
        folder.rmdir()


def _text(path: Path, text: str) -> None:
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
